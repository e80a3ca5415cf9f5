"""`regulars library` and `regulars words`: what ships with the program, and lists of words that no message may hold."""
# ruff: noqa: PLC0415 – each command imports what it needs, so that --help answers at once

from datetime import UTC, datetime
from pathlib import Path

import click

import cli_output
from cli_servers import served, zone

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def library() -> None:
    """Segments, tags, texts and blocked words that ship with the program."""


@library.command()
@served
async def apply() -> None:
    """Add what is missing of the library; what the chain has is never changed."""
    from actions.library import apply_library
    from tables.scope import scope

    async with scope(role="hq_admin"):
        added = await apply_library(now=datetime.now(UTC), zone=zone())
    waiting = added.pop("unsuited")
    cli_output.say("Added: " + ", ".join(f"{number} {kind}" for kind, number in added.items()) + ".")
    if waiting:
        cli_output.say(
            f"Rules that wait for a category that this chain does not have: {waiting}. Run it again when it has."
        )


@click.group()
def words() -> None:
    """Words that no message may hold."""


@words.command(name="import")
@click.argument("file", type=FILE)
@served
async def import_file(file: Path) -> None:
    """Take in a list (CSV or TOML: word, source, since); the same list again changes nothing."""
    from actions.words import import_words
    from tables.scope import scope

    async with scope(role="hq_admin"):
        counts = await import_words(path=file)
    cli_output.say(", ".join(f"{number} {kind}" for kind, number in counts.items()) + ".")


COMMANDS = (library, words)
