"""Server processes: found by what they are, never by a pid in a file (pids are used again)."""

import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from config.accounts import Account, clean_environment

TICK = 0.005
LONGEST_TICK = 0.2
KEEP_LOG = 10_000_000
WORST = re.compile(r"FATAL|PANIC|# |failed|[Ee]rror")

# Kept so that a server that dies while we live is reaped and does not look alive.
_children: list[subprocess.Popen[bytes]] = []


def launch(*, command: list[str | Path], account: Account, log: Path) -> subprocess.Popen[bytes]:
    """Start a server in its own session, where neither Ctrl-C nor our end reaches it."""
    if log.exists() and log.stat().st_size > KEEP_LOG:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        if account.uid is not None and account.gid is not None:
            os.fchown(output.fileno(), account.uid, account.gid)
        child = subprocess.Popen(  # noqa: S603 – our own commands
            [*account.prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=clean_environment(),
            cwd="/",
            user=account.uid,
            group=account.gid,
            extra_groups=account.groups,
        )
    _children.append(child)
    return child


def found(*, title: re.Pattern[bytes]) -> list[int]:
    """The processes whose command line begins like this."""
    _reap()
    pids = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if title.match((folder / "cmdline").read_bytes()):
                    pids.append(int(folder.name))
            except OSError:
                continue  # it has just ended
    return pids


def signalled(*, title: re.Pattern[bytes], number: int, seconds: float) -> bool:
    """Send a signal to all of them and wait for their end; False when some are still there."""
    for pid in found(title=title):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
    return waited(until=lambda: not found(title=title), seconds=seconds)


def waited(*, until: Callable[[], bool], seconds: float) -> bool:
    """Look again and again; False when the time has passed."""
    begin = time.monotonic()
    while not until():
        passed = time.monotonic() - begin
        if passed > seconds:
            return False
        # Quick at first; a recovery of minutes is not asked (and its log not filled) 200 times a second.
        time.sleep(min(TICK + passed / 50, LONGEST_TICK))
    return True


def complaint(*, log: Path, offset: int) -> str:
    """What a server said when it did not start: its worst line since then, as part of a sentence."""
    with log.open("rb") as file:
        file.seek(offset)
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    worst = [line for line in lines if WORST.search(line) and "the database system is" not in line]
    said = (worst or lines or ["no word"])[-1]
    return re.sub(r"^.*?(FATAL|PANIC|#):? +", "", said).rstrip(".")


def _reap() -> None:
    _children[:] = [child for child in _children if child.poll() is None]
