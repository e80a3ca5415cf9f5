"""Members: taken from a file."""

from datetime import date, timedelta
from pathlib import Path

from actions.imports import ImportReport, Progress, require_program, silent
from actions.imports_settle import import_file
from actions.members_columns import member_columns, unknown_store
from actions.members_plan import member_plan
from config.settings import settings
from rules.calendar import quarter_end
from rules.refusals import Refusal
from rules.suppression import hmac_pads
from tables.scope import Connection, scope


async def import_members(
    *,
    path: Path,
    dry_run: bool,
    today: date,
    consent_source: str | None,
    store: str | None = None,
    progress: Progress = silent,
) -> ImportReport:
    """Creates the members of a file and overwrites known ones (by phone) with what it says.

    Opens balances, grants tiers to the end of the next quarter, adds tags, keeps consents. `store` is the home of new
    members whose row names none.

    Raises Refusal: `no_program`, `unknown_store`, `consent_source_needed`, and what `open_sheet` refuses.
    """
    await require_program()
    async with scope(role="job") as connection:
        stores = dict(map(tuple, await connection.fetch("SELECT code, id FROM store")))
        tiers = await connection.fetch("SELECT name, id, rank FROM tier ORDER BY rank")
        points_expire_on = await connection.fetchval("SELECT deed.last_good_day($1, p) FROM points_policy p", today)
        # Where nights are behind, the next one to come must already find the rank given.
        moved_on = await connection.fetchval("SELECT least($1::date - 1, deed.last_closed() + 1)", today)
    if store is not None and store not in stores:
        raise unknown_store(code=store)
    next_quarter = quarter_end(day=today) + timedelta(days=1)
    plan = member_plan(
        columns=member_columns(
            today=today, stores=stores, tiers={name: None if rank == 1 else key for name, key, rank in tiers}
        ),
        terms={
            "today": ("date", today),
            "moved_on": ("date", moved_on),
            "home_store": ("bigint", stores[store] if store is not None else None),
            "base_tier": ("bigint", tiers[0]["id"]),
            "granted_until": ("date", quarter_end(day=next_quarter)),
            "points_expire_on": ("date", points_expire_on),
            "consent_source": ("text", consent_source or None),
            "pads": ("bytea[]", hmac_pads(secret=settings().secret)),
        },
        inspect=_consents_have_a_source,
    )
    return await import_file(plan=plan, path=path, dry_run=dry_run, progress=progress)


async def _consents_have_a_source(connection: Connection) -> None:
    """A consent without its source could not be proven, and left out in silence it would be lost."""
    if await connection.fetchval(
        "SELECT EXISTS (SELECT FROM file_row, terms WHERE marketing_consent AND consent_source IS NULL)"
    ):
        raise Refusal(
            code="consent_source_needed",
            en="The file holds consents to marketing messages: name where they were given with --consent-source, "
            "or remove the column. Nothing was imported.",
            zh="文件中有短信营销授权：请用 --consent-source 说明授权来源，或删除该列。未导入任何内容。",
        )
