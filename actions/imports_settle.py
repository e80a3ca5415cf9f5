"""The run of an import: a file staged, then its rows judged and written chunk by chunk, a commit each."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actions.imports import ImportReport, Progress
from actions.imports_plan import TAKEN, Plan
from actions.imports_rows import stage
from actions.sheets import RejectWriter, open_sheet
from actions.sheets_layout import Sheet
from tables.scope import Connection, scope, session

_CHUNK = 5_000


async def import_file(*, plan: Plan, path: Path, dry_run: bool, progress: Progress) -> ImportReport:
    """Takes what can be taken of a file; what cannot goes to FILE.rejects.csv. `dry_run` judges and writes nothing."""
    report = ImportReport(kind=plan.kind, dry_run=dry_run, counts=dict.fromkeys(TAKEN, 0))
    with _opened(plan, path) as (sheet, rejects):
        async with session() as connection:
            last, repeated = await stage(
                plan=plan, sheet=sheet, rejects=rejects, connection=connection, progress=progress
            )
            counts = Counter(unchanged=repeated)
            await _agree_on_terms(plan, connection)
            for first in range(1, last + 1, _CHUNK):
                counts += await _chunk(plan, first, connection, rejects, dry_run=dry_run)
                progress("checking" if dry_run else "writing", min(first + _CHUNK - 1, last), last)
        report.counts.update({outcome: counts[outcome] for outcome in TAKEN})
        report.left_out = counts["left_out"]
        report.rows, report.rejected = sheet.rows_read, rejects.count
    report.rejects_file = rejects.path if rejects.count else None
    return report


@contextmanager
def _opened(plan: Plan, path: Path) -> Iterator[tuple[Sheet, RejectWriter]]:
    columns = [column.as_sheet_column() for column in plan.columns]
    with open_sheet(path=path, columns=columns) as sheet, RejectWriter(path=path) as rejects:
        yield sheet, rejects


async def _agree_on_terms(plan: Plan, connection: Connection) -> None:
    async with scope(role="job", connection=connection):
        if plan.terms:
            places = ", ".join(f"${place}" for place, _ in enumerate(plan.terms, start=1))
            values = (value for _, value in plan.terms.values())
            await connection.execute(f"INSERT INTO terms VALUES ({places})", *values)
        await connection.execute("ANALYZE terms")
        await plan.inspect(connection)


async def _chunk(
    plan: Plan, first: int, connection: Connection, rejects: RejectWriter, *, dry_run: bool
) -> Counter[str]:
    async with scope(role="job", connection=connection):
        if not dry_run:
            # Two imports of one kind take turns chunk by chunk: no verdict is out of date when it is carried out.
            lock = f"regulars import {plan.kind}"
            await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", lock)
        await _judge(plan, first, connection)
        if not dry_run:
            await _write(plan, first, connection)
        counts = await connection.fetch(
            "SELECT outcome, count(*) FROM judged GROUP BY outcome"
            f" UNION ALL SELECT 'left_out', count(*) FROM judged WHERE {plan.left_out or 'false'} AND outcome = ANY ($1::text[])",
            TAKEN,
        )
        refused = await connection.fetch(
            f"SELECT line, outcome, {plan.blamed} FROM judged WHERE outcome <> ALL ($1::text[]) ORDER BY line", TAKEN
        )
    for line, outcome, value in refused:
        reason = plan.reasons[outcome]
        rejects.add(line=line, column=reason.column, value=value, reason_en=reason.en, reason_zh=reason.zh)
    return Counter(dict(map(tuple, counts)))


async def _judge(plan: Plan, first: int, connection: Connection) -> None:
    # Tables grow a hundredfold under it, so it is planned anew; not so the foreign keys' own checks, row by row.
    await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    await connection.execute(plan.judge, first, first + _CHUNK - 1)
    await connection.execute("SET LOCAL plan_cache_mode = auto")


async def _write(plan: Plan, first: int, connection: Connection) -> None:
    for statement in plan.prepare:
        await connection.execute(statement)
    await _lock(plan, first, connection)
    await _give_birth(plan, first, connection)
    for statement in (plan.updates, *plan.after):
        await connection.execute(statement)


async def _lock(plan: Plan, first: int, connection: Connection) -> None:
    """Known rows that will change are locked in the order of their ids, and judged again as they are now."""
    found = await connection.execute(f"""
        SELECT k.id FROM {plan.table} k WHERE k.id IN (SELECT target FROM judged WHERE outcome = 'updated')
        ORDER BY k.id FOR NO KEY UPDATE""")
    if found != "SELECT 0":
        await connection.execute("DELETE FROM judged WHERE outcome = 'updated'")
        await _judge(plan, first, connection)


async def _give_birth(plan: Plan, first: int, connection: Connection) -> None:
    """Whoever was created by somebody else in between is judged again, as known."""
    await connection.execute(f"""
        WITH born AS ({plan.births})
        UPDATE judged j SET target = born.id FROM born WHERE born.{plan.key} = j.{plan.key}""")
    late = await connection.execute("DELETE FROM judged WHERE outcome = 'created' AND target IS NULL")
    if late != "DELETE 0":
        await _judge(plan, first, connection)
