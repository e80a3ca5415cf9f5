"""The lists of the back office, answered in the stock panel's shape at the size of a whole chain.

The stock endpoints count every row, walk over all earlier pages and search with '%text%'. These answer the same requests:
counts are exact up to 10,000 and estimated beyond, a page costs the same at any depth, phones and names are found by
their indexes, and what would read a large table from end to end is refused with a sentence.
"""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import asyncpg

from actions.noting import note_export
from admin.lists_conditions import conditions
from admin.lists_counts import count
from admin.lists_output import shape, written
from admin.lists_pages import keys, page
from admin.lists_params import PAGE_SIZE, Ask, read, sound
from admin.lists_picker import picked
from admin.lists_refusals import not_found, too_broad
from admin.lists_values import BadValueError, comparable
from admin.lists_view import LIMITS, Limits, View, may_read, place
from admin.screens import Language, Screen
from tables.access import Role
from tables.scope import current

# The screen shows no more at once: who asks for more takes a file away.
LARGEST_SCREEN = 100
# Each request is planned for its own values, on one core, and is given up before a person would.
_OPENING = """
SELECT deed.stores() AS stores, (SELECT reltuples FROM pg_class WHERE oid = $1::text::regclass) AS held,
    set_config('statement_timeout', '4s', true), set_config('plan_cache_mode', 'force_custom_plan', true),
    set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)
"""


async def answer(
    *,
    screen: Screen,
    screens: Mapping[str, Screen],
    what: str,
    params: Sequence[tuple[str, str]],
    role: Role,
    language: Language,
    zone: ZoneInfo,
    limits: Limits = LIMITS,
) -> bytes:
    """The JSON body of `rows`, `count`, `ids` or the row whose key `what` is, as `role`, inside its open scope.

    `screens` by table name, for the words of foreign keys. Raises Refusal unknown_column, bad_value, bad_page, bad_order,
    too_broad (then the scope's transaction may be aborted), too_many or not_allowed (of files) or not_found.
    """
    if not may_read(tablename=screen.tablename, role=role):
        raise not_found()
    try:
        known = await current().fetch(_OPENING, f'"{screen.tablename}"')
        view = View(
            screen=screen, screens=screens, role=role, stores=tuple(known[0]["stores"]), held=known[0]["held"],
            language=language, zone=zone, limits=limits,
        )  # fmt: skip
        return written(content=await _answered(view=view, what=what, params=params), zone=zone)
    except asyncpg.QueryCanceledError as error:
        raise too_broad() from error


async def _answered(*, view: View, what: str, params: Sequence[tuple[str, str]]) -> object:
    if what == "rows":
        return {"rows": await _rows(view=view, params=params)}
    if what == "count":
        where = conditions(view=view, filters=read(view=view, params=params).filters)
        return {"count": await count(view=view, where=where), "page_size": PAGE_SIZE}
    if what == "ids":
        return await picked(view=view, params=params)
    return await _row(view=view, text=what, params=params)


async def _rows(*, view: View, params: Sequence[tuple[str, str]]) -> list[dict[str, object]]:
    ask = read(view=view, params=params)
    where = conditions(view=view, filters=ask.filters, newest=_newest(view=view, ask=ask))
    walk = await keys(view=view, where=where, ask=ask)
    found = await page(walk=walk, ask=ask)
    if found is None:
        return []
    wanted = shape(view=view, visible=ask.visible, readable=ask.readable)
    source = f"{found.keys} k JOIN {view.sql_name} t ON {place(view.key)} = k.key"
    records = await current().fetch(f"{wanted.select(source=source)} ORDER BY {walk.outer_order()}", *where.values)
    if len(records) > found.most:
        raise too_broad()
    if ask.size > LARGEST_SCREEN:
        await note_export(what=view.screen.tablename, file=f"{view.screen.tablename}.csv", rows=len(records))
    return wanted.rows(records=records)


def _newest(*, view: View, ask: Ask) -> int | None:
    """How many rows from the newest key on the page needs, where it is one of the first and in that order."""
    reach = ask.page * ask.size
    return reach if ask.order[0] == (view.key_name, True) and reach <= view.limits.deep else None


async def _row(*, view: View, text: str, params: Sequence[tuple[str, str]]) -> dict[str, object]:
    ask = read(view=view, params=params)
    try:
        value, kind = comparable(column=view.key, text=text, zone=view.zone)
    except BadValueError as error:
        raise not_found() from error
    if not sound(text=text):
        raise not_found()
    wanted = shape(view=view, visible=ask.visible, readable=ask.readable)
    found = wanted.select(source=f"{view.sql_name} t")
    record = await current().fetchrow(f"{found} WHERE {place(view.key)} = $1::{kind}", value)
    if record is None:
        raise not_found()
    return wanted.rows(records=[record])[0]
