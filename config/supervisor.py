"""Keeps a few child processes alive until Ctrl-C or SIGTERM, then stops them, the last started first."""

import ctypes
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

import structlog

LOG = structlog.get_logger("supervisor")
TICK_SECONDS = 1.0
STOP_SECONDS = 15.0
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """Runs in the child: when the supervisor is killed, the kernel ends the child too."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C on the terminal is for the supervisor, which then stops its children in order.
    return subprocess.Popen(command, start_new_session=True, preexec_fn=_die_with_parent)  # noqa: S603, PLW1509


def _stop(name: str, child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            LOG.warning("killed", process=name)
            child.kill()
            child.wait()


def supervise(
    *, commands: Mapping[str, Sequence[str]], tend: Callable[[], object], ready: Callable[[], object]
) -> None:
    """Starts the commands, calls `ready` once and `tend` every second, starts again what died; returns when told to stop.

    A command that dies at once is started again each second, not faster.
    """
    stop = threading.Event()

    def told(number: int, _: FrameType | None) -> None:
        LOG.info("stopping", signal=signal.Signals(number).name)
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        children = {name: _start(command) for name, command in commands.items()}
        ready()
        while not stop.wait(TICK_SECONDS):
            tend()
            for name, child in children.items():
                if child.poll() is not None:
                    LOG.warning("started again", process=name, exit_code=child.returncode)
                    children[name] = _start(commands[name])
    finally:
        began = time.monotonic()
        for name in reversed(children):
            _stop(name, children[name])
        LOG.info("stopped", seconds=round(time.monotonic() - began, 1))
        for number, handler in before.items():
            signal.signal(number, handler)
