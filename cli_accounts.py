"""Commands about accounts at gateways, and about phones that said no elsewhere."""
# ruff: noqa: PLC0415 – each command imports what it needs, so that --help answers at once

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

import cli_output
from cli_servers import served, today

_OPTIONS = (
    click.option("--set", "given", multiple=True, metavar="KEY=VALUE", help="A setting of the gateway; once for each."),
    click.option("--rate", metavar="N", help="Messages a second at most; none: no limit."),
    click.option("--priority", metavar="N", help="1 is asked first."),
    click.option("--classes", metavar="A,B", help="Of marketing, notice, verification, staff."),
    click.option("--connections", metavar="N", help="Calls at once."),
    click.option("--hours", metavar="FROM-TO", help="For marketing and notices, such as 08:00-20:00; none: the chain's."),
    click.option("--opt-out-text", metavar="TEXT", help="The opt-out words as this gateway wants them."),
    click.option("--price", metavar="YUAN", help="Of one part."),
    click.option("--low-balance", metavar="YUAN", help="Below it the balance is shown as low."),
    click.option("--licence", metavar="TEXT", help="The number of the licence or contract."),
    click.option("--valid-until", metavar="DATE", help="Its last good day."),
    click.option("--failures", metavar="N", help="After so many in a row the next account is asked."),
    click.option("--retry", metavar="SECONDS", help="Then this one is left alone so long."),
    click.option("--international/--domestic", default=None, help="How long texts are counted."),
    click.option("--reports-each-part/--reports-once", default=None, help="How long messages are reported."),
    click.option("--charges-failed/--failed-free", default=None, help="Whether what fails costs as well."),
)  # fmt: skip


def _described(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.group()
def account() -> None:
    """Accounts at SMS gateways."""


@account.command(name="list")
@served
async def list_accounts() -> None:
    """The accounts, without what opens them: name, gateway, priority, state, classes, rate, balance."""
    from actions.accounts import faults
    from queries.accounts import all_accounts
    from tables.scope import scope

    async with scope(role="hq_admin"):
        accounts, useless = await all_accounts(), await faults()
    for one in accounts:
        state = "not set up" if one.name in useless else one.state(now=datetime.now(UTC), today=today())
        rate = "any rate" if one.rate is None else f"{one.rate}/s"
        left = "" if one.balance is None else str(one.balance)
        click.echo("\t".join((one.name, one.gateway, str(one.priority), state, ",".join(one.classes), rate, left)))
    cli_output.say(f"{len(accounts)} accounts.")


@account.command()
@click.argument("name")
@click.option("--gateway", required=True, metavar="KIND", help="Such as kannel: a file of gateways/.")
@_described
@served
async def add(name: str, gateway: str, given: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401  as click gives them
    """Make an account called NAME; it is on at once."""
    from actions.accounts_edit import add_account
    from rules.account_fields import read_fields, read_settings
    from tables.scope import scope

    async with scope(role="hq_admin"):
        needed = await add_account(
            name=name, gateway=gateway, given=read_settings(given=given), fields=read_fields(typed=options)
        )
    cli_output.say(f"The account {name} is there.{_still(name, needed)}")


@account.command(name="set")
@click.argument("name")
@_described
@served
async def change(name: str, given: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401  as click gives them
    """Change the account called NAME; an empty KEY= takes a setting away."""
    from actions.accounts_edit import change_account
    from rules.account_fields import read_fields, read_settings
    from tables.scope import scope

    async with scope(role="hq_admin"):
        await change_account(name=name, given=read_settings(given=given), fields=read_fields(typed=options))
    cli_output.say(f"The account {name} is changed.")


@account.command()
@click.argument("name")
@click.argument("key")
@served
async def secret(name: str, key: str) -> None:
    """Keep the credential KEY of the account NAME: its value is read from stdin and never shown."""
    from actions.accounts_edit import keep_credential
    from tables.scope import scope

    value = sys.stdin.readline().rstrip("\r\n")
    async with scope(role="hq_admin"):
        missing = await keep_credential(name=name, key=key, value=value)
    cli_output.say(f"{key} is kept.{_still(name, missing)}")


def _switch(word: str, *, done: str, on_health: bool, value: bool) -> click.Command:
    @account.command(name=word, help=f"The account called NAME {done}")
    @click.argument("name")
    @served
    async def run(name: str) -> None:
        from actions.accounts_edit import pause_account, switch_account
        from tables.scope import scope

        async with scope(role="hq_admin"):
            if on_health:
                await pause_account(name=name, paused=value)
            else:
                await switch_account(name=name, active=value)
        cli_output.say(f"The account {name} {done}")

    return run


SWITCHES = (
    _switch("on", done="carries messages.", on_health=False, value=True),
    _switch("off", done="carries nothing any more.", on_health=False, value=False),
    _switch("pause", done="is paused: what waits for it stays.", on_health=True, value=True),
    _switch("resume", done="goes on.", on_health=True, value=False),
)


@account.command()
@click.argument("name")
@served
async def hooks(name: str) -> None:
    """The two addresses, with their secret, at which the gateway shall tell reports and replies: on stdout."""
    from actions.accounts import load_account
    from tables.scope import scope

    async with scope(role="hq_admin"):
        found = await load_account(name=name)
    click.echo(f"{found.reports_url}\n{found.replies_url}")
    cli_output.say("The first is for delivery reports, the second for replies; enter them at the gateway.")


@account.command()
@click.argument("name")
@served
async def check(name: str) -> int:
    """Open the account called NAME: what is missing, and its balance where it can be asked."""
    from actions.accounts import load_account
    from actions.accounts_check import keep_balance, troubles
    from tables.scope import scope

    async with scope(role="hq_admin"):
        found = await troubles(name=name, today=today())
        account = None if found else await load_account(name=name)
    for trouble in found:
        cli_output.say(f"{trouble.en}\n{trouble.zh}")
    if account is None:
        cli_output.say(f"The account {name} carries nothing yet.")
        return 1
    left, low = await keep_balance(account=account, now=datetime.now(UTC)) or (None, False)
    if left is not None:
        click.echo(f"balance\t{left}")
    cli_output.say(f"The balance of {name} is low." if low else f"The account {name} is good.")
    return 1 if low else 0


@click.command()
@click.argument("phone", required=False)
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A phone a line.")
@click.option("--source", required=True, metavar="TEXT", help="Where the no came from, such as a list of 12321.")
def suppress(phone: str | None, *, file: Path | None, source: str) -> int | None:
    """Send no marketing to PHONE any more, whoever has it."""
    if (phone is None) == (file is None):
        raise click.UsageError("Write either a phone or --file.")
    lines = [phone or ""] if file is None else file.read_text("utf-8-sig", "replace").splitlines()
    return _suppress(lines, source)


@served
async def _suppress(lines: list[str], source: str) -> int:
    from actions.suppress import read_phones
    from actions.suppress import suppress as keep
    from config.settings import settings
    from tables.scope import scope

    phones, refused = read_phones(lines=lines)
    async with scope(role="hq_admin"):
        new = await keep(phones=phones, source=source, secret=settings().secret, now=datetime.now(UTC))
    for number in refused:
        cli_output.say(f"Line {number} is no phone: write 11 digits that begin with 13 to 19.")
    cli_output.say(f"{new} new of {len(phones)} phones.")
    return 1 if refused else 0


def _still(name: str, needed: tuple[str, ...]) -> str:
    """What has to be done before it works."""
    return "".join(f"\nIt needs {key}: regulars account secret {name} {key}" for key in needed)


COMMANDS = (account, suppress)
