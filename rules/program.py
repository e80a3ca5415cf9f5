"""The program: points rules, tiers and rewards as one whole that a chain edits, exports and applies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal, cast, get_args

from rules.points import PointsPolicy, RoundExpiry, Statement, shortest_validity
from rules.program_fields import Fields, Limits, refuse

RewardKind = Literal["gift", "cash"]

_LONGEST_VALIDITY_DAYS = 36_500
_LONGEST_VALIDITY_MONTHS = 1_200
_MOST_REMINDERS_AHEAD = 366
_MOST_RANKS = 1_000
_TIER_NAME, _REWARD_NAME, _WORDS = 40, 100, 2_000

# The limits are those of the columns that hold them: numeric(6,3) and numeric(12,2).
_PER_YUAN = Limits(low=Decimal(0), high=Decimal("999.999"), decimals=3, above_low=True)
_MULTIPLIER = Limits(low=Decimal(0), high=Decimal(100), decimals=3, above_low=True)
_SPEND = Limits(low=Decimal(0), high=Decimal("9999999999.99"), decimals=2)
_VALUE = Limits(low=Decimal(0), high=Decimal("9999999999.99"), decimals=2, above_low=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class TierRule:
    """A tier: net spend in yuan of one quarter reaches it; rank 1 is the lowest and costs nothing."""

    rank: int
    name: str
    quarterly_spend: Decimal
    earn_multiplier: Decimal = Decimal(1)
    benefits: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RewardRule:
    """What points buy. `value` in yuan; `stock` None = without limit; `min_tier` = the lowest rank that may have it."""

    name: str
    kind: RewardKind
    points: int
    value: Decimal | None = None
    stock: int | None = None
    min_tier: int | None = None
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """The whole; tiers stand in order of rank, rewards as in the file."""

    points: PointsPolicy
    tiers: tuple[TierRule, ...]
    rewards: tuple[RewardRule, ...] = ()


_Readers = dict[str, Callable[[Fields, str], object]]

_POINTS: _Readers = {
    "per_yuan": lambda fields, key: fields.decimal(key=key, limits=_PER_YUAN),
    "valid_days": lambda fields, key: fields.whole(key=key, low=1, high=_LONGEST_VALIDITY_DAYS),
    "valid_months": lambda fields, key: fields.whole(key=key, low=1, high=_LONGEST_VALIDITY_MONTHS),
    "round_expiry": lambda fields, key: fields.choice(key=key, among=get_args(RoundExpiry)),
    "hold_days": lambda fields, key: fields.whole(key=key, low=0, high=_LONGEST_VALIDITY_DAYS),
    "remind_days": lambda fields, key: fields.days(key=key, high=_MOST_REMINDERS_AHEAD),
    "remind_min_points": lambda fields, key: fields.whole(key=key, low=0),
    "remind_every_days": lambda fields, key: fields.whole(key=key, low=0, high=_MOST_REMINDERS_AHEAD),
    "statement": lambda fields, key: fields.choice(key=key, among=get_args(Statement)),
    "redeem_code_from": lambda fields, key: fields.whole(key=key, low=0),
    "code_away_from_home": lambda fields, key: fields.yes_no(key=key),
}
_TIER: _Readers = {
    "rank": lambda fields, key: fields.whole(key=key, low=1, high=_MOST_RANKS),
    "name": lambda fields, key: fields.name(key=key, longest=_TIER_NAME),
    "quarterly_spend": lambda fields, key: fields.decimal(key=key, limits=_SPEND),
    "earn_multiplier": lambda fields, key: fields.decimal(key=key, limits=_MULTIPLIER),
    "benefits": lambda fields, key: fields.words(key=key, longest=_WORDS),
}
_REWARD: _Readers = {
    "name": lambda fields, key: fields.name(key=key, longest=_REWARD_NAME),
    "kind": lambda fields, key: fields.choice(key=key, among=get_args(RewardKind)),
    "points": lambda fields, key: fields.whole(key=key, low=1),
    "value": lambda fields, key: fields.decimal(key=key, limits=_VALUE),
    "stock": lambda fields, key: fields.whole(key=key, low=0),
    "min_tier": lambda fields, key: fields.whole(key=key, low=1, high=_MOST_RANKS),
    "description": lambda fields, key: fields.words(key=key, longest=_WORDS),
}


def parse_program(*, data: Mapping[str, object]) -> Program:
    """The program that a TOML document (as a dict) describes.

    Raises Refusal `bad_program` at the first nonsense, naming its place; tiers and rewards are counted from 1.
    """
    whole = Fields(place="", values=data)
    whole.check_keys(known=("points", "tiers", "rewards"))
    if not isinstance(data.get("points"), Mapping):
        refuse(place="points", en="it is missing: add a [points] table", zh="缺少此项：请添加 [points] 表")
    policy = _policy(Fields(place="points", values=cast("Mapping[str, object]", data["points"])))
    tiers = _tiers(whole.tables(key="tiers"))
    rewards = _rewards(whole.tables(key="rewards"), ranks={tier.rank for tier in tiers})
    return Program(points=policy, tiers=tiers, rewards=rewards)


def _read(fields: Fields, *, readers: _Readers, needs: tuple[str, ...]) -> dict[str, Any]:
    fields.check_keys(known=readers)
    fields.require(keys=needs)
    return {key: readers[key](fields, key) for key in fields.values}


def _policy(fields: Fields) -> PointsPolicy:
    policy = PointsPolicy(**_read(fields, readers=_POINTS, needs=("per_yuan",)))
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
    return policy


def _tiers(tables: list[Fields]) -> tuple[TierRule, ...]:
    read = [
        (fields, TierRule(**_read(fields, readers=_TIER, needs=("rank", "name", "quarterly_spend"))))
        for fields in tables
    ]
    _refuse_twins(read, key="rank")
    _refuse_twins(read, key="name")
    read.sort(key=lambda pair: pair[1].rank)
    if not read or read[0][1].rank != 1 or read[0][1].quarterly_spend != 0:
        refuse(
            place="tiers",
            en="the base tier is missing: add a tier with rank = 1 and quarterly_spend = 0, for every new member",
            zh="缺少基础等级：请添加 rank = 1、quarterly_spend = 0 的等级，供新会员使用",
        )
    for (_, lower), (fields, higher) in pairwise(read):
        if higher.quarterly_spend <= lower.quarterly_spend:
            fields.refuse(
                key="quarterly_spend",
                en=f"rank {higher.rank} must need more than the {lower.quarterly_spend} of rank {lower.rank}",
                zh=f"第 {higher.rank} 级的消费额必须高于第 {lower.rank} 级的 {lower.quarterly_spend}",
            )
    return tuple(tier for _, tier in read)


def _rewards(tables: list[Fields], *, ranks: set[int]) -> tuple[RewardRule, ...]:
    read = [
        (fields, RewardRule(**_read(fields, readers=_REWARD, needs=("name", "kind", "points")))) for fields in tables
    ]
    _refuse_twins(read, key="name")
    for fields, reward in read:
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
    return tuple(reward for _, reward in read)


def _refuse_twins(read: list[tuple[Fields, Any]], *, key: str) -> None:
    seen: dict[object, str] = {}
    for fields, rule in read:
        value = getattr(rule, key)
        if value in seen:
            fields.refuse(
                key=key,
                en=f"{seen[value]} has it already: write another",
                zh=f"{seen[value]} 已经用了：请换一个",
            )
        seen[value] = fields.place
