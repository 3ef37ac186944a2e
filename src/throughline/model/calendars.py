"""Calendars: when work is done. The arithmetic on them is in ``working_time``."""

from __future__ import annotations

from datetime import datetime, time

from throughline.model.columns import column, record


@record("calendars", key=("id",), about="Named working times.")
class WorkCalendar:
    """A named pattern of shifts in one time zone (ISA-95 work calendar)."""

    id: str = column("Calendar id.")
    name: str = column("Name.", default="")
    time_zone: str = column("IANA time zone that the shifts are written in.", default="UTC")


@record(
    "shifts",
    key=("calendar", "weekdays", "starts"),
    about="Working hours of a calendar, repeated every week.",
)
class Shift:
    """
    One stretch of working time on some weekdays; ending at or before its start means over midnight.
    """

    calendar: str = column("Calendar it belongs to.", refers_to="calendars")
    weekdays: str = column("Days, for example 'Mon-Fri' or 'Sat,Sun'.")
    starts: time = column("Start, wall time, hh:mm.")
    ends: time = column("End, wall time, hh:mm.")
    name: str = column("Name of the shift, for example 'early'.", default="")


@record(
    "calendar_exceptions",
    key=("id",),
    about="Holidays, closures and overtime: what differs from the weekly pattern.",
)
class CalendarException:
    """
    A dated stretch of time in which a calendar, work center or machine works although it would not,
    or the other way.
    """

    id: str = column("Id.")
    scope: str = column("Id of the calendar, work center or equipment it is for.")
    starts_at: datetime = column("Start.")
    ends_at: datetime = column("End, after the start.")
    works: bool = column("true adds working time (overtime), false takes it away (holiday).")
    reason: str = column("Why.", default="")
