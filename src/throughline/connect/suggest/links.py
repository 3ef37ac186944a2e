"""Which columns of an export name the rows of another of its tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from throughline.connect.suggest.exports import Source
from throughline.connect.suggest.profiles import Profile
from throughline.connect.suggest.words import vocabulary

_LEAST_SHARE = 0.9
_LEAST_EVIDENCE = 0.55
_TRIED_FIRST = 40


@dataclass(frozen=True, slots=True)
class Link:
    """
    ``column`` of ``source`` names rows of ``target`` by its ``key``.

    ``share`` of its distinct values are found there; ``evidence`` from 0 to 1 is what speaks for it
    besides: names that agree, or values that are no plain numbers.
    """

    source: Source
    column: str
    target: Source
    key: str
    share: float
    evidence: float

    @property
    def why(self) -> str:
        """The link in words."""
        return f"{self.share:.0%} of its values are in {self.target.name}, column {self.key}"


def find_links(sources: Sequence[Source]) -> tuple[Link, ...]:
    """For each column the best table that it may refer to, by its values and its name."""
    keys = [(target, key) for target in sources for key in target.columns if _is_key(key)]
    found: list[Link] = []
    for source in sources:
        for profile in source.columns:
            if _may_refer(profile):
                links = list(_links_of(source, profile, keys))
                if links:
                    found.append(max(links, key=_rank))
    return tuple(found)


def _rank(link: Link) -> tuple[float, float, bool]:
    """Of equal links the one to the first column wins: tables begin with their own key."""
    return link.evidence, link.share, link.target.columns[0].name == link.key


def _is_key(profile: Profile) -> bool:
    return profile.is_key and profile.dates is None and profile.rows > 1 and _is_name(profile)


def _is_name(profile: Profile) -> bool:
    return not profile.is_number or profile.whole_numbers >= _LEAST_SHARE


def _may_refer(profile: Profile) -> bool:
    return bool(profile.keys) and profile.dates is None and _is_name(profile)


def _links_of(
    source: Source, profile: Profile, keys: Sequence[tuple[Source, Profile]]
) -> Iterator[Link]:
    for target, key in keys:
        if target is source:
            continue
        evidence = min(1.0, _evidence(source, profile, target, key))
        if evidence < _LEAST_EVIDENCE:
            continue
        share = _share(profile, key)
        if share >= (_LEAST_SHARE if key.is_whole else 0.3):
            yield Link(source, profile.name, target, key.name, share, evidence)


def _share(profile: Profile, key: Profile) -> float:
    first = list(islice(profile.keys, _TRIED_FIRST))
    if sum(text in key.keys for text in first) < len(first) * 0.3:
        return 0.0
    return len(profile.keys & key.keys) / len(profile.keys)


def _evidence(source: Source, profile: Profile, target: Source, key: Profile) -> float:
    """How much names and kinds of values speak for a link, from 0 to 1."""
    weak = frozenset(vocabulary()["words"]["weak"]["words"])
    ours, theirs = set(profile.words) - weak, set(key.words) - weak
    entity = set(target.entity) - weak
    # Lines of a sales order name the header of a sales order before that of a purchase order.
    kin = set(source.entity) & entity
    close = 0.04 * len(kin) / max(len(entity), 1)
    by_text = 0.6 if not profile.is_number and len(profile.keys) > 1 else 0.0
    if ours and profile.name.casefold() == key.name.casefold():
        return 1.0 if entity <= theirs else 0.9 + close
    if ours and ours == entity:
        return 0.95 + close
    if ours and ours == theirs:
        return 0.85 + close
    if ours and ours <= entity | theirs:
        return max(0.8, by_text) + close
    if ours & entity and entity <= ours | theirs:
        return max(0.7, by_text) + close  # the part of an assembly: more words than the part has
    return by_text
