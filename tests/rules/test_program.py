"""Programs: read, compared."""

import tomllib
from dataclasses import replace
from datetime import date
from decimal import Decimal

from rules.points import PointsPolicy
from rules.program import Program, PromotionRule, RewardRule, TierRule, parse_program
from rules.program_export import program_difference
from tests.rules.program_text import TEXT

READ = Program(
    points=PointsPolicy(
        per_yuan=Decimal(1),
        valid_days=60,
        round_expiry="month",
        hold_days=2,
        remind_days=(15, 3),
        redeem_min=200,
        redeem_step=100,
        point_value=Decimal("0.01"),
        adjust_limit=300,
        referrer_points=50,
        newcomer_points=20,
    ),
    tiers=(
        TierRule(rank=1, name="铜卡", quarterly_spend=Decimal(0)),
        TierRule(
            rank=2,
            name="银卡",
            quarterly_spend=Decimal("500.5"),
            earn_multiplier=Decimal("1.2"),
            benefits="生日双倍积分\n免运费",
        ),
    ),
    rewards=(
        RewardRule(name="精品果篮", kind="gift", points=200, stock=10, min_tier=2, stores=(("S1", 4), ("S2", None))),
        RewardRule(name="10 元抵现", kind="cash", points=1000, value=Decimal(10)),
    ),
    promotions=(
        PromotionRule(
            name="周末水果双倍",
            multiplier=Decimal(2),
            starts_on=date(2026, 3, 1),
            ends_on=date(2026, 3, 31),
            weekdays=(6, 7),
            stores=("S1", "S2"),
            categories=("水果",),
            tag="榴莲爱好者",
            birthday_month=True,
        ),
        PromotionRule(name="店庆", multiplier=Decimal("1.5"), starts_on=date(2026, 5, 1), ends_on=date(2026, 5, 1)),
    ),
)


def test_a_program_is_read_exactly_and_its_tiers_stand_in_order() -> None:
    assert parse_program(data=tomllib.loads(TEXT)) == READ


def test_the_difference_names_what_is_added_removed_and_changed() -> None:
    old = parse_program(data=tomllib.loads(TEXT))
    bronze, silver = old.tiers
    gold = TierRule(rank=3, name="金卡", quarterly_spend=Decimal(2000))
    weekend, _ = old.promotions
    may = PromotionRule(name="五月", multiplier=Decimal(3), starts_on=date(2026, 5, 1), ends_on=date(2026, 5, 31))
    new = Program(
        points=replace(old.points, valid_days=None, valid_months=12),
        tiers=(bronze, replace(silver, earn_multiplier=Decimal("1.50")), gold),
        rewards=(
            replace(old.rewards[0], stock=None, stores=(("S1", 9),)),
            RewardRule(name="雨伞", kind="gift", points=300, stores=(("S1", 2), ("S2", None))),
        ),
        promotions=(replace(weekend, weekdays=(), stores=("S1",), ends_on=date(2026, 4, 30)), may),
    )
    assert program_difference(old=old, new=new) == [
        "- points valid_days: 60",
        "+ points valid_months: 12",
        "~ tiers 2 银卡 earn_multiplier: 1.2 → 1.5",
        "+ tiers 3 金卡: quarterly_spend 2000, earn_multiplier 1",
        "- promotions 店庆",
        "- promotions 周末水果双倍 weekdays: [6, 7]",
        "~ promotions 周末水果双倍 ends_on: 2026-03-31 → 2026-04-30",
        "~ promotions 周末水果双倍 stores: [S1, S2] → [S1]",
        "+ promotions 五月: multiplier 3, starts_on 2026-05-01, ends_on 2026-05-31, birthday_month False",
        "- rewards 10 元抵现",
        "- rewards 精品果篮 stock: 10",
        "~ rewards 精品果篮 stores: [S1 (4), S2] → [S1 (9)]",
        "+ rewards 雨伞: kind gift, points 300, stores [S1 (2), S2]",
    ]


def test_against_no_program_everything_is_added() -> None:
    lines = program_difference(old=None, new=parse_program(data=tomllib.loads(TEXT)))
    assert lines
    assert all(line.startswith("+") for line in lines)
