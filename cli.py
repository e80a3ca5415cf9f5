"""The `regulars` command: what may be typed, and how it ends. Exit 0 good, 1 refused or found wrong, 2 wrong use."""
# ruff: noqa: PLC0415 – each command imports what it needs, so that --help answers at once

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click

import cli_accounts
import cli_backups
import cli_doors
import cli_library
import cli_members
import cli_messages
import cli_output
import cli_points
import cli_program
from cli_servers import run_program, served, zone
from tables.access import STAFF_ROLES

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
DAY = click.DateTime(formats=["%Y-%m-%d"])
# As shells tell the end by a signal: 128 + its number.
INTERRUPTED, TERMINATED = 130, 143


class Regulars(click.Group):
    """The command, which tells a lost connection from a reader of its output who has gone."""

    def invoke(self, ctx: click.Context) -> object:
        """Run what was typed. click ends silently on every broken pipe, also when it was the database's."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            if cli_output.is_heard():
                raise ConnectionResetError(error.strerror) from error
            raise


@click.group(cls=Regulars)
def regulars() -> None:
    """Regulars (回头客): members, points, tiers and messages of a chain."""


@regulars.command()
@served
async def migrate() -> None:
    """Schema and roles to the newest."""
    cli_output.say("The database is at the newest schema.")


@regulars.command(name="import")
@click.argument("kind", type=click.Choice(("stores", "members", "products", "purchases")))
@click.argument("file", type=FILE)
@click.option("--store", metavar="CODE", help="For members and purchases whose rows name no store.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, write nothing.")
@click.option("--consent-source", metavar="TEXT", help="Where the members said yes; without it no consent is written.")
def import_file(kind: str, file: Path, *, store: str | None, dry_run: bool, consent_source: str | None) -> int | None:
    """Take in a CSV or XLSX FILE; what cannot be taken goes to FILE.rejects.csv, with its reason."""
    if store is not None and kind not in {"members", "purchases"}:
        raise click.UsageError("--store is for members and purchases.")
    if consent_source is not None and kind != "members":
        raise click.UsageError("--consent-source is for members.")
    from cli_imports import import_one

    return import_one(kind, file, store=store, dry_run=dry_run, consent_source=consent_source)


@regulars.command()
@click.argument("file", type=FILE)
@served
async def replay(file: Path) -> int:
    """Import the purchases of FILE day by day, each with its night: a backtest that sends nothing."""
    from actions.replay import replay as replay_file

    with cli_output.progress() as tell:
        report = await replay_file(path=file, zone=zone(), now=datetime.now(UTC), progress=tell)
    return cli_output.show_report(report=report)


@regulars.command()
@click.option("--date", "through", type=DAY, help="The last business date to close; else yesterday.")
@click.option("--again", is_flag=True, help="Run the steps of a closed date once more; they must write nothing.")
@served
async def nightly(through: datetime | None, *, again: bool) -> None:
    """Close business dates up to and including one."""
    from actions.night import close_nights

    last = through.date() if through else None
    with cli_output.progress() as tell:
        closed = await close_nights(through=last, now=datetime.now(UTC), zone=zone(), again=again, progress=tell)
    if again:
        cli_output.say("The steps ran again.")
    else:
        cli_output.say(f"Closed: {', '.join(map(str, closed))}." if closed else "Nothing was open.")


@regulars.command()
@served
async def check() -> int:
    """The invariants; prints the rows that break one, and keeps what was found for head office's screen."""
    from actions.checks import keep_findings
    from queries.invariants import check_all
    from tables.scope import scope

    with cli_output.progress() as tell:
        findings = await check_all(progress=tell)
    async with scope(role="job"):
        await keep_findings(findings=findings, at=datetime.now(UTC))
    return cli_output.show_findings(findings=[(finding.name, finding.rows) for finding in findings])


@regulars.group()
def staff() -> None:
    """Who may log in."""


@staff.command()
@click.argument("username")
@click.option("--role", required=True, type=click.Choice(STAFF_ROLES))
@click.option("--store", "stores", multiple=True, metavar="CODE", help="For a store role: once for each of its stores.")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin, else one is made and shown.")
@served
async def add(username: str, role: str, stores: tuple[str, ...], *, password_stdin: bool) -> None:
    """Add USERNAME; a made password is shown once, on stdout, and is to be changed at the first log-in."""
    from actions.staff import add_staff
    from tables.scope import scope

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    async with scope(role="hq_admin"):
        made = await add_staff(username=username, role=role, stores=stores, password=password)
    cli_output.say(f"{username} may log in as {role}." + (" The password, shown this once:" if made else ""))
    if made:
        click.echo(made)


@staff.command()
@click.argument("username")
@served
async def reset(username: str) -> None:
    """A new password for USERNAME, on stdout; the second factor is off, and every log-in of theirs has ended."""
    from actions.staff import reset_staff
    from tables.scope import scope

    async with scope(role="hq_admin"):
        made = await reset_staff(username=username)
    cli_output.say(f"{username} may log in with this password, shown this once, and then changes it:")
    click.echo(made)


@regulars.command()
@click.option("--no-demo", is_flag=True, help="Start without the demo chain.")
def up(*, no_demo: bool) -> None:
    """Web, worker, clock and servers on this machine, until Ctrl-C."""
    from cli_system import run_up

    run_up(with_demo=not no_demo)


@regulars.command()
def web() -> None:
    """The web process: back office, pages, probes."""
    _run("web")


@regulars.command()
def worker() -> None:
    """The worker process: does what the queue says."""
    _run("worker")


@regulars.command()
def clock() -> None:
    """The clock process: wakes the worker when something is due."""
    _run("clock")


def _run(name: str) -> None:
    from cli_system import run_system

    run_system(names=(name,))


@regulars.command()
def demo() -> None:
    """The demo chain, in an empty database."""
    from cli_system import run_demo

    run_demo()


@regulars.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}, add_help_option=False
)
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@served
async def psql(args: tuple[str, ...]) -> int:
    """Run psql, with its own ARGS, on the configured database, as its owner."""
    return run_program(name="psql", args=args)


for _more in (
    cli_program.program,
    *cli_points.COMMANDS,
    cli_doors.key,
    cli_doors.webhook,
    *cli_accounts.COMMANDS,
    *cli_backups.COMMANDS,
    cli_messages.campaign,
    *cli_library.COMMANDS,
    *cli_members.COMMANDS,
):
    regulars.add_command(_more)


def main() -> NoReturn:
    """Where `regulars` begins; every way it may end is here."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        code = regulars.main(prog_name="regulars", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except Exception as error:
        sentence = cli_output.explained(error=error)
        if sentence is None:
            raise
        cli_output.say(sentence)
        code = 1
    sys.exit(code)


if __name__ == "__main__":
    main()
