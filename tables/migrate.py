"""Brings a database to the newest schema: roles first, then the history of the tables, then functions and policies."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path

import asyncpg

from config.errors import ConfigError
from config.piccolo_conf import DB
from config.settings import settings
from tables.access import ROLES
from tables.access_sql import access_sql
from tables.backups import UNFINISHED, unfinished
from tables.scope import Connection, owner

SQL = Path(__file__).parent / "sql"
HISTORY = Path(__file__).parent.parent / "piccolo_migrations"
Step = Callable[[], Awaitable[None]]
_ID = re.compile(r'^ID = "([^"]+)"', re.MULTILINE)
# In the order in which they need each other.
TOPICS = (
    "session",
    "webhooks",
    "restoration",
    "files",
    "points",
    "points_one",
    "postings",
    "redemptions",
    "codes",
    "extensions",
    "stats",
    "habits",
    "tiers",
    "purchases",
    "refunds",
    "refunds_record",
    "members",
    "tills",
    "tills_batch",
    "explain",
    "search",
    "notices",
    "contact",
    "accounts",
    "credentials",
    "chunks",
    "invalid_phones",
    "messages",
    "campaigns",
    "personal",
    "audience",
    "reports",
    "replies",
    "campaigns_due",
    "links",
    "test_sends",
    "numbers",
    "privacy",
    "erasures",
    "consents",
    "merges",
    "log_in",
    "staff",
    "audit",
    "guards",
)


@cache
def schema_version() -> str:
    """The digest of this version's history and code: `deed.version()` says the same of a database that has them."""
    return hashlib.sha256("\n".join([*sorted(history()), _topics(), access_sql()]).encode()).hexdigest()


def _topics() -> str:
    return "\n".join((SQL / f"{topic}.sql").read_text(encoding="utf-8") for topic in TOPICS)


def _code() -> str:
    """All functions, triggers, grants and policies as one text."""
    version = (
        f"CREATE FUNCTION deed.version() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT '{schema_version()}' $$;"
    )
    return f"DROP SCHEMA IF EXISTS deed CASCADE;\nCREATE SCHEMA deed;\n{version}\n{_topics()}\n{access_sql()}"


async def _make_roles(*, connection: Connection) -> None:
    """As the user of the URL, who needs CREATEROLE and the database, and nothing more."""
    user, base = await connection.fetchrow("SELECT current_user, current_database()") or ("", "")
    have = {
        row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles WHERE rolname LIKE 'regulars%'")
    }
    for role in ("owner", "deed", *ROLES):
        if f"regulars_{role}" not in have:
            await connection.execute(f"CREATE ROLE regulars_{role} NOLOGIN")
    if "regulars_app" not in have:
        await connection.execute("CREATE ROLE regulars_app LOGIN")
    if settings().database_url is not None:
        # A role's password takes no parameter; ours is hexadecimal.
        await connection.execute(f"ALTER ROLE regulars_app PASSWORD '{settings().app_password}'")
    wanted = [("regulars_deed", "regulars_owner", "FALSE")] + [
        (f"regulars_{role}", "regulars_app", "FALSE") for role in ROLES
    ]
    if user != "regulars_owner":
        wanted.append(("regulars_owner", user, "TRUE"))
    for role, member, inherit in wanted:
        if not await connection.fetchval("SELECT pg_has_role($1::name, $2::name, 'SET')", member, role):
            await connection.execute(f'GRANT {role} TO "{member}" WITH INHERIT {inherit}, SET TRUE')
    await connection.execute(
        f'GRANT CREATE, CONNECT, TEMPORARY ON DATABASE "{base}" TO regulars_owner;'
        f'GRANT CONNECT ON DATABASE "{base}" TO regulars_app; GRANT TEMPORARY ON DATABASE "{base}" TO regulars_job;'
        f'REVOKE TEMPORARY ON DATABASE "{base}" FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC;'
        "GRANT CREATE, USAGE ON SCHEMA public TO regulars_owner;"
        f"GRANT USAGE ON SCHEMA public TO regulars_deed, regulars_app, {', '.join(f'regulars_{role}' for role in ROLES)}"
    )


def history() -> set[str]:
    """The migrations of this version, by the ids that Piccolo knows them by."""
    files = (path.read_text(encoding="utf-8") for path in HISTORY.glob("regulars_*.py"))
    return {match[1] for text in files if (match := _ID.search(text))}


async def _history_is_complete() -> bool:
    """Whether every migration of this version ran: asked of the table itself, because Piccolo's runner loads slowly."""
    async with owner() as connection:
        if await connection.fetchval("SELECT to_regclass('public.migration')") is None:
            return False
        ran = await connection.fetch("SELECT name FROM migration WHERE app_name = 'regulars'")
    return history() <= {row["name"] for row in ran}


async def _run_history() -> None:
    """Piccolo's own runner, on its engine, which for this one deed speaks as the owner."""
    if await _history_is_complete():
        return
    from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager  # noqa: PLC0415

    as_app = DB.config
    DB.config = {"dsn": settings().owner_dsn, "server_settings": {"role": "regulars_owner", "lock_timeout": "5s"}}
    said = StringIO()
    try:
        with redirect_stdout(said):
            result = await ForwardsMigrationManager(app_name="regulars").run()
    finally:
        DB.config = as_app
    if not result.success:
        raise ConfigError(f"The migration failed: {result.message or said.getvalue()}")


async def _apply_code() -> None:
    async with owner() as connection, connection.transaction():
        await connection.execute("CREATE TABLE IF NOT EXISTS applied_code (digest text NOT NULL)")
        if await connection.fetchval("SELECT digest FROM applied_code") == schema_version():
            return
        await connection.execute(_code())
        await connection.execute("DELETE FROM applied_code")
        await connection.execute("INSERT INTO applied_code VALUES ($1)", schema_version())


async def migrate(*, load: Step | None = None, settle: Step | None = None) -> None:
    """Makes roles, tables, functions and policies those of this version; again changes nothing, twice at once waits.

    A restore brings its tables (`load`) when the roles are there, and ends what was open (`settle`) before anybody has rights.
    Raises Refusal unfinished_restore, ConfigError.
    """
    connection = await asyncpg.connect(settings().owner_dsn)
    try:
        await connection.execute("SELECT pg_advisory_lock(hashtextextended('regulars migrate', 0))")
        async with connection.transaction():
            await _make_roles(connection=connection)
        if load is not None:
            await load()
        elif await connection.fetchval("SELECT to_regclass($1)", f"public.{UNFINISHED}") is not None:
            raise unfinished()
        await _run_history()
        if settle is not None:
            await settle()
        await _apply_code()
    except asyncpg.InsufficientPrivilegeError as error:
        raise ConfigError(
            f"The database user may not prepare the database ({error}). It needs CREATEROLE and must own the database: "
            "ALTER ROLE name CREATEROLE; ALTER DATABASE name OWNER TO name."
        ) from error
    finally:
        await connection.close()
