"""What the counter shows of a member. What may be shown to whom is in tables/sql/members.sql."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import asyncpg

from rules.refusals import Refusal
from tables.scope import current

_CARD = "SELECT * FROM deed.member_card($1, $2, $3)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """A member as the counter shows it; `expiring` are the next days (at most 3) on which points end, with how many.

    Of a member of another store (`own` false) the name is 张*, and only tier, next tier and balance are told: the other
    fields are None, 0 or empty. `to_next_tier` is in yuan, what this quarter's spend still lacks; None at the highest tier.
    """

    member: int
    name: str
    phone_masked: str
    own: bool
    tier: str
    tier_valid_until: date | None
    next_tier: str | None
    to_next_tier: Decimal | None
    balance: int
    pending: int
    debt: int
    expiring: tuple[tuple[date, int], ...]
    benefits: str = ""


async def card(*, member: int, business_date: date, now: datetime) -> Card:
    """A member's card on a business date, lapsed points left out. One of another store must have been looked up by this
    person (the scope's) within the last hour.

    Raises Refusal unknown_member, also where it only may not be seen; the scope is then good for nothing more.
    """
    try:
        row = await current().fetchrow(_CARD, member, business_date, now)
    except asyncpg.InsufficientPrivilegeError as error:
        raise _unknown() from error
    if row is None or row["name"] is None:
        raise _unknown()
    shown = dict(row)
    ends, parts = shown.pop("ends") or (), shown.pop("parts") or ()
    return Card(member=member, expiring=tuple(zip(ends, parts, strict=True)), **shown)


def _unknown() -> Refusal:
    return Refusal(
        code="unknown_member",
        en="There is no such member among yours: look them up by their full phone number first.",
        zh="您的会员中没有此人：请先用完整手机号查询。",
    )
