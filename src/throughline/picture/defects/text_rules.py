"""Texts where numbers or dates belong, and names that differ only by blanks or case."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np

from throughline.picture.defects import words as w
from throughline.picture.defects.columns import Mask, shown
from throughline.picture.defects.findings import EXAMPLES_SHOWN, Defect, Example, Severity
from throughline.picture.defects.profile import Kind, Profile
from throughline.picture.defects.register import counted, found, rule, thousands
from throughline.picture.defects.roles import Roles

LEAST_ROWS = 20
_MANY_DIFFERENT = 20
_PURE = 0.98
_FORMS_SHOWN = 3
_CODE_LIKE = re.compile(r"(?=.*\d)[\d.\-/ ]+")

TEXT_IN_NUMBERS = rule(
    "text_in_numbers",
    level="rows",
    about="A column of numbers holds texts: references to other rows, remarks, units, marks for "
    "not available, numbers written another way.",
    counts="rows whose cell is a text, of the rows whose cell says something",
    silent="fewer than 20 cells are filled; more than half are texts, or four fifths where the "
    "name promises a quantity; the column holds codes, sizes or identifiers; another column says "
    "which rows hold text, as in a list of items and values",
    cure="Read these cells as unknown, never as 0; where a text points to another row, take the "
    "figure from there once.",
    severity=Severity.DISTORTS,
)
TEXT_IN_DATES = rule(
    "text_in_dates",
    level="rows",
    about="A column of dates holds texts or dates that do not exist.",
    counts="rows whose cell is no date, of the rows whose cell says something",
    silent="fewer than 20 cells are filled, the column is mostly texts of many kinds, or it is "
    "called a batch, a lot or a number",
    cure="Read these cells as unknown; have the date recorded where one exists.",
    severity=Severity.DISTORTS,
)
BLANKS_AROUND = rule(
    "blanks_around_names",
    level="rows",
    about="Names with blanks before or after them: they look right and match nothing.",
    counts="different names with such blanks, of the different names in the column",
    silent="the column holds numbers, dates or long texts; the cell is blank altogether; every "
    "name is filled up with blanks to one width",
    cure="Strip blanks at both ends on the way in.",
    severity=Severity.UNTIDY,
)
SPELT_TWICE = rule(
    "spelt_in_two_ways",
    level="rows",
    about="Names that differ only by capital letters or blanks: one thing counted as two.",
    counts="rows with the rarer spelling, of the rows that have a name",
    silent="the column holds long texts or identifiers that never repeat; more than a tenth of the "
    "names differ so, for then capital letters carry meaning",
    cure="Let a person confirm that both are one, then map the rarer spelling to the usual one.",
    severity=Severity.DISTORTS,
)


def text_rules(roles: Roles) -> Iterator[Defect]:
    """Every finding about texts."""
    for profile in roles.profiled.profiles:
        if profile.kind is Kind.NUMBER:
            yield from _text_in_numbers(roles, profile)
        elif profile.kind is Kind.MOMENT:
            yield from _text_in_dates(roles, profile)
        elif profile.kind in {Kind.LABEL, Kind.IDENTIFIER}:
            yield from _blanks_around(roles, profile)
            yield from _spelt_in_two_ways(roles, profile)


def _text_in_numbers(roles: Roles, profile: Profile) -> Iterator[Defect]:
    column, table = profile.column, roles.profiled.table
    texts = np.isnan(profile.number_of_text) & ~column.null_texts
    count = int(column.counts[texts].sum())
    if not count or column.known < LEAST_ROWS or not _is_measured(profile, texts):
        return
    rows = texts[column.codes]
    if not set(profile.words) & w.PROMISING and _told_by_another(roles, profile, rows):
        return
    forms = _forms(profile, texts)
    examples = table.examples(np.flatnonzero(rows).tolist(), (column,), roles.profiled.key)
    said = (
        f'"{column.name}" holds text instead of a number in {thousands(count)} of '
        f"{thousands(column.known)} rows: {forms}."
    )
    yield found(TEXT_IN_NUMBERS, table.name, column.name, count, column.known, examples, said)


def _is_measured(profile: Profile, texts: Mask) -> bool:
    """Whether the numbers are quantities and not codes, sizes or identifiers."""
    others = [t for t, is_text in zip(profile.column.texts, texts, strict=True) if is_text]
    promised = bool(set(profile.words) & w.PROMISING)
    if set(profile.words) & w.IDENTITY and not promised:
        return False
    if sum(bool(_CODE_LIKE.fullmatch(t.strip())) for t in others) > len(others) / 2:
        return False
    if promised:
        return True
    # Mostly numbers with a few repeated marks are quantities; different texts look like codes.
    numbers = int((~np.isnan(profile.number_of_text)).sum())
    fractions = not profile.is_whole
    return (fractions and numbers >= _MANY_DIFFERENT) or (
        numbers >= _MANY_DIFFERENT
        and len(others) <= numbers / 10
        and not _look_alike(profile, others)
    )


def _look_alike(profile: Profile, others: list[str]) -> bool:
    """Whether texts are built like the numbers, as ``M123`` beside ``1234``: codes then."""
    lengths = {
        len(t.strip())
        for t, n in zip(profile.column.texts, profile.number_of_text, strict=True)
        if not np.isnan(n)
    }
    with_digits = [t for t in others if any(c.isdigit() for c in t)]
    return bool(with_digits) and all(
        len(t.strip()) in lengths and " " not in t.strip() for t in with_digits
    )


def _told_by_another(roles: Roles, profile: Profile, rows: Mask) -> bool:
    filled = ~profile.column.empty
    for label in roles.labels:
        if label is profile:
            continue
        codes, texts = label.column.codes[filled], rows[filled]
        n = np.bincount(codes, minlength=len(label.column.texts))
        with_text = np.bincount(codes, weights=texts, minlength=len(label.column.texts))
        majority = np.maximum(with_text, n - with_text).sum() / max(1, n.sum())
        if majority >= _PURE and texts.mean() > 1 - _PURE:
            return True
    return False


def _forms(profile: Profile, texts: Mask) -> str:
    """What the texts say, the most frequent form first, digits left out."""
    forms: Counter[str] = Counter()
    sample: dict[str, str] = {}
    for text, is_text, n in zip(profile.column.texts, texts, profile.column.counts, strict=True):
        if is_text:
            form = re.sub(r"\d+", "#", text.strip())
            form = re.sub(r"[A-Z]{2,}(?=-#)", "…", form)
            forms[form] += int(n)
            sample.setdefault(form, text.strip())
    told = [f'"{shown(sample[f])}" ({thousands(n)})' for f, n in forms.most_common(_FORMS_SHOWN)]
    if len(forms) > _FORMS_SHOWN:
        told.append(f"and {thousands(len(forms) - _FORMS_SHOWN)} other forms")
    return ", ".join(told)


_CODED = w.IDENTITY | w.names("batch lot charge serial los version revision")


def _text_in_dates(roles: Roles, profile: Profile) -> Iterator[Defect]:
    column, table = profile.column, roles.profiled.table
    texts = np.isnan(profile.moment_of_text) & ~column.null_texts
    count = int(column.counts[texts].sum())
    if not count or column.known < LEAST_ROWS or set(profile.words) & _CODED:
        return
    rows = texts[column.codes]
    examples = table.examples(np.flatnonzero(rows).tolist(), (column,), roles.profiled.key)
    said = (
        f'"{column.name}" holds something else than a date in {thousands(count)} of '
        f"{thousands(column.known)} rows: {_forms(profile, texts)}."
    )
    yield found(TEXT_IN_DATES, table.name, column.name, count, column.known, examples, said)


def _blanks_around(roles: Roles, profile: Profile) -> Iterator[Defect]:
    column, table = profile.column, roles.profiled.table
    blanks = np.fromiter(
        (
            t != t.strip() and not null
            for t, null in zip(column.texts, column.null_texts, strict=True)
        ),
        np.bool_,
        len(column.texts),
    )
    names = profile.distinct
    count = int(blanks.sum())
    if not count or (count == names and names > 1 and len({len(t) for t in column.texts}) <= 2):
        return
    rows = int(column.counts[blanks].sum())
    places = _first_rows(column.codes, np.flatnonzero(blanks)[:EXAMPLES_SHOWN].tolist())
    examples = tuple(
        Example(int(table.row_numbers[place]), column.at(place).strip(), repr(column.at(place)))
        for place in places
    )
    said = (
        f'{thousands(count)} of {thousands(names)} names in "{column.name}" have blanks before or '
        f"after them ({counted(rows, 'row')})."
    )
    yield found(BLANKS_AROUND, table.name, column.name, count, names, examples, said)


def _first_rows(codes: np.ndarray, wanted: list[int]) -> list[int]:
    return [int(np.argmax(codes == code)) for code in wanted]


def _spelt_in_two_ways(roles: Roles, profile: Profile) -> Iterator[Defect]:
    column, table = profile.column, roles.profiled.table
    spellings: dict[str, list[int]] = defaultdict(list)
    for number, (text, null) in enumerate(zip(column.texts, column.null_texts, strict=True)):
        if not null:
            spellings[" ".join(text.split()).casefold()].append(number)
    twice = [numbers for numbers in spellings.values() if len(numbers) > 1]
    if not twice or len(twice) > max(1, len(spellings) // 10) or profile.kind is Kind.FREE_TEXT:
        return
    rare, examples = 0, []
    for numbers in twice:
        usual, *others = sorted(numbers, key=lambda n: -int(column.counts[n]))
        rare += int(column.counts[others].sum())
        place = int(np.argmax(column.codes == others[0]))
        examples.append(
            Example(
                int(table.row_numbers[place]),
                column.texts[usual],
                f'"{column.texts[others[0]]}" beside "{column.texts[usual]}"',
            )
        )
    said = (
        f'{thousands(len(twice))} name{"s" if len(twice) > 1 else ""} in "{column.name}" '
        f"{'are' if len(twice) > 1 else 'is'} written in several ways that differ by blanks or "
        f"capital letters only ({counted(rare, 'row')} with the rarer one)."
    )
    yield found(
        SPELT_TWICE, table.name, column.name, rare, column.known, examples[:EXAMPLES_SHOWN], said
    )
