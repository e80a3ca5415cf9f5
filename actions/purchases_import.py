"""Import of purchases: a receipt is taken whole or not at all; the same file again changes nothing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from actions.imports import ImportReport, Progress, require_program, silent
from actions.purchases_staging import PurchaseReader
from actions.sheets import RejectWriter
from rules.refusals import Refusal
from tables.scope import Connection, scope, session

RECEIPTS_A_COMMIT = 1_000
_STAGING = ("line", "store", "receipt_no", "purchased_at", "phone", "sku", "category", "milli", "fen")

_PREPARE = """
CREATE TEMP TABLE import_row (line integer, store bigint, receipt_no text, purchased_at timestamptz, phone text, sku text,
                              category text, milli bigint, fen bigint)
"""
_GATHER = """
ANALYZE import_row;
CREATE TEMP TABLE import_receipt AS
SELECT (row_number() OVER (ORDER BY purchased_at, line))::integer AS nr, store, receipt_no, purchased_at,
    (purchased_at AT TIME ZONE '{zone}')::date AS business_date, phone, NULL::bigint AS member,
    CASE WHEN phone <> last_phone THEN 'member' WHEN (last_at AT TIME ZONE '{zone}')::date <> (purchased_at AT TIME ZONE '{zone}')::date
         THEN 'date' WHEN fen < 0 THEN 'negative' WHEN fen > 999999999999 THEN 'huge' END AS problem
FROM (SELECT store, receipt_no, min(purchased_at) AS purchased_at, max(purchased_at) AS last_at, min(line) AS line,
          min(coalesce(phone, '')) AS phone, max(coalesce(phone, '')) AS last_phone, sum(fen) AS fen
      FROM import_row GROUP BY store, receipt_no) gathered;
ANALYZE import_receipt;
"""
_TAINT = """
UPDATE import_receipt r SET problem = 'line' FROM unnest($1::bigint[], $2::text[]) AS t(store, receipt_no)
WHERE r.store = t.store AND r.receipt_no = t.receipt_no
"""
_REJECTED = """
SELECT w.line, r.problem, r.receipt_no FROM import_receipt r JOIN import_row w USING (store, receipt_no)
WHERE r.problem IS NOT NULL ORDER BY w.line
"""
_DROP_REJECTED = """
DELETE FROM import_row w USING import_receipt r
WHERE r.problem IS NOT NULL AND w.store = r.store AND w.receipt_no = r.receipt_no
"""
_NEW_MEMBERS = """
INSERT INTO member (phone, name, home_store, joined_on, tier)
SELECT DISTINCT ON (r.phone) r.phone, '', r.store, r.business_date, (SELECT id FROM tier WHERE rank = 1)
FROM import_receipt r WHERE r.problem IS NULL AND r.phone <> ''
    AND NOT EXISTS (SELECT 1 FROM member m WHERE m.phone = r.phone)
ORDER BY r.phone, r.nr ON CONFLICT (phone) DO NOTHING
"""
_NEW_CATEGORIES = """
INSERT INTO category (name) SELECT w.category FROM (SELECT DISTINCT category FROM import_row) w
WHERE w.category IS NOT NULL AND NOT EXISTS (SELECT 1 FROM category c WHERE c.name = w.category)
ORDER BY 1 ON CONFLICT (name) DO NOTHING
"""
_NEW_PRODUCTS = """
INSERT INTO product (sku, name, category)
SELECT DISTINCT ON (w.sku) w.sku, w.sku, c.id FROM (SELECT DISTINCT sku, category FROM import_row) w LEFT JOIN category c ON c.name = w.category
WHERE w.sku IS NOT NULL AND NOT EXISTS (SELECT 1 FROM product p WHERE p.sku = w.sku)
ORDER BY w.sku, c.id NULLS LAST ON CONFLICT (sku) DO NOTHING
"""
_RESOLVE = """
UPDATE import_receipt r SET member = m.id FROM member m WHERE m.phone = r.phone;
CREATE TEMP TABLE import_line AS
SELECT r.nr, p.id AS product, coalesce(p.category, c.id) AS category, w.milli::numeric / 1000 AS quantity, w.fen::numeric / 100 AS amount
FROM import_row w JOIN import_receipt r USING (store, receipt_no)
LEFT JOIN product p ON p.sku = w.sku LEFT JOIN category c ON c.name = w.category;
CREATE INDEX ON import_line (nr);
CREATE INDEX ON import_receipt (nr);
DROP TABLE import_row;
ANALYZE import_line;
"""
_POST = """
SELECT receipt, outcome, points FROM deed.sales_record((
    SELECT array_agg(ROW(r.nr, r.store, r.receipt_no, r.member, r.purchased_at, r.business_date, 'import',
                         l.product, l.category, l.quantity, l.amount)::deed.sale_line)
    FROM import_receipt r JOIN import_line l USING (nr) WHERE r.nr BETWEEN $1 AND $2))
"""
_CONFLICTING = """
SELECT r.nr, r.receipt_no, s.code AS store FROM import_receipt r JOIN store s ON s.id = r.store WHERE r.nr = ANY ($1::integer[])
"""
_KNOWN = """
SELECT count(*) FROM import_receipt r WHERE r.problem IS NULL AND EXISTS (
    SELECT 1 FROM purchase p WHERE p.store = r.store AND p.kind = 'sale' AND p.receipt_no = r.receipt_no)
"""
_PROBLEMS = {
    "line": ("Receipt {0} has another line that was refused: mend that one and import again.", "小票 {0} 的另一行被拒：请改正后重新导入。"),
    "member": ("The lines of receipt {0} name different members: make them agree.", "小票 {0} 各行的会员不一致：请统一。"),
    "date": ("The lines of receipt {0} lie on different days: make them agree.", "小票 {0} 各行的日期不一致：请统一。"),
    "negative": ("Receipt {0} sums up to less than zero: a sale may not.", "小票 {0} 合计为负：消费单不能为负。"),
    "huge": ("Receipt {0} sums up to more than 9 999 999 999.99: correct the amounts.", "小票 {0} 合计超过 9999999999.99：请更正金额。"),
}  # fmt: skip


@dataclass(kw_only=True)
class StagedPurchases:
    """A file whose good receipts lie in temporary tables of `connection`, numbered in the order of their time."""

    connection: Connection
    report: ImportReport
    rejects: RejectWriter

    async def days(self) -> list[tuple[date, int, int]]:
        """Each business date with its first and last receipt number."""
        async with scope(role="job", connection=self.connection) as connection:
            rows = await connection.fetch(
                "SELECT business_date, min(nr) AS low, max(nr) AS high FROM import_receipt WHERE problem IS NULL"
                " GROUP BY business_date ORDER BY business_date"
            )
        return [(row["business_date"], row["low"], row["high"]) for row in rows]

    async def post(self, *, low: int, high: int) -> None:
        """Posts the receipts from number `low` to `high`, in commits of at most RECEIPTS_A_COMMIT."""
        for first in range(low, high + 1, RECEIPTS_A_COMMIT):
            last = min(first + RECEIPTS_A_COMMIT - 1, high)
            async with scope(role="job", connection=self.connection) as connection:
                outcomes = await connection.fetch(_POST, first, last)
                conflicts = [row["receipt"] for row in outcomes if row["outcome"] == "conflict"]
                named = await connection.fetch(_CONFLICTING, conflicts) if conflicts else []
            for row in outcomes:
                self.report.counts[row["outcome"]] = self.report.counts.get(row["outcome"], 0) + 1
            for row in named:
                self._reject_conflict(store=row["store"], receipt_no=row["receipt_no"])

    def _reject_conflict(self, *, store: str, receipt_no: str) -> None:
        self.rejects.add(
            line=0,
            column="receipt_no",
            value=receipt_no,
            reason_en=f"Receipt {receipt_no} of store {store} is known with other content: a posted receipt never changes.",
            reason_zh=f"门店 {store} 的小票 {receipt_no} 已有不同内容：已入账的小票不能更改。",
        )


@asynccontextmanager
async def staged_purchases(
    *, path: Path, store: str | None, dry_run: bool, zone: ZoneInfo, today: date, progress: Progress
) -> AsyncIterator[StagedPurchases]:
    """Reads and checks a file; unknown members and products of its good receipts are made unless `dry_run`."""
    await require_program()
    report = ImportReport(kind="purchases", dry_run=dry_run)
    with RejectWriter(path=path) as rejects:
        async with session() as connection:
            await _load(
                connection,
                report=report,
                rejects=rejects,
                path=path,
                store=store,
                zone=zone,
                today=today,
                progress=progress,
            )
            progress("sorting", 0, 1)
            await _resolve(connection, dry_run=dry_run)
            progress("sorting", 1, 1)
            yield StagedPurchases(connection=connection, report=report, rejects=rejects)
        report.rejected = rejects.count
        report.rejects_file = rejects.path if rejects.count else None


async def _load(
    connection: Connection, *, report: ImportReport, rejects: RejectWriter, path: Path, store: str | None,
    zone: ZoneInfo, today: date, progress: Progress,
) -> None:  # fmt: skip
    async with scope(role="job", connection=connection):
        await connection.execute(_PREPARE)
        stores = {row["code"]: row["id"] for row in await connection.fetch("SELECT code, id FROM store")}
        if store is not None and store not in stores:
            raise Refusal(code="unknown_store", en=f"There is no store “{store}”.", zh=f"没有门店“{store}”。")
        reader = PurchaseReader(stores=stores, store=store, zone=zone, today=today, rejects=rejects)
        await connection.copy_records_to_table(
            "import_row", records=reader.records(path=path, progress=progress), columns=_STAGING
        )
        report.rows = reader.rows
        await connection.execute("SET LOCAL work_mem = '128MB'")
        await connection.execute(_GATHER.format(zone=zone.key))
        tainted = [(stores[code], number) for code, number in reader.tainted if code in stores]
        await connection.execute(_TAINT, [key[0] for key in tainted], [key[1] for key in tainted])
        async for row in connection.cursor(_REJECTED):
            en, zh = (text.format(row["receipt_no"]) for text in _PROBLEMS[row["problem"]])
            rejects.add(line=row["line"], column="receipt_no", value=row["receipt_no"], reason_en=en, reason_zh=zh)
        await connection.execute(_DROP_REJECTED)


async def _resolve(connection: Connection, *, dry_run: bool) -> None:
    async with scope(role="job", connection=connection):
        await connection.execute("SET LOCAL work_mem = '128MB'")
        if not dry_run:
            await connection.execute(f"{_NEW_MEMBERS};{_NEW_CATEGORIES};{_NEW_PRODUCTS}")
        await connection.execute(_RESOLVE)


def _batches(days: list[tuple[date, int, int]], *, apart_from: date | None) -> Iterator[tuple[int, int]]:
    """Runs of receipt numbers to post at once; days after `apart_from` never share one."""
    low = high = 0
    for day, first, last in days:
        if low and (high - low >= RECEIPTS_A_COMMIT or (apart_from and day > apart_from)):
            yield low, high
            low = 0
        low, high = low or first, last
    if low:
        yield low, high


async def import_purchases(
    *,
    path: Path,
    zone: ZoneInfo,
    today: date,
    store: str | None = None,
    dry_run: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """Takes a file of receipts, one row a line. `store` is the code where the file names none; `today` the business date.

    Counts receipts: posted, known (there already, the same) and conflict (there with other content; rejected).
    Raises Refusal: no_program, unknown_store, and what `open_sheet` refuses.
    """
    async with staged_purchases(
        path=path, store=store, dry_run=dry_run, zone=zone, today=today, progress=progress
    ) as staged:
        days = await staged.days()
        total = days[-1][2] if days else 0
        async with scope(role="job", connection=staged.connection) as connection:
            closed = await connection.fetchval("SELECT deed.last_closed()")
            known = await connection.fetchval(_KNOWN) if dry_run else 0
        if dry_run:
            receipts = sum(high - low + 1 for _, low, high in days)
            staged.report.counts = {"posted": receipts - known, "known": known}
            return staged.report
        # A sale that waits for its night earns by the sales of the days before it: those must be there first.
        for low, high in _batches(days, apart_from=closed):
            await staged.post(low=low, high=high)
            progress("posting", high, total)
    return staged.report
