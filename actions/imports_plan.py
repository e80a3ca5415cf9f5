"""What one kind of import is: its columns, and the statements that judge and write a chunk of its rows."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from actions.imports_columns import Column
from tables.scope import Connection

# A look at the whole file before its rows are settled; it may refuse the file.
Inspect = Callable[[Connection], Awaitable[None]]
TAKEN = ("created", "updated", "unchanged")
# A row that stands in `judged` already keeps its verdict, so that the same statement judges the rest again.
CHUNK_OF_ROWS = "r.line BETWEEN $1 AND $2 AND NOT EXISTS (SELECT FROM judged j WHERE j.line = r.line)"


async def _nothing(connection: Connection) -> None:
    """Nothing to ask of the whole file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why rows with a verdict are rejected: the column to look at, and the words."""

    column: str
    en: str
    zh: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What an import runs over two temporary tables: `file_row` (line, columns …) and, for one chunk, `judged`.

    A key, the first column, stands in `file_row` once. `judge` copies lines $1 to $2 to `judged` with `target` (the id
    of the known row, else null), `outcome` (of TAKEN or `reasons`) and `flags`; the other statements write what was
    judged: `prepare` what the rows point to, `births` the created ones (returning id and key), `updates` the known
    ones, `after` what hangs on them. `terms` (name → SQL type, value) is a table of one row that holds for all rows;
    columns `together` are given both or not at all; `left_out` is the flag of rows of which something was not written because
    the member has not agreed to it.
    """

    kind: str
    table: str
    columns: tuple[Column, ...]
    judge: str
    births: str
    updates: str
    reasons: Mapping[str, Reason]
    flags: tuple[str, ...] = ()
    terms: Mapping[str, tuple[str, object]] = field(default_factory=dict)
    prepare: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    together: tuple[str, str] | None = None
    left_out: str | None = None
    inspect: Inspect = _nothing

    @property
    def key(self) -> str:
        return self.columns[0].name

    @property
    def blamed(self) -> str:
        """SQL for the value that a rejected row of `judged` is blamed for."""
        cases = "".join(f" WHEN '{name}' THEN {reason.column}::text" for name, reason in self.reasons.items())
        return f"coalesce(CASE outcome{cases} END, '')" if cases else "''"


def differs(fields: Mapping[str, str], *, known: str) -> str:
    """SQL: does a value that the file gives differ from the known row's? `fields`: column → value in the file."""
    new = ", ".join(f"coalesce({value}, {known}.{name})" for name, value in fields.items())
    old = ", ".join(f"{known}.{name}" for name in fields)
    return f"(({new}) IS DISTINCT FROM ({old}))"


def overwritten(fields: Mapping[str, str], *, known: str) -> str:
    """SQL for SET: what the file gives overwrites, an empty cell never does."""
    return ", ".join(f"{name} = coalesce({value}, {known}.{name})" for name, value in fields.items())


def plain_judge(*, table: str, key: str, fields: Mapping[str, str]) -> str:
    """The judgement of a table without anything that hangs on it; a new row needs a name."""
    return f"""
        INSERT INTO judged SELECT r.*, k.id, CASE
            WHEN k.id IS NULL AND r.name IS NULL THEN 'nameless' WHEN k.id IS NULL THEN 'created'
            WHEN {differs(fields, known="k")} THEN 'updated' ELSE 'unchanged' END
        FROM file_row r LEFT JOIN {table} k ON k.{key} = r.{key} WHERE {CHUNK_OF_ROWS}"""


def plain_births(*, table: str, key: str, fields: Mapping[str, str], empty: Sequence[str]) -> str:
    """The insert for `plain_judge`; the columns of `empty` are '' where the file says nothing."""
    values = ", ".join(f"coalesce({value}, '')" if name in empty else value for name, value in fields.items())
    return f"""
        INSERT INTO {table} ({key}, {", ".join(fields)}) SELECT r.{key}, {values}
        FROM judged r WHERE r.outcome = 'created' ORDER BY r.{key}
        ON CONFLICT ({key}) DO NOTHING RETURNING id, {key}"""


def plain_updates(*, table: str, fields: Mapping[str, str]) -> str:
    return f"""
        UPDATE {table} k SET {overwritten(fields, known="k")} FROM judged r
        WHERE k.id = r.target AND r.outcome = 'updated'"""
