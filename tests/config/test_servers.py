import asyncio
import os
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import asyncpg
import pytest

from config import embedded_postgres, embedded_redis, processes, servers
from config.errors import ConfigError
from config.settings import Settings
from tests.config.conftest import (
    ask,
    backends,
    finish,
    holder,
    nothing_runs,
    postmasters,
    redis_servers,
    tell_redis,
)


def killed(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


class TestOneCommand:
    def test_the_first_start_makes_everything_inside_the_data_folder(self, fresh: Settings) -> None:
        with servers.running(fresh, redis=True):
            assert ask(fresh, "SELECT current_user, current_database()") == "regulars_owner|regulars"
            assert tell_redis(fresh, "PING") == "PONG"
            assert {path.name for path in fresh.data_dir.iterdir()} == {"log", "postgres", "redis", "run"}
            assert fresh.place.run.stat().st_mode & 0o777 == 0o700
        assert nothing_runs(fresh)
        assert not fresh.place.postgres_socket.exists()

    def test_the_owner_has_no_more_rights_than_needed(self, used: Settings) -> None:
        with servers.running(used):
            rights = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
            assert ask(used, f"{rights} WHERE rolname = 'regulars_owner'") == "f|f|t|f"

    def test_settings_that_must_not_be_lost(self, used: Settings) -> None:
        names = "fsync", "synchronous_commit", "data_checksums", "listen_addresses", "jit", "autovacuum"
        with servers.running(used, redis=True):
            assert [ask(used, f"SHOW {name}") for name in names] == ["on", "on", "on", "", "off", "on"]
            assert ask(used, "SHOW server_version_num") >= "180000"
            assert ask(used, "SELECT upper('ä€中ß'), length('中文')") == "Ä€中ß|2"
            assert tell_redis(used, "CONFIG", "GET", "maxmemory-policy").split()[-1] == "noeviction"

    def test_data_are_kept(self, used: Settings) -> None:
        with servers.running(used, redis=True):
            ask(used, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS n")
            tell_redis(used, "SET", "kept", "8")
        with servers.running(used, redis=True):
            assert ask(used, "SELECT n FROM kept") == "7"
            assert tell_redis(used, "GET", "kept") == "8"

    def test_redis_is_left_alone_unless_asked(self, used: Settings) -> None:
        with servers.running(used):
            assert not redis_servers(used)

    def test_an_error_inside_stops_them_too(self, used: Settings) -> None:
        with pytest.raises(ZeroDivisionError), servers.running(used, redis=True):
            _ = 1 / 0
        assert nothing_runs(used)

    async def test_the_driver_understands_the_addresses_inside_a_loop(self, used: Settings) -> None:
        with servers.running(used):
            connection = await asyncpg.connect(used.owner_dsn)
            await connection.execute("CREATE ROLE regulars_app LOGIN")
            app = await asyncpg.connect(used.app_dsn)
            assert await app.fetchval("SELECT current_user") == "regulars_app"
            await app.close()
            await connection.execute("DROP ROLE regulars_app")
            await connection.close()

    def test_servers_are_in_sessions_of_their_own(self, used: Settings) -> None:
        with servers.running(used, redis=True):
            for pid in (*postmasters(used), *redis_servers(used)):
                assert os.getsid(pid) == pid

    def test_no_lock_leaks_into_a_server(self, used: Settings) -> None:
        with servers.running(used, redis=True):
            for pid in (*postmasters(used), *redis_servers(used)):
                held = {path.readlink().name for path in Path("/proc", str(pid), "fd").iterdir()}
                assert not held & {"start.lock", "users.lock"}

    def test_a_path_with_spaces_and_quotes(self, template: Path, short_path: Path) -> None:
        odd = Settings(data_dir=short_path / 'a b "c" 回头')
        shutil.copytree(template, odd.data_dir)
        with servers.running(odd, redis=True):
            assert ask(odd, "SELECT 1") == "1"
            assert asyncio.run(_driver_says(odd)) == 1
            assert tell_redis(odd, "PING") == "PONG"
        assert nothing_runs(odd)


async def _driver_says(settings: Settings) -> object:
    connection = await asyncpg.connect(settings.owner_dsn)
    try:
        return await connection.fetchval("SELECT 1")
    finally:
        await connection.close()


class TestSharing:
    def test_two_processes_share_and_the_last_one_stops(self, used: Settings) -> None:
        other = holder(used)
        first = postmasters(used)
        with servers.running(used, redis=True):
            assert postmasters(used) == first
            finish(other)
            assert postmasters(used) == first
            assert ask(used, "SELECT 1") == "1"
        assert nothing_runs(used)

    def test_four_first_comers_make_one_server(self, used: Settings) -> None:
        def come() -> list[int]:
            with servers.running(used):
                together.wait()
                return postmasters(used)

        together = Barrier(4)
        with ThreadPoolExecutor(4) as threads:
            seen = [future.result() for future in [threads.submit(come) for _ in range(4)]]
        assert len(seen[0]) == 1
        assert seen == [seen[0]] * 4
        assert nothing_runs(used)

    def test_after_kill_9_of_the_starter_the_next_command_uses_and_stops_them(self, used: Settings) -> None:
        starter = holder(used)
        left = postmasters(used), redis_servers(used)
        killed(starter.pid)
        finish(starter)
        assert (postmasters(used), redis_servers(used)) == left
        with servers.running(used):
            assert (postmasters(used), redis_servers(used)) == left
        assert nothing_runs(used)


class TestDeath:
    def test_kill_9_of_postgres_is_mended_while_in_use(self, used: Settings) -> None:
        with servers.running(used):
            assert servers.ensure(used) == []
            ask(used, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS n")
            killed(postmasters(used)[0])
            assert servers.ensure(used) == ["PostgreSQL"]
            assert ask(used, "SELECT n FROM kept") == "7"

    def test_kill_9_of_redis_is_mended_while_in_use(self, used: Settings) -> None:
        with servers.running(used, redis=True):
            killed(redis_servers(used)[0])
            assert servers.ensure(used) == []
            assert servers.ensure(used, redis=True) == ["Redis"]
            assert tell_redis(used, "PING") == "PONG"

    def test_after_kill_9_of_all_the_next_command_starts_them(self, used: Settings) -> None:
        starter = holder(used)
        for pid in (starter.pid, *postmasters(used), *redis_servers(used)):
            killed(pid)
        finish(starter)
        with servers.running(used, redis=True):
            assert ask(used, "SELECT 1") == "1"
        assert nothing_runs(used)

    def test_an_orphan_in_a_long_statement_does_not_keep_the_next_server_out(
        self, used: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(embedded_postgres, "ORPHAN_SECONDS", 1.0)
        busy = "DO $$ BEGIN LOOP PERFORM sum(n) FROM generate_series(1, 100000) n; END LOOP; END $$"
        with servers.running(used):
            client = subprocess.Popen(
                [embedded_postgres.program(name="psql"), "-XAtq", "-d", used.owner_dsn, "-c", busy],
                stderr=subprocess.DEVNULL,
            )
            active = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %' AND state = 'active'"
            assert processes.waited(until=lambda: ask(used, active) == "1", seconds=10)
            stopped = _backend_of(used)
            # Stopped, it cannot notice that its server has died.
            os.kill(stopped, signal.SIGSTOP)
            killed(postmasters(used)[0])
            assert servers.ensure(used) == ["PostgreSQL"]
            assert stopped not in backends(used)
            client.communicate()

    def test_a_remembered_pid_that_is_somebody_elses_now(self, used: Settings) -> None:
        mine = f"{os.getpid()}\n{used.place.postgres}\n1\n5432\n{used.place.run}\n\n\nready\n"
        (used.place.postgres / "postmaster.pid").write_text(mine)
        (used.place.run / ".s.PGSQL.5432.lock").write_text(mine)
        with servers.running(used):
            assert ask(used, "SELECT 1") == "1"

    def test_a_server_whose_socket_was_deleted(self, used: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(embedded_postgres, "ORPHAN_SECONDS", 0.5)
        with servers.running(used):
            used.place.postgres_socket.unlink()
            assert servers.ensure(used) == ["PostgreSQL"]
            assert len(postmasters(used)) == 1

    def test_a_starter_killed_before_it_made_role_and_database(self, used: Settings) -> None:
        with servers.running(used):
            superuser = used.owner_dsn.replace("regulars_owner@/regulars", "postgres@/postgres")
            for statement in ("DROP DATABASE regulars", "DROP ROLE regulars_owner"):
                subprocess.run([embedded_postgres.program(name="psql"), "-qd", superuser, "-c", statement], check=True)
            servers.ensure(used)
            assert ask(used, "SELECT current_user") == "regulars_owner"

    def test_half_made_folders_are_swept(self, used: Settings) -> None:
        half_made = used.data_dir / "postgres.new-killed"
        half_made.mkdir()
        (half_made / "PG_VERSION").write_text("18\n")
        with servers.running(used):
            assert not half_made.exists()

    def test_redis_starts_empty_when_its_file_is_broken(self, copied: Settings) -> None:
        (copied.place.redis / "appendonly.aof").write_bytes(b"not what redis writes\r\n")
        with servers.running(copied, redis=True):
            assert tell_redis(copied, "DBSIZE") == "0"
        assert list(copied.data_dir.glob("redis.unreadable-*"))

    def test_postgres_that_cannot_start_says_why(self, copied: Settings) -> None:
        (copied.place.postgres / "PG_VERSION").write_text("17\n")
        with pytest.raises(ConfigError, match=r"did not start in .*incompatible"), servers.running(copied):
            pass
        assert nothing_runs(copied)
        assert not embedded_redis.answers(place=copied.place)


def _backend_of(settings: Settings) -> int:
    found = ask(settings, "SELECT pid FROM pg_stat_activity WHERE query LIKE 'DO %' AND state = 'active'")
    return _outer(settings, found)


def _outer(settings: Settings, pid: str) -> int:
    """Namespaces of users keep the pids, so PostgreSQL's own is the machine's."""
    assert int(pid) in backends(settings)
    return int(pid)
