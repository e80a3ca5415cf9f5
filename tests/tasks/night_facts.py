"""A small chain on the evening before its night, and what a night leaves, told without ids and times of its running."""

from datetime import date
from typing import Any

from tables.scope import Connection

# All have 100 points that end on `day`; every eighth one 150 more that end 15 days later; every tenth one buys for 600 on
# `day` and moves up. The nights before are closed.
_SALES = """
WITH sale AS (
    SELECT row_number() OVER (ORDER BY ago DESC, m.id)::integer AS n, m.id AS member, m.home_store AS store, $1::date - ago AS day, amount
    FROM member m JOIN (VALUES ({valid}, 100, 1), ({valid} - 15, 150, 8), (0, 600, 10)) s(ago, amount, every) ON m.id % every = 0
), batch AS (
    SELECT array_agg(ROW(n, store, 'R' || n, member, day + time '04:00', day, 'import', NULL, NULL, 1, amount)::deed.sale_line) AS lines
    FROM sale GROUP BY n / 5000 ORDER BY n / 5000
)
SELECT deed.sales_record(lines) FROM batch
"""
MEMBERS = """
INSERT INTO member (phone, name, title, home_store, joined_on, tier, preferences, phone_status)
SELECT '+861' || 3900000000 + n, '会员', '', (SELECT min(id) FROM store), $2::date - 400, (SELECT id FROM tier WHERE rank = 1),
    '{}', 'unknown' FROM generate_series(1, $1) n
"""
_CLOSED = """
INSERT INTO job_run (job, business_date, state, started_at, finished_at)
SELECT job, $1::date - 1, 'done', now(), now() FROM unnest($2::text[]) job
"""


async def fill(*, connection: Connection, members: int, day: date, jobs: tuple[str, ...], valid: int = 60) -> None:
    """As the owner, into a database with a program and a store."""
    await connection.execute("SET role = regulars_owner")
    await connection.execute(MEMBERS, members, day)
    await connection.execute(_SALES.format(valid=valid), day)
    await connection.execute("UPDATE points_account SET touched_on = NULL WHERE touched_on < $1", day)
    await connection.execute(_CLOSED, day, list(jobs))
    await connection.execute("VACUUM (ANALYZE)")  # what tests before have deleted would slow the night


# A member is told by the phone, since ids of members that an import made may skip after a crash (sequences do). Left out:
# ids, created_at, started_at, finished_at, what became of a message (it may have left already), purchase.content (a digest
# over the member's id).
FACTS = {
    "purchase": "SELECT s.code, p.receipt_no, p.kind, m.phone, p.purchased_at, p.business_date, p.sold_on, p.amount, p.tier_amount, p.per_yuan,"
    " p.tier_multiplier, p.points, p.source FROM purchase p JOIN store s ON s.id = p.store LEFT JOIN member m ON m.id = p.member",
    "purchase_line": "SELECT p.receipt_no, p.store, l.product, l.quantity, l.amount, l.multiplier FROM purchase_line l"
    " JOIN purchase p ON p.id = l.purchase",
    "points_entry": "SELECT m.phone, e.store, e.kind, e.points, e.balance_after, e.source,"
    " replace(e.reference || ':', ':' || e.member || ':', ':?:') AS reference, e.business_date"
    " FROM points_entry e JOIN member m ON m.id = e.member",
    "points_lot": "SELECT m.phone, l.store, l.points, l.remaining, l.available_on, l.expires_on, l.matured, e.business_date"
    " FROM points_lot l JOIN member m ON m.id = l.member JOIN points_entry e ON e.id = l.entry",
    "points_allocation": "SELECT m.phone, e.kind, e.business_date, l.expires_on, a.points FROM points_allocation a"
    " JOIN points_entry e ON e.id = a.entry JOIN points_lot l ON l.id = a.lot JOIN member m ON m.id = l.member",
    "points_account": "SELECT m.phone, a.balance, a.pending, a.debt, a.earned_total, a.lapses_on, a.touched_on"
    " FROM points_account a JOIN member m ON m.id = a.member",
    "member": "SELECT m.phone, t.rank, m.tier_valid_until, m.home_store, m.joined_on FROM member m JOIN tier t ON t.id = m.tier",
    "member_stats": "SELECT m.phone, to_jsonb(s) - 'member' AS stats FROM member_stats s JOIN member m ON m.id = s.member",
    "tier_change": "SELECT m.phone, c.from_tier, c.to_tier, c.reason, c.business_date FROM tier_change c JOIN member m ON m.id = c.member",
    "notice": "SELECT m.phone, n.kind, n.reference, n.business_date, n.send_before, n.payload, n.state, n.reason, n.send_log IS NULL AS silent"
    " FROM notice n JOIN member m ON m.id = n.member",
    "send_log": "SELECT m.phone, split_part(s.dedupe_key, ':', 3) AS day, s.message_class, s.send_before"
    " FROM send_log s LEFT JOIN member m ON m.id = s.member",
    "job_run": "SELECT job, business_date, state, counts - 'entry', error FROM job_run",
}  # fmt: skip


async def facts(*, connection: Connection) -> dict[str, Any]:
    """Of each table how many rows, and a digest of them; of the nights' jobs the rows themselves."""
    found: dict[str, Any] = {}
    for table, sql in FACTS.items():
        row = await connection.fetchrow(
            f"SELECT count(*), md5(string_agg(f::text, E'\\n' ORDER BY f::text)) FROM ({sql}) f"
        )
        assert row is not None
        found[table] = tuple(row)
    runs = await connection.fetch(f"SELECT r::text FROM ({FACTS['job_run']}) r ORDER BY business_date, job")
    found["job_run"] = [row[0] for row in runs]
    return found
