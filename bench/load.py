"""A chain at scale, made inside the database: seven purchases and about eleven ledger entries a member.

    python -m bench.load --work DIR [--members N]

A year of trade up to and including the evening of `DAY`, whose night is still to come; the nights up to the day before
are closed. A sale lies in each of seven windows of 52 days, so that a member's lots end one by one (182 days). 55 % of
the members have redeemed, 3 % bought on `DAY` itself. No purchase lines, no holds, every tier earns ×1. Rows lie in the
order of their time, a member's far apart. It needs the embedded server: its superuser sets the triggers aside.
"""

import argparse
import asyncio
import os
import time
from datetime import date
from pathlib import Path

import asyncpg

DAY = date(2026, 8, 29)
STORES = 50
ZONE = "Asia/Shanghai"

# Numbers that look like chance and are the same on every machine.
HASH = """
CREATE FUNCTION pg_temp.h(member bigint, salt integer, below integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT ((hashint8(member * 128 + salt) & 2147483647) % below)
$$
"""
PROGRAM = f"""
INSERT INTO store (id, code, name, region, address, phone, opening_hours, kind, is_active)
SELECT n, 'S' || n, '店' || n, '', '', '', '', 'community', true FROM generate_series(1, {STORES}) n;
INSERT INTO tier (id, rank, name, quarterly_spend, earn_multiplier, benefits)
VALUES (1, 1, '铜卡', 0, 1, ''), (2, 2, '银卡', 500, 1, ''), (3, 3, '金卡', 1200, 1, '');
INSERT INTO points_policy (id, per_yuan, valid_days, round_expiry, hold_days, remind_days, remind_min_points,
                           remind_every_days, statement, code_away_from_home)
VALUES (1, 1, 182, 'none', 0, '{{15,3}}', 100, 14, 'moved', false);
"""
SALES = """
CREATE UNLOGGED TABLE load_sale AS
SELECT row_number() OVER (ORDER BY s.day, pg_temp.h(s.member, 120, 1000000), s.member) AS id, s.*, s.day + 182 AS expires_on,
    s.fen / 100 AS points, 1 + pg_temp.h(s.member, 90 + s.k, {stores}) AS store
FROM (
    SELECT m AS member, k, CASE WHEN k = 7 THEN date '{day}'
            ELSE date '{day}' - 364 + 52 * k + pg_temp.h(m, 100, 43) + pg_temp.h(m, k, 10) END AS day,
        500 + pg_temp.h(m, 20 + k, 39500) + CASE WHEN pg_temp.h(m, 104, 20) = 0 THEN 40000 ELSE 0 END AS fen
    FROM generate_series(1::bigint, {members}) m CROSS JOIN generate_series(0, 7) k
    WHERE k < 7 OR pg_temp.h(m, 102, 100) < 3) s;
ANALYZE load_sale
"""
# The fourth lot and half of the fifth, on one of the forty days before the fourth ends; the third has ended by then.
REDEEMED = """
CREATE UNLOGGED TABLE load_redeemed AS
SELECT f.member, least(f.expires_on - pg_temp.h(f.member, 103, 40), date '{day}' - 1) AS day, f.id AS whole_lot, f.points AS whole,
    g.id AS half_lot, g.points / 2 AS half
FROM load_sale f JOIN load_sale g ON g.member = f.member AND g.k = 4
WHERE f.k = 3 AND pg_temp.h(f.member, 101, 100) < 55;
ANALYZE load_redeemed
"""
EVENTS = """
CREATE UNLOGGED TABLE load_event AS
SELECT e.*, sum(points) OVER (PARTITION BY member ORDER BY id) AS balance_after FROM (
    SELECT row_number() OVER (ORDER BY day, turn, sale) AS id, x.* FROM (
        SELECT member, store, 'earn' AS kind, 0 AS turn, day, points, id AS sale FROM load_sale
        UNION ALL SELECT member, 1 + pg_temp.h(member, 105, {stores}), 'redeem', 1, day, -whole - half, whole_lot FROM load_redeemed
        UNION ALL SELECT s.member, 1 + pg_temp.h(s.member, 110, {stores}), 'expire', 2, s.expires_on, -s.points, s.id FROM load_sale s
            WHERE s.expires_on < date '{day}'
                AND NOT (s.k = 3 AND EXISTS (SELECT 1 FROM load_redeemed r WHERE r.member = s.member))) x) e
ORDER BY id;
ANALYZE load_event
"""
PURCHASES = """
INSERT INTO purchase (id, store, receipt_no, kind, member, purchased_at, business_date, sold_on, amount, tier_amount, per_yuan,
                      tier_multiplier, points, source, content, created_at)
SELECT id, store, 'R' || id, 'sale', member, (day + time '18:00') AT TIME ZONE '{zone}', day, day, fen / 100.0, fen / 100.0, 1, 1, points,
    'import', md5(id::text), (day + time '18:00') AT TIME ZONE '{zone}' FROM load_sale ORDER BY id
"""
ENTRIES = """
INSERT INTO points_entry (id, member, store, kind, points, balance_after, source, reference, purchase, business_date, created_at)
SELECT id, member, store, kind, points, balance_after, CASE kind WHEN 'earn' THEN 'purchase' WHEN 'expire' THEN 'night' ELSE 'redeem' END,
    CASE kind WHEN 'earn' THEN store || ':R' || sale WHEN 'expire' THEN 'expire:' || member || ':' || day
              ELSE store || ':D' || sale END,
    CASE kind WHEN 'earn' THEN sale END, day, (day + interval '18 hours' + turn * interval '4 hours') AT TIME ZONE '{zone}'
FROM load_event ORDER BY id
"""
LOTS = """
INSERT INTO points_lot (id, entry, member, store, points, remaining, available_on, expires_on, matured)
SELECT s.id, e.id, s.member, s.store, s.points, CASE WHEN s.expires_on < date '{day}' OR w.member IS NOT NULL THEN 0
    ELSE s.points - coalesce(h.half, 0) END, s.day, s.expires_on, true
FROM load_sale s JOIN load_event e ON e.sale = s.id AND e.kind = 'earn'
LEFT JOIN load_redeemed w ON w.whole_lot = s.id LEFT JOIN load_redeemed h ON h.half_lot = s.id ORDER BY s.id
"""
ALLOCATIONS = """
INSERT INTO points_allocation (entry, lot, points)
SELECT * FROM (SELECT e.id, e.sale, -e.points AS points FROM load_event e WHERE e.kind = 'expire'
    UNION ALL SELECT e.id, r.whole_lot, r.whole FROM load_event e JOIN load_redeemed r ON r.whole_lot = e.sale WHERE e.kind = 'redeem'
    UNION ALL SELECT e.id, r.half_lot, r.half FROM load_event e JOIN load_redeemed r ON r.whole_lot = e.sale WHERE e.kind = 'redeem') a
ORDER BY 1, 2
"""
MEMBERS = """
CREATE UNLOGGED TABLE load_tier AS
SELECT * FROM deed.tier_by_rule((SELECT array_agg(m) FROM generate_series(1::bigint, {members}) m), date '{day}' - 1);
INSERT INTO member (id, phone, name, title, home_store, joined_on, tier, tier_valid_until, preferences, phone_status)
SELECT member, '+861' || 3000000000 + member, '会员' || member, '', 1 + pg_temp.h(member, 110, {stores}), date '{day}' - 365, tier,
    valid_until, '{{}}', 'unknown' FROM load_tier ORDER BY member;
INSERT INTO tier_change (member, from_tier, to_tier, reason, business_date)
SELECT member, 1, tier, 'spend', date '{day}' - 30 FROM load_tier WHERE rank > 1 ORDER BY member
"""
ACCOUNTS = """
INSERT INTO points_account (member, balance, pending, debt, earned_total, lapses_on, touched_on)
SELECT member, sum(remaining), 0, 0, sum(points), min(expires_on) FILTER (WHERE remaining > 0),
    CASE WHEN max(available_on) = date '{day}' THEN date '{day}' END
FROM points_lot GROUP BY member ORDER BY member;
INSERT INTO member_stats (member, first_purchase_on, last_purchase_on, purchase_count, total_spend, average_interval_days, quarter,
                          quarter_spend, last_quarter_spend)
SELECT member, min(day), max(day), count(*), sum(fen) / 100.0, round((max(day) - min(day))::numeric / (count(*) - 1), 2), q,
    coalesce(sum(fen) FILTER (WHERE day >= q), 0) / 100.0,
    coalesce(sum(fen) FILTER (WHERE day >= q - interval '3 months' AND day < q), 0) / 100.0
FROM load_sale CROSS JOIN (SELECT date_trunc('quarter', date '{day}')::date AS q) n GROUP BY member, q ORDER BY member
"""
NIGHTS = """
INSERT INTO job_run (job, business_date, state, started_at, finished_at, counts)
SELECT job, d::date, 'done', (d + interval '26 hours 30 minutes') AT TIME ZONE '{zone}',
    (d + interval '26 hours 31 minutes') AT TIME ZONE '{zone}',
    CASE job WHEN 'tiers' THEN jsonb_build_object('program',
        (SELECT hashtext(string_agg(rank || ':' || quarterly_spend, ',' ORDER BY rank)) FROM tier))
    WHEN 'check' THEN jsonb_build_object('entry', (SELECT coalesce(max(id), 0) FROM points_entry WHERE business_date < d)) ELSE '{{}}' END
FROM generate_series(timestamp '{day}' - interval '30 days', timestamp '{day}' - interval '1 day', interval '1 day') d
CROSS JOIN unnest('{{{jobs}}}'::text[]) job
"""
# Each with the tables whose indexes are made again after it.
STEPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("program", PROGRAM, ()),
    ("sales", SALES, ()),
    ("redemptions", REDEEMED, ()),
    ("events", EVENTS, ()),
    ("purchase", PURCHASES, ("purchase",)),
    ("points_entry", ENTRIES, ("points_entry",)),
    ("points_lot", LOTS, ("points_lot",)),
    ("points_allocation", ALLOCATIONS, ("points_allocation",)),
    ("member, tier_change", MEMBERS, ("member", "tier_change")),
    ("points_account, member_stats", ACCOUNTS, ("points_account", "member_stats")),
    ("job_run", NIGHTS, ()),
)
# Only what no constraint stands on.
PLAIN_INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made FROM pg_index i
WHERE i.indrelid = ANY ($1::text[]::regclass[]) AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""
SEQUENCES = ("store", "tier", "member", "purchase", "points_entry", "points_lot")


async def _step(*, connection: asyncpg.Connection, sql: str, tables: tuple[str, ...]) -> None:
    """One statement list; plain indexes of its tables are set aside meanwhile, which is much faster."""
    indexes = await connection.fetch(PLAIN_INDEXES, list(tables))
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    await connection.execute(sql)
    for index in indexes:
        await connection.execute(index["made"])
    for table in tables:
        await connection.execute(f"VACUUM (ANALYZE, FREEZE) {table}")


async def load(*, members: int, dsn: str, jobs: tuple[str, ...]) -> None:
    """Fills a migrated, empty database; `dsn` is a superuser's."""
    words = {"members": members, "day": DAY, "stores": STORES, "zone": ZONE, "jobs": ",".join(jobs)}
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "SET session_replication_role = replica; SET synchronous_commit = off; SET work_mem = '512MB';"
            f"SET maintenance_work_mem = '1GB'; {HASH}"
        )
        for name, sql, tables in STEPS:
            began = time.perf_counter()
            await _step(connection=connection, sql=sql if sql is PROGRAM else sql.format(**words), tables=tables)
            print(f"loaded {name}: {time.perf_counter() - began:.1f} s", flush=True)
        for table in SEQUENCES:
            await connection.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")
        await connection.execute("DROP TABLE load_sale, load_redeemed, load_event, load_tier")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def ready(*, members: int) -> None:
    """Migrates, and loads where the database is still empty. Raises ValueError for one of another size."""
    from config.settings import OWNER, settings
    from queries.invariants import NIGHT_JOBS
    from tables.migrate import migrate

    await migrate()
    dsn = settings().owner_dsn.replace(OWNER, "postgres", 1)
    connection = await asyncpg.connect(dsn)
    have = await connection.fetchval("SELECT count(*) FROM member")
    broken_off = await connection.fetchval("SELECT to_regclass('load_sale') IS NOT NULL")
    await connection.close()
    if broken_off or have not in (0, members):
        raise ValueError(
            f"The work folder holds {have} members, not {members}, or a broken off load: name another one."
        )
    if have == 0:
        await load(members=members, dsn=dsn, jobs=NIGHT_JOBS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="a folder for the server's data, kept")
    parser.add_argument("--members", type=int, default=1_000_000)
    given = parser.parse_args()
    os.environ["REGULARS_DATA_DIR"] = str(given.work.resolve())

    from config import servers
    from config.settings import settings

    with servers.running(settings()):
        asyncio.run(ready(members=given.members))


if __name__ == "__main__":
    main()
