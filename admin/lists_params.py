"""What a list is asked for: the screen's query parameters, read once and refused where they make no sense."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from piccolo.columns import JSON, JSONB

from admin.lists_refusals import (
    TEXT,
    bad_order,
    bad_page,
    bad_setting,
    bad_value,
    unknown_column,
)
from admin.lists_view import View

Operator = Literal["e", "ne", "lt", "lte", "gt", "gte", "is_null", "not_null"]
Match = Literal["contains", "exact", "starts", "ends"]
OPERATORS = ("e", "ne", "lt", "lte", "gt", "gte", "is_null", "not_null")
MATCHES = ("contains", "exact", "starts", "ends")
NULL_OPERATORS = ("is_null", "not_null")

PAGE_SIZE = 15
LARGEST_PAGE_SIZE = 1000
LAST_PAGE = 10**9
LONGEST_TEXT = 200
MOST_ORDERS = 5
# The screen's own settings that change nothing here.
_IGNORED = {"__range_header", "__range_header_name"}
_TRUE, _FALSE = {"true", "t", "1"}, {"false", "f", "0"}
_WHOLE = re.compile(r"-?[0-9]{1,12}")


@dataclass
class Filter:
    """What is asked of one column; several values must all hold."""

    column: str
    operator: Operator = "e"
    match: Match = "contains"
    values: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """`order`: columns, True where they descend; the key is not added yet. `visible`: None for all columns."""

    filters: tuple[Filter, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    page: int = 1
    size: int = PAGE_SIZE
    readable: bool = False
    visible: frozenset[str] | None = None


def whole(*, text: str, least: int, most: int) -> int:
    """A setting that is a whole number. Raises Refusal bad_page."""
    if _WHOLE.fullmatch(text) is None or not least <= int(text) <= most:
        raise bad_page()
    return int(text)


def sound(*, text: str) -> bool:
    """Whether PostgreSQL can hold the text."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def read(*, view: View, params: Sequence[tuple[str, str]]) -> Ask:
    """The parameters in any order; of a setting given twice the last one counts, sort columns are joined."""
    settings: dict[str, str] = {}
    filters: dict[str, Filter] = {}
    for key, value in params:
        if key.startswith("__"):
            before = settings.get(key)
            settings[key] = f"{before},{value}" if key in {"__order", "__visible_fields"} and before else value
        else:
            _read_filter(view=view, filters=filters, key=key, value=value)
    if not settings.keys() <= {"__order", "__page", "__page_size", "__readable", "__visible_fields"} | _IGNORED:
        raise unknown_column()
    return Ask(
        filters=tuple(one for one in filters.values() if one.values or one.operator in NULL_OPERATORS),
        order=_order(view=view, text=settings.get("__order", "")),
        page=whole(text=settings.get("__page", "1"), least=1, most=LAST_PAGE),
        size=whole(text=settings.get("__page_size", str(PAGE_SIZE)), least=1, most=LARGEST_PAGE_SIZE),
        readable=_flag(text=settings.get("__readable", "false")),
        visible=_visible(view=view, text=settings.get("__visible_fields")),
    )


def _read_filter(*, view: View, filters: dict[str, Filter], key: str, value: str) -> None:
    name, _, kind = key.removesuffix("[]").partition("__")
    column = view.columns.get(name)
    if column is None or column._meta.secret or kind not in {"", "operator", "match"}:  # noqa: SLF001
        raise unknown_column()
    wanted = filters.setdefault(name, Filter(column=name))
    if kind == "operator":
        if value not in OPERATORS:
            raise bad_setting()
        wanted.operator = cast("Operator", value)
    elif kind == "match":
        if value not in MATCHES:
            raise bad_setting()
        wanted.match = cast("Match", value)
    else:
        text = value.strip()
        if len(text) > LONGEST_TEXT or not sound(text=text):
            raise bad_value(label=view.label(name=name), hint=TEXT)
        wanted.values.append(text)


def _order(*, view: View, text: str) -> tuple[tuple[str, bool], ...]:
    """The screen's own order where none is asked for, and by key where the screen names no column of the table."""
    if not text:
        name = view.screen.order.removeprefix("-")
        known = name in view.columns and name not in view.hidden
        return ((name, view.screen.order.startswith("-")),) if known else ((view.key_name, True),)
    wanted: dict[str, bool] = {}
    for part in text.split(","):
        name = part.removeprefix("-")
        column = view.columns.get(name)
        if column is None or column._meta.secret or name in view.hidden or isinstance(column, JSON | JSONB):  # noqa: SLF001
            raise bad_order()
        wanted.setdefault(name, part.startswith("-"))
    if len(wanted) > MOST_ORDERS:
        raise bad_order()
    return tuple(wanted.items())


def _visible(*, view: View, text: str | None) -> frozenset[str] | None:
    if text is None:
        return None
    names = frozenset(text.split(","))
    if not names <= view.columns.keys():
        raise unknown_column()
    return names


def _flag(*, text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise bad_setting()
    return text.lower() in _TRUE
