"""The points policy. How many points a purchase earns and until when they are good is stated in tables/sql/."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from rules.calendar import add_months

RoundExpiry = Literal["none", "month", "quarter", "year"]
Statement = Literal["off", "moved", "all"]

# What a store manager may give or take by hand in one deed; tables/sql/postings.sql holds everybody to it.
MOST_BY_MANAGER = 500


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


def shortest_validity(*, policy: PointsPolicy) -> int | None:
    """The fewest days that points can be good for, before any rounding up; None when they never expire."""
    if policy.valid_months is None:
        return policy.valid_days
    # Months differ in length: the shortest run of months in one leap cycle, looked for from every day of it.
    days = (date(2021, 1, 1) + timedelta(days=offset) for offset in range(4 * 365 + 1))
    return min((add_months(day=day, months=policy.valid_months) - day).days for day in days)
