"""Everything that is held about one member, section by section, for the member to read (field-notes §3.7, PIPL art. 45)."""

import json
from dataclasses import dataclass
from typing import Any

from queries.merges import files_of
from tables.scope import current

_STORE = "(SELECT o.name FROM store o WHERE o.id = {0}.store) AS store"
_STAFF = "(SELECT s.username FROM staff s WHERE s.id = {0}.staff) AS staff"
# `$1` are the member's files: the one that is kept, then those that were merged into it; of refusals, which know no member, the
# digest of the number. In the order in which people ask.
SECTIONS: dict[str, str] = {
    "profile": """
        SELECT m.id AS member, m.name, m.title, m.phone, m.phone_status, m.birthday, o.name AS home_store, m.joined_on, t.name AS tier,
            m.tier_valid_until, m.latitude, m.longitude, m.preferences, m.referred_by, m.merged_into
        FROM member m JOIN store o ON o.id = m.home_store JOIN tier t ON t.id = m.tier
        WHERE m.id = ANY ($1) ORDER BY m.merged_into NULLS FIRST, m.id""",
    "consents": f"""
        SELECT c.at, c.purpose, c.granted, c.source, c.text_version, {_STORE.format("c")}, {_STAFF.format("c")}
        FROM consent c WHERE c.member = ANY ($1) ORDER BY c.at, c.id""",
    "refusals": "SELECT since, source FROM suppression WHERE phone_hmac = $1",
    "purchases": f"""
        SELECT p.purchased_at, p.business_date, {_STORE.format("p")}, p.receipt_no, p.kind, p.amount, p.points, (
            SELECT jsonb_agg(jsonb_build_object('product', r.name, 'category', g.name, 'quantity', l.quantity::text, 'amount', l.amount::text)
                ORDER BY l.id)
            FROM purchase_line l LEFT JOIN product r ON r.id = l.product LEFT JOIN category g ON g.id = l.category
            WHERE l.purchase = p.id) AS lines
        FROM purchase p WHERE p.member = ANY ($1) ORDER BY p.business_date, p.id""",
    "account": "SELECT balance, pending, debt, earned_total FROM points_account WHERE member = ANY ($1) ORDER BY array_position($1, member)",
    "points": f"""
        SELECT e.business_date, e.created_at AS at, {_STORE.format("e")}, e.kind, e.points, e.balance_after, e.reason,
            (SELECT r.name FROM reward r WHERE r.id = e.reward) AS reward, e.value
        FROM points_entry e WHERE e.member = ANY ($1) ORDER BY e.id""",
    "lots": f"""
        SELECT l.points, l.remaining, l.available_on, l.expires_on, {_STORE.format("l")} FROM points_lot l
        WHERE l.member = ANY ($1) ORDER BY l.id""",
    "tier_changes": """
        SELECT c.business_date, f.name AS from_tier, t.name AS to_tier, c.reason FROM tier_change c
        JOIN tier f ON f.id = c.from_tier JOIN tier t ON t.id = c.to_tier WHERE c.member = ANY ($1) ORDER BY c.id""",
    "tier_grants": """
        SELECT t.name AS tier, g.valid_from, g.valid_until, g.reason FROM tier_grant g JOIN tier t ON t.id = g.tier
        WHERE g.member = ANY ($1) ORDER BY g.id""",
    "tags": """
        SELECT t.name AS tag, x.source, x.since, x.because FROM member_tag x JOIN tag t ON t.id = x.tag
        WHERE x.member = ANY ($1) ORDER BY x.id""",
    "interests": """
        SELECT p.name AS product, i.kind, i.source, i.since FROM member_interest i JOIN product p ON p.id = i.product
        WHERE i.member = ANY ($1) ORDER BY i.id""",
    "totals": """
        SELECT first_purchase_on, last_purchase_on, purchase_count, total_spend, average_interval_days, quarter_spend, last_quarter_spend
        FROM member_stats WHERE member = ANY ($1) ORDER BY array_position($1, member)""",
    "habits": """
        SELECT h.counted_on, h.basket, h.weekday, h.hour, h.month_day, h.interval_change, h.year_purchases, h.year_spend, h.last_year_spend,
            (SELECT g.name FROM category g WHERE g.id = h.category) AS category, (SELECT p.name FROM product p WHERE p.id = h.product) AS product
        FROM member_habit h WHERE h.member = ANY ($1)""",
    "messages": """
        SELECT coalesce(s.handed_at, s.scheduled_at, s.created_at) AS at, s.message_class, s.phone, s.text, s.state, s.reason, s.delivered_at,
            (SELECT c.name FROM campaign c WHERE c.id = s.campaign) AS campaign
        FROM send_log s WHERE s.member = ANY ($1) ORDER BY s.id""",
    "notices": """
        SELECT n.business_date, n.kind, n.state, n.reason, n.payload FROM notice n WHERE n.member = ANY ($1) ORDER BY n.id""",
    "replies": "SELECT r.said_at AS at, r.phone, r.text, r.kind, r.state, r.note FROM reply r WHERE r.member = ANY ($1) ORDER BY r.id",
    "complaints": "SELECT c.at, c.source, c.phone, c.note FROM complaint c WHERE c.member = ANY ($1) ORDER BY c.id",
    "links": """
        SELECT l.created_at AS at, l.code, l.url, l.expires_at, (SELECT c.name FROM campaign c WHERE c.id = l.campaign) AS campaign
        FROM short_link l WHERE l.member = ANY ($1) ORDER BY l.id""",
    "clicks": """
        SELECT c.at, l.code, c.device, c.is_preview FROM click c JOIN short_link l ON l.id = c.link WHERE l.member = ANY ($1) ORDER BY c.id""",
    "erasures": f"""
        SELECT r.asked_at AS at, {_STORE.format("r")}, {_STAFF.format("r")}, r.proof, r.note, r.state, r.decided_at, r.reason
        FROM erasure_request r WHERE r.member = ANY ($1) ORDER BY r.id""",
    "lookups": f"SELECT k.at, {_STAFF.format('k')} FROM member_lookup k WHERE k.member = ANY ($1) ORDER BY k.id",
    "history": f"""
        SELECT a.at, {_STAFF.format("a")}, a.action, a.table_name, a.before, a.after FROM audit_log a WHERE a.member = ANY ($1) ORDER BY a.id""",
}
_JSON = ("preferences", "lines", "payload", "before", "after")


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """One section: its key of `SECTIONS`, and its rows by column, oldest first."""

    key: str
    rows: list[dict[str, Any]]


async def all_held(*, member: int, digest: str | None) -> list[Held]:
    """What every table says of a member (id), in a scope of hq_admin; `digest`: of their number, null without one."""
    found, files = [], await files_of(member=member)
    for key, sql in SECTIONS.items():
        rows = await current().fetch(sql, digest if key == "refusals" else files)
        found.append(Held(key=key, rows=[_read(dict(row)) for row in rows]))
    return found


def _read(row: dict[str, Any]) -> dict[str, Any]:
    return {name: json.loads(value) if name in _JSON and value is not None else value for name, value in row.items()}
