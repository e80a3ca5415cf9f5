"""The tour on a PostgreSQL and a Redis of the user's own: by URL, with passwords, and an owner who is no superuser."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import asyncpg
import httpx
import pytest

from config.settings import Settings
from tests.installed import served
from tests.make import ZONE, Till
from tests.ports import free_port

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "docs" / "example"
HBA = "local all postgres trust\nlocal all all scram-sha-256\n"


async def as_superuser(settings: Settings, *statements: str) -> None:
    url = settings.owner_dsn.replace("regulars_owner", "postgres", 1).replace("/regulars?", "/postgres?", 1)
    connection = await asyncpg.connect(url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


@pytest.fixture(scope="module")
def theirs() -> Iterator[Settings]:
    """A server that knows nothing of us: no role, no database, passwords for everybody."""
    with tempfile.TemporaryDirectory(prefix="rg-own-") as folder:
        settings = Settings(data_dir=Path(folder) / "server")
        with served(settings, redis=True):
            settings.place.postgres.joinpath("pg_hba.conf").write_text(HBA)
            asyncio.run(as_superuser(
                settings, "DROP DATABASE regulars", "DROP ROLE regulars_owner", "SELECT pg_reload_conf()",
                "CREATE ROLE shop LOGIN CREATEROLE PASSWORD 'right'", "CREATE DATABASE chain OWNER shop",
                "CREATE DATABASE again OWNER shop", "CREATE ROLE weak LOGIN PASSWORD 'right'", "CREATE DATABASE poor OWNER weak",
            ))  # fmt: skip
            yield settings


def environment(theirs: Settings, *, user: str, name: str) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("REGULARS_")},
        "REGULARS_DATABASE_URL": f"postgresql://{user}:right@/{name}?host={quote(str(theirs.place.run), safe='')}",
        "REGULARS_REDIS_URL": f"unix://{quote(str(theirs.place.redis_socket))}",
        "REGULARS_SECRET": "the same on every host",
        "REGULARS_DATA_DIR": str(theirs.data_dir.parent / "unused"),
    }


def regulars(
    theirs: Settings, *words: str, user: str = "shop", name: str = "chain", stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", *words], env=environment(theirs, user=user, name=name), cwd=ROOT, input=stdin,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def good(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_whole_tour_with_a_plain_owner(theirs: Settings, tmp_path: Path) -> None:
    good(regulars(theirs, "migrate"))
    good(regulars(theirs, "program", "apply", str(EXAMPLE / "program.toml")))
    good(regulars(theirs, "import", "stores", str(EXAMPLE / "stores.csv")))
    till = Till(tmp_path / "purchases.csv")
    yesterday = datetime.now(UTC).astimezone(ZONE).replace(hour=0, minute=0, second=1, microsecond=0).timestamp() - 7200
    till.sale("R1", at=datetime.fromtimestamp(yesterday, UTC), store="S01", amount="99.90")
    good(regulars(theirs, "import", "purchases", str(till.save())))
    good(regulars(theirs, "nightly"))
    good(regulars(theirs, "check"))
    assert good(regulars(theirs, "psql", "-Atc", "SELECT sum(points) FROM points_entry")).strip() == "99"
    owners = good(
        regulars(theirs, "psql", "-Atc", "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    )
    assert owners.split() == ["regulars_owner"]
    assert (
        good(regulars(theirs, "psql", "-Atc", "SELECT count(*) FROM pg_roles WHERE rolsuper AND rolname <> 'postgres'"))
        == "0\n"
    )
    good(regulars(theirs, "migrate"))


def test_the_running_system_lets_people_in_and_shows_them_their_rows(theirs: Settings) -> None:
    good(regulars(theirs, "staff", "add", "wang", "--role", "hq_admin", "--password-stdin", stdin="kaihu-2026-ceshi\n"))
    port = str(free_port())
    own = {**environment(theirs, user="shop", name="chain"), "REGULARS_PORT": port}
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "web"], env=own, cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as web:
        try:
            assert web.stderr is not None
            assert any(line.startswith("Open ") for line in web.stderr)
            with httpx.Client(base_url=f"http://localhost:{port}/admin/", trust_env=False) as client:
                client.get("")
                client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
                answer = client.post("public/login/", json={"username": "wang", "password": "kaihu-2026-ceshi"})
                assert answer.status_code in {200, 303}, answer.text
                assert client.get("api/tables/store/").json()["rows"]
                assert client.get("api/tables/member/").status_code == 200
        finally:
            web.send_signal(signal.SIGINT)
            web.communicate()
    assert web.returncode == 0


def test_the_log_in_role_alone_sees_nothing(theirs: Settings) -> None:
    good(regulars(theirs, "migrate"))
    password = Settings(database_url=theirs.owner_dsn, given_secret="the same on every host").app_password  # noqa: S106

    async def look() -> None:
        connection = await asyncpg.connect(
            host=str(theirs.place.run), port=5432, user="regulars_app", password=password, database="chain"
        )
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("SELECT * FROM member")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("SET ROLE regulars_owner")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("SET ROLE regulars_deed")
        finally:
            await connection.close()

    asyncio.run(look())


def test_a_backup_moves_to_another_database_of_a_plain_owner(theirs: Settings, tmp_path: Path) -> None:
    good(regulars(theirs, "staff", "add", "moving", "--role", "hq_viewer"))
    good(regulars(theirs, "backup", str(tmp_path / "chain.backup")))
    good(regulars(theirs, "restore", str(tmp_path / "chain.backup"), name="again"))
    asked = (
        "psql",
        "-Atc",
        "SELECT (SELECT count(*) FROM staff), sum(points), (SELECT count(*) FROM restoration) FROM points_entry",
    )
    there, here = (good(regulars(theirs, *asked, name=name)).strip() for name in ("chain", "again"))
    assert (here, here.split("|")[2]) == (there[:-1] + "1", "1")


def test_an_owner_without_createrole_is_told_what_is_missing(theirs: Settings) -> None:
    done = regulars(theirs, "migrate", user="weak", name="poor")
    assert done.returncode == 1
    assert "CREATEROLE" in done.stderr
    assert "Traceback" not in done.stderr
    assert "right" not in done.stderr
