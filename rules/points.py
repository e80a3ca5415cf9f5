"""The points policy. How many points a purchase earns and until when they are good is stated in tables/sql/."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from rules.calendar import add_months

RoundExpiry = Literal["none", "month", "quarter", "year"]
Statement = Literal["off", "moved", "all"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsPolicy:
    """The chain's points rules. Points are good for `valid_days` or `valid_months`; neither: for ever.

    `statement`: the monthly balance message goes to nobody, to those whose balance moved, or to all. A chosen number of
    points is at least `redeem_min` and a multiple of `redeem_step`, worth `point_value` yuan each (None: not said); from
    `redeem_code_from` on a code is asked for. `adjust_limit`: the most that a store manager gives or takes by hand in one
    deed. `referrer_points` and `newcomer_points` are earned at the first purchase of whoever was brought.
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
    redeem_min: int = 1
    redeem_step: int = 1
    point_value: Decimal | None = None
    adjust_limit: int = 500
    referrer_points: int = 0
    newcomer_points: int = 0


def shortest_validity(*, policy: PointsPolicy) -> int | None:
    """The fewest days that points can be good for, before any rounding up; None when they never expire."""
    if policy.valid_months is None:
        return policy.valid_days
    # Months differ in length: the shortest run of months in one leap cycle, looked for from every day of it.
    days = (date(2021, 1, 1) + timedelta(days=offset) for offset in range(4 * 365 + 1))
    return min((add_months(day=day, months=policy.valid_months) - day).days for day in days)
