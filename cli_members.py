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
    """What a member may ask for: all that is held about them, to be forgotten, or one file instead of two."""


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


@member.command()
@click.argument("keep_phone")
@click.argument("other_phone")
@click.option("--yes", is_flag=True, help="Do not ask.")
def merge(keep_phone: str, other_phone: str, *, yes: bool) -> int | None:
    """Make one of two files of a person: that of KEEP_PHONE is kept, that of OTHER_PHONE (or '#12') comes to it, for good."""
    if not yes:
        code = _shown(keep_phone, other_phone)
        if code:
            return code
        click.confirm("Merge?", abort=True, err=True)
    return _merge(keep_phone, other_phone)


@served
async def _shown(keep_phone: str, other_phone: str) -> None:
    from actions.merges import file_of
    from queries.merges import files_to_merge
    from rules.calendar import business_date
    from tables.scope import scope

    now = datetime.now(UTC)
    async with scope(role="hq_admin"):
        members = [await file_of(who=who, now=now, staff=None) for who in (keep_phone, other_phone)]
        files = await files_to_merge(members=members, business_date=business_date(at=now, zone=zone()), now=now)
    for label, file in zip(("Kept", "Ends"), files, strict=True):
        card = file.card
        cli_output.say(
            f"{label}: member {card.member} {card.name}, {card.phone_masked or 'no phone'}, {card.balance} points (pending {card.pending}, "
            f"owed {card.debt}), {card.tier}, {file.purchases} receipts of {file.spend}"
        )


@served
async def _merge(keep_phone: str, other_phone: str) -> None:
    from actions.merges import file_of
    from actions.merges import merge as join
    from config.settings import settings
    from rules.calendar import business_date
    from tables.scope import scope

    now = datetime.now(UTC)
    async with scope(role="hq_admin"):
        kept, gone = [await file_of(who=who, now=now, staff=None) for who in (keep_phone, other_phone)]
        done = await join(
            kept=kept, gone=gone, secret=settings().secret, business_date=business_date(at=now, zone=zone()), now=now
        )
    cli_output.say(
        f"Member {done.gone} is merged into member {done.kept}: {done.points} points and {done.receipts} receipts came over; "
        f"{done.cancelled} waiting messages do not leave."
    )


COMMANDS = (member,)
