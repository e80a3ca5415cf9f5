"""The picker of a foreign key: the first rows of a table, or those that a search names."""

from collections.abc import Sequence

from admin.lists_members import by_name, by_number, by_tail, full_number, last_digits
from admin.lists_output import words
from admin.lists_pages import Keys
from admin.lists_params import LONGEST_TEXT, sound, whole
from admin.lists_refusals import TEXT, bad_value, too_broad
from admin.lists_text import like
from admin.lists_values import BadValueError, comparable
from admin.lists_view import View, Where, everything, place
from admin.screens import Words
from tables.scope import current

MOST = 50
# Above this a table's words are not searched: it is too large to read.
_READ_WHOLE = 50_000
_LAST = 10**9
# By what the rows of a large table are known beside their key.
_KNOWN_BY = {"purchase": "receipt_no"}
_SEARCH = Words("查找", "Search")


async def picked(*, view: View, params: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Keys with their words. Parameters: `search`, `limit` (at most 50 are given), `offset`."""
    given = dict(params)
    limit = min(whole(text=given.get("limit", str(MOST)), least=0, most=_LAST), MOST)
    offset = whole(text=given.get("offset", "0"), least=0, most=_LAST)
    if offset > view.limits.deep:
        raise too_broad()
    where = everything(view=view)
    text = given.get("search", "").strip()
    if len(text) > LONGEST_TEXT or not sound(text=text):
        raise bad_value(label=_SEARCH, hint=TEXT)
    if text:
        _search(view=view, where=where, text=text)
    walk = Keys(view=view, where=where, order=((view.key_name, False),), gathered=where.by_search)
    rows = await current().fetch(
        f"SELECT {place(view.key)} AS key, {words(view=view)} AS words"
        f" FROM {walk.sql(limit=limit, offset=offset)} k JOIN {view.sql_name} t ON {place(view.key)} = k.key ORDER BY 1",
        *where.values,
    )
    return {str(row["key"]): row["words"] for row in rows}


def _search(*, view: View, where: Where, text: str) -> None:
    if view.screen.tablename == "member":
        _search_members(view=view, where=where, text=text)
    elif view.held <= _READ_WHOLE:
        where.parts.append(like(where=where, held=words(view=view), text=text, match="contains"))
    else:
        _search_large(view=view, where=where, text=text)


def _search_members(*, view: View, where: Where, text: str) -> None:
    number, digits = full_number(text=text), last_digits(text=text)
    if number is not None:
        by_number(view=view, where=where, number=number)
    elif digits is not None and "phone" not in view.hidden:
        by_tail(view=view, where=where, digits=digits)
    else:
        by_name(view=view, where=where, text=text, match="contains")


def _search_large(*, view: View, where: Where, text: str) -> None:
    known = ["false"]
    try:
        value, kind = comparable(column=view.key, text=text.removeprefix("#"), zone=view.zone)
        known.append(f"{place(view.key)} = {where.bind(value, kind)}")
    except BadValueError:
        pass
    if view.screen.tablename in _KNOWN_BY:
        held_in = f't."{_KNOWN_BY[view.screen.tablename]}"'
        known.append(like(where=where, held=held_in, text=text, match="starts"))
    where.parts.append(f"({' OR '.join(known)})")
