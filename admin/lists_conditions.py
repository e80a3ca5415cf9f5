"""Filters as SQL conditions over the alias `t`; what people typed is always bound, never written into a statement."""

from piccolo.columns import JSON, JSONB, Array, Column

from admin.lists_members import by_name, by_phone
from admin.lists_params import NULL_OPERATORS, Filter, Match
from admin.lists_refusals import COMPARISON, NOT_FILTERED, bad_value
from admin.lists_text import like
from admin.lists_values import TEXT_COLUMNS, TIME_COLUMNS, BadValueError, comparable, innermost, whole_day
from admin.lists_view import View, Where, everything, place

_COMPARED = {"e": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_NAMES = ("member", "name")


def conditions(*, view: View, filters: tuple[Filter, ...], newest: int | None = None) -> Where:
    """All filters together. `newest`: only so many rows from the end will be looked at, where that helps.
    Raises Refusal bad_value for a value that its column cannot be compared with.
    """
    where = everything(view=view)
    where.newest = newest if len(filters) == 1 and len(filters[0].values) == 1 else None
    for wanted in filters:
        column = view.columns[wanted.column]
        try:
            _add(view=view, where=where, column=column, wanted=wanted)
        except BadValueError as error:
            raise bad_value(label=view.label(name=wanted.column), hint=error.hint) from error
    return where


def _add(*, view: View, where: Where, column: Column, wanted: Filter) -> None:
    name = wanted.column
    if wanted.operator in NULL_OPERATORS:
        where.parts.append(_null(view=view, column=column, name=name, wanted=wanted.operator == "is_null"))
    elif view.holds_phones(name=name):
        if wanted.operator != "e":
            raise bad_value(label=view.label(name=name), hint=COMPARISON)
        for text in wanted.values:
            by_phone(view=view, where=where, text=text, match=wanted.match)
    elif name in view.hidden or isinstance(column, JSON | JSONB):
        raise BadValueError(NOT_FILTERED)
    else:
        for text in wanted.values:
            _compare(view=view, where=where, column=column, wanted=wanted, text=text)


def _null(*, view: View, column: Column, name: str, wanted: bool) -> str:
    held = place(column)
    if name in view.hidden:
        if not view.holds_phones(name=name):
            raise BadValueError(NOT_FILTERED)
        held = 't."phone_masked"'
    return f"{held} IS {'' if wanted else 'NOT '}NULL"


def _compare(*, view: View, where: Where, column: Column, wanted: Filter, text: str) -> None:
    if isinstance(column, Array):
        if wanted.operator != "e":
            raise BadValueError(COMPARISON)
        value, kind = comparable(column=innermost(column=column), text=text, zone=view.zone)
        where.parts.append(f"{where.bind(value, kind)} = ANY ({place(column)})")
    elif isinstance(column, TEXT_COLUMNS):
        _compare_text(view=view, where=where, column=column, wanted=wanted, text=text)
    else:
        _compare_value(view=view, where=where, column=column, wanted=wanted, text=text)


def _compare_text(*, view: View, where: Where, column: Column, wanted: Filter, text: str) -> None:
    chosen = wanted.column in view.screen.choices
    if wanted.operator not in ({"e", "ne"} if chosen else {"e"}):
        raise BadValueError(COMPARISON)
    match: Match = "exact" if chosen else wanted.match
    if (view.screen.tablename, wanted.column) == _NAMES:
        by_name(view=view, where=where, text=text, match=match, newest=where.newest)
    elif match == "exact":
        where.parts.append(f"{place(column)} {_COMPARED[wanted.operator]} {where.bind(text, 'text')}")
    elif text:
        where.parts.append(like(where=where, held=place(column), text=text, match=match))


def _compare_value(*, view: View, where: Where, column: Column, wanted: Filter, text: str) -> None:
    held, operator = place(column), wanted.operator
    where.along_time = where.along_time or isinstance(column, TIME_COLUMNS)
    if text.lower() == "null":
        if operator not in {"e", "ne"}:
            raise BadValueError(COMPARISON)
        where.parts.append(f"{held} IS {'' if operator == 'e' else 'NOT '}NULL")
        return
    day = whole_day(column=column, text=text, zone=view.zone)
    if day is None:
        value, kind = comparable(column=column, text=text, zone=view.zone)
        where.parts.append(f"{held} {_COMPARED[operator]} {where.bind(value, kind)}")
        return
    kind = comparable(column=column, text=text, zone=view.zone)[1]
    first, then = day
    if operator in {"e", "ne"}:
        inside = f"({held} >= {where.bind(first, kind)} AND {held} < {where.bind(then, kind)})"
        where.parts.append(inside if operator == "e" else f"NOT {inside}")
    else:
        sign, at = {"lt": ("<", first), "lte": ("<", then), "gt": (">=", then), "gte": (">=", first)}[operator]
        where.parts.append(f"{held} {sign} {where.bind(at, kind)}")
