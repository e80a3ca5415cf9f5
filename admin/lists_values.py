"""A filter's text as the value its column compares with."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from piccolo.columns import (
    Array,
    BigInt,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    Numeric,
    Serial,
    SmallInt,
    Text,
    Timestamp,
    Timestamptz,
    Varchar,
)

from admin.lists_refusals import DAY, INSTANT, NOT_FILTERED, NUMBER, WHOLE, YES_NO
from admin.screens import Words

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,9})?")
_MOST = 2**63
_TRUE, _FALSE = {"true", "t", "1", "yes", "是"}, {"false", "f", "0", "no", "否"}
# Far from where a shift of zone or a day more leaves the calendar.
_FIRST_YEAR, _LAST_YEAR = 1000, 9000

WHOLE_COLUMNS = (Integer, BigInt, SmallInt, Serial)
TIME_COLUMNS = (Date, Timestamp, Timestamptz)
TEXT_COLUMNS = (Varchar, Text)


class BadValueError(ValueError):
    """The text is no value of the column; `hint` tells what would be one."""

    def __init__(self, hint: Words) -> None:
        super().__init__(hint.en)
        self.hint = hint


def comparable(*, column: Column, text: str, zone: ZoneInfo) -> tuple[object, str]:
    """Value and SQL type. A time without a zone is the shops'. Raises BadValueError."""
    if isinstance(column, ForeignKey):
        return (text, "text") if column.value_type is str else (_whole(text), "bigint")
    for kinds, parse, name in _KINDS:
        if isinstance(column, kinds):
            return parse(text), name
    if isinstance(column, Timestamptz):
        return _instant(text, zone), "timestamptz"
    raise BadValueError(NOT_FILTERED)


def whole_day(*, column: Column, text: str, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """First instant of a day and of the next one, where a column of instants is asked for a day."""
    if not isinstance(column, Timestamp | Timestamptz):
        return None
    try:
        day = _day(text)
    except BadValueError:
        return None
    first, then = (datetime(one.year, one.month, one.day) for one in (day, day + timedelta(days=1)))  # noqa: DTZ001
    return (first, then) if isinstance(column, Timestamp) else (first.replace(tzinfo=zone), then.replace(tzinfo=zone))


def innermost(*, column: Array) -> Column:
    """What the array, of whatever depth, is made of."""
    inner = column.base_column
    return innermost(column=inner) if isinstance(inner, Array) else inner


def _whole(text: str) -> int:
    if _INTEGER.fullmatch(text) is None or not -_MOST <= int(text) < _MOST:
        raise BadValueError(WHOLE)
    return int(text)


def _number(text: str) -> Decimal:
    if _DECIMAL.fullmatch(text) is None:
        raise BadValueError(NUMBER)
    return Decimal(text)


def _truth(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise BadValueError(YES_NO)
    return text.lower() in _TRUE


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadValueError(DAY) from error
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise BadValueError(DAY)
    return day


def _instant(text: str, zone: tzinfo) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadValueError(INSTANT) from error
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise BadValueError(INSTANT)
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _naive(text: str) -> datetime:
    return _instant(text, UTC).astimezone(UTC).replace(tzinfo=None)


_KINDS: tuple[tuple[tuple[type[Column], ...], Callable[[str], object], str], ...] = (
    (WHOLE_COLUMNS, _whole, "bigint"),
    ((Boolean,), _truth, "boolean"),
    ((Numeric,), _number, "numeric"),
    ((Date,), _day, "date"),
    ((Timestamp,), _naive, "timestamp"),
    (TEXT_COLUMNS, str, "text"),
)
