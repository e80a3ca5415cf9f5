"""The chain's calendar: business dates, months and quarters."""

from calendar import monthrange
from datetime import date, datetime
from zoneinfo import ZoneInfo

MONTHS_IN_QUARTER = 3


def business_date(*, at: datetime, zone: ZoneInfo) -> date:
    """The calendar day on which the instant `at` falls in the chain's zone.

    A naive `at` raises ValueError: nobody knows which day it means.
    """
    if at.tzinfo is None:
        raise ValueError("business_date needs an instant with a zone")
    return at.astimezone(zone).date()


def add_months(*, day: date, months: int) -> date:
    """The same day `months` later (earlier when negative), clamped to the month's end: 31 January + 1 → 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def month_end(*, day: date) -> date:
    """The last day of the month of `day`."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def quarter_start(*, day: date) -> date:
    """The first day of the calendar quarter of `day`."""
    return date(day.year, (day.month - 1) // MONTHS_IN_QUARTER * MONTHS_IN_QUARTER + 1, 1)


def quarter_end(*, day: date) -> date:
    """The last day of the calendar quarter of `day`."""
    return month_end(day=add_months(day=quarter_start(day=day), months=MONTHS_IN_QUARTER - 1))
