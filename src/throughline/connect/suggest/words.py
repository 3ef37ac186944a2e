"""
Names of columns, files and tables as words of the field.

A name is split where case, digits and marks change, its words become canonical ones (German and
abbreviated ones too), and two names are alike as far as their canonical words agree. The words are
data: ``words.toml``, ``columns.toml``, ``tables.toml`` and ``systems.toml`` beside this file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import lru_cache
from importlib.resources import files
from typing import Any

Words = tuple[str, ...]

_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_FOLD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "á": "a"})
_JOINING = frozenset(
    {"to", "from", "of", "by", "von", "bis", "in", "for", "the", "and", "no", "be", "can"}
)
_TO_BE_DONE = frozenset({"produce", "manufacture", "make", "build", "deliver", "order", "receive"})
_SHORT_TAILS = ("nr", "id", "no")
_LINKS = ("", "s", "n", "en", "es", "er")
_SHORTEST_PART = 3
_SHORTEST_FUZZY = 5
_NEARLY = 0.86
_WEAK = 0.35
_CONTEXT = 0.12


@lru_cache(maxsize=1)
def vocabulary() -> Mapping[str, Any]:
    """All word lists by the name of their file."""
    folder = files(__package__)
    return {
        name: tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        for name in ("words", "columns", "tables", "systems")
    }


@lru_cache(maxsize=1)
def _canonical() -> Mapping[str, str]:
    words = vocabulary()["words"]["words"]
    variants = {variant: word for word, variants in words.items() for variant in variants}
    return {**variants, **{word: word for word in words}}


@lru_cache(maxsize=1)
def _weak() -> frozenset[str]:
    return frozenset(vocabulary()["words"]["weak"]["words"])


@lru_cache(maxsize=2)
def _codes(kind: str) -> Mapping[str, tuple[str, str]]:
    """Names of known systems for ``fields`` or ``tables``: lower case to (phrase, system)."""
    return {
        name.casefold(): (phrase, system)
        for system, kinds in vocabulary()["systems"].items()
        for name, phrase in kinds[kind].items()
    }


def field_phrase(name: str) -> tuple[str, str] | None:
    """What a known system means by a field's name, and which one; None for other names."""
    plain = name.casefold().removesuffix("/id")
    return _codes("fields").get(plain) or _codes("fields").get(plain.rpartition(".")[2])


@lru_cache(maxsize=8192)
def words_of(name: str) -> Words:
    """The canonical words of a column's name: those of ``Liefertermin`` and ``DlvDate`` agree."""
    known = field_phrase(name)
    return _joined(_split(known[0] if known else name))


@lru_cache(maxsize=1024)
def entity_of(name: str) -> Words:
    """The canonical words of the name of a file, sheet or kind."""
    known = _codes("tables").get(name.casefold())
    return _joined(_split(known[0] if known else name))


@lru_cache(maxsize=8192)
def plain_words_of(name: str) -> Words:
    """The canonical words of a name, without asking whether a system uses it as a code."""
    return _joined(_split(name))


def _split(name: str) -> list[str]:
    # A capital inside an abbreviation is no new word.
    folded = "".join(_folded(character) for character in name.replace("BoM", "Bom"))
    parts = [part.lower() for part in _PARTS.findall(folded) if not part.isdigit()]
    parts = _to_do(parts)
    if len(parts) > 1 and parts[-1] == "min":
        parts[-1] = "minutes"  # a unit at the end, not "minimum"
    # "sent to vendor": a little word between others joins them and says nothing of its own.
    inner = [p for p in parts[1:-1] if p not in _JOINING]
    kept = [*parts[:1], *inner, *parts[1:][-1:]]
    return [word for part in kept for word in _known_parts(part)]


def _to_do(parts: list[str]) -> list[str]:
    """ "to produce", "to deliver": what is planned, not what was done."""
    found: list[str] = []
    for part in parts:
        if found and found[-1] == "to" and part in _TO_BE_DONE:
            found[-1] = "planned"
        else:
            found.append(part)
    return found


def _folded(character: str) -> str:
    lower = character.lower().translate(_FOLD)
    return lower.capitalize() if character.isupper() else lower


def _known_parts(word: str) -> tuple[str, ...]:
    """A word as canonical words: itself, its singular, or the parts it is put together from."""
    known = _canonical()
    for form in (word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("en")):
        if form in known:
            return (known[form],)
    if word in _weak() or word.isdigit():
        return (word,)
    return _compound(word) or (word,)


@lru_cache(maxsize=8192)
def _compound(word: str) -> tuple[str, ...]:
    """``auftragsmenge`` as order, quantity; empty when it is not made of known words."""
    known = _canonical()
    for tail in _SHORT_TAILS:
        if word.endswith(tail) and (head := _head(word.removesuffix(tail))):
            return known[head], known.get(tail, tail)
    for end in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        head, rest = _head(word[:end]), word[end:]
        if not head:
            continue
        if rest in known or rest in _weak():
            return known[head], known.get(rest, rest)
        if parts := _compound(rest):
            return (known[head], *parts)
    return ()


def _head(text: str) -> str:
    """A known word at the head of a compound, without the letters that link it."""
    known = _canonical()
    heads = (text.removesuffix(link) for link in _LINKS)
    return next((head for head in heads if len(head) >= _SHORTEST_PART and head in known), "")


def _joined(words: Iterable[str]) -> Words:
    """Pairs of words that are one word, such as work and center, put together."""
    pairs = vocabulary()["words"]["pairs"]
    found: list[str] = []
    for word in words:
        pair = pairs.get(f"{found[-1]} {word}") if found else None
        if pair:
            found[-1:] = pair.split()
        elif not found or found[-1] != word:
            found.append(word)
    return tuple(found)


@lru_cache(maxsize=65536)
def likeness(name: Words, phrase: Words, context: frozenset[str] = frozenset()) -> float:
    """
    How much a name is like a phrase, from 0 to 1.

    1 when they hold the same words in any order. Words of the phrase that the name lacks count
    most; words of the name that the phrase lacks count less, and hardly when they belong to the
    ``context``: the words by which the file or table itself is called.
    """
    if not any(_alike(word, other) for word in phrase for other in name):
        return 0.0
    matched: set[str] = set()
    found = wanted = 0.0
    for word in phrase:
        weight = _weight(word)
        best = max(name, key=lambda other: _alike(word, other))
        alike = _alike(word, best)
        if not alike and word in context:
            alike, weight = 1.0, weight * _CONTEXT  # "order number" in a table of orders
        elif alike:
            matched.add(best)
        found += weight * alike
        wanted += weight
    strong = {word for word in phrase if word not in _weak()}
    if not matched or (strong and not any(_alike(w, o) for w in strong for o in matched)):
        return 0.0  # "id" alone is no material id
    own = sum(_weight(word) for word in name if word in matched)
    foreign = sum(
        _weight(word) * (_CONTEXT if word in context else 1) for word in name if word not in matched
    )
    covered = found / wanted
    return float(covered**1.5 * (own / (own + foreign)) ** 0.7)


def _weight(word: str) -> float:
    return _WEAK if word in _weak() else 1.0


@lru_cache(maxsize=65536)
def _alike(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if min(len(one), len(other)) < _SHORTEST_FUZZY or one[0] != other[0]:
        return 0.0
    ratio = SequenceMatcher(None, one, other).ratio()
    return ratio if ratio >= _NEARLY else 0.0
