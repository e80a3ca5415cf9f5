"""Commands about points: what became of them, what will."""
# ruff: noqa: PLC0415 – each command imports what it needs, so that --help answers at once

from datetime import date, datetime
from pathlib import Path

import click

import cli_output
from cli_servers import served, today

DAY = click.DateTime(formats=["%Y-%m-%d"])
MONTH = click.DateTime(formats=["%Y-%m"])
NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@click.argument("phone")
@served
async def explain(phone: str) -> None:
    """Every point of the member with PHONE: where it came from, where it went."""
    from queries.points import explain_all, member_of
    from rules.phones import mask_phone, normalise_phone
    from tables.scope import scope

    day = today()
    async with scope(role="hq_admin"):
        account = await explain_all(member=await member_of(phone=phone), today=day)
    cli_output.show_points(account=account, phone=mask_phone(phone=normalise_phone(text=phone)), today=day)


@click.command()
@click.option("--month", type=MONTH, metavar="YYYY-MM", help="Else the last month that has ended.")
@click.option("--csv", "csv_file", type=NEW_FILE, metavar="FILE", help="Write who pays whom to FILE, as CSV.")
@click.option("--xlsx", "xlsx_file", type=NEW_FILE, metavar="FILE", help="Write nets, pairs, matrix to FILE, as XLSX.")
@served
async def settlement(month: datetime | None, csv_file: Path | None, xlsx_file: Path | None) -> None:
    """What stores owe each other for a month: points issued at one, spent at another."""
    from actions import settlement_file as files
    from config.settings import settings
    from queries.settlement import settlement as ask
    from rules.calendar import add_months
    from tables.scope import scope

    language, day = settings().language, month.date() if month else add_months(day=today().replace(day=1), months=-1)
    async with scope(role="hq_viewer"):
        found = await ask(month=day)
    if found.point_value is None:
        cli_output.say("No value of a point is set in the points policy: these are points alone, without yuan.")
    for path, write in ((csv_file, files.write_settlement_csv), (xlsx_file, files.write_settlement_xlsx)):
        if path is not None:
            with path.open("wb") as file:
                write(settlement=found, language=language, file=file)
            cli_output.say(f"{found.month:%Y-%m}: written to {path}.")
    if csv_file is None and xlsx_file is None:
        for table in (files.pairs_table, files.nets_table):
            cli_output.show_table(table=table(settlement=found, language=language))


@click.command()
@click.option("--csv", "csv_file", type=NEW_FILE, metavar="FILE", help="Write it to FILE, as CSV.")
@served
async def forecast(csv_file: Path | None) -> None:
    """The points and members whose points will end, by month and store."""
    from actions.forecast_file import forecast_table, write_forecast_csv
    from config.settings import settings
    from queries.expiry_forecast import expiry_forecast
    from tables.scope import scope

    async with scope(role="hq_viewer"):
        found = await expiry_forecast(today=today())
    if csv_file is None:
        cli_output.show_table(table=forecast_table(forecast=found, language=settings().language))
        return
    with csv_file.open("wb") as file:
        write_forecast_csv(forecast=found, language=settings().language, file=file)
    cli_output.say(f"Written to {csv_file}.")


@click.command()
@click.option("--from", "first_on", type=DAY, required=True, metavar="DATE", help="Lots that end from this day on …")
@click.option("--to", "last_on", type=DAY, required=True, metavar="DATE", help="… through this one …")
@click.option("--until", "good_until", type=DAY, required=True, metavar="DATE", help="… are good through this one.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept with it.")
@click.option("--phone", metavar="PHONE", help="Of the member with this phone.")
@click.option("--store", metavar="CODE", help="Of the members whose home store this is.")
@click.option("--tag", metavar="NAME", help="Of the members who have this tag.")
@click.option("--all", "everybody", is_flag=True, help="Of all members.")
def extend(
    first_on: datetime, last_on: datetime, good_until: datetime, reason: str, *, everybody: bool, **whose: str | None
) -> int | None:
    """Give points that would end within some days a longer life."""
    named = {name: text for name, text in whose.items() if text is not None}
    if len(named) + everybody != 1:
        raise click.UsageError("Say whose points: one of --phone, --store, --tag and --all.")
    return _extend((first_on.date(), last_on.date(), good_until.date()), reason, named)


@served
async def _extend(days: tuple[date, date, date], reason: str, named: dict[str, str]) -> None:
    from uuid import uuid4

    from actions import extensions
    from actions.doors import store_of
    from queries.points import member_of
    from tables.scope import scope

    async with scope(role="hq_admin"):
        whose = extensions.Whose(
            member=await member_of(phone=named["phone"]) if "phone" in named else None,
            store=await store_of(code=named.get("store")),
            tag=await extensions.tag_named(name=named["tag"]) if "tag" in named else None,
        )
        done = await extensions.extend(
            form=str(uuid4()), whose=whose, first_on=days[0], last_on=days[1], good_until=days[2], reason=reason,
            business_date=today(),
        )  # fmt: skip
    cli_output.say(
        f"{done.points} points of {done.members} members ({done.lots} lots) are good through {days[2]}."
        if done.lots
        else "No points end on those days: nothing was extended."
    )


COMMANDS = (explain, settlement, forecast, extend)
