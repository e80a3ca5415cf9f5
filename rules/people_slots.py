"""What rows of the form of a rule are made of: kinds, their slots, and how texts in slots become values and texts again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal

from rules.segments_tree import Condition, Value

Names = Literal["tier", "store", "region", "tag", "category", "segment"]
Compares = Literal["", "amount", "date", "ranked", "word", "choice"]
OPERATORS: Mapping[Compares, tuple[str, ...]] = {
    "": (),
    "amount": (">=", "<=", ">", "<", "=", "between"),
    "date": (">=", "<=", ">", "<", "=", "between"),
    "ranked": ("=", ">=", "<=", "!=", "in"),
    "word": ("=", "!=", "in", "not in"),
    "choice": ("=", "!="),
}
LISTS = ("in", "not in")
_MOST = 3_660  # days, times


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """What is filled in. `before`, `after`: the words around it (zh, en). `names`: it is chosen from the names of these things;
    `choices`: from these (zh, en by what is stored). `optional`: it may stay empty. `only_between`: it is there between two.
    """

    kind: Literal["operator", "number", "date", "text", "choice"]
    before: tuple[str, str] = ("", "")
    after: tuple[str, str] = ("", "")
    default: str = ""
    names: Names | None = None
    choices: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    optional: bool = False
    only_between: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of row: `make` turns the texts of its slots into a condition, or raises ValueError; `read` turns a condition into
    those texts, None where it is of another kind. `compares`: which operators it has, its first slot then.
    """

    group: str
    zh: str
    en: str
    slots: tuple[Slot, ...]
    make: Callable[[Sequence[str]], Condition]
    read: Callable[[Condition], tuple[str, ...] | None]
    compares: Compares = ""


def number(text: str) -> Decimal:
    """1,000 → Decimal. Raises ValueError."""
    try:
        value = Decimal(text.replace(",", "").replace("，", "").strip())
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not value.is_finite():
        raise ValueError(text)
    return value


def count(text: str) -> int:
    """Days or times from 1 up. Raises ValueError."""
    value = number(text)
    if value != value.to_integral_value() or not 1 <= value <= _MOST:
        raise ValueError(text)
    return int(value)


def maybe(text: str) -> int | None:
    """`count`, or None for nothing. Raises ValueError."""
    return count(text) if text.strip() else None


def filled(text: str) -> str:
    """Text that is there. Raises ValueError."""
    if not text.strip():
        raise ValueError(text)
    return text.strip()


def listed(text: str) -> list[str]:
    """Names with commas between them."""
    return [name.strip() for name in text.replace("，", ",").replace("、", ",").split(",") if name.strip()]


def shown(value: Value | int | None) -> str:
    """A value as a slot holds it."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
