"""The processes of a running system, each by itself or all under one roof until Ctrl-C."""

import sys
from collections.abc import Callable

from config import servers
from config.settings import settings
from config.supervisor import supervise

COMMANDS = {
    "web": [sys.executable, "-m", "app"],
    # A process is one event loop with its own pool; its threads let the night, some sends and a heartbeat run side by side.
    "worker": [sys.executable, "-m", "dramatiq", "tasks.worker", "--processes", "2", "--threads", "8"],
    "clock": [sys.executable, "-m", "tasks.clock"],
}


def run_processes(*, names: tuple[str, ...], ready: Callable[[], object]) -> None:
    """Keeps the named processes and the embedded servers running until Ctrl-C or SIGTERM; `ready` is told once."""
    supervise(
        commands={name: COMMANDS[name] for name in names},
        tend=lambda: servers.ensure(settings(), redis=True),
        ready=ready,
    )
