"""Commands about messages: campaigns."""
# ruff: noqa: PLC0415 – each command imports what it needs, so that --help answers at once

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

import cli_output
from cli_servers import served, zone

if TYPE_CHECKING:  # they cost more time than --help may take
    from actions.campaigns import Plan, Target
    from queries.audience import Audience, Forecast

    Whom = tuple[tuple[str, ...], str | None, str | None]  # stores (codes), a tag, a rule: one of them

MINUTE = click.DateTime(formats=["%Y-%m-%d %H:%M"])
KINDS = ("promotion", "care", "knowledge", "service")
USUAL_WINDOW = timedelta(days=1)


@click.group()
def campaign() -> None:
    """Messages to many members at once."""


@campaign.command()
@click.argument("name")
@click.option("--text", required=True, help="With placeholders such as {title_or_name}, {store}, {points}, {link}.")
@click.option("--store", "stores", multiple=True, metavar="CODE", help="To members of this store; once for each.")
@click.option("--tag", metavar="NAME", help="To the members who have this tag.")
@click.option("--rule", metavar="TEXT", help="To the members a rule selects: '90天未消费 且 积分 >= 100'.")
@click.option("--everyone", is_flag=True, help="To all members.")
@click.option("--at", "begin", type=MINUTE, metavar='"YYYY-MM-DD HH:MM"', help="When to begin; else now.")
@click.option("--until", "end", type=MINUTE, metavar='"YYYY-MM-DD HH:MM"', help="Nothing leaves later; else a day on.")
@click.option("--kind", "content_kind", type=click.Choice(KINDS), default="promotion", show_default=True)
@click.option("--rhythm", type=click.Choice(("event", "rhythm")), help="Without it, one a week is the most.")
@click.option("--landing", default="", help="The offer on the page that {link} opens.")
@click.option("--expects-reply", is_flag=True, help="What comes back is an answer to this.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def send(
    name: str, *, stores: tuple[str, ...], tag: str | None, rule: str | None, everyone: bool, yes: bool, **said: object
) -> int | None:
    """Show what the campaign NAME would be, ask, and send it."""
    if bool(stores) + (tag is not None) + bool(rule) + everyone != 1:
        raise click.UsageError("Say to whom: one of --store, --tag, --rule and --everyone.")
    return _send(name, (stores, tag, rule), said, yes=yes)


@served
async def _send(name: str, whom: "Whom", said: dict[str, object], *, yes: bool) -> int | None:
    from actions.campaigns import check_wave, draft_campaign
    from config.settings import settings
    from queries.audience import forecast, members_of, wave_values
    from rules.campaigns import check_begin
    from tables.scope import scope

    now, place = datetime.now(UTC), {"secret": settings().secret, "public_url": settings().public_url}
    async with scope(role="job"):
        audience, shops = await _audience(whom, now)
        plan = _plan(name, said, whom, shops[0] if len(shops) == 1 else None, now)
        check_begin(scheduled_at=plan.wave.scheduled_at, now=now)
        await check_wave(wave=plan.wave, now=now, zone=zone())
        wave = replace(plan.wave, personal=audience.personal)
        values = await wave_values(wave=wave, now=now, zone=zone(), **place)
        told = await forecast(members=await members_of(audience=audience), values=values)
    _show(told)
    if not told.messages:
        cli_output.say("Nobody would get a message: nothing was stored.")
        return 1
    if not yes and not click.confirm("Send it?", err=True):
        cli_output.say("Nothing was stored.")
        return 1
    async with scope(role="hq_admin"):
        step = await draft_campaign(plan=plan, now=now)
    await _freeze(step, audience, now)
    return 0


async def _freeze(step: int, audience: "Audience", now: datetime) -> None:
    from actions.campaigns_freeze import freeze
    from config.settings import settings

    with cli_output.progress() as tell:
        done = await freeze(
            step=step, audience=audience, now=now, zone=zone(), progress=tell, secret=settings().secret,
            public_url=settings().public_url,
        )  # fmt: skip
    cli_output.say(f"{done.messages} messages of {done.members} members are queued; a worker hands them over.")


async def _audience(whom: "Whom", now: datetime) -> "tuple[Audience, list[int]]":
    from actions.doors import store_of
    from actions.extensions import tag_named
    from queries.audience import EVERYBODY, of_stores, with_tag
    from queries.segments import audience_of
    from queries.segments_personal import goes_by_behaviour
    from rules.calendar import business_date
    from rules.segments_tree import Tagged
    from tables.scope import current

    stores, tag, rule = whom
    if rule:
        return await audience_of(text=rule, today=business_date(at=now, zone=zone()), zone=zone()), []
    if tag is not None:
        key = await tag_named(name=tag)
        named = Tagged(name=await current().fetchval("SELECT name FROM tag WHERE id = $1", key))
        return with_tag(tag=key, personal=await goes_by_behaviour(rule=named)), []
    shops = [found for code in stores if (found := await store_of(code=code)) is not None]
    return (of_stores(stores=shops) if shops else EVERYBODY), shops


def _rule(whom: "Whom") -> str:
    """The audience in the language of segments, for whoever looks at the campaign later."""
    stores, tag, rule = whom
    if stores:
        return f"门店 属于 ({', '.join(f'“{code}”' for code in stores)})"
    return f"有标签 “{tag}”" if tag is not None else rule or ""


def _plan(name: str, said: dict[str, object], whom: "Whom", store: int | None, now: datetime) -> "Plan":
    from actions.campaigns import Plan
    from queries.audience import Wave

    begin, end = (_instant(said[key]) for key in ("begin", "end"))
    rhythm = said["rhythm"]
    wave = Wave(
        text=str(said["text"]), scheduled_at=begin or now, send_before=end or (begin or now) + USUAL_WINDOW,
        rhythm=None if rhythm is None else str(rhythm),
    )  # fmt: skip
    return Plan(
        name=name, wave=wave, content_kind=str(said["content_kind"]), landing=str(said["landing"]),
        expects_reply=bool(said["expects_reply"]), store=store, rule=_rule(whom),
    )  # fmt: skip


def _instant(typed: object) -> datetime | None:
    return typed.replace(tzinfo=zone()) if isinstance(typed, datetime) else None


def _show(told: "Forecast") -> None:
    left_out = ", ".join(f"{people} {reason}" for reason, people in sorted(told.left_out.items())) or "nobody"
    cli_output.say(f"{told.members} members; left out: {left_out}.")
    cost = (
        f", {told.cost:.2f} yuan through {told.account}" if told.cost is not None else ", no account carries marketing"
    )
    cli_output.say(f"{told.messages} messages, {told.parts} parts{cost}; the longest has {told.longest} characters.")
    if told.long:
        cli_output.say(f"{told.long} people need more than one part: a shorter text would cost less.")


@campaign.command(name="list")
@served
async def list_campaigns() -> None:
    """The newest campaigns: name, state, when, audience, messages, accepted, delivered, failed, unknown, skipped late."""
    from queries.campaigns import newest_campaigns
    from tables.scope import scope

    async with scope(role="hq_admin"):
        found = await newest_campaigns()
    for one in found:
        state = f"{one.state} ({one.reason})" if one.reason else one.state
        begin = one.scheduled_at.astimezone(zone()).strftime("%Y-%m-%d %H:%M") if one.scheduled_at else ""
        figures = (one.audience, one.size, one.accepted, one.delivered, one.failed, one.unknown, one.skipped)
        click.echo("\t".join((one.name, state, begin, *map(str, figures))))
    cli_output.say(f"{len(found)} campaigns.")


async def _move(name: str, target: "Target") -> None:
    from actions.campaigns import move_campaign
    from tables.scope import scope

    async with scope(role="hq_admin"):
        await move_campaign(name=name, target=target, now=datetime.now(UTC))
    cli_output.say(f"The campaign {name.strip()} is {target}.")


@campaign.command()
@click.argument("name")
@served
async def pause(name: str) -> None:
    """Hand over no more messages of the campaign NAME for now."""
    await _move(name, "paused")


@campaign.command()
@click.argument("name")
@served
async def resume(name: str) -> None:
    """Let the campaign NAME go on where it was paused."""
    await _move(name, "sending")


@campaign.command()
@click.argument("name")
@served
async def cancel(name: str) -> None:
    """End the campaign NAME: what is queued never leaves."""
    await _move(name, "cancelled")
