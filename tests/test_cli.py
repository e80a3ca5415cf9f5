"""The command as a person types it: what it prints where, and how it ends."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import pytest

from config import embedded_postgres
from config.settings import Settings
from queries.invariants import CHECKED

REPOSITORY = Path(__file__).parents[1]
PATIENCE = 20
PROGRAM = """
[points]
per_yuan = 1
valid_days = 60
[[tiers]]
rank = 1
name = "铜卡"
quarterly_spend = 0
[[tiers]]
rank = 2
name = "银卡"
quarterly_spend = 1000
"""


class Command:
    """`regulars` on one data folder."""

    def __init__(self, data_dir: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGULARS_", "PG"))}
        self.environment = {**kept, "REGULARS_DATA_DIR": str(data_dir)}
        # Only a superuser sees what the others wait for.
        self.dsn = Settings(data_dir=data_dir).owner_dsn.replace("regulars_owner@", "postgres@")

    def __call__(self, *words: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cli", *words],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd=REPOSITORY,
            env=self.environment,
        )

    @contextmanager
    def typed(self, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
        """Started and not waited for; killed when it is still there at the end."""
        with subprocess.Popen(
            [sys.executable, "-m", "cli", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            env=self.environment,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def ask(self, sql: str) -> str:
        """What the database answers, without the detour through the command."""
        psql: list[str | Path] = [embedded_postgres.program(name="psql"), "-XAtq", "-d", self.dsn, "-c", sql]
        return subprocess.run(psql, check=True, capture_output=True, encoding="utf-8").stdout.strip()


@pytest.fixture(scope="module")
def regulars(installation: Settings) -> Command:
    """On a folder whose servers run all the time, so that each call is short."""
    return Command(installation.data_dir)


@pytest.fixture(scope="module")
def with_program(regulars: Command, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The same, with a program."""
    file = tmp_path_factory.mktemp("p") / "program.toml"
    file.write_text(PROGRAM, encoding="utf-8")
    assert regulars("program", "apply", file).returncode == 0
    return regulars


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A program's file."""
    file = tmp_path / "program.toml"
    file.write_text(PROGRAM, encoding="utf-8")
    return file


def test_an_empty_folder_is_served_from_nothing_and_left_quiet(tmp_path: Path) -> None:
    regulars = Command(tmp_path / "d")
    done = regulars("migrate")
    assert (done.returncode, done.stdout) == (0, "")
    assert "newest" in done.stderr
    assert not (tmp_path / "d" / "run" / ".s.PGSQL.5432").exists()


def test_help_needs_no_servers(tmp_path: Path) -> None:
    regulars = Command(tmp_path / "d")
    done = regulars("--help")
    assert done.returncode == 0
    assert "program" in done.stdout
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("program", "apply", "no-such-file.toml"),
        ("import", "stores", __file__, "--store", "S1"),
        ("import", "purchases", __file__, "--consent-source", "form"),
        ("nightly", "--date", "yesterday"),
        ("staff", "add", "anna", "--role", "job"),
    ],
)
def test_wrong_use_ends_with_2_before_anything_starts(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = Command(tmp_path / "d")(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: regulars" in done.stderr
    assert not (tmp_path / "d").exists()


def test_a_wrong_setting_is_one_sentence(tmp_path: Path) -> None:
    regulars = Command(tmp_path / "d")
    regulars.environment["REGULARS_TIMEZONE"] = "Asia/Atlantis"
    done = regulars("program", "export")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "REGULARS_TIMEZONE" in done.stderr


def test_a_program_is_applied_once_and_its_export_is_no_difference(with_program: Command, file: Path) -> None:
    file.write_text(PROGRAM.replace("1000", "1500"), encoding="utf-8")
    first = with_program("program", "apply", file)
    assert (first.returncode, first.stdout, first.stderr) == (0, "", "~ tiers 2 银卡 quarterly_spend: 1000 → 1500\n")
    exported = with_program("program", "export")
    assert exported.stderr == ""
    file.write_text(exported.stdout, encoding="utf-8")
    again = with_program("program", "apply", file)
    assert (again.returncode, again.stderr) == (0, "No difference.\n")


def test_a_refused_program_changes_nothing(with_program: Command, file: Path) -> None:
    everything = "SELECT (SELECT json_agg(t ORDER BY id) FROM tier t), (SELECT json_agg(p) FROM points_policy p)"
    before = with_program.ask(everything)
    file.write_text(PROGRAM.replace("per_yuan = 1", "per_yuan = 2").replace("1000", "0"), encoding="utf-8")
    done = with_program("program", "apply", file)
    assert (done.returncode, done.stdout) == (1, "")
    english, chinese = done.stderr.splitlines()
    assert english.startswith(f"{file}: tiers[2].quarterly_spend")
    assert "第 1 级" in chinese
    assert with_program.ask(everything) == before


def test_a_made_password_stands_alone_on_stdout(with_program: Command) -> None:
    done = with_program("staff", "add", "boss", "--role", "hq_admin")
    assert done.returncode == 0
    [password] = done.stdout.splitlines()
    assert len(password) >= 12
    assert password not in done.stderr
    [other] = with_program("staff", "reset", "boss").stdout.splitlines()
    assert other != password


def test_a_given_password_is_shown_nowhere(with_program: Command) -> None:
    with_program.ask("INSERT INTO store (code, name) VALUES ('S1', '一店') ON CONFLICT DO NOTHING")
    words = ("staff", "add", "li", "--role", "cashier", "--store", "S1", "--password-stdin")
    done = with_program(*words, stdin="correct horse 9\nrest\n")
    assert (done.returncode, done.stdout) == (0, "")
    assert "correct" not in done.stderr
    assert with_program.ask("SELECT password_is_temporary FROM staff WHERE username = 'li'") == "f"


def test_psql_is_the_owner_and_passes_everything_on(regulars: Command) -> None:
    assert regulars("psql", "--", "-At", "-c", "SELECT current_user, 1").stdout == "regulars_owner|1\n"
    assert regulars("psql", "-v", "ON_ERROR_STOP=1", stdin="SELECT 1/0;").returncode == 3


def test_explain_masks_the_phone(with_program: Command) -> None:
    with_program.ask(
        "INSERT INTO store (code, name) VALUES ('S1', '一店') ON CONFLICT DO NOTHING;"
        "INSERT INTO member (phone, home_store, joined_on, tier) SELECT '+8613912345678', s.id, '2026-01-01', t.id"
        " FROM store s, tier t WHERE t.rank = 1; SET ROLE regulars_owner;"
        "SELECT deed.points_credit(ARRAY[ROW(m.id, m.home_store, 'adjust', 7, 'adjust', 'u-1', '[b]补偿', NULL, NULL,"
        " '2026-01-14', '2026-01-14', NULL)]::deed.posting[]) FROM member m"
    )
    done = with_program("explain", "139 1234 5678")
    assert done.returncode == 0
    assert "139****5678" in done.stdout
    assert "[b]补偿" in done.stdout
    assert re.search(r"7 of 7 +for ever +S1", done.stdout)


def test_check_keeps_what_it_found(with_program: Command) -> None:
    done = with_program("check")
    assert (done.returncode, done.stdout) == (0, "")
    assert with_program.ask("SELECT count(*), sum(broken) FROM check_result") == f"{len(CHECKED)}|0"


async def test_a_lost_connection_is_one_sentence(with_program: Command, file: Path) -> None:
    async with program_locked(with_program) as connection:
        with with_program.typed("program", "apply", file) as applying:
            victim = await _waiting(connection)
            await connection.execute("SELECT pg_terminate_backend($1)", victim)
            out, err = applying.communicate(timeout=PATIENCE)
    assert (applying.returncode, out, err.count("\n")) == (1, "", 1)
    assert "connection to the database was lost" in err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_who_interrupts_hears_nothing(with_program: Command, file: Path, number: int, code: int) -> None:
    async with program_locked(with_program) as connection:
        with with_program.typed("program", "apply", file) as applying:
            await _waiting(connection)
            applying.send_signal(number)
            out, err = applying.communicate(timeout=PATIENCE)
        assert (applying.returncode, out, err.strip()) == (code, "", "")
        assert await connection.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 1


@asynccontextmanager
async def program_locked(regulars: Command) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Nobody can apply a program inside."""
    connection = await asyncpg.connect(regulars.dsn)
    try:
        await connection.execute("SELECT pg_advisory_lock(hashtextextended('regulars program', 0))")
        yield connection
    finally:
        await connection.close()


async def _waiting(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
    """The backend that waits for the program's lock."""
    asked = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%xact_lock%program%' AND wait_event = 'advisory'"
    async with asyncio.timeout(PATIENCE):
        while not (pid := await connection.fetchval(asked)):
            await asyncio.sleep(0.02)
    return int(pid)
