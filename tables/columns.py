"""The column kinds that every table shares, so that no table forgets RESTRICT, an index or a precision."""

from decimal import Decimal
from typing import Any

from piccolo.columns import BigSerial, Date, ForeignKey, Numeric, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


def Key() -> BigSerial:  # noqa: N802 - stands where Piccolo's own column classes stand
    return BigSerial(primary_key=True)


def Refers(to: type[Table] | str, *, null: bool = False, index: bool = True, **kwargs: Any) -> ForeignKey[Any]:  # noqa: N802, ANN401
    """A foreign key that is never followed by a delete; `index=False` where a hand-made index leads with it."""
    return ForeignKey(
        to, null=null, default=None, on_delete=OnDelete.restrict, index=index, required=not null, **kwargs
    )


def Money(*, null: bool = False, default: Decimal | None = Decimal(0)) -> Numeric:  # noqa: N802
    return Numeric(digits=(12, 2), null=null, default=default)


def Quantity(*, null: bool = False, default: Decimal | None = Decimal(0)) -> Numeric:  # noqa: N802
    return Numeric(digits=(12, 3), null=null, default=default)


def Multiplier(*, default: Decimal = Decimal(1)) -> Numeric:  # noqa: N802
    return Numeric(digits=(6, 3), default=default)


def Day(*, null: bool = False, **kwargs: Any) -> Date:  # noqa: N802, ANN401
    """A calendar day without Piccolo's default of today: a forgotten day is an error."""
    return Date(null=null, default=None, **kwargs)


def At(*, null: bool = False, now: bool = False) -> Timestamptz:  # noqa: N802
    return Timestamptz(null=null, default=TimestamptzNow() if now else None)


def Words(*, null: bool = False, default: str | None = "", **kwargs: Any) -> Text:  # noqa: N802, ANN401
    return Text(null=null, default=default, **kwargs)
