"""The same facts read from the product's tables and from the oracle, to be equal."""

import json
from decimal import Decimal
from typing import Any

from tables.scope import owner
from tests.oracle import Shop

Rows = list[tuple[Any, ...]]
FACTS = {
    "accounts": "SELECT member, balance, pending, debt, earned_total FROM points_account ORDER BY 1",
    "entries": "SELECT member, store, kind, points, balance_after, reference, business_date FROM points_entry ORDER BY member, id",
    "lots": "SELECT l.id, e.reference, l.member, l.store, l.points, remaining, available_on, expires_on FROM points_lot l"
    " JOIN points_entry e ON e.id = l.entry ORDER BY l.member, l.id",
    "tiers": "SELECT m.id, rank, tier_valid_until FROM member m JOIN tier t ON t.id = m.tier ORDER BY 1",
    "moves": "SELECT member, f.rank AS had, t.rank AS has, business_date FROM tier_change c JOIN tier f ON f.id = from_tier"
    " JOIN tier t ON t.id = to_tier ORDER BY member, business_date, c.id",
    "notices": "SELECT member, kind, reference, business_date, send_before, payload, state, reason FROM notice"
    " ORDER BY member, kind, reference",
    "messages": "SELECT member, dedupe_key FROM send_log ORDER BY 1, 2",
    "purchases": "SELECT member, store, receipt_no, tier_multiplier, points FROM purchase WHERE member IS NOT NULL ORDER BY 1, 2, 3",
}


async def in_the_product() -> dict[str, Rows]:
    async with owner() as connection:
        facts = {name: [tuple(row.values()) for row in await connection.fetch(sql)] for name, sql in FACTS.items()}
    lots = {str(lot[0]): str(lot[1]) for lot in facts["lots"]}
    facts["lots"] = [lot[1:] for lot in facts["lots"]]
    facts["entries"] = [(*row[:5], _named(row[5], lots), row[6]) for row in facts["entries"]]
    facts["notices"] = [(*row[:5], json.loads(row[5], parse_float=Decimal), *row[6:]) for row in facts["notices"]]
    return facts


def _named(reference: str, lots: dict[str, str]) -> str:
    """The second expiry of one day names its first lot by a number: the oracle knows lots by what bore them."""
    words = reference.split(":")
    return ":".join([*words[:3], lots[words[3]]]) if words[0] == "expire" and len(words) == 4 else reference


def in_the_oracle(shop: Shop) -> dict[str, Rows]:
    facts: dict[str, Rows] = {name: [] for name in FACTS}
    for member in shop.members.values():
        earned = sum(entry.points for entry in member.entries if entry.kind == "earn")
        who = member.id
        facts["accounts"] += [(who, member.points(ready=True), member.points(ready=False), 0, earned)]
        facts["entries"] += [(who, e.store, e.kind, e.points, e.after, e.reference, e.day) for e in member.entries]
        facts["lots"] += [
            (lot.key, who, lot.store, lot.points, lot.left(), lot.available_on, lot.expires_on) for lot in member.lots
        ]
        facts["tiers"] += [(who, member.rank, member.valid_until)]
        facts["moves"] += [(who, *move) for move in member.moves]
        facts["notices"] += [
            (who, *key, n.day, n.send_before, n.payload, n.state, n.reason) for key, n in sorted(member.notices.items())
        ]
        facts["messages"] += sorted((who, f"notice:{who}:{day}") for day in member.messages)
        facts["purchases"] += sorted(
            (who, *key, *shop.earned[key]) for key, receipt in shop.receipts.items() if receipt.member == who
        )
    return facts
