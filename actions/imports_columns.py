"""The columns of an import file: their headings, how a cell is read, as what it is kept until its row is settled."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from actions.sheets_layout import SheetColumn
from rules.cells import parse_day, parse_int
from rules.refusals import Refusal

Reader = Callable[[str], object]

_WHITE = re.compile(r"[\t\r\n\v\f\u2028\u2029]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_COORDINATE = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{0,20})?")
_MICRO_DEGREE = Decimal("0.000001")


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """`kept_as` is the SQL type of what `read` makes of a cell that is not empty; an empty one is null."""

    name: str
    titles: tuple[str, ...]
    kept_as: str
    read: Reader
    required: bool = False

    def as_sheet_column(self) -> SheetColumn:
        return SheetColumn(name=self.name, titles=self.titles, required=self.required)


def words(*, longest: int) -> Callable[[str], str]:
    """A reader of one line of text; line breaks inside a cell become spaces."""

    def read(text: str) -> str:
        if text.isprintable() and len(text) <= longest:
            return text
        clean = _WHITE.sub(" ", text)
        if len(clean) > longest or _CONTROL.search(clean):
            raise Refusal(
                code="bad_text",
                en=f"The text has {len(clean)} characters or characters that cannot be shown: "
                f"write at most {longest}, without control characters.",
                zh=f"文字有 {len(clean)} 个字，或含有不可显示的字符：请填写最多 {longest} 个字，不含控制字符。",
            )
        return clean

    return read


def day(*, earliest: date | None = None, latest: date | None = None) -> Callable[[str], date]:
    """A reader of days within these limits, themselves included."""

    def read(text: str) -> date:
        found = parse_day(text)
        if latest is not None and found > latest:
            raise Refusal(
                code="future_day",
                en=f"{found} is in the future: write {latest} or an earlier day.",
                zh=f"{found} 在未来：请填写 {latest} 或更早的日期。",
            )
        if earliest is not None and found < earliest:
            raise Refusal(
                code="past_day",
                en=f"{found} has passed: write {earliest} or a later day.",
                zh=f"{found} 已过去：请填写 {earliest} 或更晚的日期。",
            )
        return found

    return read


def whole(*, most: int) -> Callable[[str], int]:
    """A reader of whole numbers from 0."""

    def read(text: str) -> int:
        number = parse_int(text)
        if not 0 <= number <= most:
            raise Refusal(
                code="bad_number",
                en=f"{number} will not do: write a whole number from 0 to {most}.",
                zh=f"{number} 不可用：请填写 0 到 {most} 的整数。",
            )
        return number

    return read


def not_negative(parse: Callable[[str], Decimal]) -> Callable[[str], Decimal]:
    """A reader of amounts or quantities from 0."""

    def read(text: str) -> Decimal:
        number = parse(text)
        if number < 0:
            raise Refusal(
                code="negative",
                en=f"{number} is below zero: write 0 or more.",
                zh=f"{number} 小于零：请填写不小于 0 的数。",
            )
        return number

    return read


def coordinate(*, limit: int) -> Callable[[str], Decimal]:
    """A reader of degrees from −limit to limit, kept to the millionth (a hand's breadth)."""

    def read(text: str) -> Decimal:
        degrees = Decimal(text).quantize(_MICRO_DEGREE) if _COORDINATE.fullmatch(text) else None
        if degrees is None or abs(degrees) > limit:
            raise Refusal(
                code="bad_coordinate",
                en=f"Not a coordinate: write decimal degrees from -{limit} to {limit}, such as 31.230416.",
                zh=f"不是坐标：请填写 -{limit} 到 {limit} 的十进制度数，例如 31.230416。",
            )
        return degrees

    return read


def place() -> tuple[Column, Column]:
    """The two columns of a place on the map."""
    return (
        Column(name="latitude", titles=("纬度",), kept_as="numeric(9,6)", read=coordinate(limit=90)),
        Column(name="longitude", titles=("经度",), kept_as="numeric(9,6)", read=coordinate(limit=180)),
    )
