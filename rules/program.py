"""The program: points rules, tiers, promotions and rewards as one whole that a chain edits, exports and applies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import cast

from rules.points import PointsPolicy, shortest_validity
from rules.program_fields import Fields, refuse
from rules.program_readers import POINTS, PROMOTION, REWARD, TIER, RewardKind, read, refuse_twins


@dataclass(frozen=True, kw_only=True, slots=True)
class TierRule:
    """A tier: net spend in yuan of one quarter reaches it; rank 1 is the lowest and costs nothing."""

    rank: int
    name: str
    quarterly_spend: Decimal
    earn_multiplier: Decimal = Decimal(1)
    benefits: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PromotionRule:
    """Points times `multiplier` from `starts_on` through `ends_on` for the lines it matches; promotions do not stack.

    `weekdays` (1 = Monday), `stores` (codes) and `categories` (names), each in order: empty = all. `tag`: only members who
    have it; `birthday_month`: only in the month of the member's birthday.
    """

    name: str
    multiplier: Decimal
    starts_on: date
    ends_on: date
    weekdays: tuple[int, ...] = ()
    stores: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tag: str | None = None
    birthday_month: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RewardRule:
    """What points buy. `value` in yuan; `min_tier` = the lowest rank that may have it.

    `stock` None = without limit; a number is what is there at the moment when the program is applied: redemptions count it
    down, an export tells what is left, and applying a file sets it again to what the file says. `stores`: (code, stock of
    its own) in order of code; with any of them, it is offered in those stores alone.
    """

    name: str
    kind: RewardKind
    points: int
    value: Decimal | None = None
    stock: int | None = None
    min_tier: int | None = None
    description: str = ""
    stores: tuple[tuple[str, int | None], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """The whole; tiers stand in order of rank, promotions and rewards as in the file."""

    points: PointsPolicy
    tiers: tuple[TierRule, ...]
    rewards: tuple[RewardRule, ...] = ()
    promotions: tuple[PromotionRule, ...] = ()


def parse_program(*, data: Mapping[str, object]) -> Program:
    """The program that a TOML document (as a dict) describes.

    Raises Refusal `bad_program` at the first nonsense, naming its place; tiers, promotions and rewards are counted from 1.
    Whether the stores, categories and tags that it names are there, only the one who applies it can tell.
    """
    whole = Fields(place="", values=data)
    whole.check_keys(known=("points", "tiers", "promotions", "rewards"))
    if not isinstance(data.get("points"), Mapping):
        refuse(place="points", en="it is missing: add a [points] table", zh="缺少此项：请添加 [points] 表")
    policy = _policy(Fields(place="points", values=cast("Mapping[str, object]", data["points"])))
    tiers = _tiers(whole.tables(key="tiers"))
    promotions = _promotions(whole.tables(key="promotions"))
    rewards = _rewards(whole.tables(key="rewards"), ranks={tier.rank for tier in tiers})
    return Program(points=policy, tiers=tiers, rewards=rewards, promotions=promotions)


def _policy(fields: Fields) -> PointsPolicy:
    policy = PointsPolicy(**read(fields, readers=POINTS, needs=("per_yuan",)))
    if policy.valid_days is not None and policy.valid_months is not None:
        fields.refuse(
            key="valid_months",
            en="points have one validity: keep either valid_days or valid_months",
            zh="积分只有一个有效期：请保留 valid_days 或 valid_months 之一",
        )
    validity = shortest_validity(policy=policy)
    if validity is not None and policy.hold_days >= validity:
        fields.refuse(
            key="hold_days",
            en=f"the points would lapse before they can be spent: write less than the validity of {validity} days",
            zh=f"积分会在可用之前过期：请填写小于有效期 {validity} 天的天数",
        )
    if policy.redeem_min % policy.redeem_step:
        # The next number that can be reached; a chain that left the least number out did not mean 1.
        least = -(-policy.redeem_min // policy.redeem_step) * policy.redeem_step
        fields.refuse(
            key="redeem_min" if "redeem_min" in fields.values else "redeem_step",
            en=f"nobody can redeem {policy.redeem_min} points in steps of {policy.redeem_step}: write redeem_min = {least}",
            zh=f"以 {policy.redeem_step} 为步长兑换不了 {policy.redeem_min} 积分：请填写 redeem_min = {least}",
        )
    return policy


def _tiers(tables: list[Fields]) -> tuple[TierRule, ...]:
    rows = [
        (fields, TierRule(**read(fields, readers=TIER, needs=("rank", "name", "quarterly_spend")))) for fields in tables
    ]
    refuse_twins(rows=rows, key="rank")
    refuse_twins(rows=rows, key="name")
    rows.sort(key=lambda pair: pair[1].rank)
    if not rows or rows[0][1].rank != 1 or rows[0][1].quarterly_spend != 0:
        refuse(
            place="tiers",
            en="the base tier is missing: add a tier with rank = 1 and quarterly_spend = 0, for every new member",
            zh="缺少基础等级：请添加 rank = 1、quarterly_spend = 0 的等级，供新会员使用",
        )
    for (_, lower), (fields, higher) in pairwise(rows):
        if higher.quarterly_spend <= lower.quarterly_spend:
            fields.refuse(
                key="quarterly_spend",
                en=f"rank {higher.rank} must need more than the {lower.quarterly_spend} of rank {lower.rank}",
                zh=f"第 {higher.rank} 级的消费额必须高于第 {lower.rank} 级的 {lower.quarterly_spend}",
            )
    return tuple(tier for _, tier in rows)


def _promotions(tables: list[Fields]) -> tuple[PromotionRule, ...]:
    needs = ("name", "multiplier", "starts_on", "ends_on")
    rows = [(fields, PromotionRule(**read(fields, readers=PROMOTION, needs=needs))) for fields in tables]
    refuse_twins(rows=rows, key="name")
    for fields, promotion in rows:
        if promotion.ends_on < promotion.starts_on:
            refuse(
                place=fields.at("ends_on"),
                en=f"{promotion.ends_on} is before the start: write {promotion.starts_on} or a later day",
                zh=f"{promotion.ends_on} 早于开始日期：请填写 {promotion.starts_on} 或更晚的日期",
            )
    return tuple(promotion for _, promotion in rows)


def _rewards(tables: list[Fields], *, ranks: Iterable[int]) -> tuple[RewardRule, ...]:
    rows = [(fields, RewardRule(**read(fields, readers=REWARD, needs=("name", "kind", "points")))) for fields in tables]
    refuse_twins(rows=rows, key="name")
    for fields, reward in rows:
        if reward.kind == "cash" and reward.value is None:
            refuse(
                place=fields.at("value"),
                en="a cash reward needs its worth: add value in yuan",
                zh="抵现类兑换项需要面值：请添加 value（元）",
            )
        if reward.min_tier is not None and reward.min_tier not in ranks:
            fields.refuse(
                key="min_tier",
                en=f"no tier has that rank: write one of {', '.join(map(str, sorted(ranks)))}",
                zh=f"没有该级别的等级：请填写其中之一：{'、'.join(map(str, sorted(ranks)))}",
            )
    return tuple(reward for _, reward in rows)
