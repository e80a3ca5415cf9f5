"""How many points, from when, until when."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.points import PointsPolicy, RoundExpiry, available_on, earned_points, last_good_day, shortest_validity

MONEY = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
MULTIPLIERS = st.decimals(min_value=Decimal("0.001"), max_value=100, places=3)


def _lines(*pairs: tuple[str, str]) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(amount), Decimal(multiplier)) for amount, multiplier in pairs]


@pytest.mark.parametrize(
    ("lines", "per_yuan", "tier", "points"),
    [
        pytest.param(_lines(("99.90", "1")), "1", "1.5", 149, id="the design's example"),
        pytest.param(_lines(("100", "2"), ("100", "1")), "1", "1", 300, id="a promotion on one line"),
        pytest.param(_lines(("0.50", "1"), ("0.50", "1")), "1", "1", 1, id="one floor a purchase, not one a line"),
        pytest.param(_lines(("0.99", "1")), "1", "1", 0, id="less than a point"),
        pytest.param(_lines(("10", "1"), ("-2.50", "1")), "1", "1", 7, id="a deposit taken back"),
        pytest.param(_lines(("1", "1"), ("-2", "2")), "1", "1", 0, id="never less than nothing"),
        pytest.param([], "1", "1", 0, id="nothing earns"),
        pytest.param(_lines(("0.07", "1")), "100", "1", 7, id="no binary fraction"),
        pytest.param(_lines(("33.30", "1.1")), "0.1", "1.2", 4, id="all decimals"),
    ],
)
def test_points_of_a_purchase(lines: list[tuple[Decimal, Decimal]], per_yuan: str, tier: str, points: int) -> None:
    assert earned_points(lines=lines, per_yuan=Decimal(per_yuan), tier_multiplier=Decimal(tier)) == points


@given(st.lists(st.tuples(MONEY, MULTIPLIERS), max_size=6), MULTIPLIERS, MULTIPLIERS)
def test_points_are_the_floor_of_the_exact_sum(
    lines: list[tuple[Decimal, Decimal]], rate: Decimal, tier: Decimal
) -> None:
    exact = sum((Fraction(amount) * Fraction(each) for amount, each in lines), Fraction(0))
    expected = max(0, exact * Fraction(rate) * Fraction(tier) // 1)
    assert earned_points(lines=lines, per_yuan=rate, tier_multiplier=tier) == expected


@pytest.mark.parametrize(
    ("days", "months", "rounded", "earned", "last"),
    [
        (60, None, "none", date(2024, 1, 1), date(2024, 3, 1)),
        (60, None, "none", date(2023, 1, 1), date(2023, 3, 2)),
        (None, 12, "none", date(2024, 2, 29), date(2025, 2, 28)),
        (None, 1, "none", date(2023, 1, 31), date(2023, 2, 28)),
        (None, 1, "month", date(2024, 1, 31), date(2024, 2, 29)),
        (60, None, "month", date(2024, 1, 1), date(2024, 3, 31)),
        (60, None, "quarter", date(2024, 2, 1), date(2024, 6, 30)),
        (60, None, "quarter", date(2024, 1, 31), date(2024, 3, 31)),
        (60, None, "year", date(2024, 1, 1), date(2024, 12, 31)),
        (60, None, "year", date(2024, 12, 1), date(2025, 12, 31)),
        (None, 12, "year", date(2024, 1, 1), date(2025, 12, 31)),
        (None, None, "year", date(2024, 1, 1), None),
    ],
)
def test_last_good_day(
    days: int | None, months: int | None, rounded: RoundExpiry, earned: date, last: date | None
) -> None:
    policy = PointsPolicy(valid_days=days, valid_months=months, round_expiry=rounded)
    assert last_good_day(earned_on=earned, policy=policy) == last


def test_held_points_can_be_spent_after_the_hold() -> None:
    assert available_on(earned_on=date(2024, 2, 28), policy=PointsPolicy(hold_days=2)) == date(2024, 3, 1)
    assert available_on(earned_on=date(2024, 2, 28), policy=PointsPolicy()) == date(2024, 2, 28)


@pytest.mark.parametrize(("months", "days"), [(1, 28), (2, 59), (12, 365), (48, 1461)])
def test_the_shortest_run_of_months(months: int, days: int) -> None:
    assert shortest_validity(policy=PointsPolicy(valid_months=months)) == days


@given(
    st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)),
    st.integers(1, 24),
    st.sampled_from(["none", "month", "quarter", "year"]),
)
def test_rounding_only_lengthens_and_validity_is_never_shorter_than_promised(
    day: date, months: int, rounded: RoundExpiry
) -> None:
    policy = PointsPolicy(valid_months=months, round_expiry=rounded)
    last, shortest = last_good_day(earned_on=day, policy=policy), shortest_validity(policy=policy)
    assert last is not None
    assert shortest is not None
    assert (last - day).days >= shortest
