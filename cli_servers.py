"""What a command needs around it: running servers, the newest schema, an open pool; and PostgreSQL's own programs."""
# ruff: noqa: PLC0415 – settings and tables are loaded by the command that runs, so that --help answers at once

import asyncio
import signal
import subprocess
from collections.abc import Callable, Coroutine, Sequence
from datetime import date, datetime
from functools import wraps
from typing import Any, ParamSpec
from zoneinfo import ZoneInfo

Given = ParamSpec("Given")
Ending = Coroutine[Any, Any, int | None]

# As shells tell the end by a signal: 128 + its number.
BY_SIGNAL = 128


def served(command: Callable[Given, Ending]) -> Callable[Given, int | None]:
    """Run a command (it returns its exit code) with the servers up, the schema at its newest and the pool open."""

    @wraps(command)
    async def prepared(*args: Given.args, **kwargs: Given.kwargs) -> int | None:
        return await _prepared(lambda: command(*args, **kwargs))

    return as_it_is(prepared)


def as_it_is(command: Callable[Given, Ending]) -> Callable[Given, int | None]:
    """Run a command (it returns its exit code) with the servers up, on the database as it finds it."""

    @wraps(command)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> int | None:
        from config.servers import running
        from config.settings import settings

        with running(settings()):
            return asyncio.run(command(*args, **kwargs))

    return run


async def _prepared(command: Callable[[], Ending]) -> int | None:
    from tables.migrate import migrate
    from tables.scope import database

    await migrate()
    async with database():
        return await command()


def zone() -> ZoneInfo:
    """The shops' time zone."""
    from config.settings import settings

    return settings().zone


def today() -> date:
    """The day it is in the shops."""
    return datetime.now(zone()).date()


def run_program(*, name: str, args: Sequence[str]) -> int:
    """Run psql, pg_dump … to its end, on the configured database as its owner; returns its exit code."""
    from config.postgres_programs import owner_connection, program

    dsn, environment = owner_connection()
    before = signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the program: it cancels a query
    try:
        code = subprocess.run([program(name=name), "-d", dsn, *args], env=environment, check=False).returncode  # noqa: S603
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else BY_SIGNAL - code
