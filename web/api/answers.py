"""What tills are answered, for the description of the API: the answers themselves come out of the database as they are."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

Yuan = Annotated[str, Meta(pattern=r"^-?[0-9]+\.[0-9]{2}$", examples=["120.00"])]


class Ending(msgspec.Struct, kw_only=True):
    on: date
    points: int


class Card(msgspec.Struct, kw_only=True):
    """Of another store's member only 张*, tier and balance."""

    name: str
    tier: str
    tier_valid_until: date | None
    to_next_tier: Yuan | None
    balance: int
    pending: int
    debt: int
    expiring: list[Ending]


class Purchased(msgspec.Struct, kw_only=True):
    """The last five are null for an anonymous purchase."""

    purchase: int
    earned: int
    redeemed: int
    balance: int | None
    pending: int | None
    debt: int | None
    tier: str | None
    to_next_tier: Yuan | None


class Refunded(msgspec.Struct, kw_only=True):
    refund: int
    taken_back: int
    restored: int
    balance: int | None
    debt: int | None


class Redeemed(msgspec.Struct, kw_only=True):
    reference: str
    points: int
    value: Yuan | None
    balance: int


class Cancelled(msgspec.Struct, kw_only=True):
    reference: str
    restored: int
    balance: int


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """RFC 9457. `code` is for programs and never changes its meaning."""

    type: str
    title: str
    status: int
    detail: str
    detail_zh: str
    code: Annotated[str, Meta(examples=["unknown_member"])]


class Taken(Purchased, kw_only=True):
    """A receipt of a batch that was recorded."""

    receipt_no: str
    status: Annotated[int, Meta(description="201 new, 200 known", examples=[201])]


class NotTaken(Problem, kw_only=True):
    """A receipt of a batch that was refused."""

    receipt_no: str


class Batch(msgspec.Struct, kw_only=True):
    """In the order sent."""

    results: list[msgspec.Raw]
