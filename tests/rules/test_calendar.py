"""Months, quarters and business dates."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import (
    add_months,
    business_date,
    month_end,
    quarter_end,
    quarter_start,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = st.dates(min_value=date(1950, 1, 1), max_value=date(2150, 12, 31))


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (date(2024, 1, 1), date(2024, 1, 1), date(2024, 3, 31)),
        (date(2024, 3, 31), date(2024, 1, 1), date(2024, 3, 31)),
        (date(2024, 4, 1), date(2024, 4, 1), date(2024, 6, 30)),
        (date(2024, 9, 30), date(2024, 7, 1), date(2024, 9, 30)),
        (date(2024, 12, 31), date(2024, 10, 1), date(2024, 12, 31)),
    ],
)
def test_quarters(day: date, start: date, end: date) -> None:
    assert (quarter_start(day=day), quarter_end(day=day)) == (start, end)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2023, 12, 15), 1, date(2024, 1, 15)),
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
        (date(2024, 1, 15), -1, date(2023, 12, 15)),
        (date(2024, 5, 31), 0, date(2024, 5, 31)),
    ],
)
def test_months_are_clamped_to_their_end(day: date, months: int, then: date) -> None:
    assert add_months(day=day, months=months) == then


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2024, 2, 28, 15, 59, 59, tzinfo=UTC), date(2024, 2, 28)),
        (datetime(2024, 2, 28, 16, 0, tzinfo=UTC), date(2024, 2, 29)),
        (datetime(2024, 1, 1, 0, 30, tzinfo=SHANGHAI), date(2024, 1, 1)),
    ],
)
def test_the_business_date_is_the_day_in_the_shop(at: datetime, day: date) -> None:
    assert business_date(at=at, zone=SHANGHAI) == day


def test_an_instant_without_a_zone_has_no_business_date() -> None:
    with pytest.raises(ValueError, match="zone"):
        business_date(at=datetime(2024, 1, 1), zone=SHANGHAI)  # noqa: DTZ001  that is what is tested


@given(DAYS)
def test_every_day_lies_in_its_month_quarter_and_year(day: date) -> None:
    assert quarter_start(day=day) <= day <= month_end(day=day) <= quarter_end(day=day)
    assert (month_end(day=day) + timedelta(days=1)).day == 1
    assert add_months(day=quarter_start(day=day), months=3) == quarter_end(day=day) + timedelta(days=1)
