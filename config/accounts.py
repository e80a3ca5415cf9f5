"""As whom the embedded servers run: PostgreSQL refuses root.

The owner of the `run` folder decides, so that a data folder is served in the same way by whoever comes.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.data_dir import DataDir, writing
from config.errors import ConfigError

UNPRIVILEGED = "nobody"


@dataclass(frozen=True)
class Account:
    """What to put before a command, and the user to become."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def completed(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a short command to its end, from a place that everybody may enter."""
        return subprocess.run(  # noqa: S603 – our own commands
            [*self.prefix, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            errors="replace",
            env=clean_environment(),
            cwd="/",
            user=self.uid,
            group=self.gid,
            extra_groups=self.groups,
        )

    @property
    def groups(self) -> Sequence[int] | None:
        """None of root’s other groups may go along to an account without rights."""
        return None if self.uid is None else ()


def clean_environment() -> dict[str, str]:
    """PG* and locale variables of the caller must not change a server that others will use too."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def account_for(*, place: DataDir, program: Path, root_will_do: bool = False) -> Account:
    """Who runs `program` on this data folder; ConfigError when nobody can."""
    owner = place.run.stat()
    if os.geteuid() != 0 or (root_will_do and owner.st_uid == 0):
        return Account()
    if owner.st_uid != 0:
        return _reaching(account=Account(uid=owner.st_uid, gid=owner.st_gid), place=place, program=program)
    namespace = Account(prefix=("unshare", "--user", "--map-user=1000", "--map-group=1000", "--"))
    if namespaces_exist() and _can_reach(account=namespace, place=place, program=program):
        return namespace
    return _hand_over(place=place, program=program)


def namespaces_exist() -> bool:
    """Whether there is a program to ask for one (the machine may still refuse it)."""
    return shutil.which("unshare") is not None


def _hand_over(*, place: DataDir, program: Path) -> Account:
    """Give the servers' folders to an account without rights, where it can reach them."""
    user = pwd.getpwnam(UNPRIVILEGED)
    account = _reaching(account=Account(uid=user.pw_uid, gid=user.pw_gid), place=place, program=program)
    with writing(root=place.root):
        # `run` last: its owner says that all the others have been handed over.
        for folder in (place.postgres, place.redis, place.log, place.run):
            for path in (*folder.rglob("*"), folder) if folder.exists() else ():
                os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    return account


def _reaching(*, account: Account, place: DataDir, program: Path) -> Account:
    if not _can_reach(account=account, place=place, program=program):
        raise ConfigError(
            f"PostgreSQL does not run as root, and {_name(account.uid or 0)} cannot reach {place.root} "
            f"and {program.parent}: run as a normal user, or choose folders that everybody may enter."
        )
    return account


def _can_reach(*, account: Account, place: DataDir, program: Path) -> bool:
    """Whether the account may enter the data folder and run the program (False too when it cannot be become)."""
    script = 'test -x "$1" && exec "$2" --version'
    try:
        return account.completed("sh", "-c", script, "sh", place.root, program).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
