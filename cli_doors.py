"""Commands about the doors for other software: keys and webhooks."""
# ruff: noqa: PLC0415 – each command imports what it needs, so that --help answers at once

from datetime import UTC, datetime

import click

import cli_output
from cli_servers import served, zone
from rules.webhooks import EVENTS

STORE = click.option("--store", metavar="CODE", help="For this store alone; else for the whole chain.")


@click.group()
def key() -> None:
    """API keys of tills and partners."""


@key.command(name="add")
@click.argument("name")
@click.option("--store", metavar="CODE", help="For this store alone.")
@click.option("--hq", is_flag=True, help="For headquarters: good for all stores.")
@served
async def add_key(name: str, *, store: str | None, hq: bool) -> None:
    """Make a key, for one store or for headquarters; it is shown this once, on stdout."""
    from actions.keys import add_key as add
    from tables.scope import scope

    async with scope(role="hq_admin"):
        made = await add(name=name, store=store, hq=hq)
    cli_output.say(f"The key {name} is for {_place(store)}. It is shown this once:")
    click.echo(made)


@key.command(name="list")
@served
async def list_keys() -> None:
    """The keys, without what opens: name, store, since when, last used when, until when."""
    from queries.keys import all_keys
    from tables.scope import scope

    async with scope(role="hq_admin"):
        keys = await all_keys()
    for one in keys:
        until = f"revoked {_day(one.revoked_at)}" if one.revoked_at else "good"
        used = f"used {_day(one.last_used_at)}" if one.last_used_at else "never used"
        click.echo("\t".join((one.name, one.store or "HQ", _day(one.created_at), used, until)))
    cli_output.say(f"{len(keys)} keys.")


@key.command()
@click.argument("name")
@served
async def revoke(name: str) -> None:
    """The key called NAME opens nothing any more, for ever."""
    from actions.keys import revoke_key
    from tables.scope import scope

    async with scope(role="hq_admin"):
        await revoke_key(name=name, now=datetime.now(UTC))
    cli_output.say(f"The key {name} is revoked.")


@click.group()
def webhook() -> None:
    """Addresses of partners that are told what happens."""


@webhook.command(name="add")
@click.argument("name")
@click.argument("url")
@click.option("--event", "events", multiple=True, required=True, type=click.Choice(EVENTS), help="Once for each.")
@STORE
@served
async def add_webhook(name: str, url: str, events: tuple[str, ...], *, store: str | None) -> None:
    """Tell URL of events; what its messages are signed with is shown on stdout."""
    from actions.webhooks import add_webhook as add
    from tables.scope import scope

    async with scope(role="hq_admin"):
        made = await add(name=name, url=url, events=events, store=store)
    cli_output.say(f"{name} is told of {', '.join(dict.fromkeys(events))} of {_place(store)}. Its secret:")
    click.echo(_secret(made))


@webhook.command(name="list")
@served
async def list_webhooks() -> None:
    """The webhooks: name, store, events, address, whether it is on, how many messages wait."""
    from queries.webhooks import all_webhooks
    from tables.scope import scope

    async with scope(role="hq_admin"):
        hooks = await all_webhooks()
    for one in hooks:
        state = "on" if one.is_active else "off"
        click.echo(
            "\t".join((one.name, one.store or "HQ", ",".join(one.events), one.url, state, f"{one.waiting} waiting"))
        )
    cli_output.say(f"{len(hooks)} webhooks.")


@webhook.command()
@click.argument("name")
@served
async def off(name: str) -> None:
    """Tell the webhook called NAME nothing any more."""
    from actions.webhooks import switch_off
    from tables.scope import scope

    async with scope(role="hq_admin"):
        await switch_off(name=name)
    cli_output.say(f"{name} is told nothing any more.")


@webhook.command()
@click.argument("name")
@served
async def secret(name: str) -> None:
    """What the messages to the webhook called NAME are signed with, on stdout."""
    from actions.webhooks import webhook_of
    from tables.scope import scope

    async with scope(role="hq_admin"):
        found = await webhook_of(name=name)
    click.echo(_secret(found))


def _secret(found: int) -> str:
    from config.settings import settings
    from rules.webhooks import signing_secret

    return signing_secret(webhook=found, secret=settings().secret)


def _place(store: str | None) -> str:
    return "the whole chain" if store is None else f"store {store}"


def _day(at: datetime) -> str:
    return at.astimezone(zone()).date().isoformat()
