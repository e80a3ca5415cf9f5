"""A migrated database for each test. Temporary: tests/conftest.py will bring `db`."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator

# Before anything imports the engine, which reads the settings once.
os.environ.setdefault("REGULARS_DATA_DIR", tempfile.mkdtemp(prefix="rg-"))

import asyncpg
import pytest

from config import servers
from config.settings import settings


@pytest.fixture(scope="session")
def _servers() -> Iterator[None]:
    with servers.running(settings()):
        yield


async def _exists(name: str) -> bool:
    dsn = settings().owner_dsn.replace("/regulars?", "/postgres?")
    connection = await asyncpg.connect(dsn)
    try:
        return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name))
    finally:
        await connection.close()


async def _as_superuser(*statements: str) -> None:
    dsn = settings().owner_dsn.replace("regulars_owner@", "postgres@").replace("/regulars?", "/postgres?")
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def _pristine(_servers: None) -> None:
    from tables.migrate import migrate  # noqa: PLC0415

    if await _exists("pristine"):
        return  # this fixture lives once in each folder that takes it over
    await migrate()
    await _as_superuser("ALTER DATABASE regulars RENAME TO pristine")


@pytest.fixture
async def db(_pristine: None) -> AsyncIterator[None]:
    from tables.scope import database  # noqa: PLC0415

    await _as_superuser("DROP DATABASE IF EXISTS regulars WITH (FORCE)")
    await _as_superuser("CREATE DATABASE regulars TEMPLATE pristine OWNER regulars_owner")
    async with database():
        yield
    await _as_superuser("DROP DATABASE regulars WITH (FORCE)")
