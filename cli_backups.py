"""Commands that keep a chain safe: a backup, a restore, and the word that messages may leave again after one."""
# ruff: noqa: PLC0415 – each command imports what it needs, so that --help answers at once

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

import cli_output
from cli_servers import as_it_is, served, zone


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE when it is there already.")
@as_it_is
async def backup(file: Path, *, force: bool) -> None:
    """Write everything into FILE, while everybody works. The secret is not in it: keep that elsewhere."""
    from actions.backups import make_backup

    made = await make_backup(path=file, now=datetime.now(UTC), replace=force)
    cli_output.say(f"{file} holds {_counted(made.rows)}.")
    cli_output.say("It opens only together with this installation's secret, which is not in it: keep that elsewhere.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_it_is
async def restore(file: Path) -> None:
    """Bring FILE back into an empty place; nothing leaves until `regulars release`."""
    from actions.backups import restore as bring_back

    with cli_output.progress() as tell:
        made = await bring_back(path=file, now=datetime.now(UTC), zone=zone(), progress=tell)
    moment = made.created.astimezone(zone()).strftime("%Y-%m-%d %H:%M")
    cli_output.say(f"Restored: {_counted(made.rows)}, as of {moment}.")
    cli_output.say(
        "What was to leave then is cancelled, campaigns are paused, and nothing leaves until `regulars release`.\n"
        f"Look first at what happened after {moment}: members who withdrew or were erased, staff and keys that were shut out."
    )


@click.command()
@served
async def release() -> int:
    """Let messages leave again after a restore."""
    from actions.backups import release as let_go
    from tables.scope import scope

    async with scope(role="hq_admin"):
        released = await let_go(now=datetime.now(UTC))
    cli_output.say("Messages leave again." if released else "Nothing was held.")
    return 0 if released else 1


def _counted(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {table}" for table, count in rows.items())


COMMANDS = (backup, restore, release)
