"""The values in a rule of segments: what a number, a date or a name may be for the field that it is compared with."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from re import findall

from lark import Token

from rules.refusals import Refusal
from rules.segments_fields import SAID_UNITS, UNITS, Field
from rules.segments_refusals import nearest, refused
from rules.segments_tree import Value

LONGEST_DAYS = 3_660
_LONGEST_NAME = 200
_LONGEST_NUMBER = 20
_MOST_DECIMALS = 4
_THOUSANDS = {"千": 1_000, "万": 10_000}


@dataclass(frozen=True, kw_only=True, slots=True)
class Amount:
    """A number with its unit as they are written."""

    number: Token
    unit: Token | None = None

    @property
    def place(self) -> int:
        """Where it stands, from 1."""
        return place_of(token=self.number)


def place_of(*, token: Token) -> int:
    """Where a token stands, from 1."""
    return (token.start_pos or 0) + 1


def name_of(*, token: Token) -> str:
    """A name as it is written. Refusal bad_name."""
    name = str(token).strip()
    if not name or len(name) > _LONGEST_NAME:
        raise refused(code="bad_name", place=place_of(token=token), found=name,
            en=f"is no name: write one of at most {_LONGEST_NAME} characters",
            zh=f"不是名称：请填写不超过 {_LONGEST_NAME} 个字的名称")  # fmt: skip
    return name


def amount_of(*, amount: Amount, unit: str | None, low: int, high: int, whole: bool = True) -> Decimal:
    """The number in terms of `unit`, from `low` to `high`. Refusals bad_unit, bad_number."""
    number = _number(amount) * _factor(amount, unit)
    if whole and number != int(number):
        raise _no(amount, en="must be a whole number", zh="应为整数")
    if not low <= number <= high:
        raise _no(amount, en=f"must be from {low} to {high}", zh=f"应在 {low} 到 {high} 之间")
    return number


def days_of(*, amount: Amount, high: int = LONGEST_DAYS) -> int:
    """A number of days; weeks have 7, months 30, years 365. Refusals bad_unit, bad_number."""
    return int(amount_of(amount=amount, unit="days", low=1, high=high))


def value_of(*, field: Field, written: Amount | Token) -> tuple[Value, int]:
    """What is written, as a value of a field, and its place. Refusals wrong_kind, bad_number, bad_unit, bad_date, bad_name."""
    if isinstance(written, Amount):
        if field.is_numeric:
            number = amount_of(amount=written, unit=field.unit, low=field.low, high=field.high, whole=field.whole)
            return number, written.place
        if field.kind == "text" and written.unit is None:
            return name_of(token=written.number), written.place
        raise _wrong_kind(field, written.number)
    place = place_of(token=written)
    if (written.type == "DATE") != (field.kind == "date") or field.is_numeric:
        raise _wrong_kind(field, written)
    if field.kind == "date":
        return _date(written), place
    return (_choice(field, written) if field.kind == "choice" else name_of(token=written)), place


def _number(amount: Amount) -> Decimal:
    text = str(amount.number).replace(",", "")
    factor = _THOUSANDS.get(text[-1], 1)
    digits = text.rstrip("千万")
    if len(digits) > _LONGEST_NUMBER or len(digits.partition(".")[2]) > _MOST_DECIMALS:
        raise _no(
            amount,
            en=f"is too long: write at most {_LONGEST_NUMBER} signs and {_MOST_DECIMALS} decimals",
            zh=f"位数过多：最多 {_LONGEST_NUMBER} 位，其中小数最多 {_MOST_DECIMALS} 位",
        )
    return Decimal(digits) * factor


def _factor(amount: Amount, unit: str | None) -> int:
    if amount.unit is None:
        return 1
    counts = UNITS[str(amount.unit)]
    if unit is None or unit not in counts:
        zh, en = SAID_UNITS[unit or "weekday"]
        raise refused(code="bad_unit", place=place_of(token=amount.unit), found=str(amount.unit),
            en="is not the unit here: " + (f"write {en.strip()}" if en else "write the number alone"),
            zh="单位不对：" + (f"请写“{zh}”" if zh else "请只写数字"))  # fmt: skip
    return counts[unit]


def _no(amount: Amount, *, en: str, zh: str) -> Refusal:
    return refused(
        code="bad_number",
        place=amount.place,
        found=str(amount.number),
        en=f"{en}: write another number",
        zh=f"{zh}：请修改",
    )


def _date(token: Token) -> date:
    year, month, day = (int(part) for part in findall(r"[0-9]+", str(token)))
    try:
        return date(year, month, day)
    except ValueError as error:
        raise refused(code="bad_date", place=place_of(token=token), found=str(token),
            en="is no day of the calendar: write one such as 2026-01-31",
            zh="不是日历上的日期：请写成 2026-01-31 的样子") from error  # fmt: skip


def _choice(field: Field, token: Token) -> str:
    words = {word: stored for stored, both in field.choices.items() for word in (stored, *both)}
    word = str(token).strip()
    if word.lower() not in words:
        near = nearest(word=word, among=words) or next(iter(words))
        zh = "、".join(both[0] for both in field.choices.values())
        en = ", ".join(both[1] for both in field.choices.values())
        raise refused(code="unknown_choice", place=place_of(token=token), found=word,
            en=f"is no {field.en[0]}: did you mean “{near}”? There are {en}",
            zh=f"不是{field.zh[0]}的取值：是否想写“{near}”？可选：{zh}")  # fmt: skip
    return words[word.lower()]


def _wrong_kind(field: Field, token: Token) -> Refusal:
    wanted = {
        "number": ("一个数字，如 3", "a number such as 3"), "money": ("一个金额，如 1000", "an amount such as 1000"),
        "date": ("一个日期，如 2026-01-31", "a date such as 2026-01-31"), "choice": ("一个选项", "one of its choices"),
        "text": ("带引号的名称", "a name in quotes"),
    }[field.kind]  # fmt: skip
    return refused(code="wrong_kind", place=place_of(token=token), found=str(token),
        en=f"cannot be compared with {field.en[0]}: write {wanted[1]}", zh=f"不能与“{field.zh[0]}”比较：请写{wanted[0]}")  # fmt: skip
