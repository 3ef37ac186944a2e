"""
Which items or suppliers may be one and the same under several names. METHODS section 10.5.

Each field that agrees or differs speaks for or against it, by as much as it tells a match from
chance (Fellegi and Sunter). What comes out are suggestions with their reasons; nothing is merged
here, a person confirms or rejects.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from throughline.errors import RequestError
from throughline.model.plant import Plant

PRIOR = 1 / 1000
"""Probability that two names taken at random mean the same thing."""

# Letters that do not decompose into a base letter and an accent.
_PLAIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"}
)
_LEGAL_FORMS = frozenset(
    {"ab", "ag", "as", "bv", "co", "corp", "corporation", "gmbh", "inc", "kg", "limited", "llc"}
    | {"ltd", "nv", "oy", "plc", "sa", "sarl", "se", "spa", "spzoo", "sro", "srl"}
)
_SHORTEST_KEY = 3
_NUMBER = re.compile(r"[0-9]{1,15}(?:[.,][0-9]{1,15})?")
_LONGEST_TYPE = 2
_LONGEST_EXACT = 3
_LARGEST_BLOCK = 50
# A probability of exactly 0 or 1 would let one field overrule all the others together.
_SURE = 1e-6


def normalised(text: str) -> str:
    """
    A name without what people type differently: case, accents, punctuation, and blanks at the ends
    or repeated. ``" Müller-Guß  GMBH"`` becomes ``"muller guss gmbh"``.
    """
    lowered = text.casefold().translate(_PLAIN)
    letters = (c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
    kept = "".join(c if c.isalnum() else " " for c in "".join(letters).casefold())
    return " ".join(kept.translate(_PLAIN).split())


def compact(text: str) -> str:
    """A normalised name without any blank: ``"M 8x20"`` and ``"m8 X20"`` are both ``"m8x20"``."""
    return normalised(text).replace(" ", "")


def without_legal_form(name: str) -> str:
    """
    A normalised company name without its legal form at the end, such as GmbH or Ltd; unchanged when
    nothing else would be left.
    """
    words = normalised(name.replace(".", "")).split()
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    return " ".join(words)


def similarity(one: str, other: str) -> float:
    """
    Share of pairs of neighbouring letters that two names have in common (Dice), 0 to 1.

    1 for names that are equal once compact, the empty one among them.
    """
    left, right = compact(one), compact(other)
    if left == right:
        return 1.0
    a, b = (Counter(map("".join, pairwise(t))) for t in (left, right))
    total = a.total() + b.total()
    return 2 * (a & b).total() / total if total else 0.0


def are_spellings(one: str, other: str) -> bool:
    """
    Whether two names are one name spelt in two ways: their numbers and units are the same, and each
    other word has its counterpart within one slip, a letter more, less, changed or swapped with its
    neighbour. ``Lamivudine 10mg/ml`` and ``Zidovudine 10mg/ml`` differ in a word, however long the
    rest that they share.
    """
    if _numbers(one) != _numbers(other):
        return False
    if compact(one) == compact(other):
        return True
    left, right = (
        Counter(w for w in normalised(n).split() if not _is_size(w)) for n in (one, other)
    )
    ours, theirs = list((left - right).elements()), list((right - left).elements())
    # "zinc plated" and "zincplatd": words that somebody wrote together.
    return not are_variants(one, other) and (
        _pair_up(ours, theirs) or _is_slip("".join(ours), "".join(theirs))
    )


def _numbers(name: str) -> list[float]:
    return [float(number.replace(",", ".")) for number in _NUMBER.findall(name)]


def _pair_up(ours: list[str], theirs: list[str]) -> bool:
    """Whether each word has a counterpart of its own."""
    left = list(theirs)
    for word in ours:
        near = next((w for w in left if _is_slip(word, w)), None)
        if near is None:
            return False
        left.remove(near)
    return not left


def _is_slip(one: str, other: str) -> bool:
    """Whether two words are equal but for one slip; short ones have to be equal."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) <= _LONGEST_EXACT or len(long) - len(short) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = long[at + 1 : at + 2] + long[at] == short[at : at + 2]
    return short[at + 1 :] == long[at + 1 :] or (swapped and short[at + 2 :] == long[at + 2 :])


def are_variants(one: str, other: str) -> bool:
    """
    Whether two names differ in a size or a letter, as ``Rotor 71`` and ``Rotor 71P`` do.

    Words with a digit and words of one or two letters are taken for sizes and types: products that
    differ in them are two, however alike their names are otherwise.
    """
    return _sizes(one) != _sizes(other)


def _sizes(name: str) -> str:
    return "".join(filter(_is_size, normalised(name).split()))


def _is_size(word: str) -> bool:
    return len(word) <= _LONGEST_TYPE or any(c.isdigit() for c in word)


@dataclass(frozen=True, slots=True)
class MatchField:
    """
    A field that is compared, and what its agreement is worth.

    Parameters
    ----------
    m
        Probability that it agrees when two records are one thing, between 0 and 1.
    u
        Probability that it agrees by chance when they are two, between 0 and 1.
    least_similarity
        From which ``similarity`` on two values agree, when they are spellings of one name as well
        (``are_spellings``); 1 asks for equality once compact.
    """

    name: str
    m: float
    u: float
    least_similarity: float = 1.0

    def __post_init__(self) -> None:
        if not (0 < self.m < 1 and 0 < self.u < 1):
            message = f'field "{self.name}": m and u lie between 0 and 1, both excluded'
            raise RequestError(message)

    @property
    def agreement_weight(self) -> float:
        """Bits for a match when the field agrees: log2(m / u)."""
        return math.log2(self.m / self.u)

    @property
    def disagreement_weight(self) -> float:
        """Bits for a match when it differs: log2((1 - m) / (1 - u)), usually negative."""
        return math.log2((1 - self.m) / (1 - self.u))

    def weight(self, agrees: bool | None) -> float:
        """Bits for a match; 0 when one side says nothing."""
        if agrees is None:
            return 0.0
        return self.agreement_weight if agrees else self.disagreement_weight

    def agrees(self, one: str, other: str) -> bool | None:
        """Whether two values agree; None when either is empty once compact."""
        if not compact(one) or not compact(other):
            return None
        if self.least_similarity >= 1:
            return compact(one) == compact(other)
        return similarity(one, other) >= self.least_similarity and are_spellings(one, other)


MATERIAL_FIELDS = (
    MatchField("name", m=0.9, u=0.001, least_similarity=0.9),
    MatchField("unit", m=0.95, u=0.4),
    MatchField("family", m=0.8, u=0.1),
)
"""What materials are compared by, with values to begin with."""

SUPPLIER_FIELDS = (
    MatchField("name", m=0.9, u=0.001, least_similarity=0.85),
    MatchField("country", m=0.95, u=0.2),
)
"""What suppliers are compared by, with values to begin with."""


def match_weight(fields: Sequence[MatchField], agreements: Sequence[bool | None]) -> float:
    """Bits for a match from all fields together, taken as independent given match or not."""
    return math.fsum(f.weight(agrees) for f, agrees in zip(fields, agreements, strict=True))


def match_probability(weight: float, prior: float = PRIOR) -> float:
    """Probability of a match from its weight in bits and the probability before looking."""
    if not 0 < prior < 1:
        message = "the prior of a match lies between 0 and 1, both excluded"
        raise RequestError(message)
    exponent = weight + math.log2(prior / (1 - prior))
    # Written so that neither side of the fraction can overflow.
    if exponent >= 0:
        return 1 / (1 + math.exp2(-exponent))
    return math.exp2(exponent) / (1 + math.exp2(exponent))


@dataclass(frozen=True, slots=True)
class NamedThing:
    """
    An item or a supplier as one source knows it.

    ``values`` has the fields that are compared; a field that is missing or blank says nothing.
    """

    id: str
    source: str
    values: Mapping[str, str] = field(hash=False)

    @property
    def key(self) -> tuple[str, str]:
        """Tells it from all others."""
        return self.source, self.id

    def value(self, name: str) -> str:
        """What it says of a field; empty when nothing."""
        return self.values.get(name, "")


@dataclass(frozen=True, slots=True)
class MatchSuggestion:
    """
    Two names that may mean one thing, for a person to confirm or reject.

    ``left`` comes before ``right`` by source and id. ``weight`` is in bits, ``probability`` 0 to 1;
    ``agreeing``, ``differing`` and ``silent`` are the fields that speak for it, against it and not
    at all.
    """

    left: NamedThing
    right: NamedThing
    weight: float
    probability: float
    agreeing: tuple[str, ...]
    differing: tuple[str, ...]
    silent: tuple[str, ...]


def compare(
    one: NamedThing,
    other: NamedThing,
    fields: Sequence[MatchField],
    *,
    prior: float = PRIOR,
) -> MatchSuggestion:
    """What speaks for two being one; the order of the two does not matter."""
    left, right = sorted((one, other), key=lambda thing: thing.key)
    agreements = [f.agrees(left.value(f.name), right.value(f.name)) for f in fields]
    weight = match_weight(fields, agreements)

    def named(wanted: bool | None) -> tuple[str, ...]:
        return tuple(f.name for f, a in zip(fields, agreements, strict=True) if a is wanted)

    probability = match_probability(weight, prior)
    return MatchSuggestion(left, right, weight, probability, named(True), named(False), named(None))


def candidate_pairs(
    things: Iterable[NamedThing], *, by: str = "name", largest_block: int = _LARGEST_BLOCK
) -> tuple[tuple[NamedThing, NamedThing], ...]:
    """
    The pairs worth comparing, without looking at all of them.

    Two are paired when their names share a word of three letters or more, the first four letters
    once compact, or all their letters. A word, or a beginning, that more than ``largest_block``
    names share tells nothing and pairs nobody; names that are equal once compact are always paired,
    the first of them with each other one.

    Returns
    -------
    tuple of pairs
        Each once, the two and the pairs in order of source and id.
    """
    blocks: dict[str, dict[tuple[str, str], NamedThing]] = defaultdict(dict)
    for thing in sorted(things, key=lambda t: t.key):
        for block in _blocks(thing.value(by)):
            blocks[block][thing.key] = thing
    pairs: dict[tuple[tuple[str, str], tuple[str, str]], tuple[NamedThing, NamedThing]] = {}
    for block, members in blocks.items():
        inside = list(members.values())
        if len(inside) <= largest_block:
            paired = list(combinations(inside, 2))
        else:
            paired = [(inside[0], other) for other in inside[1:]] if block[0] == "=" else []
        pairs.update(((left.key, right.key), (left, right)) for left, right in paired)
    return tuple(pairs[key] for key in sorted(pairs))


def _blocks(name: str) -> list[str]:
    """What a name is filed under; the first character keeps the kinds apart."""
    letters = compact(name)
    if not letters:
        return []
    words = [word for word in normalised(name).split() if len(word) >= _SHORTEST_KEY]
    return [f"={letters}", f"^{letters[:4]}", *(f"~{word}" for word in words)]


def suggest_matches(
    things: Iterable[NamedThing],
    fields: Sequence[MatchField],
    *,
    prior: float = PRIOR,
    least_probability: float = 0.2,
    decided: Iterable[tuple[tuple[str, str], tuple[str, str]]] = (),
) -> tuple[MatchSuggestion, ...]:
    """
    Pairs that may be one thing, the most probable first. Nothing is merged.

    Parameters
    ----------
    things
        In any order; of two with one source and id the later one counts.
    prior
        Probability that two taken at random are one.
    least_probability
        Pairs below it are not shown.
    decided
        Pairs of keys, either way round, that a person has confirmed or rejected: not asked again.
    """
    settled = {frozenset(pair) for pair in decided}
    each = {thing.key: thing for thing in things}
    compared = (
        compare(left, right, fields, prior=prior)
        for left, right in candidate_pairs(each.values())
        if frozenset((left.key, right.key)) not in settled
    )
    likely = [found for found in compared if found.probability >= least_probability]
    return tuple(sorted(likely, key=lambda s: (-s.probability, s.left.key, s.right.key)))


def fields_from_decisions(
    fields: Sequence[MatchField],
    confirmed: Iterable[tuple[NamedThing, NamedThing]],
    rejected: Iterable[tuple[NamedThing, NamedThing]],
    *,
    strength: float = 20.0,
) -> tuple[MatchField, ...]:
    """
    The fields with m and u as people's decisions say: m from pairs that were confirmed, u from
    those that were rejected.

    No expectation and maximisation: the agreed values count as ``strength`` pairs decided earlier,
    above 0, so that a few decisions move them a little. Pairs in which a field is silent do not
    count for it. Rejected pairs are those that were similar enough to be shown, so u tends to come
    out high, which is careful; ``fields_from_chance`` is free of that.
    """
    yes, no = list(confirmed), list(rejected)
    return tuple(
        MatchField(
            f.name,
            _share_agreeing(f, yes, f.m, strength),
            _share_agreeing(f, no, f.u, strength),
            f.least_similarity,
        )
        for f in fields
    )


def _share_agreeing(
    compared: MatchField,
    pairs: Sequence[tuple[NamedThing, NamedThing]],
    agreed: float,
    strength: float,
) -> float:
    name = compared.name
    answers = [compared.agrees(one.value(name), other.value(name)) for one, other in pairs]
    spoken = [answer for answer in answers if answer is not None]
    return _inside((agreed * strength + sum(spoken)) / (strength + len(spoken)))


def fields_from_chance(
    fields: Sequence[MatchField], things: Iterable[NamedThing]
) -> tuple[MatchField, ...]:
    """
    The fields with u from how often two different records agree by chance: a unit that nearly all
    share tells little, a name that nobody else has tells much.

    u is the share of pairs with equal values, once compact, among all pairs in which both speak,
    with one pair at the agreed u beside them. Real matches are among the pairs, but few. Fields
    that compare by similarity, and those of which fewer than two speak, keep at least the agreed u.
    """
    given = list(things)
    return tuple(MatchField(f.name, f.m, _chance(f, given), f.least_similarity) for f in fields)


def _chance(compared: MatchField, things: Sequence[NamedThing]) -> float:
    values = Counter(filter(None, (compact(thing.value(compared.name)) for thing in things)))
    n = values.total()
    equal = sum(count * (count - 1) / 2 for count in values.values())
    share = (equal + compared.u) / (n * (n - 1) / 2 + 1)
    return _inside(share if compared.least_similarity >= 1 else max(share, compared.u))


def _inside(probability: float) -> float:
    return min(max(probability, _SURE), 1 - _SURE)


def materials_of(plant: Plant, source: str = "") -> tuple[NamedThing, ...]:
    """
    The materials of a plant as one source names them.

    One without a name says nothing of what it is: that two ids look alike is no reason.
    """
    return tuple(
        NamedThing(
            item.id,
            source,
            {"name": item.name, "unit": item.unit, "family": item.family},
        )
        for item in plant.materials.values()
    )


def suppliers_of(plant: Plant, source: str = "") -> tuple[NamedThing, ...]:
    """The suppliers of a plant as one source names them, without legal form."""
    return tuple(
        NamedThing(
            item.id,
            source,
            {"name": without_legal_form(item.name), "country": item.country},
        )
        for item in plant.suppliers.values()
    )
