"""Rows of the form of a rule that compare a field of the language with values."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from rules.people_slots import LISTS, OPERATORS, Compares, Kind, Names, Slot, count, filled, listed, number, shown
from rules.segments_fields import SAID_UNITS, Field
from rules.segments_tree import Compare, Condition, Value

DAYS = ("天内", "days")
_DEFAULTS = {"yuan": "1000", "times": "3", "points": "100", "days": "30", "fold": "1.5", "place": "10", "hour": "18"}


def _compares(one: Field) -> Compares:
    if one.is_numeric:
        return "amount"
    if one.kind == "date":
        return "date"
    return "choice" if one.choices else "ranked" if one.ordered else "word"


def comparison(*, of: Field) -> Kind:
    """The row that compares a field with a value, two, or a list of names."""
    compares, dated = _compares(of), of.name == "expiring_points"
    return Kind(
        group=of.group, zh=of.zh[0], en=of.en[0][:1].upper() + of.en[0][1:], slots=_comparison_slots(of, compares, dated=dated),
        make=lambda values: _made(values, of, compares, dated=dated), read=lambda condition: _read(condition, of, compares, dated=dated),
        compares=compares,
    )  # fmt: skip


def _made(values: Sequence[str], one: Field, compares: Compares, *, dated: bool) -> Compare:
    operator: Any = values[0]
    texts = listed(values[1]) if operator in LISTS else values[1 : 3 if operator == "between" else 2]
    if operator not in OPERATORS[compares] or not texts:
        raise ValueError(operator)
    return Compare(
        field=one.name, operator=operator, values=tuple(_value(text, one) for text in texts), days=count(values[3]) if dated else None
    )  # fmt: skip


def _read(condition: Condition, one: Field, compares: Compares, *, dated: bool) -> tuple[str, ...] | None:
    if (
        not isinstance(condition, Compare)
        or condition.field != one.name
        or condition.operator not in OPERATORS[compares]
    ):
        return None  # fmt: skip
    texts = [shown(value) for value in condition.values]
    held = ("、".join(texts), "") if condition.operator in LISTS else (*texts, "")[:2]
    return (condition.operator, *held, *([shown(condition.days)] if dated else []))


def _comparison_slots(one: Field, compares: Compares, *, dated: bool) -> tuple[Slot, ...]:
    unit = SAID_UNITS.get(one.unit or "", ("", ""))
    words = (unit[0], unit[1].strip())
    default = _DEFAULTS.get(one.unit or "", "1") if one.is_numeric else ""
    names: Names | None = one.names
    if one.choices or names:
        value = Slot(kind="choice", names=names, choices=one.choices)
    else:
        typed: Any = "number" if one.is_numeric else "date" if one.kind == "date" else "text"
        value = Slot(kind=typed, after=words, default=default)
    second = Slot(kind=value.kind, before=("至", "and"), after=words, only_between=True, default=default)
    within = (Slot(kind="number", before=("在", "within"), after=DAYS, default="30"),) if dated else ()
    return (Slot(kind="operator", default=OPERATORS[compares][0]), value, second, *within)


def _value(text: str, one: Field) -> Value:
    if one.is_numeric:
        return number(text)
    return date.fromisoformat(text.strip()) if one.kind == "date" else filled(text)
