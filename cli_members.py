"""Commands about one member's personal data."""
# ruff: noqa: PLC0415 – each command imports what it needs, so that --help answers at once

from datetime import UTC, datetime
from pathlib import Path

import click

import cli_output
from cli_servers import served, zone

NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.group()
def member() -> None:
    """What a member may ask for: all that is held about them, or to be forgotten."""


@member.command()
@click.argument("phone")
@click.argument("file", type=NEW_FILE)
@served
async def export(phone: str, file: Path) -> None:
    """Write all that is held about the member with PHONE to FILE, a ZIP of JSON and a page in Chinese."""
    from actions.privacy_file import export_member
    from config.settings import settings
    from queries.points import member_of
    from tables.scope import scope

    async with scope(role="hq_admin"):
        found = await member_of(phone=phone)
        body = await export_member(member=found, secret=settings().secret, zone=zone(), now=datetime.now(UTC))
    with file.open("wb") as kept:
        kept.write(body)
    cli_output.say(f"Written to {file}: give it to nobody but the member.")


@member.command()
@click.argument("phone")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(phone: str, *, yes: bool) -> int | None:
    """Forget the member with PHONE (or '#12'), for good; the books stay true of somebody unknown."""
    if not yes:
        click.confirm("Name, number, texts, notes, replies and clicks go for good. Erase?", abort=True, err=True)
    return _erase(phone)


@served
async def _erase(phone: str) -> None:
    from actions.privacy import erase as forget
    from config.settings import settings
    from tables.scope import scope

    async with scope(role="hq_admin"):
        done = await forget(who=phone, secret=settings().secret, now=datetime.now(UTC))
    kept = " Their no to marketing still holds for the number." if done.still_no else ""
    cli_output.say(f"Member {done.member} is erased; {done.cancelled} waiting messages do not leave.{kept}")


COMMANDS = (member,)
