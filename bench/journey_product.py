"""The product as a stranger uses it: its command line, each command timed and its memory watched through /proc."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAUSE = 0.25


@dataclass
class Step:
    name: str
    seconds: float
    command_mib: float
    """the most that the command's own process held"""
    servers_mib: float
    """the most that everything it started held together, shared pages counted once"""
    code: int
    log: Path


class ProductError(Exception):
    """A command of the product did not do what it should."""


def environment(*, data: Path) -> dict[str, str]:
    """Nothing of the caller's Regulars settings: an embedded installation in its own folder."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("REGULARS_")}
    return plain | {"REGULARS_DATA_DIR": str(data), "PYTHONUNBUFFERED": "1"}


def run_step(*, name: str, arguments: list[str], data: Path, log: Path) -> Step:
    """Run one command to its end; its talk goes to a log file."""
    started = time.perf_counter()
    with log.open("wb") as talk:
        command = subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            cwd=ROOT,
            env=environment(data=data),
            stdin=subprocess.DEVNULL,
            stdout=talk,
            stderr=subprocess.STDOUT,
        )
        watch = _Watch(pid=command.pid, data=data)
        watch.start()
        try:
            code = command.wait()
        except BaseException:
            command.terminate()
            command.wait()
            raise
        finally:
            watch.stop()
    return Step(name, time.perf_counter() - started, watch.command_kib / 1024, watch.servers_kib / 1024, code, log)


def query(*, data: Path, sql: str) -> list[list[str]]:
    """Rows of one statement through `regulars psql`; columns must hold no | and no line end."""
    quiet = ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-F", "|"]
    done = subprocess.run(
        [sys.executable, "-m", "cli", "psql", "--", *quiet, "-c", sql],
        cwd=ROOT,
        env=environment(data=data),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise ProductError(f"psql ended with {done.returncode}\n{done.stderr.strip()}\nin: {sql}")
    return [line.split("|") for line in done.stdout.splitlines() if line]


def left_behind(*, data: Path) -> list[str]:
    """Command lines of living processes that name the data folder."""
    return [f"{pid} {_command_line(pid)}" for pid in _pids() if str(data) in _command_line(pid)]


class _Watch(threading.Thread):
    def __init__(self, *, pid: int, data: Path) -> None:
        super().__init__(daemon=True)
        self.pid, self.data = pid, data
        self.command_kib = self.servers_kib = 0
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(PAUSE):
            self.command_kib = max(self.command_kib, _number(f"/proc/{self.pid}/status", "VmHWM:"))
            others = self._others()
            self.servers_kib = max(self.servers_kib, sum(_number(f"/proc/{p}/smaps_rollup", "Pss:") for p in others))

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def _others(self) -> set[int]:
        """Servers may have left the command's tree, so those that name the data folder are roots too."""
        parents = {pid: _number(f"/proc/{pid}/status", "PPid:") for pid in _pids()}
        found = {self.pid} | {pid for pid in parents if str(self.data) in _command_line(pid)}
        grown = True
        while grown:
            children = {pid for pid, parent in parents.items() if parent in found} - found
            found |= children
            grown = bool(children)
        return found - {self.pid}


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and int(path.name) != os.getpid()]


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _number(path: str, field: str) -> int:
    """The number after a field of a /proc file; 0 when the process is gone or not ours to see."""
    try:
        for line in Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(field):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
