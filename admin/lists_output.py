"""Rows as the stock screen expects them: the same keys in the same order, the same forms of numbers and times."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from piccolo.columns import Column, ForeignKey

from admin.lists_view import View, may_read, place
from admin.screens import Words

UNSEEN = Words("（无权查看）", " (not yours to see)")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The names of a row, and the SQL of each over the aliases `t` and those of `joins`."""

    names: tuple[str, ...]
    places: tuple[str, ...]
    joins: tuple[str, ...]

    def select(self, *, source: str) -> str:
        """The statement over a FROM clause that already has `t`."""
        return f"SELECT {', '.join(self.places)} FROM {source} {' '.join(self.joins)}"

    def rows(self, *, records: Sequence[asyncpg.Record]) -> list[dict[str, object]]:
        return [dict(zip(self.names, record.values(), strict=True)) for record in records]


def shape(*, view: View, visible: frozenset[str] | None, readable: bool) -> Shape:
    """All columns in the table's order, or the visible ones; a foreign key's words stand before it, as in the stock."""
    names: list[str] = []
    places: list[str] = []
    joins: list[str] = []
    for name, column in view.columns.items():
        if visible is not None and name not in visible:
            continue
        if readable and isinstance(column, ForeignKey):
            words, join = _referred(view=view, column=column, alias=f"f{len(joins)}")
            names.append(f"{name}_readable")
            places.append(words)
            joins += join
        names.append(name)
        places.append(_shown(view=view, name=name, column=column))
    # PostgreSQL names two columns alike where ours are numbered: a record is read by position.
    return Shape(names=tuple(names), places=tuple(f"{sql} AS c{n}" for n, sql in enumerate(places)), joins=tuple(joins))


def words(*, view: View) -> str:
    """The SQL that names a row of the view's table."""
    return f"coalesce(({view.screen.readable})::text, {place(view.key)}::text)"


def written(*, content: object, zone: ZoneInfo) -> bytes:
    """JSON; instants with the zone's offset, decimals as text."""
    spell = partial(_spelled, zone=zone)
    return json.dumps(content, default=spell, ensure_ascii=False, separators=(",", ":")).encode()


def _shown(*, view: View, name: str, column: Column) -> str:
    if column._meta.secret:  # noqa: SLF001
        return "NULL"
    if name in view.hidden:
        return 't."phone_masked"' if view.holds_phones(name=name) else "NULL"
    return place(column)


def _referred(*, view: View, column: ForeignKey[Any], alias: str) -> tuple[str, list[str]]:
    """What names the row that a foreign key points at, by a join; its key alone where the caller may not see it."""
    table = column._foreign_key_meta.resolved_references  # noqa: SLF001
    target = column._foreign_key_meta.resolved_target_column  # noqa: SLF001
    name = str(table._meta.tablename)  # noqa: SLF001
    screen, own = view.screens.get(name), place(column)
    if screen is None:
        return f"coalesce({own}::text, '')", []
    unseen = f"CASE WHEN {own} IS NULL THEN '' ELSE {own}::text || '{UNSEEN.of(view.language)}' END"
    if not may_read(tablename=name, role=view.role):
        return unseen, []
    join = (
        f'LEFT JOIN (SELECT {place(target)} AS key, ({screen.readable})::text AS words FROM "{name}" t) {alias}'
        f" ON {alias}.key = {own}"
    )
    return f"CASE WHEN {alias}.key IS NULL THEN {unseen} ELSE coalesce({alias}.words, {own}::text) END", [join]


def _spelled(value: object, *, zone: ZoneInfo) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        try:
            return value.astimezone(zone).isoformat()
        except OverflowError:
            # PostgreSQL's infinity, at the end of the calendar.
            return value.isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)
