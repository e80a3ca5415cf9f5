"""Where and as whom the servers run."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from config import accounts, servers
from config.errors import ConfigError
from config.settings import Settings
from tests.config.conftest import REPOSITORY, ask, finish, holder, nothing_runs, postmasters, served, tell_redis

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def open_to_all() -> Iterator[Settings]:
    """A folder that every account may enter; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-"))
    folder.chmod(0o755)
    yield from served(folder / "d")
    shutil.rmtree(folder)


def owner(path: Path) -> str:
    return pwd.getpwuid(path.stat().st_uid).pw_name


class TestRefusedFolders:
    def refusal(self, data_dir: Path) -> str:
        with pytest.raises(ConfigError) as refused, servers.running(Settings(data_dir=data_dir)):
            pass
        return str(refused.value)

    def test_too_long(self, tmp_path: Path) -> None:
        said = self.refusal(tmp_path / ("x" * 90))
        assert "too long" in said
        assert "at most 82 bytes" in said

    def test_a_comma(self, tmp_path: Path) -> None:
        assert "choose a folder without one" in self.refusal(tmp_path / "a,b")

    def test_a_file_in_the_way(self, tmp_path: Path) -> None:
        (tmp_path / "d").write_text("")
        assert "cannot be written (File exists)" in self.refusal(tmp_path / "d")

    def test_below_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_text("")
        assert "cannot be written (Not a directory)" in self.refusal(tmp_path / "f" / "d")

    def test_nowhere_to_write(self) -> None:
        assert "cannot be written" in self.refusal(Path("/proc/regulars"))

    def test_no_room(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9 - 1000, 1000))
        assert "less than 200 MB free" in self.refusal(tmp_path / "d")
        assert not list((tmp_path / "d").glob("postgres*"))

    def test_an_open_run_folder_is_closed(self, used: Settings) -> None:
        used.place.run.chmod(0o777)
        with servers.running(used):
            assert used.place.run.stat().st_mode & 0o777 == 0o700


@only_root
class TestRoot:
    def test_in_a_namespace_the_files_stay_roots(self, used: Settings) -> None:
        if subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode != 0:
            pytest.skip("no user namespaces on this machine")
        with servers.running(used):
            assert ask(used, "SELECT 1") == "1"
            assert owner(used.place.postgres) == "root"

    def test_without_namespaces_an_account_without_rights_serves_it(
        self, open_to_all: Settings, template: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shutil.copytree(template, open_to_all.data_dir)
        monkeypatch.setattr(accounts, "namespaces_exist", lambda: False)
        with servers.running(open_to_all, redis=True):
            assert ask(open_to_all, "SELECT 1") == "1"
            assert owner(Path("/proc", str(postmasters(open_to_all)[0]))) == "nobody"
            assert owner(open_to_all.place.postgres / "base") == "nobody"
            assert tell_redis(open_to_all, "PING") == "PONG"
        monkeypatch.undo()
        with servers.running(open_to_all, redis=True):
            assert owner(Path("/proc", str(postmasters(open_to_all)[0]))) == "nobody"
        assert nothing_runs(open_to_all)

    def test_a_new_folder_for_an_account_without_rights(
        self, open_to_all: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(accounts, "namespaces_exist", lambda: False)
        with servers.running(open_to_all, redis=True):
            assert ask(open_to_all, "SELECT 1") == "1"
            assert {owner(path) for path in open_to_all.place.run.iterdir()} == {"nobody"}

    def test_nobody_can_reach_it(self, fresh: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(accounts, "namespaces_exist", lambda: False)
        closed = fresh.data_dir.parent
        closed.chmod(0o700)
        with pytest.raises(ConfigError, match="does not run as root, and nobody cannot reach") as refused:
            servers.running(fresh).__enter__()
        assert str(fresh.data_dir) in str(refused.value)
        assert owner(fresh.place.run) == "root"


class TestNormalUser:
    @only_root
    def test_inside_a_namespace_we_are_one(self, used: Settings) -> None:
        if subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode != 0:
            pytest.skip("no user namespaces on this machine")
        child = holder(used, *NAMESPACE)
        assert ask(used, "SELECT 1") == "1"
        finish(child)
        assert nothing_runs(used)

    @only_root
    def test_somebody_elses_folder(self, copied: Settings) -> None:
        # Inside the namespace root's folders are ours, but not those of others.
        os.chown(copied.place.run, 12345, 12345)
        script = "import sys, pathlib\nfrom config import servers, settings\n"
        script += "with servers.running(settings.Settings(data_dir=pathlib.Path(sys.argv[1]))): pass"
        command = [*NAMESPACE, sys.executable, "-c", script, str(copied.data_dir)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=REPOSITORY)
        assert "cannot be written (Permission denied)" in done.stderr
