"""Where a member's points came from and where they went."""

from dataclasses import dataclass
from datetime import date

import asyncpg

from rules.phones import normalise_phone
from rules.refusals import Refusal
from tables.scope import current

# A lapsed lot that no night has taken yet is no longer part of any figure shown (its points are `lapsed`).
_MEMBER = """
SELECT m.id AS member, h.code AS home_store, a.balance - coalesce(l.ready, 0) AS balance,
    a.pending - coalesce(l.held, 0) AS pending, a.debt, coalesce(l.ready + l.held, 0) AS lapsed, a.earned_total
FROM member m JOIN store h ON h.id = m.home_store JOIN points_account a ON a.member = m.id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(remaining) FILTER (WHERE matured), 0)::bigint AS ready,
        coalesce(sum(remaining) FILTER (WHERE NOT matured), 0)::bigint AS held
    FROM points_lot WHERE member = m.id AND remaining > 0 AND expires_on < $2) l
WHERE m.phone = $1
"""
_ENTRIES = """
SELECT e.id, e.business_date, e.kind, e.points, e.balance_after, s.code AS store, e.source, e.reason,
    ps.code || ' ' || p.receipt_no AS receipt,
    (SELECT array_agg(ROW (o.code, l.points, l.remaining, l.available_on, l.expires_on) ORDER BY l.id)
     FROM points_lot l JOIN store o ON o.id = l.store WHERE l.entry = e.id) AS lots,
    (SELECT array_agg(ROW (a.points, coalesce(bs.code || ' ' || bp.receipt_no, b.source), o.code, l.expires_on)
                      ORDER BY a.id)
     FROM points_allocation a JOIN points_lot l ON l.id = a.lot JOIN store o ON o.id = l.store
     JOIN points_entry b ON b.id = l.entry
     LEFT JOIN purchase bp ON bp.id = b.purchase LEFT JOIN store bs ON bs.id = bp.store
     WHERE a.entry = e.id) AS consumed
FROM points_entry e JOIN store s ON s.id = e.store
LEFT JOIN purchase p ON p.id = e.purchase LEFT JOIN store ps ON ps.id = p.store
WHERE e.member = $1 ORDER BY e.id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class LotShown:
    """Earned points and what is left of them; `store` owes them."""

    store: str
    points: int
    remaining: int
    available_on: date
    expires_on: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Consumed:
    """Points that a debit took from a lot (negative: gave back); `origin` is the receipt that had earned the lot."""

    points: int
    origin: str
    store: str
    expires_on: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryShown:
    """One line of the ledger; `receipt` is the store and number of the till receipt that bore it."""

    id: int
    business_date: date
    kind: str
    points: int
    balance_after: int
    store: str
    source: str
    reason: str | None
    receipt: str | None
    lots: tuple[LotShown, ...]
    consumed: tuple[Consumed, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsExplained:
    """Everything about a member's points: balance + pending + lapsed − debt = the sum of the entries."""

    member: int
    home_store: str
    balance: int
    pending: int
    debt: int
    lapsed: int
    earned_total: int
    entries: tuple[EntryShown, ...]


async def explain_member(*, phone: str, today: date) -> PointsExplained:
    """Every point of a member: the receipt that bore it, the store that owes it, how long it is good, what took it."""
    account = await current().fetchrow(_MEMBER, normalise_phone(text=phone), today)
    if account is None:
        raise Refusal(
            code="unknown_member",
            en="No member has this phone number: look whether it is written correctly.",
            zh="没有使用该手机号的会员：请检查号码是否正确。",
        )
    entries = await current().fetch(_ENTRIES, account["member"])
    return PointsExplained(**account, entries=tuple(_entry(row) for row in entries))


def _entry(row: asyncpg.Record) -> EntryShown:
    lots = tuple(
        LotShown(store=store, points=points, remaining=remaining, available_on=available_on, expires_on=expires_on)
        for store, points, remaining, available_on, expires_on in row["lots"] or ()
    )
    consumed = tuple(
        Consumed(points=points, origin=origin, store=store, expires_on=expires_on)
        for points, origin, store, expires_on in row["consumed"] or ()
    )
    return EntryShown(**{**row, "lots": lots, "consumed": consumed})
