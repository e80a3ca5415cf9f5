"""What bench/segments.py needs beyond the chain of bench/load.py: products, lines, tags, consents, places and habits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.load import DAY, HASH, ZONE

if TYPE_CHECKING:
    import asyncpg

# One line a purchase; a tropical fruit in one of twelve. Members live within about 10 km of their home store.
_STEPS = (
    "INSERT INTO category (id, name) SELECT n, CASE n WHEN 1 THEN '热带水果' ELSE '品类' || n END FROM generate_series(1, 12) n",
    "INSERT INTO product (id, sku, name, category) SELECT n, 'P' || n, '商品' || n, 1 + n % 12 FROM generate_series(1, 600) n",
    """
    INSERT INTO purchase_line (purchase, product, quantity, amount, multiplier)
    SELECT p.id, 1 + pg_temp.h(p.id, 7, 600), 1, p.amount, 1 FROM purchase p ORDER BY p.id
    """,
    "INSERT INTO tag (id, name) VALUES (1, '榴莲爱好者'), (2, '敏感肌')",
    """
    INSERT INTO member_tag (member, tag, source) SELECT m, 1, 'manual' FROM generate_series(1, {members}) m WHERE pg_temp.h(m, 60, 100) < 5
    UNION ALL SELECT m, 2, 'manual' FROM generate_series(1, {members}) m WHERE pg_temp.h(m, 61, 1000) < 3
    """,
    """
    INSERT INTO consent (member, purpose, granted, source, text_version, at)
    SELECT m, 'marketing_sms', true, 'bench', '1', '2025-09-01' FROM generate_series(1, {members}) m WHERE pg_temp.h(m, 62, 100) < 60
    """,
    "UPDATE store SET latitude = 31.2 + id % 8 * 0.06, longitude = 121.4 + id / 8 * 0.07",
    """
    UPDATE member m SET latitude = s.latitude + (pg_temp.h(m.id, 63, 2000) - 1000) * 0.0001,
        longitude = s.longitude + (pg_temp.h(m.id, 64, 2000) - 1000) * 0.0001
    FROM store s WHERE s.id = m.home_store
    """,
    "UPDATE chain SET name = 'bench'",
)
_TABLES = ("category", "product", "purchase_line", "tag", "member_tag", "consent", "store", "member", "member_habit")
_HABITS = "SELECT deed.habits_refresh(array_agg(m), $1, $2) FROM generate_series($3::bigint, $4::bigint) m"
_MEMBERS_A_BATCH = 50_000


async def furnish(connection: asyncpg.Connection[asyncpg.Record], *, members: int) -> None:
    """Adds all that once; a superuser sets triggers aside."""
    if await connection.fetchval("SELECT EXISTS (SELECT FROM member_habit)"):
        return
    await connection.execute(
        f"SET session_replication_role = replica; SET synchronous_commit = off; SET work_mem = '256MB'; {HASH}"
    )
    for sql in _STEPS:
        await connection.execute(sql.format(members=int(members)))
    for first in range(1, members + 1, _MEMBERS_A_BATCH):
        await connection.execute(_HABITS, DAY, ZONE, first, min(first + _MEMBERS_A_BATCH - 1, members))
    for table in _TABLES:
        await connection.execute(f"VACUUM (ANALYZE, FREEZE) {table}")
        if table not in {"store", "member", "member_habit"}:
            await connection.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")
