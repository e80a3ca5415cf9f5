"""The database as a stream, by PostgreSQL's own programs, and back; as the tables' owner, whom row security lets see all."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from config.errors import ConfigError
from config.postgres_programs import owner_connection, program
from config.settings import settings
from rules.refusals import Refusal
from tables.access import MATRIX
from tables.scope import Connection, owner

# What people would miss first: counted before and after.
MAIN = ("store", "staff", "member", "purchase", "points_entry", "send_log", "campaign")
PIECE = 1 << 20
# A restore that has begun and not ended: nothing else may use the place.
UNFINISHED = "restoring"
_NOT_OURS = {"migration", "applied_code", UNFINISHED}
_PEOPLE = ("store", "staff", "member", "purchase")

_HIDDEN = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relforcerowsecurity
    AND NOT EXISTS (SELECT FROM pg_policy p JOIN pg_roles r ON r.oid = ANY (p.polroles) WHERE p.polrelid = c.oid
        AND r.rolname = 'regulars_owner' AND p.polcmd IN ('*', 'r') AND pg_get_expr(p.polqual, p.polrelid) = 'true')
"""
# What may have left is never sent again; gateways and partners know messages by our ids, which must not mean others now.
_SETTLE = """
WITH ended AS (
    UPDATE send_log SET state = CASE WHEN state = 'queued' AND gateway IS NULL THEN 'cancelled' ELSE 'unknown' END, next_at = NULL,
        reason = CASE WHEN state = 'queued' AND gateway IS NULL THEN 'restored' END WHERE state IN ('queued', 'sending') RETURNING id, state
) UPDATE notice n SET state = 'skipped', reason = 'restored' FROM ended e WHERE n.send_log = e.id AND e.state = 'cancelled';
UPDATE notice SET state = 'skipped', reason = 'restored' WHERE state = 'due';
UPDATE send_chunk c SET sending = 0, unknown = (SELECT count(*) FROM send_log s WHERE s.chunk = c.id AND s.state = 'unknown')
WHERE c.state <> 'done' OR c.sending > 0;
UPDATE send_chunk SET state = 'done', owner = NULL, lease_until = NULL, done_at = now() WHERE state <> 'done';
UPDATE campaign SET state = 'paused', reason = 'restored' WHERE state IN ('scheduled', 'sending');
DELETE FROM session;
SELECT setval(s, nextval(s) + 100000000) FROM unnest(ARRAY['send_log_id_seq', 'webhook_delivery_id_seq']::regclass[]) AS s;
"""

Write = Callable[[bytes], object]
Read = Callable[[int], bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dumped:
    """What a dump holds: the digest of its schema, the migrations it has seen, the rows of the MAIN tables."""

    schema_version: str
    history: tuple[str, ...]
    rows: Mapping[str, int]


async def _tables() -> set[str]:
    """Which tables there are, as whoever the URL names: a new place has no roles of ours."""
    connection = await asyncpg.connect(settings().owner_dsn)
    try:
        return {row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    finally:
        await connection.close()


async def dump(*, write: Write) -> Dumped:
    """Writes one moment of the whole database as a compressed pg_dump archive, while others work.

    Raises Refusal nothing_there, unfinished_restore; ConfigError when pg_dump fails.
    """
    there = await _tables()
    if "applied_code" not in there:
        raise Refusal("nothing_there", "There is no data here to back up.", "这里没有可备份的数据。")
    if UNFINISHED in there:
        raise unfinished()
    async with owner() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        hidden = [row["relname"] for row in await connection.fetch(_HIDDEN)]
        if hidden:
            raise ConfigError(f"The owner does not see all of {', '.join(hidden)}: run `regulars migrate`, then again.")
        snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
        words = ("--format=custom", "--enable-row-security", f"--snapshot={snapshot}", "--exclude-extension=*")
        async with _running("pg_dump", *words) as running:
            while piece := await _out(running).read(PIECE):
                write(piece)
        return Dumped(
            schema_version=await connection.fetchval("SELECT digest FROM applied_code"),
            history=tuple(row[0] for row in await connection.fetch("SELECT name FROM migration ORDER BY name")),
            rows=await _rows(connection),
        )


async def check_empty() -> None:
    """Refuses a place where somebody works, or another program does: Refusal not_empty."""
    there = await _tables()
    if UNFINISHED in there:
        return
    filled = bool(there - set(MATRIX) - _NOT_OURS)
    if "applied_code" in there and not filled:
        async with owner() as connection:
            for table in set(_PEOPLE) & there:
                filled = filled or await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})")
    if filled:
        raise Refusal(
            "not_empty",
            "There is data in this place already, and nothing was changed: restore into an empty database or data folder.",
            "此处已有数据，未做任何改动：请恢复到空的数据库或数据目录。",
        )


async def load(*, read: Read) -> None:
    """Puts a dump where nothing of worth was. Until `settle` nobody may do anything with it: it has no rights yet.

    Raises Refusal not_empty, place_in_use; ConfigError when pg_restore fails, which leaves nothing of the dump.
    """
    # Once more: somebody may have come first.
    await check_empty()
    try:
        async with owner() as connection, connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = '5s'; DROP SCHEMA IF EXISTS deed CASCADE")
            for table in await _tables():
                await connection.execute(f'DROP TABLE "{table}" CASCADE')
            await connection.execute(f"CREATE TABLE {UNFINISHED} (since timestamptz NOT NULL DEFAULT now())")
    except asyncpg.LockNotAvailableError:
        raise Refusal(
            "place_in_use",
            "Somebody works with this database: stop Regulars here, then restore.",
            "有程序正在使用该数据库：请先停止 Regulars，再恢复。",
        ) from None
    words = ("--no-owner", "--no-privileges", "--no-policies", "--single-transaction", "--exit-on-error")
    async with _running("pg_restore", *words, fed=True) as running:
        await _fed(running, read=read)
    async with owner() as connection:
        # Functions, triggers, policies and rights come from this version.
        await connection.execute("DROP SCHEMA IF EXISTS deed CASCADE; DELETE FROM applied_code")


async def settle(*, at: datetime, backup_at: datetime, day: date, rows: Mapping[str, int]) -> None:
    """Ends all that was open at `backup_at`, before anybody may touch it, and holds sending; `day` is the restore's business
    date, `rows` what the dump held. Raises ConfigError when something is missing.
    """
    async with owner() as connection, connection.transaction():
        found = await _rows(connection)
        missing = sorted(table for table in rows.keys() & found.keys() if rows[table] != found[table])
        if missing:
            raise ConfigError(f"The restored data is not that of the backup: {', '.join(missing)}.")
        await connection.execute(_SETTLE)
        await connection.execute(
            "INSERT INTO restoration (restored_at, backup_at, business_date) VALUES ($1, $2, $3)", at, backup_at, day
        )
        await connection.execute(f"DROP TABLE {UNFINISHED}")


async def refresh() -> None:
    """The planner's figures, which a dump does not hold."""
    async with owner() as connection:
        await connection.execute("ANALYZE")


def unfinished() -> Refusal:
    """The no of a place that was left half restored."""
    return Refusal(
        "unfinished_restore",
        "A restore into this place was broken off: run `regulars restore FILE` again.",
        "此处的恢复中途中断：请重新运行 regulars restore FILE。",
    )


async def _rows(connection: Connection) -> dict[str, int]:
    return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in MAIN}


@asynccontextmanager
async def _running(name: str, *words: str, fed: bool = False) -> AsyncIterator[asyncio.subprocess.Process]:
    """One of PostgreSQL's programs, waited for; ConfigError with the first thing that it said when it failed."""
    dsn, environment = owner_connection()
    with tempfile.TemporaryFile() as said:
        running = await asyncio.create_subprocess_exec(
            program(name=name), "-d", dsn, *words, env=environment, stderr=said,
            stdin=asyncio.subprocess.PIPE if fed else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL if fed else asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            yield running
        except BaseException:
            running.kill()
            await running.wait()
            raise
        if await running.wait():
            said.seek(0)
            # The first line alone: those below quote rows.
            told = said.readline().decode(errors="replace").strip() or "it was ended"
            raise ConfigError(f"{name} failed ({told}).")


def _out(running: asyncio.subprocess.Process) -> asyncio.StreamReader:
    if running.stdout is None:
        raise RuntimeError("its output was not asked for")
    return running.stdout


async def _fed(running: asyncio.subprocess.Process, *, read: Read) -> None:
    """Gives it all that `read` has; a program that has ended says itself why."""
    if running.stdin is None:
        raise RuntimeError("it was not to be fed")
    try:
        while piece := read(PIECE):
            running.stdin.write(piece)
            await running.stdin.drain()
        running.stdin.close()
        await running.stdin.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        return
