"""A program made ready to be played: whole numbers, look-ups by rank and by reward."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from rules.backtest_events import EARNS, FEN, NEVER
from rules.backtest_promotions import Ids, Promotions
from rules.calendar import MONTHS_IN_QUARTER, add_months, month_end, quarter_end
from rules.points import PointsPolicy
from rules.program import Program

_THOUSANDTHS = 1_000
# earns × per_yuan × tier multiplier, each a whole number, is so many times the points.
A_POINT = EARNS * _THOUSANDTHS * _THOUSANDTHS
_QUARTERS = 4


@cache
def quarter_of(day: int) -> int:
    """The calendar quarter of a day (ordinal), counted from the year 0."""
    when = date.fromordinal(day)
    return when.year * _QUARTERS + (when.month - 1) // MONTHS_IN_QUARTER


@cache
def quarter_begins(quarter: int) -> int:
    """The first day (ordinal) of a quarter as `quarter_of` counts them."""
    year, number = divmod(quarter, _QUARTERS)
    return date(year, number * MONTHS_IN_QUARTER + 1, 1).toordinal()


def last_good_day(*, policy: PointsPolicy, earned_on: date) -> date | None:
    """The last day on which points earned on a day are good, None = for ever (design 4.2); as deed.last_good_day."""
    if policy.valid_days is not None:
        bare = earned_on + timedelta(days=policy.valid_days)
    elif policy.valid_months is not None:
        bare = add_months(day=earned_on, months=policy.valid_months)
    else:
        return None
    match policy.round_expiry:
        case "month":
            return month_end(day=bare)
        case "quarter":
            return quarter_end(day=bare)
        case "year":
            return date(bare.year, 12, 31)
        case _:
            return bare


class LastGoodDays(dict[int, int]):
    """Of a day (ordinal) on which points are earned the last one on which they are good; worked out once."""

    def __init__(self, policy: PointsPolicy) -> None:
        super().__init__()
        self.policy = policy

    def __missing__(self, day: int) -> int:
        end = last_good_day(policy=self.policy, earned_on=date.fromordinal(day))
        self[day] = NEVER if end is None else end.toordinal()
        return self[day]


class Price(NamedTuple):
    """What a reward costs, the lowest rank that may have it, and its worth in fen where the program says it."""

    points: int
    min_rank: int
    value: int | None


class RewardKnown(NamedTuple):
    """A reward of the chain, offered today or not: its id, name and worth in yuan."""

    id: int
    name: str
    value: Decimal | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What decides about points in one program. `factors`: per rank per_yuan × multiplier in millionths; `thresholds` in
    fen go with `ranks`, lowest first. `prices`: of rewards by id; None: this program took it off the list; not there: no
    program offers it any more, it costs what it cost then, worth `worths` (fen). `promotions`: where they are not today's.
    """

    ends: LastGoodDays
    hold_days: int
    factors: Mapping[int, int]
    ranks: tuple[int, ...]
    thresholds: tuple[int, ...]
    redeem_min: int
    redeem_step: int
    newcomer_points: int
    referrer_points: int
    prices: Mapping[int, Price | None]
    worths: Mapping[int, int | None]
    promotions: Promotions | None


def make_terms(*, program: Program, today: Program, rewards: Sequence[RewardKnown], ids: Ids) -> Terms:
    """Make a program ready; `today` is the chain's own one, `rewards` are all it ever had."""
    promotions = Promotions(today=today.promotions, wanted=program.promotions, ids=ids)
    policy, tiers = program.points, program.tiers
    per_yuan = int(policy.per_yuan * _THOUSANDTHS)
    return Terms(
        ends=LastGoodDays(policy),
        hold_days=policy.hold_days,
        factors={tier.rank: per_yuan * int(tier.earn_multiplier * _THOUSANDTHS) for tier in tiers},
        ranks=tuple(tier.rank for tier in tiers),
        # A rank is reached by whatever reaches a higher one, however the thresholds stand.
        thresholds=tuple(accumulate((int(tier.quarterly_spend * FEN) for tier in reversed(tiers)), min))[::-1],
        redeem_min=policy.redeem_min,
        redeem_step=policy.redeem_step,
        newcomer_points=policy.newcomer_points,
        referrer_points=policy.referrer_points,
        prices=_prices(program=program, today=today, rewards=rewards),
        worths={reward.id: _fen(reward.value) for reward in rewards},
        promotions=promotions if promotions.last else None,
    )


def yuan_a_point(*, program: Program) -> tuple[Decimal | None, str]:
    """What a point without a price tag costs the chain, in yuan: the policy's `point_value`, else as the dearest cash
    reward pays; None where the program says neither. The words name the source.
    """
    if program.points.point_value is not None:
        return program.points.point_value, "point_value"
    paying = [
        (reward.value / reward.points, reward.name)
        for reward in program.rewards
        if reward.kind == "cash" and reward.value
    ]
    return max(paying, default=(None, ""))  # fmt: skip


def _fen(yuan: Decimal | None) -> int | None:
    return None if yuan is None else int(yuan * FEN)


def _prices(*, program: Program, today: Program, rewards: Sequence[RewardKnown]) -> dict[int, Price | None]:
    offered = {
        reward.name: Price(reward.points, reward.min_tier or 1, _fen(reward.value)) for reward in program.rewards
    }
    known = offered.keys() | {reward.name for reward in today.rewards}
    return {reward.id: offered.get(reward.name) for reward in rewards if reward.name in known}
