"""`regulars up`: one command starts a whole chain, one Ctrl-C stops all of it, and the next start finds it as it was."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.settings import Settings
from tests.ports import free_port

REPOSITORY = Path(__file__).parents[1]
PATIENCE = 60
OPEN = "Open http"


class Home:
    """A data folder and a port, as a person has them."""

    def __init__(self, folder: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGULARS_", "PG"))}
        self.port = free_port()
        self.environment = {**kept, "REGULARS_DATA_DIR": str(folder), "REGULARS_PORT": str(self.port)}
        self.settings = Settings(data_dir=folder)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "cli", *words]

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {**self.environment, **more}
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, check=False, cwd=REPOSITORY, env=environment
        )

    @contextmanager
    def up(self, *words: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
        """Running and open; killed when it is still there at the end."""
        with subprocess.Popen(
            self.command("up", *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=REPOSITORY, env=self.environment,
        ) as process:  # fmt: skip
            try:
                yield process, self._until_open(process)
            finally:
                process.kill()

    @staticmethod
    def _until_open(process: subprocess.Popen[str]) -> list[str]:
        said: list[str] = []
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if line.startswith(OPEN):
                return said
        pytest.fail("".join(said))

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def is_ready(self) -> bool:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            status, body = self.get("/readyz")
            if status == http.client.OK:
                return True
        pytest.fail(body)

    def processes(self) -> list[str]:
        """Of this folder, whoever started them."""
        folder = str(self.settings.data_dir)
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                line = (entry / "cmdline").read_bytes().decode(errors="replace")
                environment = (entry / "environ").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if line and (folder in line or f"REGULARS_DATA_DIR={folder}" in environment):
                found.append(line.replace("\0", " "))
        return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "r")


def test_one_command_starts_everything_and_ctrl_c_leaves_nothing(home: Home) -> None:
    with home.up("--no-demo") as (process, said):
        assert any("regulars staff add" in line for line in said)
        assert home.get("/")[0] == http.client.FOUND
        assert "回头客" in home.get("/admin/")[1]
        assert home.is_ready()
        second = home.run("up", "--no-demo")
        assert (second.returncode, "already runs" in second.stderr) == (1, True)
        assert home.run("staff", "add", "wang", "--role", "hq_admin").returncode == 0
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    assert home.processes() == []
    with home.up("--no-demo") as (process, said):
        assert not any("regulars staff add" in line for line in said), "what was there is there again"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert home.processes() == []


def test_a_taken_port_is_told_before_anything_starts(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", home.port))
        taken.listen()
        refused = home.run("up")
    assert refused.returncode == 1
    assert f"REGULARS_PORT is {home.port}" in refused.stderr
    assert not home.settings.place.postgres.exists()


@pytest.mark.parametrize("command", ["web", "worker", "clock", "up"])
def test_an_unknown_gateway_stops_every_process_with_a_sentence(home: Home, command: str) -> None:
    refused = home.run(command, REGULARS_GATEWAY="pigeon")
    assert refused.returncode == 1
    assert "pigeon" in refused.stderr
    assert "simulator" in refused.stderr
    assert "Traceback" not in refused.stderr
