"""A small chain under a program drawn at random."""

from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from actions.program import apply_program
from rules.points import PointsPolicy
from rules.program import Program, PromotionRule, RewardRule, TierRule
from tables.scope import scope
from tests import make

MEMBERS = (1, 2, 3, 4)
# Whether they earn, count for the tier, may be promoted.
CATEGORIES = {
    "水果": (True, True, True),
    "烟草": (False, True, True),
    "礼品卡": (True, False, True),
    "奶粉": (True, True, False),
}


async def settle_in(program: Program) -> None:
    """An empty database gets its chain: the same ids every time."""
    for code in ("S1", "S2"):
        await make.make_store(code)
    for name, flags in CATEGORIES.items():
        sql = "INSERT INTO category (name, earns, counts_for_tier, promotable) VALUES ($1, $2, $3, $4)"
        await make.execute(sql, name, *flags)
    await make.execute("INSERT INTO tag (name) VALUES ('榴莲')")
    async with scope(role="hq_admin"):
        await apply_program(program=program)
    for member in MEMBERS:
        await make.make_member(f"+861390000000{member}", store=member % 2 + 1)
    await make.execute("UPDATE member SET referred_by = 1 WHERE id IN (2, 4)")
    await make.execute("UPDATE member SET birthday = '1990-01-05' WHERE id = 1")
    await make.execute("INSERT INTO member_tag (member, tag, source) VALUES (3, 1, 'manual')")


def drawn_program(draw: Random) -> Program:
    days, months = draw.choice([(20, None), (30, None), (45, None), (None, 1), (None, 2), (None, None)])
    policy = PointsPolicy(
        per_yuan=draw.choice([Decimal(1), Decimal("0.5"), Decimal("1.25")]), valid_days=days, valid_months=months,
        round_expiry=draw.choice(["none", "none", "month", "quarter"]), hold_days=draw.choice([0, 0, 3]),
        redeem_min=draw.choice([1, 10]), redeem_step=draw.choice([1, 5]), referrer_points=draw.choice([0, 15]),
        newcomer_points=draw.choice([0, 25]),
    )  # fmt: skip
    spends, multipliers = draw.choice([(500, 1200), (300, 900)]), draw.choice([("1.2", "1.5"), ("1.1", "2")])
    tiers = [TierRule(rank=1, name="铜卡", quarterly_spend=Decimal(0))]
    for rank, name, spend, multiplier in zip((2, 3), ("银卡", "金卡"), spends, multipliers, strict=True):
        tiers.append(
            TierRule(rank=rank, name=name, quarterly_spend=Decimal(spend), earn_multiplier=Decimal(multiplier))
        )
    worths = (None, Decimal(5), Decimal("2.5"), None)
    rewards = [
        RewardRule(name=f"G{n}", kind="cash" if worth else "gift", points=draw.randint(10, 90), value=worth, min_tier=rank)
        for n, (worth, rank) in enumerate(zip(worths, (None, None, 2, draw.choice([None, 3])), strict=True), 1)
    ]  # fmt: skip
    return Program(points=policy, tiers=tuple(tiers), rewards=tuple(rewards), promotions=drawn_promotions(draw))


def drawn_promotions(draw: Random) -> tuple[PromotionRule, ...]:
    limits: list[dict[str, Any]] = [
        {}, {"weekdays": (2, 6)}, {"stores": ("S2",)}, {"categories": ("奶粉", "水果")}, {"tag": "榴莲"}, {"birthday_month": True},
    ]  # fmt: skip
    return tuple(
        PromotionRule(
            name=f"P{n}", multiplier=Decimal(draw.choice(["1.5", "2", "3"])), starts_on=date(2028, draw.choice([1, 3, 9]), 1),
            ends_on=date(2029, draw.choice([1, 2, 12]), 28), **limit,
        )
        for n, limit in enumerate(draw.sample(limits, draw.choice([0, 1, 2, 3])))
    )  # fmt: skip
