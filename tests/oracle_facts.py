"""The same facts read from the product's tables and from the oracle, to be equal."""

import json
from decimal import Decimal
from typing import Any

from tests import make
from tests.oracle import Shop
from tests.oracle_ledger import Member
from tests.oracle_refunds import Refunds
from tests.oracle_stats import totals

Rows = list[tuple[Any, ...]]
# Ids are the product's own: the oracle knows an entry by its reference, and lots and debits by their order.
_NAMED = """
WITH known AS (
    SELECT e.*, CASE kind WHEN 'restore' THEN 'restore of ' || (SELECT r.reference FROM points_entry r
            WHERE r.id = split_part(e.reference, ':', 1)::bigint) || ':' || split_part(e.reference, ':', 2)
        ELSE reference END AS name FROM points_entry e
), named AS (
    SELECT k.*, CASE WHEN kind = 'expire' AND split_part(name, ':', 4) <> '' THEN substring(name FROM '^expire:[0-9]+:[0-9-]+:')
            || (SELECT o.name FROM points_lot l JOIN known o ON o.id = l.entry WHERE l.id = split_part(k.name, ':', 4)::bigint)
        ELSE name END AS said, row_number() OVER (PARTITION BY member ORDER BY id) AS place FROM known k
), lot AS (SELECT l.*, row_number() OVER (PARTITION BY member ORDER BY id) AS place FROM points_lot l)
"""
_BILLS = " FROM purchase p JOIN purchase_line l ON l.purchase = p.id LEFT JOIN product g ON g.id = l.product"
FACTS = {
    "accounts": "SELECT member, balance, pending, debt, earned_total FROM points_account ORDER BY 1",
    "entries": _NAMED
    + "SELECT e.member, e.store, e.kind, e.points, balance_after, said, e.business_date, e.value, e.reward,"
    " p.kind AS bill, p.store AS shop, p.receipt_no FROM named e LEFT JOIN purchase p ON p.id = e.purchase ORDER BY e.member, e.id",
    "lots": _NAMED
    + "SELECT l.member, e.said, l.store, l.points, remaining, available_on, expires_on, matured FROM lot l"
    " JOIN named e ON e.id = l.entry ORDER BY l.member, l.id",
    "allocations": _NAMED
    + "SELECT e.member, e.place AS entry, l.place AS lot, x.points, x.paid_on IS NOT NULL AS paid FROM points_allocation x"
    " JOIN named e ON e.id = x.entry JOIN lot l ON l.id = x.lot",
    "tiers": "SELECT m.id, rank, tier_valid_until FROM member m JOIN tier t ON t.id = m.tier ORDER BY 1",
    "moves": "SELECT member, f.rank AS had, t.rank AS has, business_date FROM tier_change c JOIN tier f ON f.id = from_tier"
    " JOIN tier t ON t.id = to_tier ORDER BY member, business_date, c.id",
    "notices": "SELECT member, kind, reference, business_date, send_before, payload, state, reason FROM notice"
    " ORDER BY member, kind, reference",
    "messages": "SELECT member, dedupe_key FROM send_log ORDER BY 1, 2",
    "stats": "SELECT member, first_purchase_on, last_purchase_on, purchase_count, total_spend, average_interval_days, quarter,"
    " quarter_spend, last_quarter_spend FROM member_stats ORDER BY 1",
    "purchases": "SELECT kind, store, receipt_no, member, business_date, sold_on, amount, tier_amount, per_yuan, tier_multiplier,"
    " points FROM purchase",
    "lines": "SELECT p.kind, p.store, p.receipt_no, coalesce(g.sku, '') AS sku, CASE WHEN g.id IS NULL THEN coalesce(c.name, '')"
    f" ELSE '' END AS category, l.quantity, l.amount, l.multiplier, l.counts{_BILLS} LEFT JOIN category c ON c.id = l.category",
    "stocks": "SELECT id, stock, NULL::bigint AS store FROM reward UNION ALL SELECT reward, stock, store FROM reward_store",
}
UNORDERED = {"allocations", "purchases", "lines", "stocks"}


async def in_the_product() -> dict[str, Rows]:
    facts: dict[str, Rows] = {}
    async with make.as_owner() as connection:
        for name, sql in FACTS.items():
            rows = [tuple(row.values()) for row in await connection.fetch(sql)]
            facts[name] = _in_order(name, rows)
    facts["notices"] = [(*row[:5], json.loads(row[5], parse_float=Decimal), *row[6:]) for row in facts["notices"]]
    return facts


def in_the_oracle(shop: Shop) -> dict[str, Rows]:
    facts: dict[str, Rows] = {name: [] for name in FACTS}
    for member in shop.members.values():
        for name, rows in _of(member).items():
            facts[name] += rows
    facts["purchases"], facts["lines"] = _receipts(shop)
    for number, gift in shop.rewards.items():
        facts["stocks"] += [
            (number, gift.stock, None),
            *((number, stock, store) for store, stock in gift.places.items()),
        ]
    return {name: _in_order(name, rows) for name, rows in facts.items()}


def _in_order(name: str, rows: Rows) -> Rows:
    """What has no order of its own gets one; 1 and 1.000 are the same."""
    if name not in UNORDERED:
        return rows
    return sorted(
        rows, key=lambda row: [f"{cell.normalize():f}" if isinstance(cell, Decimal) else str(cell) for cell in row]
    )


def _of(member: Member) -> dict[str, Rows]:
    who = member.id
    earned = sum(entry.points for entry in member.entries if entry.kind == "earn")
    places = {id(lot): place for place, lot in enumerate(member.lots, 1)}
    return {
        "accounts": [(who, member.points(ready=True), member.points(ready=False), member.debt(), earned)],
        "entries": [
            (who, e.store, e.kind, e.points, e.after, e.reference, e.day, e.value, e.reward, *(e.purchase or (None,) * 3))
            for e in member.entries
        ],
        "lots": [
            (who, lot.entry.reference, lot.store, lot.points, lot.left(), lot.available_on, lot.expires_on, lot.ready)
            for lot in member.lots
        ],
        "allocations": [
            (who, place, places[id(part.lot)], part.points, part.paid)
            for place, entry in enumerate(member.entries, 1)
            for part in entry.parts
        ],
        "tiers": [(who, member.rank, member.valid_until)],
        "moves": [(who, *move) for move in member.moves],
        "notices": [
            (who, *key, n.day, n.send_before, n.payload, n.state, n.reason) for key, n in sorted(member.notices.items())
        ],
        "messages": sorted((who, f"notice:{who}:{day}") for day in member.messages),
        "stats": [(who, *totals(member))],
    }  # fmt: skip


def _receipts(shop: Shop) -> tuple[Rows, Rows]:
    bills: Rows = []
    lines: Rows = []
    for (store, number), sold in shop.sold.items():
        receipt = sold.receipt
        counts = sum((line.amount for line in sold.lines if line.counts), Decimal(0))
        worth = (sold.amount, counts, sold.per_yuan, sold.multiplier, sold.points)
        bills.append(("sale", store, number, receipt.member, receipt.day, receipt.day, *worth))
        lines += [
            ("sale", store, number, *line.kind, line.quantity, line.amount, line.multiplier, line.counts)
            for line in sold.lines
        ]
    for (store, number), done in shop.refunds.items() if isinstance(shop, Refunds) else []:
        sold = done.sold
        worth = (-done.amount, -done.counts, sold.per_yuan, sold.multiplier, -done.points)
        bills.append(("refund", store, number, sold.receipt.member, done.refund.day, sold.receipt.day, *worth))
        lines += [
            ("refund", store, number, *line.kind, -quantity, -amount, line.multiplier, line.counts)
            for line, amount, quantity in done.taken
            if amount or quantity
        ]
    return bills, lines
