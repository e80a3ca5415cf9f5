"""One embedded server for the suite, one fresh migrated database for each test that asks for `db`."""

import os
import tempfile
from collections.abc import AsyncIterator
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
from tables.scope import Connection, database  # noqa: E402
from tests import make  # noqa: E402

_WIPE = """
DO $$ DECLARE had text; BEGIN
    FOR had IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('migration', 'applied_code') LOOP
        EXECUTE format('DELETE FROM %I', had);
    END LOOP;
    PERFORM setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL;
END $$
"""
_WIPER: list[Connection] = []


async def _wiped() -> None:
    """Every table as migrated. As superuser, for whom triggers and policies can be set aside: the product never is one."""
    if not _WIPER or _WIPER[0].is_closed():
        _WIPER[:] = [await asyncpg.connect(settings().owner_dsn.replace(OWNER, "postgres", 1))]
        await _WIPER[0].execute("SET session_replication_role = replica")
    await _WIPER[0].execute(_WIPE)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The data folder of the suite's own servers."""
    return Path(_HOME.name)


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[None]:
    """PostgreSQL and Redis for the suite, migrated."""
    with servers.running(settings(), redis=True):
        await migrate()
        yield
        await make.let_go()
        for connection in _WIPER:
            await connection.close()


@pytest.fixture(scope="session")
async def pool(server: None) -> AsyncIterator[None]:
    """The suite's pool, kept open: a new connection would have to plan every function anew."""
    async with database(max_size=8):
        yield


@pytest.fixture
async def db(pool: None) -> None:
    """An empty database and this process's pool to it."""
    await _wiped()
