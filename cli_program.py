"""`regulars program`: the points rules, tiers and rewards of the chain."""
# ruff: noqa: PLC0415 – each command imports what it needs, so that --help answers at once

from datetime import datetime
from pathlib import Path

import click

import cli_output
from cli_servers import served

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def program() -> None:
    """Points rules, tiers and rewards as one TOML file."""


@program.command()
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@served
async def apply(file: Path, *, dry_run: bool) -> None:
    """Make the program of FILE the chain's; says what changes."""
    from actions.program import apply_program, load_program
    from tables.scope import scope

    wanted = load_program(path=file)
    async with scope(role="hq_admin"):
        lines = await apply_program(program=wanted, dry_run=dry_run)
    cli_output.say("\n".join(lines) or "No difference.")
    if dry_run:
        cli_output.say("Dry run: nothing was written.")


@program.command()
@served
async def export() -> None:
    """The chain's program as TOML, on stdout."""
    from actions.program import export_program
    from tables.scope import scope

    async with scope(role="hq_admin"):
        text = await export_program()
    click.echo(text, nl=False)


@program.command(name="try")
@click.argument("file", type=FILE)
@click.option(
    "--from", "since", type=DAY, help="Tell figures from this day on; what was before is played and not told."
)
@click.option("--to", "until", type=DAY, help="The last day to play and to tell of; else all there is.")
@click.option("--csv", "csv_file", type=NEW_FILE, metavar="FILE", help="Write the table to FILE too, as CSV.")
@served
async def try_file(file: Path, *, since: datetime | None, until: datetime | None, csv_file: Path | None) -> None:
    """Play the program of FILE over the chain's own history, beside today's; writes nothing to the database."""
    from actions import backtest_file
    from actions.backtest import try_program
    from actions.program import load_program
    from config.settings import settings

    wanted, language = load_program(path=file), settings().language
    first, last = (day.date() if day else None for day in (since, until))
    with cli_output.progress() as tell:
        tried = await try_program(program=wanted, since=first, until=last, progress=tell)
    cli_output.say("\n".join(tried.changes) or "No difference: both columns play the same program.")
    cli_output.show_table(table=backtest_file.tried_table(tried=tried, name=file.name, language=language))
    click.echo("\n" + "\n".join(backtest_file.assumptions(tried=tried, name=file.name, language=language)))
    if csv_file is not None:
        with csv_file.open("wb") as target:
            backtest_file.write_tried_csv(tried=tried, name=file.name, language=language, file=target)
        cli_output.say(f"Written to {csv_file}.")
