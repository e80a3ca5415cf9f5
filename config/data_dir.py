"""The folder that holds everything of the embedded servers; nothing of theirs is ever outside it."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.errors import ConfigError

# The kernel gives a socket's path 108 bytes; some are left for PostgreSQL's own suffixes.
LONGEST_SOCKET_PATH = 100
POSTGRES_PORT = 5432


@dataclass(frozen=True)
class DataDir:
    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def redis(self) -> Path:
        return self.root / "redis"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def secret(self) -> Path:
        return self.root / "secret"

    @property
    def postgres_socket(self) -> Path:
        return self.run / f".s.PGSQL.{POSTGRES_PORT}"

    @property
    def redis_socket(self) -> Path:
        return self.run / "redis.sock"


def prepare(*, place: DataDir) -> None:
    """Make the folders, or say in one sentence why this place cannot be used."""
    if len(os.fsencode(place.postgres_socket)) > LONGEST_SOCKET_PATH:
        raise ConfigError(
            f"REGULARS_DATA_DIR is {place.root}, too long for a Unix socket below it: "
            f"choose a path of at most {LONGEST_SOCKET_PATH - len('/run/.s.PGSQL.5432')} bytes."
        )
    if "," in str(place.root):
        raise ConfigError(
            f"REGULARS_DATA_DIR is {place.root}, and PostgreSQL's programs take a comma for the end of the path: "
            "choose a folder without one."
        )
    with writing(root=place.root):
        make_root(root=place.root)
        for folder in (place.run, place.log):
            folder.mkdir(mode=0o700, exist_ok=True)
            # Whoever reaches the sockets is the superuser.
            if folder.stat().st_mode & 0o077:
                folder.chmod(0o700)
        # A probe, since a read-only file system lets the existing folders pass.
        probe = place.run / f"probe-{secrets.token_hex(8)}"
        probe.touch()
        probe.unlink()


def make_root(*, root: Path) -> None:
    """The data folder; others may pass through (the servers' account may be another) but list nothing."""
    if not root.is_dir():
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o711)


@contextmanager
def writing(*, root: Path) -> Iterator[None]:
    """Turn what the file system refuses into one sentence about the data folder."""
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"REGULARS_DATA_DIR is {root}, which cannot be written ({error.strerror}): "
            "choose a folder that this user may write."
        ) from error


def take_lock(*, place: DataDir, name: str, mode: int) -> int | None:
    """A descriptor that holds the lock until it is closed; None when LOCK_NB is asked and somebody else has it."""
    place.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = place.run / name
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _give_to_owner(descriptor=descriptor, folder=place.run)
        fcntl.flock(descriptor, mode)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _give_to_owner(*, descriptor: int, folder: Path) -> None:
    """What root makes in a user's folder stays usable for that user."""
    owner = folder.stat()
    if os.geteuid() == 0 and os.fstat(descriptor).st_uid != owner.st_uid:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


@contextmanager
def locked(*, place: DataDir, name: str, mode: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold a lock for the time of a block, waiting for it first."""
    descriptor = take_lock(place=place, name=name, mode=mode)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def kept_secret(*, place: DataDir) -> str:
    """The secret of this data folder, made by whoever asks first."""
    with writing(root=place.root):
        make_root(root=place.root)
        if not place.secret.exists():
            _make_secret(place=place)
        return place.secret.read_text().strip()


def _make_secret(*, place: DataDir) -> None:
    draft = place.root / f"secret-{secrets.token_hex(8)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            _give_to_owner(descriptor=file.fileno(), folder=place.root)
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: of two first comers the second must take the first one's secret.
        os.link(draft, place.secret)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
