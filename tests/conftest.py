"""One embedded server for the suite, one fresh migrated database for each test that asks for `db`."""

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

# Before anything reads the settings: the suite has a home of its own, and nothing of the caller's.
for _name in [name for name in os.environ if name.startswith("REGULARS_")]:
    del os.environ[_name]
_HOME = tempfile.TemporaryDirectory(prefix="rg-", ignore_cleanup_errors=True)
os.environ["REGULARS_DATA_DIR"] = f"{_HOME.name}/d"
# Some hundred processes import the same files: without their bytecode each would compile them anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

import asyncpg  # noqa: E402
import pytest  # noqa: E402

from config.settings import OWNER, Settings, settings  # noqa: E402
from tables.migrate import migrate  # noqa: E402
from tables.scope import Connection, database  # noqa: E402
from tests import make  # noqa: E402
from tests.installed import copied, served  # noqa: E402
from tests.order import pytest_collection_modifyitems, pytest_xdist_make_scheduler  # noqa: E402

__all__ = ["pytest_collection_modifyitems", "pytest_xdist_make_scheduler"]

# Of each table and counter: whether there is anything to wipe costs less than wiping, and its plan is kept.
_WIPE = """
SELECT 'CREATE OR REPLACE FUNCTION pg_temp.wipe() RETURNS void LANGUAGE plpgsql AS $$ BEGIN '
    || string_agg(format('IF EXISTS (SELECT FROM public.%1$I) THEN DELETE FROM public.%1$I; END IF;', tablename), ' ')
    || (SELECT string_agg(format('IF (SELECT is_called FROM public.%1$I) THEN PERFORM setval(''public.%1$I'', 1, false); END IF;',
            sequencename), ' ') FROM pg_sequences WHERE schemaname = 'public')
    || ' END $$' FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('migration', 'applied_code')
"""
_WIPER: list[Connection] = []


async def _wiped() -> None:
    """Every table as migrated. As superuser, for whom triggers and policies can be set aside: the product never is one."""
    if not _WIPER or _WIPER[0].is_closed():
        _WIPER[:] = [await asyncpg.connect(settings().owner_dsn.replace(OWNER, "postgres", 1))]
        await _WIPER[0].execute("SET session_replication_role = replica")
        await _WIPER[0].execute(await _WIPER[0].fetchval(_WIPE))
    await _WIPER[0].execute("SELECT pg_temp.wipe()")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The data folder of the suite's own servers."""
    return settings().data_dir


@pytest.fixture(scope="session")
async def migrated(data_dir: Path) -> Path:
    """A data folder as `regulars migrate` leaves it, to be copied; the suite's own servers begin from it too."""
    with served(settings()):
        await migrate()
    return copied(data_dir, to=Path(_HOME.name) / "migrated")


@pytest.fixture(scope="module")
def installation(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A data folder of the module's own, as migrated, with a PostgreSQL of its own that is up."""
    own = Settings(data_dir=copied(migrated, to=tmp_path_factory.mktemp("i") / "d"))
    with served(own):
        yield own


@pytest.fixture(scope="session")
async def server(migrated: Path) -> AsyncIterator[None]:
    """PostgreSQL and Redis for the suite, migrated."""
    with served(settings(), redis=True):
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
