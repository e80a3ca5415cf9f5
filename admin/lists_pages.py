"""Which keys a page shows. A page is named by its number alone, so the same number must show the same rows again.

Small sets and the first rows of large ones are paged by OFFSET. The rest of a large set, in the order of its key, is cut
into as many windows of equal width as pages are left: page n shows all rows whose key falls in its window. The windows
touch each other, so that no row is left out or shown twice, and finding one costs the same at any depth. How many rows a
window shows varies with the gaps between keys.
"""

from dataclasses import dataclass

from admin.lists_counts import bounded, count, estimate
from admin.lists_params import Ask
from admin.lists_refusals import too_broad
from admin.lists_view import View, Where, everything, place
from tables.scope import current

# A set is gathered whole, although only a page of it is shown, while it is this small: a walk along the keys would meet
# its rows seldom. Rows of a day lie together, and a walk would first pass those of all other days.
_GATHERED, _GATHERED_ALONG_TIME = 2_000, 50_000
# Keys that are looked at for the end of a filtered set.
_PROBED = 20_000
_HAS_INDEX = """
SELECT EXISTS (SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    JOIN pg_attribute k ON k.attrelid = i.indrelid AND k.attnum = i.indkey[0]
    WHERE i.indrelid = $1::text::regclass AND k.attname = $2 AND a.amname = 'btree' AND i.indisvalid AND i.indpred IS NULL)
"""


@dataclass(frozen=True, kw_only=True)
class Page:
    """`keys` is a subquery of one column `key`; more than `most` rows are too many to show."""

    keys: str
    most: int


@dataclass(frozen=True, kw_only=True)
class Keys:
    """How the keys of a set are read. `order` ends with the key itself."""

    view: View
    where: Where
    order: tuple[tuple[str, bool], ...]
    gathered: bool = False

    @property
    def by_key(self) -> bool:
        return len(self.order) == 1

    @property
    def descending(self) -> bool:
        return self.order[-1][1]

    def sql(self, *, limit: int, offset: int = 0, backwards: bool = False) -> str:
        """The subquery of `limit` keys after the first `offset` ones, or counted from the end."""
        turned = tuple((name, down != backwards) for name, down in self.order)
        limits = f"LIMIT {limit} OFFSET {offset}"
        if self.gathered:
            # OFFSET 0 keeps the planner from walking along the order in the hope of meeting the rows soon.
            columns = ", ".join(f"{self._place(name)} AS o{n}" for n, (name, _) in enumerate(turned))
            rows = f"SELECT {self._key} AS key, {columns} FROM {self._table} WHERE {self.where.sql()} OFFSET 0"
            order = ", ".join(f"o{n}{_down(down)}" for n, (_, down) in enumerate(turned))
            return f"(SELECT key FROM ({rows}) g ORDER BY {order} {limits})"
        order = ", ".join(f"{self._place(name)}{_down(down)}" for name, down in turned)
        if self.by_key and self.view.own_column is not None and len(self.view.stores) > 1 and not self.where.by_search:
            own = f't."{self.view.own_column}" = s.store'
            rows = f"SELECT {self._key} AS key FROM {self._table} WHERE {self.where.sql(own)} ORDER BY {order} LIMIT {limit + offset}"
            stores = f"(SELECT DISTINCT unnest({self.where.own}) AS store) s"
            return f"(SELECT k.key FROM {stores} CROSS JOIN LATERAL ({rows}) k ORDER BY k.key{_down(turned[-1][1])} {limits})"
        return f"(SELECT {self._key} AS key FROM {self._table} WHERE {self.where.sql()} ORDER BY {order} {limits})"

    def window(self, *, low: int, high: int, limit: int) -> str:
        """The subquery of the keys from `low` to `high`."""
        inside = f"{self._key} BETWEEN {low} AND {high}"
        return f"(SELECT {self._key} AS key FROM {self._table} WHERE {self.where.sql(inside)} LIMIT {limit})"

    def outer_order(self) -> str:
        return ", ".join(f"{self._place(name)}{_down(down)}" for name, down in self.order)

    @property
    def _key(self) -> str:
        return place(self.view.key)

    @property
    def _table(self) -> str:
        return f"{self.view.sql_name} t"

    def _place(self, name: str) -> str:
        return place(self.view.columns[name])


def _down(down: bool) -> str:  # noqa: FBT001  the word after a column
    return " DESC" if down else ""


async def keys(*, view: View, where: Where, ask: Ask) -> Keys:
    """The way through the set that its order, its filters and its size allow. Raises Refusal too_broad."""
    order = _with_key(view=view, order=ask.order)
    by_key = len(order) == 1
    if by_key and view.key.value_type is int:
        most = _GATHERED_ALONG_TIME if where.along_time else _GATHERED
        gathered = where.by_search or (where.filtered and await estimate(view=view, where=where) <= most)
        return Keys(view=view, where=where, order=order, gathered=gathered)
    small = await bounded(view=view, where=where, most=view.limits.exact + 1) <= view.limits.exact
    if not small:
        sortable = by_key or (len(order) == 2 and await _has_index(view=view, name=order[0][0]))  # noqa: PLR2004
        if not sortable or ask.page * ask.size > view.limits.deep:
            raise too_broad()
    return Keys(view=view, where=where, order=order, gathered=small)


async def page(*, walk: Keys, ask: Ask) -> Page | None:
    """The page that is asked for; None where there is surely nothing on it."""
    first_pages = walk.view.limits.deep // ask.size
    if ask.page > first_pages and walk.by_key and walk.view.key.value_type is int:
        return await _deep_page(walk=walk, ask=ask, first_pages=first_pages)
    return _exact_page(walk=walk, ask=ask)


def _exact_page(*, walk: Keys, ask: Ask) -> Page:
    return Page(keys=walk.sql(limit=ask.size, offset=(ask.page - 1) * ask.size), most=ask.size)


async def _deep_page(*, walk: Keys, ask: Ask, first_pages: int) -> Page | None:
    view = walk.view
    total = await count(view=view, where=walk.where)
    if total <= view.limits.exact:
        return _exact_page(walk=walk, ask=ask)
    pages, number = -(-total // ask.size) - first_pages, ask.page - first_pages
    ends = await _ends(walk=walk, offset=first_pages * ask.size)
    if ends is None or number > pages:
        return None
    window = cut(start=ends[0], end=ends[1], pages=pages, number=number)
    if window is None:
        return None
    most = max(view.limits.window, ask.size)
    return Page(keys=walk.window(low=window[0], high=window[1], limit=most + 1), most=most)


async def _ends(*, walk: Keys, offset: int) -> tuple[int, int] | None:
    """The key after the first `offset` ones and the last one, or one beyond it where only a long walk would tell: then
    the last windows are empty.
    """
    first = f"{walk.sql(limit=1, offset=offset)} AS first"
    if not walk.where.filtered:
        last = f"{walk.sql(limit=1, backwards=True)} AS last"
        found = await current().fetch(f"SELECT {first}, {last}", *walk.where.values)
        return None if found[0]["first"] is None else (found[0]["first"], found[0]["last"])
    start = await current().fetchval(f"SELECT {first}", *walk.where.values)
    return None if start is None else (start, await _probed_end(walk=walk, start=start))


async def _probed_end(*, walk: Keys, start: int) -> int:
    view, where = walk.view, walk.where
    way = Keys(view=view, where=everything(view=view), order=walk.order)
    last = f"{way.sql(limit=_PROBED, backwards=True)} k JOIN {view.sql_name} t ON {place(view.key)} = k.key"
    nearest = f"SELECT k.key FROM {last} WHERE {where.sql()} ORDER BY k.key{_down(not walk.descending)} LIMIT 1"
    end = await current().fetchval(nearest, *where.values)
    if end is None:
        beyond = f"SELECT {way.sql(limit=1, offset=_PROBED - 1, backwards=True)}"
        end = await current().fetchval(beyond, *way.where.values)
    return start if end is None else int(end)


def cut(*, start: int, end: int, pages: int, number: int) -> tuple[int, int] | None:
    """Lowest and highest key of window `number` (from 1) of `pages` equal ones from `start` to `end`, in either
    direction; None where there are fewer keys than windows and this one holds none.
    """
    width = abs(end - start) + 1
    near, far = (number - 1) * width // pages, number * width // pages
    if near == far:
        return None
    return (start - far + 1, start - near) if end <= start else (start + near, start + far - 1)


def _with_key(*, view: View, order: tuple[tuple[str, bool], ...]) -> tuple[tuple[str, bool], ...]:
    """What comes after the key sorts nothing; without the key, rows alike would have no order."""
    names = [name for name, _ in order]
    if view.key_name in names:
        return order[: names.index(view.key_name) + 1]
    return (*order, (view.key_name, order[-1][1] if order else True))


async def _has_index(*, view: View, name: str) -> bool:
    column = view.columns[name]._meta.db_column_name  # noqa: SLF001
    return bool(await current().fetchval(_HAS_INDEX, view.sql_name, column))
