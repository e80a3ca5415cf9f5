"""Real servers in throw-away data folders."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import embedded_postgres, embedded_redis, processes, servers
from config.settings import Settings

REPOSITORY = Path(__file__).parents[2]
HOLD = """
import sys
from pathlib import Path
from config import servers
from config.settings import Settings
with servers.running(Settings(data_dir=Path(sys.argv[1])), redis=True):
    print("up", flush=True)
    sys.stdin.read()
"""


def ask(settings: Settings, sql: str) -> str:
    """What psql answers to the owner."""
    command: list[str | Path] = [embedded_postgres.program(name="psql"), "-XAtq", "-d", settings.owner_dsn, "-c", sql]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def tell_redis(settings: Settings, *words: str) -> str:
    command: list[str | Path] = [
        embedded_redis.program().with_name("redis-cli"),
        "-s",
        settings.place.redis_socket,
        *words,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def postmasters(settings: Settings) -> list[int]:
    return processes.found(title=embedded_postgres._postmaster(place=settings.place))


def backends(settings: Settings) -> list[int]:
    return processes.found(title=embedded_postgres._every(place=settings.place))


def redis_servers(settings: Settings) -> list[int]:
    return processes.found(title=embedded_redis._title(place=settings.place))


def nothing_runs(settings: Settings) -> bool:
    return not (postmasters(settings) or backends(settings) or redis_servers(settings))


def holder(settings: Settings, *prefix: str) -> subprocess.Popen[str]:
    """Another process that uses the servers until its stdin is closed; returns when they are up."""
    child = subprocess.Popen(
        [*prefix, sys.executable, "-c", HOLD, str(settings.data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    return child


def finish(child: subprocess.Popen[str]) -> None:
    """Let it leave by itself, or collect what a kill has left."""
    child.communicate()


def served(data_dir: Path) -> Iterator[Settings]:
    """Settings for a folder, and nothing left behind."""
    settings = Settings(data_dir=data_dir)
    yield settings
    embedded_redis.stop(place=settings.place)
    embedded_postgres.stop(place=settings.place)
    assert processes.waited(until=lambda: nothing_runs(settings), seconds=10)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("t") / "d"
    with servers.running(Settings(data_dir=data_dir), redis=True):
        pass
    return data_dir


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Settings]:
    """A folder that does not exist yet."""
    yield from served(tmp_path / "d")


@pytest.fixture
def used(template: Path) -> Iterator[Settings]:
    """A folder that has been served before; nothing runs now. Shared, so leave it as it was."""
    yield from served(template)


@pytest.fixture
def copied(template: Path, tmp_path: Path) -> Iterator[Settings]:
    """The same for tests that do damage."""
    shutil.copytree(template, tmp_path / "d")
    yield from served(tmp_path / "d")


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A Unix socket's path has 108 bytes: not every run's own folder leaves enough of them."""
    with tempfile.TemporaryDirectory(prefix="rg-") as folder:
        yield Path(folder)
