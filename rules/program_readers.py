"""Which keys each table of a program file may have, and how each is read."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal, get_args

from rules.points import RoundExpiry, Statement
from rules.program_fields import Fields, Limits

RewardKind = Literal["gift", "cash"]
Readers = dict[str, Callable[[Fields, str], object]]

_LONGEST_VALIDITY_DAYS = 36_500
_LONGEST_VALIDITY_MONTHS = 1_200
_MOST_REMINDERS_AHEAD = 366
_MOST_RANKS = 1_000
# What the columns hold.
_TIER_NAME, _REWARD_NAME, _PROMOTION_NAME, _TAG_NAME, _CATEGORY_NAME, _STORE_CODE = 40, 100, 100, 60, 100, 40
_WORDS = 2_000
_DAYS_OF_A_WEEK = 7

# The limits are those of the columns that hold them: numeric(6,3), numeric(8,4) and numeric(12,2).
_PER_YUAN = Limits(low=Decimal(0), high=Decimal("999.999"), decimals=3, above_low=True)
_MULTIPLIER = Limits(low=Decimal(0), high=Decimal(100), decimals=3, above_low=True)
# Points times 1 would promise nothing.
_PROMOTED = Limits(low=Decimal(1), high=Decimal(100), decimals=3, above_low=True)
_SPEND = Limits(low=Decimal(0), high=Decimal("9999999999.99"), decimals=2)
_VALUE = Limits(low=Decimal(0), high=Decimal("9999999999.99"), decimals=2, above_low=True)
_POINT_VALUE = Limits(low=Decimal(0), high=Decimal("9999.9999"), decimals=4, above_low=True)
_PLACE: Readers = {
    "code": lambda fields, key: fields.name(key=key, longest=_STORE_CODE),
    "stock": lambda fields, key: fields.whole(key=key, low=0),
}


def read(fields: Fields, *, readers: Readers, needs: tuple[str, ...]) -> dict[str, Any]:
    """The values of one table, each as its reader gives it; refuses unknown keys and what is missing of `needs`."""
    fields.check_keys(known=readers)
    fields.require(keys=needs)
    return {key: readers[key](fields, key) for key in fields.values}


def refuse_twins(*, rows: list[tuple[Fields, Any]], key: str) -> None:
    """Refuses a value of `key` that an earlier row has."""
    seen: dict[object, str] = {}
    for fields, rule in rows:
        value = getattr(rule, key)
        if value in seen:
            fields.refuse(
                key=key,
                en=f"{seen[value]} has it already: write another",
                zh=f"{seen[value]} 已经用了：请换一个",
            )
        seen[value] = fields.place


def _weekdays(fields: Fields, key: str) -> tuple[int, ...]:
    days = fields.values[key]
    listed = list(days) if isinstance(days, list | tuple) else [None]
    clean = {day for day in listed if type(day) is int and 1 <= day <= _DAYS_OF_A_WEEK}
    if len(clean) != len(listed):
        fields.refuse(
            key=key,
            en="write a list of different weekdays from 1 (Monday) to 7 (Sunday), such as [6, 7]; empty: every day",
            zh="请填写互不相同的星期（1 为周一，7 为周日），例如 [6, 7]；留空则每天",
        )
    return tuple(sorted(clean))


def _places(fields: Fields, key: str) -> tuple[tuple[str, int | None], ...]:
    """The stores of a reward, by code, each with its own stock or None."""
    places: dict[str, int | None] = {}
    for place in fields.tables(key=key, such_as='stores = [{code = "S1", stock = 20}]'):
        row = read(place, readers=_PLACE, needs=("code",))
        if row["code"] in places:
            place.refuse(key="code", en="it stands here already: keep one", zh="这家门店已写过：请只保留一处")
        places[row["code"]] = row.get("stock")
    return tuple((code, places[code]) for code in sorted(places))


POINTS: Readers = {
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
    "redeem_min": lambda fields, key: fields.whole(key=key, low=1),
    "redeem_step": lambda fields, key: fields.whole(key=key, low=1),
    "point_value": lambda fields, key: fields.decimal(key=key, limits=_POINT_VALUE),
    "adjust_limit": lambda fields, key: fields.whole(key=key, low=0),
    "referrer_points": lambda fields, key: fields.whole(key=key, low=0),
    "newcomer_points": lambda fields, key: fields.whole(key=key, low=0),
}
TIER: Readers = {
    "rank": lambda fields, key: fields.whole(key=key, low=1, high=_MOST_RANKS),
    "name": lambda fields, key: fields.name(key=key, longest=_TIER_NAME),
    "quarterly_spend": lambda fields, key: fields.decimal(key=key, limits=_SPEND),
    "earn_multiplier": lambda fields, key: fields.decimal(key=key, limits=_MULTIPLIER),
    "benefits": lambda fields, key: fields.words(key=key, longest=_WORDS),
}
REWARD: Readers = {
    "name": lambda fields, key: fields.name(key=key, longest=_REWARD_NAME),
    "kind": lambda fields, key: fields.choice(key=key, among=get_args(RewardKind)),
    "points": lambda fields, key: fields.whole(key=key, low=1),
    "value": lambda fields, key: fields.decimal(key=key, limits=_VALUE),
    "stock": lambda fields, key: fields.whole(key=key, low=0),
    "min_tier": lambda fields, key: fields.whole(key=key, low=1, high=_MOST_RANKS),
    "description": lambda fields, key: fields.words(key=key, longest=_WORDS),
    "stores": _places,
}
PROMOTION: Readers = {
    "name": lambda fields, key: fields.name(key=key, longest=_PROMOTION_NAME),
    "multiplier": lambda fields, key: fields.decimal(key=key, limits=_PROMOTED),
    "starts_on": lambda fields, key: fields.day(key=key),
    "ends_on": lambda fields, key: fields.day(key=key),
    "weekdays": _weekdays,
    "stores": lambda fields, key: fields.names(key=key, longest=_STORE_CODE),
    "categories": lambda fields, key: fields.names(key=key, longest=_CATEGORY_NAME),
    "tag": lambda fields, key: fields.name(key=key, longest=_TAG_NAME),
    "birthday_month": lambda fields, key: fields.yes_no(key=key),
}
