"""
How far each source can be believed, learnt from where the sources differ. METHODS section 10.3.

For quantities the sources are weighed by their distance from what they say together (CRH). For
labels the most votes count, or the latest one; which sources tend to be right is estimated beside
it (Dawid and Skene), with a prior and with audited records, because three sources alone say too
little. A field that one system copies from another is one statement and counts once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from throughline.errors import RequestError

Floats = NDArray[np.float64]

# No source gets a share of the loss below this one: a perfect one would weigh infinitely much.
LEAST_SHARE = 1e-6
_ROUNDS = 200
_STILL = 1e-12
# Without a limit a source that is right on every record is believed against all others together.
_SURE = 1e-6


@dataclass(frozen=True, slots=True)
class Truths:
    """
    What several sources say together about quantities.

    ``truths`` is (entries,), nan where nobody said anything; ``weights`` is (sources,), at least 0,
    larger for sources that are nearer to the truth, and 0 for those that said nothing.
    """

    truths: Floats
    weights: Floats


def weigh_sources(values: ArrayLike) -> Truths:
    """
    The truth behind continuous values, and the weight of each source that states them (CRH).

    A source weighs -ln of its share of all losses, the truth is the weighted mean, and both are
    found in turns until they stay. The loss is the squared distance over the standard deviation of
    the entry. It is a mean over the entries that the source speaks of, so that silence is no merit.

    Parameters
    ----------
    values
        (entries, sources), nan where a source says nothing. The entries of one call share a unit.

    Returns
    -------
    Truths
        With equal weights when all agree. A source that is alone or always right has the weight of
        a share of 1e-6; no source has less than a millionth of the largest weight.

    References
    ----------
    Li et al., Resolving Conflicts in Heterogeneous Data by Truth Discovery and Source Reliability
    Estimation, SIGMOD 2014, sections 2.3 and 2.4.
    """
    stated = np.asarray(values, dtype=float)
    if stated.ndim != 2 or np.isinf(stated).any():
        message = "values are a table of entries by sources, finite or nan"
        raise RequestError(message)
    spread = _spread(stated)
    truths = _medians(stated)
    weights = np.ones(stated.shape[1])
    for _ in range(_ROUNDS):
        weights = _weights(_losses(stated, truths, spread))
        before, truths = truths, _weighted_means(stated, weights)
        if np.nanmax(np.abs(truths - before), initial=0.0) <= _STILL * _largest(stated):
            break
    return Truths(truths, np.where(np.isnan(stated).all(axis=0), 0.0, weights))


def _largest(stated: Floats) -> float:
    return float(np.nanmax(np.abs(stated), initial=0.0))


def _spread(stated: Floats) -> Floats:
    """Standard deviation of each entry, (entries, 1); 1 where all say the same."""
    counted = ~np.isnan(stated)
    n = np.maximum(counted.sum(axis=1, keepdims=True), 1)
    mean = np.where(counted, stated, 0).sum(axis=1, keepdims=True) / n
    squares = np.where(counted, stated - mean, 0) ** 2
    spread = np.sqrt(squares.sum(axis=1, keepdims=True) / n)
    return np.asarray(np.where(spread > _STILL * np.abs(mean), spread, 1.0))


def _medians(stated: Floats) -> Floats:
    # nanmedian warns where nobody speaks; those entries are nan from the start.
    return np.array([np.nanmedian(r) if not np.isnan(r).all() else np.nan for r in stated])


def _losses(stated: Floats, truths: Floats, spread: Floats) -> Floats:
    """Mean loss of each source over the entries it speaks of, (sources,); nan when of none."""
    each = (stated - truths[:, None]) ** 2 / spread
    spoken = (~np.isnan(each)).sum(axis=0)
    total = np.where(np.isnan(each), 0.0, each).sum(axis=0)
    out = np.full(len(spoken), np.nan)
    return np.asarray(np.divide(total, spoken, out=out, where=spoken > 0))


def _weights(losses: Floats) -> Floats:
    speaking = ~np.isnan(losses)
    total = losses[speaking].sum()
    if total <= 0:
        return np.where(speaking, 1.0, 0.0)
    shares = np.maximum(np.where(speaking, losses, total) / total, LEAST_SHARE)
    weights = -np.log(np.minimum(shares, 1.0))
    # One that carries the whole loss would weigh nothing, and an entry of its own have no truth.
    return np.where(speaking, np.maximum(weights, LEAST_SHARE * weights.max(initial=1.0)), 0.0)


def _weighted_means(stated: Floats, weights: Floats) -> Floats:
    own = np.where(np.isnan(stated), 0.0, weights)
    total = own.sum(axis=1)
    summed = (np.where(np.isnan(stated), 0.0, stated) * own).sum(axis=1)
    out = np.full(len(total), np.nan)
    return np.asarray(np.divide(summed, total, out=out, where=total > 0))


@dataclass(frozen=True, slots=True)
class Vote:
    """
    What one source says of one thing that has a label: a status, a place, a unit.

    ``said_at`` is when it was true according to the source.
    """

    item: str
    source: str
    label: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class Elected:
    """
    The label that holds for an item, with everything that was said about it.

    ``support`` is the share of the votes counted that are for it, above 0 and up to 1. ``votes``
    are all votes, those that were not counted among them: nothing that was said is hidden.
    ``is_contested`` says that somebody states another label.
    """

    item: str
    label: str
    support: float
    votes: tuple[Vote, ...]

    @property
    def is_contested(self) -> bool:
        """Whether the sources differ."""
        return any(vote.label != self.label for vote in self.votes)


def counted_once(votes: Iterable[Vote], copied_from: Mapping[str, str]) -> tuple[Vote, ...]:
    """
    The votes that are statements of their own, in the order given.

    A vote of a source that copies is left out where the source that it copies from, directly or
    through others, speaks of the same item. Copies of one original that is silent count once: the
    latest of them stands for it.

    Parameters
    ----------
    copied_from
        The original of each source that copies. Sources that copy each other in a circle are one
        source under several names.
    """
    given = tuple(votes)
    best: dict[tuple[str, str], Vote] = {}
    for vote in given:
        place = vote.item, _original(vote.source, copied_from)
        held = best.get(place)
        if held is None or _claim(vote, copied_from) > _claim(held, copied_from):
            best[place] = vote
    kept = set(best.values())
    return tuple(dict.fromkeys(vote for vote in given if vote in kept))


def _original(source: str, copied_from: Mapping[str, str]) -> str:
    """The source at the end of the chain of copies; of a circle its first name."""
    chain = [source]
    while (following := copied_from.get(chain[-1])) is not None:
        if following in chain:
            return min(chain[chain.index(following) :])
        chain.append(following)
    return chain[-1]


def _claim(vote: Vote, copied_from: Mapping[str, str]) -> tuple[bool, datetime, str, str]:
    is_original = _original(vote.source, copied_from) == vote.source
    return is_original, vote.said_at, vote.source, vote.label


def majority(
    votes: Iterable[Vote], *, copied_from: Mapping[str, str] | None = None
) -> dict[str, Elected]:
    """
    The label with the most votes for each item; of several the one that was said last.

    A source votes once, with the last that it said. Items are in order of their name.
    """
    return {
        item: _elected(item, own, copied_from or {}, _most_votes)
        for item, own in _by_item(votes).items()
    }


def most_timely(
    votes: Iterable[Vote], *, copied_from: Mapping[str, str] | None = None
) -> dict[str, Elected]:
    """
    The label that was said last about each item; of several the one with more votes.

    Right for what changes, as a status does. Items are in order of their name.
    """
    return {
        item: _elected(item, own, copied_from or {}, _last_said)
        for item, own in _by_item(votes).items()
    }


def _by_item(votes: Iterable[Vote]) -> dict[str, list[Vote]]:
    items: dict[str, list[Vote]] = defaultdict(list)
    for vote in votes:
        items[vote.item].append(vote)
    return dict(sorted(items.items()))


def _last_of_each_source(votes: Iterable[Vote]) -> list[Vote]:
    last: dict[tuple[str, str], Vote] = {}
    for vote in sorted(votes, key=lambda v: (v.said_at, v.label)):
        last[vote.item, vote.source] = vote
    return list(last.values())


def _most_votes(labels: Sequence[Vote]) -> tuple[int, datetime]:
    return len(labels), max(vote.said_at for vote in labels)


def _last_said(labels: Sequence[Vote]) -> tuple[datetime, int]:
    return max(vote.said_at for vote in labels), len(labels)


def _elected(
    item: str,
    votes: Sequence[Vote],
    copied_from: Mapping[str, str],
    rank: Callable[[Sequence[Vote]], tuple[Any, Any]],
) -> Elected:
    counted = counted_once(_last_of_each_source(votes), copied_from)
    labels: dict[str, list[Vote]] = defaultdict(list)
    for vote in counted:
        labels[vote.label].append(vote)
    label = max(labels, key=lambda name: (rank(labels[name]), name))
    ordered = sorted(votes, key=lambda v: (v.source, v.said_at, v.label))
    return Elected(item, label, len(labels[label]) / len(counted), tuple(ordered))


@dataclass(frozen=True, slots=True)
class Prior:
    """
    What is believed of a source before it is heard: for each true label a Beta distribution of its
    share of right answers, both parameters at least 1. Prior(1, 1) leaves everything to the data.
    """

    right: float = 5.0
    wrong: float = 2.0

    def __post_init__(self) -> None:
        if self.right < 1 or self.wrong < 1:
            message = "both parameters of a prior are at least 1"
            raise RequestError(message)


@dataclass(frozen=True, slots=True)
class SourceReliability:
    """
    How often a source is right: the most probable share, 0 to 1, from so many items, so many of
    them audited. ``share_right_of`` says it for each true label: one that closes orders too early
    is right about closed ones and wrong about open ones. A source that copies has the reliability
    of its original.
    """

    source: str
    share_right: float
    share_right_of: Mapping[str, float] = field(hash=False)
    items: int
    audited: int


@dataclass(frozen=True, slots=True)
class Reliabilities:
    """
    Sources by name, and per item the probability of each label; those of an item sum to 1.
    """

    sources: Mapping[str, SourceReliability] = field(hash=False)
    labels: Mapping[str, Mapping[str, float]] = field(hash=False)


def estimate_reliabilities(
    votes: Iterable[Vote],
    *,
    audits: Mapping[str, str] | None = None,
    copied_from: Mapping[str, str] | None = None,
    prior: Prior | None = None,
) -> Reliabilities:
    """
    How often each source is right about labels, by expectation and maximisation (Dawid and Skene).

    Each source has a table of what it says when a label is true. Labels are better chosen by
    ``majority`` or ``most_timely``; this is for how far to trust a source.

    Parameters
    ----------
    audits
        The true label of items that somebody checked on the floor: cycle counts, gauge checks.
    copied_from
        The original of each source that copies; what is copied counts once. Copies that go
        undeclared make both look right together, and more data do not cure it.
    prior
        Belief before the data, Beta(5, 2) unless given. What it holds for wrong is spread evenly
        over the other labels.

    References
    ----------
    Dawid and Skene, Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm,
    Applied Statistics 28 (1979). METHODS section 10.3 measures what the prior and audits are worth.
    """
    known, copies = dict(audits or {}), copied_from or {}
    given = _last_of_each_source(votes)
    table = _VoteTable.of(counted_once(given, copies), known, copies)
    confusion, probabilities = _maximise(table, prior or Prior())
    reliable = {
        source: _reliability_of(source, table, confusion, probabilities, given, known, copies)
        for source in sorted({vote.source for vote in given})
    }
    labels = {
        item: {label: float(p) for label, p in zip(table.labels, row, strict=True)}
        for item, row in zip(table.items, probabilities, strict=True)
    }
    return Reliabilities(reliable, labels)


def _reliability_of(
    source: str,
    table: _VoteTable,
    confusion: Floats,
    probabilities: Floats,
    votes: Sequence[Vote],
    audits: Mapping[str, str],
    copied_from: Mapping[str, str],
) -> SourceReliability:
    right = np.diag(confusion[table.sources.index(_original(source, copied_from))])
    items = {vote.item for vote in votes if vote.source == source}
    return SourceReliability(
        source,
        share_right=float(right @ probabilities.mean(axis=0)),
        share_right_of=dict(zip(table.labels, map(float, right), strict=True)),
        items=len(items),
        audited=sum(item in audits for item in items),
    )


@dataclass(frozen=True, slots=True)
class _VoteTable:
    """
    Votes as numbers: ``said`` is (items, sources), the place of the label or -1; ``audited`` is
    (items,), the place of the true label or -1.
    """

    items: tuple[str, ...]
    sources: tuple[str, ...]
    labels: tuple[str, ...]
    said: NDArray[np.int64]
    audited: NDArray[np.int64]

    @classmethod
    def of(
        cls, votes: Sequence[Vote], audits: Mapping[str, str], copied_from: Mapping[str, str]
    ) -> _VoteTable:
        items = sorted({vote.item for vote in votes})
        sources = sorted({_original(vote.source, copied_from) for vote in votes})
        labels = sorted(
            {vote.label for vote in votes} | {audits[item] for item in items if item in audits}
        )
        place = {label: number for number, label in enumerate(labels)}
        row = {item: number for number, item in enumerate(items)}
        column = {source: number for number, source in enumerate(sources)}
        said = np.full((len(items), len(sources)), -1, dtype=np.int64)
        for vote in votes:
            said[row[vote.item], column[_original(vote.source, copied_from)]] = place[vote.label]
        audited = [place[audits[item]] if item in audits else -1 for item in items]
        return cls(
            tuple(items), tuple(sources), tuple(labels), said, np.array(audited, dtype=np.int64)
        )


def _maximise(table: _VoteTable, prior: Prior) -> tuple[Floats, Floats]:
    """
    What each source says when a label is true, (sources, true labels, labels said), and the
    probability of each label per item, (items, labels).
    """
    probabilities = _with_audits(_shares_of_votes(table), table.audited)
    confusion = _confusion(table, probabilities, prior)
    for _ in range(_ROUNDS):
        before, probabilities = probabilities, _expected(table, confusion, probabilities)
        confusion = _confusion(table, probabilities, prior)
        if np.abs(probabilities - before).max(initial=0.0) < 1e-7:
            break
    return confusion, probabilities


def _shares_of_votes(table: _VoteTable) -> Floats:
    """(items, labels): where the search starts."""
    counts = np.zeros((len(table.items), len(table.labels)))
    for label in range(len(table.labels)):
        counts[:, label] = (table.said == label).sum(axis=1)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def _with_audits(probabilities: Floats, audited: NDArray[np.int64]) -> Floats:
    known = audited >= 0
    probabilities[known] = np.eye(probabilities.shape[1])[audited[known]]
    return probabilities


def _confusion(table: _VoteTable, probabilities: Floats, prior: Prior) -> Floats:
    """The most probable tables of the sources; rows, the true labels, sum to 1."""
    n = len(table.labels)
    counts = np.full((len(table.sources), n, n), (prior.wrong - 1) / max(1, n - 1))
    counts[:, range(n), range(n)] = prior.right - 1
    for source, said in enumerate(table.said.T):
        for label in range(n):
            counts[source, :, label] += probabilities[said == label].sum(axis=0)
    # Where neither data nor prior say anything, every label is as likely as another.
    counts += _SURE
    return np.asarray(counts / counts.sum(axis=2, keepdims=True))


def _expected(table: _VoteTable, confusion: Floats, probabilities: Floats) -> Floats:
    """The probability of each label, given what the sources say when it is true."""
    # One vote for each label in advance: a label that became rare must be able to come back.
    frequency = (probabilities.sum(axis=0) + 1) / (len(probabilities) + len(table.labels))
    logs = np.tile(np.log(frequency), (len(table.items), 1))
    for said, own in zip(table.said.T, np.log(confusion), strict=True):
        logs[said >= 0] += own.T[said[said >= 0]]
    odds = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf))
    return _with_audits(odds / odds.sum(axis=1, keepdims=True), table.audited)
