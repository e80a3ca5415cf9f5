"""What a night proves of the members it touched, reading what is new and what is alive, not their whole history.

By induction: entries never change, and what was there before was proven by the nights before. `regulars check` proves
everything from the beginning. `$1` are the members, `$2` is the night's date, `$3` an entry id: older ones are proven.
"""

from datetime import date

from queries.invariants import INVARIANTS
from tables.scope import Connection

PROOFS: dict[str, str] = {
    "balance and pending are the living lots": """
        SELECT a.member FROM points_account a LEFT JOIN LATERAL (
            SELECT sum(l.remaining) FILTER (WHERE l.matured) AS ready, sum(l.remaining) FILTER (WHERE NOT l.matured) AS held
            FROM (SELECT * FROM points_lot WHERE member = a.member AND expires_on >= a.lapses_on
                  UNION ALL SELECT * FROM points_lot WHERE member = a.member AND expires_on IS NULL) l) l ON true
        WHERE a.member = ANY ($1) AND (a.balance <> coalesce(l.ready, 0) OR a.pending <> coalesce(l.held, 0)
            OR a.balance < 0 OR a.debt < 0 OR a.debt > 0 AND a.balance > 0)""",
    "the account is the running sum of its new entries": """
        SELECT e.member FROM (
            SELECT member, points, balance_after, lag(balance_after) OVER w AS before, lead(id) OVER w IS NULL AS newest
            FROM points_entry WHERE id > $3 AND member = ANY ($1) WINDOW w AS (PARTITION BY member ORDER BY id)) e
        JOIN points_account a ON a.member = e.member
        WHERE e.balance_after <> e.before + e.points OR e.newest AND e.balance_after <> a.balance + a.pending - a.debt""",
    "what a lot lost is allocated": """
        SELECT l.id FROM points_lot l JOIN (SELECT DISTINCT x.lot FROM points_entry e JOIN points_allocation x ON x.entry = e.id
            WHERE e.id > $3 AND e.member = ANY ($1)) t ON t.lot = l.id
        WHERE l.points - l.remaining <> (SELECT sum(x.points) FROM points_allocation x WHERE x.lot = l.id)
            OR l.remaining NOT BETWEEN 0 AND l.points""",
    "new debits are allocated or owed": """
        SELECT e.id FROM points_entry e JOIN points_account a ON a.member = e.member AND a.debt = 0
        WHERE e.id > $3 AND e.member = ANY ($1) AND e.points < 0
            AND -e.points <> coalesce((SELECT sum(x.points) FROM points_allocation x WHERE x.entry = e.id), 0)""",
    "every new credit is one lot": """
        SELECT e.id FROM points_entry e LEFT JOIN points_lot l ON l.entry = e.id
        WHERE e.id > $3 AND e.member = ANY ($1) AND CASE WHEN e.points < 0 THEN l.id IS NOT NULL
            WHEN e.kind = 'restore' THEN l.points > e.points ELSE l.points IS DISTINCT FROM e.points END""",
    # A living lot before lapses_on would be missing in the sum above.
    "no lot outlives its night": """
        SELECT a.member FROM points_account a WHERE a.member = ANY ($1) AND (a.lapses_on <= $2 OR EXISTS (
            SELECT 1 FROM points_lot l WHERE l.member = a.member AND l.remaining > 0 AND l.expires_on BETWEEN a.lapses_on AND $2))""",
    "totals are the purchases": INVARIANTS["totals are the purchases"],
    "the tier is the rule's": INVARIANTS["the tier is the rule's"],
}
_PROVEN = """
SELECT coalesce((SELECT (counts ->> 'entry')::bigint FROM job_run WHERE job = 'check' AND state = 'done'
                 ORDER BY business_date DESC OFFSET 1 LIMIT 1), 0)
"""
NEWEST = "SELECT coalesce(max(id), 0) FROM points_entry"


async def proven_until(*, connection: Connection) -> int:
    """The newest entry of two checks ago: whatever was under way then has ended long since, and was proven after it."""
    found: int = await connection.fetchval(_PROVEN)
    return found


async def broken_for(
    *, connection: Connection, members: list[int], business_date: date, after_entry: int
) -> dict[str, int]:
    """The proofs that fail for these members after the night of a date: how many rows break each."""
    # One plan for "all members" and "these" would suit neither.
    await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    found = {}
    for name, sql in PROOFS.items():
        arguments: list[object] = [members]
        arguments += [business_date] if "$2" in sql else []
        # Numbered without gaps: a parameter that no part of the statement names has no type.
        text = sql if "$2" in sql or "$3" not in sql else sql.replace("$3", "$2")
        arguments += [after_entry] if "$3" in sql else []
        rows = await connection.fetch(text, *arguments)
        if rows:
            found[name] = len(rows)
    return found
