"""Installations of their own, to be crashed: a folder with embedded servers, a command on it, and rows held in its way."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from config import embedded_postgres, processes, servers
from config.settings import OWNER, Settings
from tests.installed import copied
from tests.tasks.night_facts import facts
from tests.waiting import until

REPOSITORY = Path(__file__).parents[2]
PATIENCE = 30.0
PROGRAM = """
[points]
per_yuan = 1
valid_days = 60
remind_days = [15]
[[tiers]]
rank = 1
name = "铜卡"
quarterly_spend = 0
[[tiers]]
rank = 2
name = "银卡"
quarterly_spend = 500
"""
WAITING = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')"


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A moment in a command's life: what is held so that it comes no further, and what it has committed by then."""

    lock: str
    progress: str
    """a query of one number"""
    expected: int


@dataclass(frozen=True)
class Site:
    """One data folder."""

    folder: Path

    @property
    def settings(self) -> Settings:
        return Settings(data_dir=self.folder)

    @contextmanager
    def served(self) -> Iterator[None]:
        """Its PostgreSQL is up inside, and gone afterwards with everything that belonged to it."""
        with servers.running(self.settings):
            yield
        place = self.settings.place
        titles = (embedded_postgres._postmaster(place=place), embedded_postgres._every(place=place))
        assert not [pid for title in titles for pid in processes.found(title=title)]

    @asynccontextmanager
    async def connected(self, *, user: str = OWNER) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        connection = await asyncpg.connect(self.settings.owner_dsn.replace(OWNER, user, 1))
        try:
            yield connection
        finally:
            connection.terminate()  # the server may be dead

    def started(self, *words: str | Path) -> subprocess.Popen[str]:
        """`regulars WORDS` on this folder, in a group of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGULARS_", "PG"))}
        return subprocess.Popen(
            [sys.executable, "-m", "cli", *words],
            cwd=REPOSITORY,
            env={**kept, "REGULARS_DATA_DIR": str(self.folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ran(self, *words: str | Path) -> None:
        """The same to its good end."""
        code, said = ended(self.started(*words))
        assert code == 0, said

    def copied(self, *, to: Path) -> "Site":
        return Site(copied(self.folder, to=to))

    def kill_postgres(self) -> None:
        """Kill -9 of the postmaster; its children notice and go."""
        (postmaster,) = processes.found(title=embedded_postgres._postmaster(place=self.settings.place))
        os.kill(postmaster, signal.SIGKILL)

    async def facts(self) -> dict[str, Any]:
        async with self.connected() as connection:
            return await facts(connection=connection)

    async def crashed(self, *words: str | Path, hold: Hold, kill_postgres: bool) -> tuple[int, str]:
        """Runs a command up to a moment and kills it, or PostgreSQL under it; how the command ended and what it said."""
        servers.ensure(self.settings)
        # Only a superuser sees what the others wait for.
        async with self.connected() as holding, self.connected(user="postgres") as looking:
            await holding.execute(f"BEGIN; {hold.lock}")
            command = self.started(*words)
            try:

                async def waits() -> bool:
                    return bool(await looking.fetchval(WAITING)) or command.poll() is not None

                await until(waits, seconds=PATIENCE, what=f"{words} comes to {hold.lock}")
                assert await looking.fetchval(hold.progress) == hold.expected
                if kill_postgres:
                    self.kill_postgres()
                else:
                    os.killpg(command.pid, signal.SIGKILL)
                return await asyncio.to_thread(ended, command)
            finally:
                command.kill()
                command.wait()


def ended(command: subprocess.Popen[str]) -> tuple[int, str]:
    """Waits for the end of a command: its exit code and its talk."""
    with command:
        try:
            _, said = command.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(command.pid, signal.SIGKILL)
            raise
    return command.returncode, said
