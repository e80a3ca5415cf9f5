"""The running system: its processes under one roof, the demo chain, and what a person is told at the start."""

import asyncio
import base64
import fcntl
import hashlib
import hmac
import http.client
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

import cli_output
from actions import demo
from actions.accounts import ensure_account
from actions.library import apply_library
from config import data_dir
from config.errors import ConfigError
from config.logging import configure_logging
from config.servers import running
from config.settings import settings
from gateways.protocol import Account
from gateways.registry import known, opened
from tables.migrate import migrate
from tables.scope import database, owner, scope
from tables.staff import Staff
from tasks.processes import run_processes

UP_LOCK = "up.lock"
PATIENCE_SECONDS = 60
TICK_SECONDS = 0.1
HQ = "hq"


def run_system(*, names: tuple[str, ...], with_demo: bool = False) -> None:
    """The named processes, with the embedded servers where no others are named, until Ctrl-C or SIGTERM."""
    configure_logging()
    known(kind=settings().gateway)
    if "web" in names:
        _check_port()
    with running(settings(), redis=True):
        asyncio.run(_prepare(with_demo=with_demo))
        place = "" if settings().database_url else f" Data: {settings().data_dir}."
        talk = f"Running: {', '.join(names)}.{place} Stop with Ctrl-C."
        run_processes(names=names, ready=lambda: _announce(talk, web="web" in names))


def run_up(*, with_demo: bool) -> None:
    """Everything on this machine; a second one on the same data folder is told where the first one is."""
    with _alone():
        run_system(names=("web", "worker", "clock"), with_demo=with_demo)


def run_demo() -> None:
    """The demo chain into an empty database."""
    with running(settings(), redis=True):
        asyncio.run(_prepare(with_demo=True, loudly=True))


@contextmanager
def _alone() -> Iterator[None]:
    place = settings().place
    data_dir.prepare(place=place)
    lock = data_dir.take_lock(place=place, name=UP_LOCK, mode=fcntl.LOCK_EX | fcntl.LOCK_NB)
    if lock is None:
        raise ConfigError(
            f"Regulars already runs with the data in {place.root}: open {settings().public_url}/admin/, or stop it first."
        )
    try:
        yield
    finally:
        os.close(lock)


def _check_port() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings().host, settings().port))
        except OSError as error:
            raise ConfigError(
                f"REGULARS_PORT is {settings().port}, which cannot be used ({error.strerror}): "
                "stop the program that has it, or choose another."
            ) from error


async def _prepare(*, with_demo: bool, loudly: bool = False) -> None:
    await migrate()
    async with database():
        await ensure_account(gateway=settings().gateway)
        state = await demo.demo_state()
        # Its members' numbers look real: nobody else's gateway gets them unasked.
        wanted = with_demo and settings().gateway == "simulator" and state in {"empty", "partial"}
        if wanted or loudly:
            with cli_output.progress() as tell:
                # Under the name that was asked for: the demo refuses every other than the pretend one.
                pretend = Account(name=settings().gateway, gateway="simulator", redis_url=settings().redis_url)
                made = await demo.make_demo(
                    now=datetime.now(UTC), zone=settings().zone, gateway=opened(account=pretend),
                    password=_demo_password(), progress=tell,
                )  # fmt: skip
            async with owner() as connection:
                await connection.execute("ANALYZE")
            cli_output.say(f"The demo chain is there: {made}.")
        elif state == "empty":
            async with scope(role="job"):
                await apply_library(now=datetime.now(UTC), zone=settings().zone)
        await _tell_login()


def _demo_password() -> str:
    """Follows from the secret of this installation, so that it can be shown again and stands nowhere."""
    made = hmac.new(settings().secret.encode(), b"demo log-in", hashlib.sha256).digest()
    return base64.b32encode(made)[:12].decode().lower()


async def _tell_login() -> None:
    async with scope(role="door") as connection:
        stored = await connection.fetchval("SELECT password FROM staff WHERE username = $1 AND active", HQ)
        anybody = await connection.fetchval("SELECT EXISTS (SELECT 1 FROM staff WHERE active)")
    if stored and Staff.fits(password=_demo_password(), stored=stored):
        cli_output.say(
            "Log in as hq (head office), yunying (marketing), dianzhang (manager) or shouyin (cashier). Password:"
        )
        click.echo(_demo_password())
    elif not anybody:
        cli_output.say("Nobody may log in yet: regulars staff add NAME --role hq_admin.")


def _announce(talk: str, *, web: bool) -> None:
    """Says that it runs once the first page is really there."""
    if web:
        threading.Thread(target=_wait_for_web, args=(talk,), daemon=True).start()
    else:
        cli_output.say(talk)


def _wait_for_web(talk: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", settings().port, timeout=1)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.client.OK:
                cli_output.say(f"Open {settings().public_url}/admin/\n{talk}")
                return
        except OSError:
            time.sleep(TICK_SECONDS)
        finally:
            connection.close()
    cli_output.say("The web process does not answer: look at the lines above.")
