"""How dates are written, and whether day and month could be exchanged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

_MOSTLY = 0.95
_YEARS = range(1970, 2101)
_LAST_MONTH = 12
# Day-first and month-first forms of one shape are told apart by the samples.
_FORMS = (
    "",
    "%Y-%m-%d %H:%M:%S.%f",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%m-%Y %H:%M",
    "%d-%m-%Y %H:%M:%S",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y.%m.%d",
    "%Y%m%d",
    "%Y%m%d%H%M%S",
    "%Y%m%d %H%M%S",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%b %d, %Y",
    "%d %B %Y",
)
_COMPACT = frozenset({"%Y%m%d", "%Y%m%d%H%M%S"})
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{2,4}")
_TRIED = 400


@dataclass(frozen=True, slots=True)
class DateForm:
    """
    How dates are written: ``form`` as ``strptime`` reads it, empty for ISO 8601.

    ``is_ambiguous`` is true when no sample says whether the day or the month comes first;
    ``wrong`` are samples that are no dates in this form.
    """

    form: str
    share: float
    is_ambiguous: bool
    wrong: tuple[str, ...] = ()

    @property
    def is_compact(self) -> bool:
        """Whether dates look like whole numbers."""
        return self.form in _COMPACT

    @property
    def statement(self) -> str:
        """The form in words, with what is open about it."""
        if self.is_ambiguous:
            return (
                f"dates like {self.form}, where no sample has a day above 12: day and month could "
                "be exchanged"
            )
        return f"dates like {self.form}" if self.form else "ISO dates"


def date_form(samples: Sequence[str]) -> DateForm | None:
    """The form in which nearly all samples are dates between 1970 and 2100; None without one."""
    tried = samples[:_TRIED]
    if not tried:
        return None
    best: DateForm | None = None
    for form in _FORMS:
        # The first sample that is no date ends most attempts at once.
        if not _fits(tried[0], form) and not any(_fits(text, form) for text in tried[1:4]):
            continue
        wrong = [text for text in tried if not _fits(text, form)]
        share = 1 - len(wrong) / len(tried)
        if share >= _MOSTLY and (best is None or share > best.share):
            best = DateForm(form, share, is_ambiguous=False, wrong=tuple(wrong[:3]))
    if best is None:
        return None
    return DateForm(best.form, best.share, _is_ambiguous(best.form, tried), best.wrong)


def _fits(text: str, form: str) -> bool:
    try:
        if not form:
            return "-" in text and datetime.fromisoformat(text).year in _YEARS
        if form in _COMPACT and len(text) not in (8, 14):
            return False
        return datetime.strptime(text, form).year in _YEARS  # noqa: DTZ007  only a trial
    except (ValueError, OverflowError):
        return False


def _is_ambiguous(form: str, samples: Sequence[str]) -> bool:
    # With points the day comes first by custom; with slashes and dashes both are written.
    if not form.startswith(("%d/", "%m/", "%d-%m", "%m-%d")):
        return False
    pairs = [found.groups() for text in samples if (found := _SLASHED.match(text))]
    return all(int(a) <= _LAST_MONTH and int(b) <= _LAST_MONTH for a, b in pairs)
