"""Databases for benchmarks: a folder's embedded server, and a fresh migrated database as often as one is needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg


@contextmanager
def serving(*, folder: Path) -> Iterator[None]:
    """The embedded servers of `folder`; call it before anything of the product reads its settings."""
    os.environ["REGULARS_DATA_DIR"] = str(folder)
    from config import servers
    from config.settings import settings

    with servers.running(settings()):
        yield


def _superuser_url(*, database: str) -> str:
    from config.settings import DATABASE, OWNER, settings

    return settings().owner_dsn.replace(OWNER, "postgres", 1).replace(f"/{DATABASE}?", f"/{database}?", 1)


async def superuser(*, database: str = "regulars") -> asyncpg.Connection[asyncpg.Record]:
    """A connection for which policies and triggers can be set aside: to fill tables, never to measure the product."""
    return await asyncpg.connect(_superuser_url(database=database))


async def fresh_database() -> None:
    """An empty database of the newest schema in the place of the one that is there."""
    from tables.migrate import migrate

    connection = await superuser(database="postgres")
    try:
        await connection.execute("DROP DATABASE IF EXISTS regulars WITH (FORCE)")
        await connection.execute("CREATE DATABASE regulars OWNER regulars_owner")
    finally:
        await connection.close()
    await migrate()
