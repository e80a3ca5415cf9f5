"""Where a member's points came from and where they went. Who may be told is in tables/sql/explain.sql."""

import json
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg

from queries.points_shown import EntryShown, LotShown, Shop
from rules.phones import normalise_phone
from rules.refusals import Refusal
from tables.scope import current

ENTRIES, LOTS = 200, 1_000
# So many entries are told at once where all are wanted.
STRIDE = 1_000
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsExplained:
    """A member's points on a day: balance + pending + lapsed − debt = the sum of all entries.

    `lots` are alive, in the order of spending, the first of `alive`; `entries` newest first; `older` is where the next
    page begins, None when there is none. `phone` is masked for the roles that see no other form; None once erased;
    `merged_into` is the file that was kept, None of most.
    """

    member: int
    name: str
    phone: str | None
    erased: bool
    merged_into: int | None
    home_store: Shop
    tier: str
    balance: int
    pending: int
    debt: int
    lapsed: int
    earned_total: int
    alive: int
    lots: tuple[LotShown, ...]
    entries: tuple[EntryShown, ...]
    older: int | None

    @property
    def ends(self) -> list[tuple[date, int]]:
        """The days on which living points end, with how many, soonest first."""
        found: dict[date, int] = {}
        for lot in self.lots:
            if lot.expires_on is not None:
                found[lot.expires_on] = found.get(lot.expires_on, 0) + lot.remaining
        return sorted(found.items())


async def explain(
    *, member: int, today: date, before: int | None = None, most: int = ENTRIES, most_lots: int = LOTS
) -> PointsExplained:
    """Every point of a member: the receipt that bore it, the store that owes it, how long it is good, what took it.

    Of the ledger the newest `most` entries older than the entry `before` (None: the newest of all). Raises Refusal
    unknown_member, also where it only may not be seen; the scope is then good for nothing more.
    """
    if not 0 < member <= _LARGEST_ID:
        raise _unknown()
    start = None if before is None else max(min(before, _LARGEST_ID), 0)
    try:
        text = await current().fetchval(
            "SELECT deed.member_explain($1, $2, $3, $4, $5)", member, today, start, most + 1, most_lots
        )
    except asyncpg.InsufficientPrivilegeError as error:
        raise _unknown() from error
    if text is None:
        raise _unknown()
    told: dict[str, Any] = json.loads(text, parse_float=Decimal)
    entries = tuple(EntryShown.read(one) for one in told.pop("entries", ()))
    lots = tuple(LotShown.read(one) for one in told.pop("lots", ()))
    return PointsExplained(
        **{"phone": None, "merged_into": None, **told, "home_store": Shop(**told["home_store"])},
        lots=lots,
        entries=entries[:most],
        older=entries[most - 1].id if len(entries) > most else None,
    )


async def explain_all(*, member: int, today: date) -> PointsExplained:
    """The same with every entry, however many. Raises as `explain`."""
    found = await explain(member=member, today=today, most=STRIDE)
    entries, older = list(found.entries), found.older
    while older is not None:
        page = await explain(member=member, today=today, before=older, most=STRIDE, most_lots=0)
        entries += page.entries
        older = page.older
    return replace(found, entries=tuple(entries), older=None)


async def member_of(*, phone: str) -> int:
    """The member with a phone, where the scope's role sees full numbers. Raises Refusal bad_phone, unknown_member."""
    member: int | None = await current().fetchval("SELECT id FROM member WHERE phone = $1", normalise_phone(text=phone))
    if member is None:
        raise Refusal(
            code="unknown_member",
            en="No member has this phone number: look whether it is written correctly.",
            zh="没有使用该手机号的会员：请检查号码是否正确。",
        )
    return member


def _unknown() -> Refusal:
    return Refusal(
        code="unknown_member",
        en="There is no such member among yours.",
        zh="您可查看的会员中没有此人。",
    )
