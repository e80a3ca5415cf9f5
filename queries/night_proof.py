"""What a night proves of the members it touched, reading what is new and what is alive, not their whole history.

By induction: entries never change, and what was there before was proven by the nights before. `regulars check` proves
everything from the beginning. `$1` are the members, `$2` is the night's date, `$3` an entry id: older ones are proven.
"""

from datetime import date

from queries.invariants import INVARIANTS
from queries.invariants_ledger import (
    DEBITS,
    GIVEN_BACK,
    REFUNDS,
    RESTORED,
    WRONGLY_ALLOCATED,
    WRONGLY_CREDITED,
    redeemed,
    referred,
)
from tables.scope import Connection

_NEW = "{0}.id > $3 AND {0}.member = ANY ($1)"
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
    # Lots that new entries took from or gave back to, and new ones that lost something.
    "what a lot lost is allocated": """
        SELECT l.id FROM points_lot l JOIN (
            SELECT x.lot FROM points_entry e JOIN points_allocation x ON x.entry = e.id WHERE e.id > $3 AND e.member = ANY ($1)
            UNION SELECT o.id FROM points_entry e JOIN points_lot o ON o.entry = e.id AND o.remaining < o.points
                WHERE e.id > $3 AND e.member = ANY ($1)) t ON t.lot = l.id
        WHERE l.points - l.remaining <> coalesce((SELECT sum(x.points) FROM points_allocation x WHERE x.lot = l.id), 0)
            OR l.remaining NOT BETWEEN 0 AND l.points""",
    "new debits are allocated or owed": f"""
        SELECT e.id FROM points_entry e LEFT JOIN (points_allocation y JOIN points_lot l ON l.id = y.lot) ON y.entry = e.id
        WHERE e.points < 0 AND {_NEW.format("e")} GROUP BY e.id HAVING {WRONGLY_ALLOCATED}""",
    "every new credit is one lot": f"""
        SELECT e.id FROM points_entry e LEFT JOIN points_lot l ON l.entry = e.id WHERE {_NEW.format("e")} AND ({WRONGLY_CREDITED})""",
    "a redemption is its own member's": redeemed(of=_NEW.format),
    "a referral is paid once to the right members": referred(of=_NEW.format),
    # A living lot before lapses_on would be missing in the sum above.
    "no lot outlives its night": """
        SELECT a.member FROM points_account a WHERE a.member = ANY ($1) AND (a.lapses_on <= $2 OR EXISTS (
            SELECT 1 FROM points_lot l WHERE l.member = a.member AND l.remaining > 0 AND l.expires_on BETWEEN a.lapses_on AND $2))""",
    "totals are the purchases": INVARIANTS["totals are the purchases"],
    "the tier is the rule's": INVARIANTS["the tier is the rule's"],
}
# Those whose refunds or restores are new, who owe or who paid: few, whose whole history is read.
_UNDONE = """
SELECT coalesce(array_agg(u.member), '{}') FROM (
    SELECT e.member FROM points_entry e WHERE e.id > $3 AND e.member = ANY ($1) AND e.kind IN ('refund', 'restore')
    UNION SELECT p.member FROM purchase p WHERE p.member = ANY ($1) AND p.business_date = $2 AND p.refund_of IS NOT NULL
    UNION SELECT a.member FROM points_account a WHERE a.member = ANY ($1) AND a.debt > 0
    UNION SELECT l.member FROM points_allocation x JOIN points_lot l ON l.id = x.lot WHERE x.paid_on >= $2 AND l.member = ANY ($1)) u
"""
PROOFS_OF_UNDONE: dict[str, str] = {
    "debits are allocated or owed": DEBITS,
    "all that lots lost is allocated": INVARIANTS["what a lot lost is allocated"],
    "what is restored is in lots again": RESTORED,
    "a redemption gives back no more than it took": GIVEN_BACK,
    **REFUNDS,
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
    undone = await connection.fetchval(_UNDONE, members, business_date, after_entry)
    for name, sql in PROOFS_OF_UNDONE.items() if undone else ():
        rows = await connection.fetch(sql, undone)
        if rows:
            found[name] = len(rows)
    return found
