"""Installations for tests: migrated once and copied, on a PostgreSQL that does not wait for the disk."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from config import embedded_postgres, servers
from config.postgres_options import OPTIONS
from config.settings import Settings


@contextmanager
def served(settings: Settings, *, redis: bool = False) -> Iterator[None]:
    """`servers.running` for what no test cuts the power of: a killed process loses nothing that the disk has not yet got.

    What the product itself asks of the disk is looked at in tests/config/test_servers.py.
    """
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(OPTIONS, "fsync", "off")
            patch.setattr(embedded_postgres, "INITDB", (*embedded_postgres.INITDB, "--no-sync"))
            stack.enter_context(servers.running(settings, redis=redis))
        yield


def copied(folder: Path, *, to: Path) -> Path:
    """A data folder that nobody serves, once more: as its owners have it, without writing its zeros again."""
    subprocess.run(["cp", "-a", "--sparse=always", folder, to], check=True)
    return to
