"""Import of purchases: a receipt is taken whole or not at all; the same file again changes nothing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from actions import purchases_statements as sql
from actions.imports import ImportReport, Progress, require_program, silent
from actions.purchases_staging import PurchaseReader
from actions.refunds import refused
from actions.sheets import RejectWriter
from rules.refusals import Refusal
from tables.scope import Connection, scope, session

RECEIPTS_A_COMMIT = 1_000


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
                outcomes = await connection.fetch(sql.POST, first, last)
                conflicts = [row["receipt"] for row in outcomes if row["outcome"] == "conflict"]
                named = await connection.fetch(sql.CONFLICTING, conflicts) if conflicts else []
                refunds = await connection.fetch(sql.REFUND, first, last)
            for row in (*outcomes, *refunds):
                self.report.counts[row["outcome"]] = self.report.counts.get(row["outcome"], 0) + 1
            for row in named:
                self._reject_conflict(store=row["store"], receipt_no=row["receipt_no"])
            for row in refunds:
                if row["outcome"] not in {"posted", "known"}:
                    self.rejects.add_refusal(
                        line=0, column="receipt_no", value=row["receipt_no"], refusal=refused(row["outcome"])
                    )

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
        await connection.execute(sql.PREPARE)
        stores = {row["code"]: row["id"] for row in await connection.fetch("SELECT code, id FROM store")}
        if store is not None and store not in stores:
            raise Refusal(code="unknown_store", en=f"There is no store “{store}”.", zh=f"没有门店“{store}”。")
        reader = PurchaseReader(stores=stores, store=store, zone=zone, today=today, rejects=rejects)
        await connection.copy_records_to_table(
            "import_row", records=reader.records(path=path, progress=progress), columns=sql.STAGING
        )
        report.rows = reader.rows
        await connection.execute("SET LOCAL work_mem = '128MB'")
        await connection.execute(sql.GATHER.format(zone=zone.key))
        tainted = [(stores[code], number, refund) for code, number, refund in reader.tainted if code in stores]
        await connection.execute(sql.TAINT, *([key[place] for key in tainted] for place in range(3)))
        async for row in connection.cursor(sql.REJECTED):
            en, zh = (text.format(row["receipt_no"]) for text in sql.PROBLEMS[row["problem"]])
            rejects.add(line=row["line"], column="receipt_no", value=row["receipt_no"], reason_en=en, reason_zh=zh)
        await connection.execute(sql.DROP_REJECTED)


async def _resolve(connection: Connection, *, dry_run: bool) -> None:
    async with scope(role="job", connection=connection):
        await connection.execute("SET LOCAL work_mem = '128MB'")
        if not dry_run:
            await connection.execute(f"{sql.NEW_MEMBERS};{sql.NEW_CATEGORIES};{sql.NEW_PRODUCTS}")
        await connection.execute(sql.RESOLVE)


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
            known = await connection.fetchval(sql.KNOWN) if dry_run else 0
        if dry_run:
            receipts = sum(high - low + 1 for _, low, high in days)
            staged.report.counts = {"posted": receipts - known, "known": known}
            return staged.report
        # A sale that waits for its night earns by the sales of the days before it: those must be there first.
        for low, high in _batches(days, apart_from=closed):
            await staged.post(low=low, high=high)
            progress("posting", high, total)
    return staged.report
