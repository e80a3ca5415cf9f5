"""The `regulars` command: what may be typed, and how it ends. Exit 0 good, 1 refused or found wrong, 2 wrong use."""
# ruff: noqa: PLC0415 – each command imports what it needs, so that --help answers at once

import asyncio
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

import cli_output
from rules.refusals import Refusal
from tables.access import STAFF_ROLES

if TYPE_CHECKING:
    from actions.imports import ImportReport, Progress

Answer = TypeVar("Answer")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
IMPORTS = ("stores", "members", "products", "purchases")
# As shells tell it: 128 + the number of the signal.
INTERRUPTED, TERMINATED = 130, 143


def served(deed: Callable[[], Awaitable[Answer]]) -> Answer:
    """Do it with the servers up, the schema at its newest and the pool open."""
    from config.logging import configure_logging
    from config.servers import running
    from config.settings import settings

    configure_logging()
    with running(settings()):
        return asyncio.run(_prepared(deed))


async def _prepared(deed: Callable[[], Awaitable[Answer]]) -> Answer:
    from tables.migrate import migrate
    from tables.scope import database

    await migrate()
    async with database():
        return await deed()


def today() -> date:
    """The day it is in the shops."""
    from config.settings import settings

    return datetime.now(settings().zone).date()


@click.group()
def regulars() -> None:
    """Regulars (回头客): members, points, tiers and messages of a chain."""


@regulars.command()
def migrate() -> None:
    """Schema and roles to the newest."""

    async def nothing_more() -> None:
        cli_output.say("The database is at the newest schema.")

    served(nothing_more)


@regulars.group()
def program() -> None:
    """Points rules, tiers and rewards as one TOML file."""


@program.command()
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def apply(file: Path, *, dry_run: bool) -> None:
    """Make the program of FILE the chain's; says what changes."""

    async def deed() -> list[str]:
        from actions.program import apply_program
        from tables.scope import scope

        async with scope(role="hq_admin"):
            return await apply_program(program=wanted, dry_run=dry_run)

    wanted = _read_program(file)
    lines = served(deed)
    cli_output.say("\n".join(lines) or "No difference.")
    if lines and dry_run:
        cli_output.say("Dry run: nothing was written.")


def _read_program(file: Path) -> Any:  # noqa: ANN401 – rules.program.Program, which is not imported for --help
    import tomllib
    from decimal import Decimal

    from rules.program import parse_program

    try:
        return parse_program(data=tomllib.loads(file.read_text(encoding="utf-8-sig"), parse_float=Decimal))
    except Refusal as refusal:
        raise Refusal(refusal.code, f"{file}: {refusal.en}", f"{file}：{refusal.zh}") from None
    except UnicodeDecodeError:
        raise Refusal("bad_program", f"{file} is not UTF-8: save it as UTF-8.", f"{file} 不是 UTF-8：请另存为 UTF-8。") from None
    except tomllib.TOMLDecodeError as error:
        raise Refusal("bad_program", f"{file} is not TOML: {error}.", f"{file} 不是有效的 TOML：{error}。") from None


@program.command()
def export() -> None:
    """The chain's program as TOML, on stdout."""

    async def deed() -> str:
        from actions.program import export_program
        from tables.scope import scope

        async with scope(role="hq_admin"):
            return await export_program()

    click.echo(served(deed), nl=False)


@regulars.command(name="import")
@click.argument("kind", type=click.Choice(IMPORTS))
@click.argument("file", type=FILE)
@click.option("--store", metavar="CODE", help="For members and purchases whose rows name no store.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, write nothing.")
@click.option("--consent-source", metavar="TEXT", help="Where the members said yes; without it no consent is written.")
def import_file(kind: str, file: Path, *, store: str | None, dry_run: bool, consent_source: str | None) -> int:
    """Take in a CSV or XLSX FILE; what cannot be taken goes to FILE.rejects.csv."""
    if store is not None and kind not in {"members", "purchases"}:
        raise click.UsageError("--store is for members and purchases.")
    if consent_source is not None and kind != "members":
        raise click.UsageError("--consent-source is for members.")

    async def deed() -> "ImportReport":
        return await _imported(kind, file, store=store, dry_run=dry_run, consent_source=consent_source, tell=tell)

    with cli_output.progress() as tell:
        report = served(deed)
    return cli_output.show_report(report=report)


async def _imported(
    kind: str, path: Path, *, store: str | None, dry_run: bool, consent_source: str | None, tell: "Progress"
) -> "ImportReport":
    from config.settings import settings

    if kind == "stores":
        from actions.stores import import_stores

        return await import_stores(path=path, dry_run=dry_run, progress=tell)
    if kind == "products":
        from actions.products import import_products

        return await import_products(path=path, dry_run=dry_run, progress=tell)
    if kind == "members":
        from actions.members import import_members

        return await import_members(
            path=path, dry_run=dry_run, today=today(), consent_source=consent_source, store=store, progress=tell
        )
    from actions.purchases_import import import_purchases

    zone = settings().zone
    return await import_purchases(path=path, dry_run=dry_run, store=store, zone=zone, today=today(), progress=tell)


@regulars.command()
@click.argument("file", type=FILE)
def replay(file: Path) -> int:
    """Import the purchases of FILE day by day, each with its night: a backtest that sends nothing."""

    async def deed() -> "ImportReport":
        from actions import replay as backtest
        from config.settings import settings

        return await backtest.replay(path=file, zone=settings().zone, now=datetime.now(UTC), progress=tell)

    with cli_output.progress() as tell:
        report = served(deed)
    return cli_output.show_report(report=report)


@regulars.command()
@click.option("--date", "day", type=click.DateTime(formats=["%Y-%m-%d"]), help="The last date to close, else yesterday.")
@click.option("--again", is_flag=True, help="Run the steps of a closed date once more; must write nothing.")
def nightly(day: datetime | None, *, again: bool) -> None:
    """Close business dates up to and including one."""

    async def deed() -> list[date]:
        from actions.night import close_nights
        from config.settings import settings

        through, now, zone = day.date() if day else None, datetime.now(UTC), settings().zone
        return await close_nights(through=through, now=now, zone=zone, again=again, progress=tell)

    with cli_output.progress() as tell:
        closed = served(deed)
    cli_output.say(f"Closed: {', '.join(map(str, closed))}." if closed else "Nothing was open.")


@regulars.command()
def check() -> int:
    """The invariants; prints the rows that break one."""

    async def deed() -> list[Any]:
        from queries.invariants import check_all

        return list(await check_all(progress=tell))

    with cli_output.progress() as tell:
        findings = served(deed)
    return cli_output.show_findings(findings=[(finding.name, finding.rows) for finding in findings])


@regulars.group()
def staff() -> None:
    """Who may log in."""


@staff.command()
@click.argument("username")
@click.option("--role", required=True, type=click.Choice(STAFF_ROLES))
@click.option("--store", "stores", multiple=True, metavar="CODE", help="For a store role, once for each of its stores.")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin; without it one is made and shown.")
def add(username: str, role: str, stores: tuple[str, ...], *, password_stdin: bool) -> None:
    """Add USERNAME; a made password is shown once, on stdout, and is to be changed at the first log-in."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None

    async def deed() -> str | None:
        from actions.staff import add_staff
        from tables.scope import scope

        async with scope(role="hq_admin"):
            return await add_staff(username=username, role=role, stores=stores, password=password)

    made = served(deed)
    cli_output.say(f"{username} may log in as {role}." + (" The password, shown this once:" if made else ""))
    if made:
        click.echo(made)
