"""What tills may send. msgspec checks it as it reads: wrong types, missing and unknown fields are refused."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

MOST_RECEIPTS = 500
MOST_LINES = 500


def _told(description: str, *examples: object, **limits: object) -> Meta:
    """Limits that are told but checked later: one bad receipt must not spoil the batch that it came in."""
    return Meta(description=description, examples=list(examples) or None, extra_json_schema=dict(limits))


Money = Annotated[
    str | int,
    _told(
        "Yuan: a string with at most 2 decimals, or a whole number; never a number with a point.", "12.50", "-0.90",
        pattern=r"^-?[0-9]{1,10}(\.[0-9]{1,2})?$",
    ),
]  # fmt: skip
Quantity = Annotated[Decimal, _told("At most 3 decimals.", "1", "0.735")]
Number = Annotated[str, _told("The till's own, on one line.", "20261122-0001", minLength=1, maxLength=64)]
Code = Annotated[str, _told("A store's code.", "S1", minLength=1, maxLength=40)]
Phone = Annotated[str, _told("A mobile number as people write it.", "13912345678", minLength=11, maxLength=40)]
Sku = Annotated[str, _told("One that nobody knows is made.", "P1", maxLength=64)]
Category = Annotated[str, _told("By its name; one that nobody knows is made.", "水果", maxLength=100)]
Instant = Annotated[
    str,
    _told("ISO 8601; without an offset it is the chain's local time.", "2026-11-22T10:15:00+08:00", maxLength=40),
]
Points = Annotated[int, _told("How many.", 100, minimum=1)]
RewardName = Annotated[str, _told("A reward's name.", "精品果篮", minLength=1, maxLength=60)]
TypedCode = Annotated[str, _told("As the member read it out.", "314159", maxLength=40)]


class _Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Nothing that was not asked for."""


_PURPOSE = "marketing_sms, personalisation, location, health, children (under 14: the guardian's yes) or partner."


class ConsentBody(_Body, kw_only=True):
    purpose: Annotated[str, Meta(max_length=40, description=_PURPOSE, examples=["marketing_sms"])]
    text_version: Annotated[str, Meta(max_length=40, description="Of the words agreed to.", examples=["2026-01"])]


class MemberBody(_Body, kw_only=True):
    phone: Phone
    name: Annotated[str, Meta(max_length=60, examples=["张三"])] | None = None
    title: Annotated[str, Meta(max_length=20, examples=["女士"])] | None = None
    birthday: date | None = None
    home_store: Code | None = None
    referrer_phone: Phone | None = None
    consents: Annotated[list[ConsentBody], Meta(max_length=20)] = []


class LineBody(_Body, kw_only=True):
    amount: Money
    quantity: Quantity
    sku: Sku | None = None
    category: Category | None = None


class SpendingBody(_Body, kw_only=True):
    """Either points or a reward."""

    points: Points | None = None
    reward: RewardName | None = None
    code: TypedCode | None = None


class ReceiptBody(_Body, kw_only=True):
    store: Code
    receipt_no: Number
    purchased_at: Instant
    lines: Annotated[list[LineBody], _told("Together from 0.", minItems=1, maxItems=MOST_LINES)]
    member_phone: Phone | None = None


class PurchaseBody(ReceiptBody, kw_only=True):
    redeem: SpendingBody | None = None


class BatchBody(_Body, kw_only=True):
    purchases: Annotated[list[ReceiptBody], Meta(min_length=1, max_length=MOST_RECEIPTS)]


class RefundLineBody(_Body, kw_only=True):
    amount: Money
    quantity: Quantity | None = None
    sku: Sku | None = None
    category: Category | None = None


class RefundBody(_Body, kw_only=True):
    """Either an amount or lines; with neither all that is left is refunded."""

    store: Code
    refund_no: Number
    sold_at: Code | None = None
    amount: Money | None = None
    lines: Annotated[list[RefundLineBody], Meta(min_length=1, max_length=MOST_LINES)] | None = None


class RedemptionBody(SpendingBody, kw_only=True):
    store: Code
    reference: Number
    member_phone: Phone
