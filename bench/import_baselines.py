"""What the import is measured against: SQL that trusts its file, and a careful loop over the rows."""

import csv
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg

from bench.database import superuser
from bench.import_data import STORES, store_code

ZONE = ZoneInfo("Asia/Shanghai")
ROWS_OF_ALL = """
SELECT (SELECT count(*) FROM purchase) + (SELECT count(*) FROM purchase_line) + (SELECT count(*) FROM points_entry)
     + (SELECT count(*) FROM points_lot) + (SELECT count(*) FROM member) + (SELECT count(*) FROM product)
     + (SELECT sum(balance + earned_total) FROM points_account) + (SELECT sum(purchase_count) FROM member_stats)
"""
_PROGRAM = """
INSERT INTO points_policy (id, per_yuan, valid_months, round_expiry, hold_days, remind_days, remind_min_points,
                           remind_every_days, statement, code_away_from_home)
VALUES (1, 1, 12, 'month', 0, '{15,3}', 100, 14, 'moved', false);
INSERT INTO tier (rank, name, quarterly_spend, earn_multiplier, benefits)
VALUES (1, '铜卡', 0, 1, ''), (2, '银卡', 500, 1.2, ''), (3, '金卡', 1200, 1.5, '');
"""
_STORE = """
INSERT INTO store (code, name, region, address, phone, opening_hours, kind, is_active)
SELECT c, c, '', '', '', '', 'other', true FROM unnest($1::text[]) c
"""
# The same rows in the same tables, without looking at what the file says.
_FLOOR = """
INSERT INTO member (phone, name, title, home_store, joined_on, tier, preferences, phone_status)
    SELECT DISTINCT ON (raw.phone) '+86' || raw.phone, '', '', s.id, at::date, (SELECT id FROM tier WHERE rank = 1), '{}', 'unknown'
    FROM raw JOIN store s ON s.code = raw.store WHERE raw.phone <> '' ORDER BY raw.phone;
INSERT INTO category (name) SELECT DISTINCT category FROM raw;
INSERT INTO product (sku, name, category)
    SELECT DISTINCT ON (sku) sku, sku, c.id FROM raw JOIN category c ON c.name = raw.category ORDER BY sku;
CREATE TEMP TABLE head AS SELECT nextval('purchase_id_seq') AS id, h.*, s.id AS store_id, m.id AS member FROM (
    SELECT store, receipt_no, min(phone) AS phone, min(at) AS at, sum(amount) AS amount FROM raw GROUP BY store, receipt_no) h
    JOIN store s ON s.code = h.store LEFT JOIN member m ON m.phone = '+86' || h.phone;
INSERT INTO purchase (id, store, receipt_no, kind, member, purchased_at, business_date, sold_on, amount, tier_amount, per_yuan,
                      tier_multiplier, points, source, content)
    SELECT id, store_id, receipt_no, 'sale', member, at, at::date, at::date, amount, amount, 1, 1, floor(amount), 'import', '' FROM head;
INSERT INTO purchase_line (purchase, product, quantity, amount, multiplier)
    SELECT h.id, p.id, 1, r.amount, 1 FROM raw r JOIN head h USING (store, receipt_no) JOIN product p ON p.sku = r.sku;
CREATE TEMP TABLE posted AS SELECT nextval('points_entry_id_seq') AS entry, id, member, store_id, store_id || ':' || receipt_no AS key,
    at::date AS day, floor(amount)::bigint AS points, sum(floor(amount)::bigint) OVER (PARTITION BY member ORDER BY id) AS after
    FROM head WHERE member IS NOT NULL AND amount >= 1;
INSERT INTO points_entry (id, member, store, kind, points, balance_after, source, reference, purchase, business_date)
    SELECT entry, member, store_id, 'earn', points, after, 'purchase', key, id, day FROM posted;
INSERT INTO points_lot (entry, member, store, points, remaining, available_on, expires_on, matured)
    SELECT entry, member, store_id, points, points, day, day + 365, true FROM posted;
UPDATE points_account a SET balance = s.points, earned_total = s.points, lapses_on = s.soonest, touched_on = s.latest
    FROM (SELECT member, sum(points) AS points, min(day) + 365 AS soonest, max(day) AS latest FROM posted GROUP BY member) s
    WHERE s.member = a.member;
UPDATE member_stats t SET purchase_count = s.n, total_spend = s.amount, first_purchase_on = s.first, last_purchase_on = s.last
    FROM (SELECT member, count(*) AS n, sum(amount) AS amount, min(at::date) AS first, max(at::date) AS last FROM head GROUP BY member) s
    WHERE s.member = t.member;
"""


async def prepare() -> None:
    """Stores and a program."""
    connection = await superuser()
    try:
        await connection.execute(_PROGRAM)
        await connection.execute(_STORE, [store_code(number) for number in range(STORES)])
    finally:
        await connection.close()


async def floor(*, path: Path) -> float:
    """Seconds of COPY and set-based SQL."""
    connection = await superuser()
    try:
        began = time.perf_counter()
        async with connection.transaction():
            await connection.execute(
                "SET LOCAL work_mem = '128MB'; CREATE TEMP TABLE raw (store text, receipt_no text, at timestamp, phone text,"
                " sku text, category text, quantity numeric, amount numeric)"
            )
            await connection.copy_to_table("raw", source=path, format="csv", header=True, null="-")
            await connection.execute("ANALYZE raw")
            await connection.execute(_FLOOR)
        return time.perf_counter() - began
    finally:
        await connection.close()


async def loop(*, path: Path, sample: int) -> float:
    """Seconds a line: look up, create what is missing, insert, update the totals, commit."""
    connection = await superuser()
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row, _ in zip(csv.DictReader(file), range(sample), strict=False)]
        began = time.perf_counter()
        for row in rows:
            async with connection.transaction():
                await _one_line(connection, row)
        return (time.perf_counter() - began) / len(rows)
    finally:
        await connection.close()


async def _one_line(connection: "asyncpg.Connection[asyncpg.Record]", row: dict[str, str]) -> None:
    at, amount = datetime.fromisoformat(row["purchased_at"]).replace(tzinfo=ZONE), Decimal(row["amount"])
    store = await connection.fetchval("SELECT id FROM store WHERE code = $1", row["store"])
    member = await _member(connection, row["member_phone"], store, at)
    category = await _named(connection, "category", "name", row["category"], "(name) VALUES ($1)")
    product = await _named(
        connection, "product", "sku", row["sku"], f"(sku, name, category) VALUES ($1, $1, {category})"
    )
    purchase = await connection.fetchval(
        "SELECT id FROM purchase WHERE store = $1 AND kind = 'sale' AND receipt_no = $2", store, row["receipt_no"]
    ) or await connection.fetchval(
        "INSERT INTO purchase (store, receipt_no, kind, member, purchased_at, business_date, sold_on, amount, tier_amount, per_yuan,"
        " tier_multiplier, points, source, content) VALUES ($1, $2, 'sale', $3, $4, $5, $5, $6, $6, 1, 1, 0, 'loop', '') RETURNING id",
        store, row["receipt_no"], member, at, at.date(), amount,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO purchase_line (purchase, product, quantity, amount, multiplier) VALUES ($1, $2, 1, $3, 1)",
        purchase,
        product,
        amount,
    )
    if member is not None:
        await connection.execute(
            "UPDATE points_account SET balance = balance + $2 WHERE member = $1", member, int(amount)
        )
        await connection.execute(
            "UPDATE member_stats SET total_spend = total_spend + $2 WHERE member = $1", member, amount
        )


async def _member(connection: "asyncpg.Connection[asyncpg.Record]", phone: str, store: int, at: datetime) -> int | None:
    if not phone:
        return None
    known: int | None = await connection.fetchval("SELECT id FROM member WHERE phone = $1", f"+86{phone}")
    made: int | None = known or await connection.fetchval(
        "INSERT INTO member (phone, name, title, home_store, joined_on, tier, preferences, phone_status)"
        " VALUES ($1, '', '', $2, $3, (SELECT id FROM tier WHERE rank = 1), '{}', 'unknown') RETURNING id",
        f"+86{phone}", store, at.date(),
    )  # fmt: skip
    return made


async def _named(
    connection: "asyncpg.Connection[asyncpg.Record]", table: str, key: str, value: str, insert: str
) -> int:
    known: int | None = await connection.fetchval(f"SELECT id FROM {table} WHERE {key} = $1", value)
    return known or int(await connection.fetchval(f"INSERT INTO {table} {insert} RETURNING id", value))
