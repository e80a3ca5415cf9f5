"""One embedded server for the suite, one fresh migrated database for each test that asks for `db`."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

# Before anything reads the settings: the suite has a home of its own, and nothing of the caller's.
for _name in [name for name in os.environ if name.startswith("REGULARS_")]:
    del os.environ[_name]
_HOME = tempfile.TemporaryDirectory(prefix="rg-", ignore_cleanup_errors=True)
os.environ["REGULARS_DATA_DIR"] = _HOME.name

import asyncpg  # noqa: E402
import pytest  # noqa: E402

from config import servers  # noqa: E402
from config.settings import OWNER, settings  # noqa: E402
from tables.migrate import migrate  # noqa: E402
from tables.scope import database  # noqa: E402


async def _wiped() -> None:
    """Every table as migrated. As superuser, for whom triggers and policies can be set aside: the product never is one."""
    connection = await asyncpg.connect(settings().owner_dsn.replace(OWNER, "postgres", 1))
    try:
        await connection.execute("SET session_replication_role = replica")
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('migration', 'applied_code')"
        )
        await connection.execute(";".join(f"DELETE FROM {row['tablename']}" for row in tables))
        await connection.execute("SELECT setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The data folder of the suite's own servers."""
    return Path(_HOME.name)


@pytest.fixture(scope="session")
def server() -> Iterator[None]:
    """PostgreSQL and Redis for the suite, migrated."""
    with servers.running(settings(), redis=True):
        asyncio.run(migrate())
        yield


@pytest.fixture
async def db(server: None) -> AsyncIterator[None]:
    """An empty database and this process's pool to it."""
    await _wiped()
    async with database(max_size=8):
        yield
