"""What must be true of the data at any time (design 4.9): each is a query that returns no rows.

`$1` are the members to look at (null = all), `$2` is the last closed night's date (of messages: see there). A night looks at the members touched
since the last check (queries/night_proof.py), `regulars check` at everybody.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from config.settings import settings
from queries.invariants_ledger import (
    DEBITS,
    GIVEN_BACK,
    REFUNDS,
    RESTORED,
    WRONGLY_CREDITED,
    of_members,
    redeemed,
    referred,
)
from queries.invariants_messages import MESSAGES
from rules.suppression import hmac_pads
from tables.scope import owner

_OF = "($1::bigint[] IS NULL OR {0} = ANY ($1))"


INVARIANTS: dict[str, str] = {
    "account and totals exist": f"""
        SELECT m.id AS member FROM member m LEFT JOIN points_account a ON a.member = m.id LEFT JOIN member_stats s ON s.member = m.id
        WHERE (a.member IS NULL OR s.member IS NULL) AND {_OF.format("m.id")}""",
    "balance and pending are the lots": f"""
        SELECT a.member, a.balance, a.pending, a.debt, l.ready, l.held FROM points_account a
        LEFT JOIN (SELECT member, sum(remaining) FILTER (WHERE matured) AS ready, sum(remaining) FILTER (WHERE NOT matured) AS held
                   FROM points_lot WHERE remaining > 0 AND {_OF.format("member")} GROUP BY member) l ON l.member = a.member
        WHERE {_OF.format("a.member")} AND (a.balance <> coalesce(l.ready, 0) OR a.pending <> coalesce(l.held, 0)
            OR a.balance < 0 OR a.debt < 0 OR a.debt > 0 AND a.balance > 0)""",
    "the account is the running sum of its entries": f"""
        SELECT a.member, e.id AS entry, e.balance_after, e.before + e.points AS running, a.balance + a.pending - a.debt AS account
        FROM points_account a LEFT JOIN (
            SELECT id, member, points, balance_after, lag(balance_after, 1, 0::bigint) OVER w AS before, lead(id) OVER w IS NULL AS newest
            FROM points_entry WHERE {_OF.format("member")} WINDOW w AS (PARTITION BY member ORDER BY id)) e ON e.member = a.member
        WHERE {_OF.format("a.member")} AND (e.balance_after <> e.before + e.points
            OR e.newest IS NOT FALSE AND coalesce(e.balance_after, 0) <> a.balance + a.pending - a.debt)""",
    "what a lot lost is allocated": f"""
        SELECT l.id AS lot, l.member, l.points, l.remaining, x.taken FROM points_lot l
        LEFT JOIN (SELECT y.lot, sum(y.points) AS taken FROM points_allocation y JOIN points_lot o ON o.id = y.lot
                   WHERE {_OF.format("o.member")} GROUP BY y.lot) x ON x.lot = l.id
        WHERE {_OF.format("l.member")} AND (l.points - l.remaining <> coalesce(x.taken, 0) OR l.remaining NOT BETWEEN 0 AND l.points)""",
    "debits are allocated or owed": DEBITS,
    "credits are one lot each, only redemptions have a value": f"""
        SELECT e.id AS entry, e.member, e.kind, e.points, l.points AS lot_points, l.member AS lot_of FROM points_entry e
        LEFT JOIN points_lot l ON l.entry = e.id WHERE {_OF.format("e.member")} AND ({WRONGLY_CREDITED})""",
    "what is restored is in lots again": RESTORED,
    "a redemption gives back no more than it took": GIVEN_BACK,
    **REFUNDS,
    "a redemption is its own member's": redeemed(of=of_members),
    "a referral is paid once to the right members": referred(of=of_members),
    "who brought somebody was there before": f"""
        SELECT m.id AS member, m.referred_by FROM member m WHERE m.referred_by >= m.id AND {_OF.format("m.id")}""",
    "no lot outlives its night": f"""
        SELECT l.id AS lot, l.member, l.remaining, l.expires_on FROM points_lot l JOIN points_account a ON a.member = l.member
        WHERE l.remaining > 0 AND l.expires_on <= $2 AND a.touched_on IS NULL AND {_OF.format("l.member")}""",
    "totals are the purchases": f"""
        SELECT s.member, s.purchase_count, p.purchase_count AS proven_count, s.total_spend, p.total_spend AS proven_spend
        FROM member_stats s JOIN deed.stats_by_purchase($1) p ON p.member = s.member
        WHERE (s.first_purchase_on, s.last_purchase_on, s.purchase_count, s.total_spend, s.average_interval_days,
               s.quarter_spend, s.last_quarter_spend) IS DISTINCT FROM
              (p.first_purchase_on, p.last_purchase_on, p.purchase_count, p.total_spend, p.average_interval_days,
               p.quarter_spend, p.last_quarter_spend) AND {_OF.format("s.member")}""",
    "the tier is the rule's": """
        SELECT r.member, m.tier, r.tier AS by_rule, m.tier_valid_until, r.valid_until FROM deed.tier_by_rule(coalesce($1, (
            SELECT array_agg(a.member) FROM points_account a)), $2) r
        JOIN member m ON m.id = r.member JOIN points_account a ON a.member = m.id
        WHERE $2::date IS NOT NULL AND a.touched_on IS NULL AND m.erased_at IS NULL
            AND (m.tier, m.tier_valid_until) IS DISTINCT FROM (r.tier, r.valid_until)""",
    "the tier is the last move's": f"""
        SELECT m.id AS member, m.tier, c.to_tier FROM member m JOIN tier t ON t.id = m.tier
        LEFT JOIN LATERAL (SELECT to_tier FROM tier_change WHERE member = m.id ORDER BY id DESC LIMIT 1) c ON true
        WHERE {_OF.format("m.id")} AND CASE WHEN c.to_tier IS NULL THEN t.rank <> 1 ELSE c.to_tier <> m.tier END""",
    "moves follow each other": f"""
        SELECT id, member, from_tier, before FROM (
            SELECT c.*, coalesce(lag(to_tier) OVER (PARTITION BY member ORDER BY id), (SELECT id FROM tier WHERE rank = 1))
                AS before FROM tier_change c WHERE {_OF.format("member")}) moves WHERE from_tier <> before""",
    "one message a key, one notice a fact": f"""
        SELECT 'send_log' AS what, dedupe_key AS key, count(*) FROM send_log WHERE {_OF.format("member")} GROUP BY 2 HAVING count(*) > 1
        UNION ALL SELECT 'notice', kind || ':' || member || ':' || reference, count(*) FROM notice
        WHERE {_OF.format("member")} GROUP BY 2 HAVING count(*) > 1""",
    **MESSAGES,
}
# Of the chain rather than of members: `regulars check` alone.
OF_NIGHTS = """
    SELECT d::date AS business_date, j.job FROM generate_series((SELECT min(business_date) FROM job_run WHERE job = 'check' AND state = 'done'),
        $1::date, interval '1 day') d CROSS JOIN unnest($2::text[]) j(job)
    WHERE NOT EXISTS (SELECT 1 FROM job_run r WHERE r.business_date = d::date AND r.job = j.job AND r.state = 'done')
"""
EVERY_NIGHT = "every night has its jobs"
# All that a full check looks at, in its order.
CHECKED = (*INVARIANTS, EVERY_NIGHT)
NIGHT_JOBS = ("mature", "expire", "tiers", "stats", "tags", "segments", "notices", "sweep", "check")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """An invariant that does not hold, and the rows that break it (ids and numbers, no phone, no name)."""

    name: str
    rows: list[dict[str, Any]]


async def check_all(*, progress: Callable[[str, int, int], None]) -> list[Finding]:
    """Every invariant over everything, as the tables' owner, in one snapshot."""
    findings = []
    async with owner() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        # Everything is read once, from front to back: the usual figures would make it jump about in the tables.
        await connection.execute(
            "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL work_mem = '256MB'; SET LOCAL random_page_cost = 10"
        )
        closed = await connection.fetchval("SELECT deed.last_closed()")
        pads = hmac_pads(secret=settings().secret)
        for done, (name, sql) in enumerate(INVARIANTS.items()):
            progress(name, done, len(INVARIANTS) + 1)
            second = [pads if name in MESSAGES else closed] if "$2" in sql else []
            rows = await connection.fetch(sql, None, *second)
            if rows:
                findings.append(Finding(name=name, rows=[dict(row) for row in rows]))
        missing = await connection.fetch(OF_NIGHTS, closed, list(NIGHT_JOBS))
        if missing:
            findings.append(Finding(name=EVERY_NIGHT, rows=[dict(row) for row in missing]))
        progress("done", len(INVARIANTS) + 1, len(INVARIANTS) + 1)
    return findings


def as_text(*, finding: Finding, most: int = 20) -> list[str]:
    """A finding as lines: its name, then the first rows as JSON."""
    lines = [f"{finding.name}: {len(finding.rows)}"]
    lines += ["  " + json.dumps(row, default=str, ensure_ascii=False) for row in finding.rows[:most]]
    if len(finding.rows) > most:
        lines.append(f"  … {len(finding.rows) - most} more")
    return lines
