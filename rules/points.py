"""Points: how many a purchase earns, from when they can be spent, until when they are good."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import Literal

from rules.calendar import add_months, month_end, quarter_end, year_end

RoundExpiry = Literal["none", "month", "quarter", "year"]
Statement = Literal["off", "moved", "all"]

# numeric(12,2) × three of numeric(6,3) needs 30 digits and a sum a few more; the default 28 would round unseen.
_EXACT_DIGITS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsPolicy:
    """The chain's points rules. Points are good for `valid_days` or `valid_months`; neither: for ever.

    `statement`: the monthly balance message goes to nobody, to those whose balance moved, or to all.
    """

    per_yuan: Decimal = Decimal(1)
    valid_days: int | None = None
    valid_months: int | None = None
    round_expiry: RoundExpiry = "none"
    hold_days: int = 0
    remind_days: tuple[int, ...] = (15, 3)
    remind_min_points: int = 100
    remind_every_days: int = 14
    statement: Statement = "moved"
    redeem_code_from: int | None = None
    code_away_from_home: bool = False


def earned_points(*, lines: Iterable[tuple[Decimal, Decimal]], per_yuan: Decimal, tier_multiplier: Decimal) -> int:
    """The points a purchase earns: one floor for the whole purchase, never less than 0.

    `lines` are (amount in yuan, promotion multiplier) of the lines whose category earns; an amount may be negative.
    """
    with localcontext(prec=_EXACT_DIGITS):
        weighted = sum((amount * multiplier for amount, multiplier in lines), Decimal(0))
        points = (weighted * per_yuan * tier_multiplier).to_integral_value(rounding=ROUND_FLOOR)
    return max(0, int(points))


def available_on(*, earned_on: date, policy: PointsPolicy) -> date:
    """The first day on which points earned on that business date can be spent."""
    return earned_on + timedelta(days=policy.hold_days)


def last_good_day(*, earned_on: date, policy: PointsPolicy) -> date | None:
    """The last day on which points earned on that business date can be spent; None when they never expire."""
    if policy.valid_days is not None:
        return _rounded(day=earned_on + timedelta(days=policy.valid_days), to=policy.round_expiry)
    if policy.valid_months is not None:
        return _rounded(day=add_months(day=earned_on, months=policy.valid_months), to=policy.round_expiry)
    return None


def shortest_validity(*, policy: PointsPolicy) -> int | None:
    """The fewest days that points can be good for, before any rounding up; None when they never expire."""
    if policy.valid_months is None:
        return policy.valid_days
    # Months differ in length: the shortest run of months in one leap cycle, looked for from every day of it.
    days = (date(2021, 1, 1) + timedelta(days=offset) for offset in range(4 * 365 + 1))
    return min((add_months(day=day, months=policy.valid_months) - day).days for day in days)


def _rounded(*, day: date, to: RoundExpiry) -> date:
    match to:
        case "month":
            return month_end(day=day)
        case "quarter":
            return quarter_end(day=day)
        case "year":
            return year_end(day=day)
        case "none":
            return day
