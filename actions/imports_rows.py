"""From a file to the temporary table `file_row`: cells read, rows copied in batches, repeated rows sorted out."""

from operator import attrgetter

from actions.imports import Progress
from actions.imports_columns import Column
from actions.imports_plan import Plan
from actions.sheets import RejectWriter
from actions.sheets_layout import Cells, RowProblem, Sheet
from rules.refusals import Refusal
from tables.scope import Connection, scope

_BATCH = 10_000

Record = tuple[object, ...]


async def stage(
    *, plan: Plan, sheet: Sheet, rejects: RejectWriter, connection: Connection, progress: Progress
) -> tuple[int, int]:
    """Reads the whole file into `file_row`. Returns its last line and how many rows only repeat an earlier one."""
    async with scope(role="job", connection=connection):
        await connection.execute(_tables(plan))
    names, last = ["line", *map(attrgetter("name"), plan.columns)], 0
    read = _RowReader(plan=plan, rejects=rejects)
    batch: list[Record] = []
    for line, cells in sheet:
        last = line
        if (record := read(line, cells)) is not None:
            batch.append(record)
        if len(batch) == _BATCH:
            await _copy(batch, names, connection)
            batch.clear()
            progress("reading", sheet.bytes_read, sheet.bytes_total)
    await _copy(batch, names, connection)
    progress("reading", sheet.bytes_total, sheet.bytes_total)
    return last, await _settle_twins(plan, rejects, connection)


class _RowReader:
    """Makes a record of a row's cells, or rejects the row for the first thing that is wrong with it."""

    def __init__(self, *, plan: Plan, rejects: RejectWriter) -> None:
        self._columns, self._rejects = plan.columns, rejects
        self._readers = [column.read for column in plan.columns]
        names = [column.name for column in plan.columns]
        self._pair = [names.index(name) + 1 for name in plan.together or ()]

    def __call__(self, line: int, cells: Cells | RowProblem) -> Record | None:
        if isinstance(cells, RowProblem):
            self._rejects.add_problem(line=line, problem=cells)
            return None
        if not cells[0]:
            self._reject(line, self._columns[0], "", _empty())
            return None
        try:
            record = (line, *[read(cell) if cell else None for read, cell in zip(self._readers, cells, strict=True)])
        except Refusal:
            self._blame(line, cells)
            return None
        if self._pair and len({record[place] is None for place in self._pair}) > 1:
            lacking = next(place for place in self._pair if record[place] is None)
            self._reject(line, self._columns[lacking - 1], "", _half_given())
            return None
        return record

    def _blame(self, line: int, cells: Cells) -> None:
        """Reads the cells again one by one to tell the bad one: good rows, the many, are read without counting."""
        for column, cell in zip(self._columns, cells, strict=True):
            try:
                _ = column.read(cell) if cell else None
            except Refusal as refusal:
                self._reject(line, column, cell, refusal)
                return

    def _reject(self, line: int, column: Column, value: str, refusal: Refusal) -> None:
        self._rejects.add_refusal(line=line, column=column.name, value=value, refusal=refusal)


def _tables(plan: Plan) -> str:
    columns = ", ".join(f"{column.name} {column.kept_as}" for column in plan.columns)
    flags = "".join(f", {flag} boolean" for flag in plan.flags)
    terms = ", ".join(f"{name} {kind}" for name, (kind, _) in plan.terms.items())
    return f"""
        CREATE TEMPORARY TABLE file_row (line integer, {columns});
        CREATE TEMPORARY TABLE judged (LIKE file_row, target bigint, outcome text{flags}) ON COMMIT DELETE ROWS;
        CREATE TEMPORARY TABLE terms ({terms})"""


async def _copy(batch: list[Record], names: list[str], connection: Connection) -> None:
    if batch:
        async with scope(role="job", connection=connection):
            await connection.copy_records_to_table("file_row", records=batch, columns=names)


async def _settle_twins(plan: Plan, rejects: RejectWriter, connection: Connection) -> int:
    """Of rows with one key the first stays: later ones repeat it, or are rejected when they say something else."""
    said, said_first = (", ".join(f"{row}.{column.name}" for column in plan.columns) for row in "rf")
    async with scope(role="job", connection=connection):
        await connection.execute(f"""
            CREATE INDEX ON file_row (line); ANALYZE file_row;
            CREATE TEMPORARY TABLE twin AS
                SELECT r.line, g.first, r.{plan.key} AS key, ({said}) IS DISTINCT FROM ({said_first}) AS differs
                FROM (SELECT {plan.key} AS key, min(line) AS first FROM file_row GROUP BY 1 HAVING count(*) > 1) g
                JOIN file_row r ON r.{plan.key} = g.key AND r.line > g.first JOIN file_row f ON f.line = g.first;
            DELETE FROM file_row r USING twin t WHERE r.line = t.line""")
        async for line, key, first in connection.cursor(
            "SELECT line, key, first FROM twin WHERE differs ORDER BY line"
        ):
            rejects.add_refusal(line=line, column=plan.key, value=key, refusal=_twin(first))
        return int(await connection.fetchval("SELECT count(*) FROM twin WHERE NOT differs"))


def _empty() -> Refusal:
    return Refusal(code="empty", en="The cell is empty: fill it in.", zh="单元格为空：请填写。")


def _half_given() -> Refusal:
    return Refusal(
        code="half_a_place",
        en="Latitude and longitude belong together: give both or none.",
        zh="纬度和经度必须成对：请都填写或都留空。",
    )


def _twin(first: int) -> Refusal:
    return Refusal(
        code="twin",
        en=f"Line {first} says something else of the same one: keep one of the two lines.",
        zh=f"第 {first} 行对同一对象有不同内容：请只保留其中一行。",
    )
