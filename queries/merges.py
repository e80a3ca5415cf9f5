"""Files of one person: what two of them hold before they are merged, and which belong together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from queries.members import Card, card
from rules.refusals import Refusal
from tables.scope import current

_TOTALS = """
SELECT m.id, s.purchase_count, s.total_spend FROM member m JOIN member_stats s ON s.member = m.id WHERE m.id = ANY ($1) AND m.erased_at IS NULL
"""
_FILES = "SELECT id FROM member WHERE id = $1 OR merged_into = $1 ORDER BY merged_into NULLS FIRST, id"
_BY_NUMBER = "SELECT phone FROM member WHERE id = $1"


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """One file as it stands: its card, and how many sales of how many yuan it has."""

    card: Card
    purchases: int
    spend: Decimal


async def files_to_merge(*, members: Sequence[int], business_date: date, now: datetime) -> list[File]:
    """The files (ids) that shall become one, in this order. In a scope that may see all of both of them.

    Raises Refusal foreign_member where it may not, or one of them has ended.
    """
    totals = {row["id"]: row for row in await current().fetch(_TOTALS, list(members))}
    if any(member not in totals for member in members):
        raise foreign_member()
    return [
        File(
            card=await card(member=member, business_date=business_date, now=now),
            purchases=totals[member]["purchase_count"],
            spend=totals[member]["total_spend"],
        )
        for member in members
    ]


async def files_of(*, member: int) -> list[int]:
    """The file that is kept (id), and those that were merged into it."""
    return [row["id"] for row in await current().fetch(_FILES, member)]


async def phone_of(*, member: int) -> str | None:
    """The number (E.164) of a file that the scope sees."""
    phone: str | None = await current().fetchval(_BY_NUMBER, member)
    return phone


def foreign_member() -> Refusal:
    """The no to a file that is another store's, or nobody's any more."""
    return Refusal(
        code="foreign_member",
        en="Both files must be of members of your own stores, and not erased or merged before: else ask headquarters.",
        zh="两份档案都须是本店会员，且未注销、未合并过：否则请联系总部办理。",
    )
