"""Reading the values of a program file: each refusal names the place, the value and the remedy."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import NoReturn

from rules.refusals import Refusal

_BIGGEST_WHOLE = 1_000_000_000
_QUOTED = 60
_MOST_DIGITS = 28
# PostgreSQL cannot store NUL; the others only hide what stands there.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a decimal may be: from `low` (itself too, unless `above_low`) to `high`, with so many `decimals`."""

    low: Decimal
    high: Decimal
    decimals: int
    above_low: bool = False

    def allow(self, *, number: Decimal) -> bool:
        over = number > self.low if self.above_low else number >= self.low
        return over and number <= self.high

    def words(self) -> tuple[str, str]:
        en, zh = ("more than", "大于") if self.above_low else ("at least", "不小于")
        return (
            f"write a number {en} {self.low}, at most {self.high}, with at most {self.decimals} decimals",
            f"请填写{zh} {self.low}、不超过 {self.high}、最多 {self.decimals} 位小数的数字",
        )


def refuse(*, place: str, en: str, zh: str) -> NoReturn:
    """Refuse the program because of what stands at `place`."""
    raise Refusal(code="bad_program", en=f"{place}: {en}.", zh=f"{place}：{zh}。")


@dataclass(frozen=True, kw_only=True, slots=True)
class Fields:
    """One table of the file and the place where it stands, such as `tiers[2]` (counted from 1)."""

    place: str
    values: Mapping[str, object]

    def at(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key

    def refuse(self, *, key: str, en: str, zh: str) -> NoReturn:
        """Refuse the value of `key`, quoting it."""
        shown = repr(self.values.get(key))[:_QUOTED]
        refuse(place=self.at(key), en=f"{shown} will not do: {en}", zh=f"{shown} 不可用：{zh}")

    def check_keys(self, *, known: Iterable[str]) -> None:
        names = list(known)
        for key in self.values:
            if key not in names:
                near = get_close_matches(key, names, n=1)
                refuse(
                    place=self.at(key),
                    en="there is no such key: " + (f"did you mean {near[0]}?" if near else f"use {', '.join(names)}"),
                    zh="没有这个键：" + (f"是否想写 {near[0]}？" if near else f"可用的有 {'、'.join(names)}"),
                )

    def require(self, *, keys: Iterable[str]) -> None:
        for key in keys:
            if key not in self.values:
                refuse(place=self.at(key), en="it is missing: add it", zh="缺少此项：请补上")

    def whole(self, *, key: str, low: int, high: int = _BIGGEST_WHOLE) -> int:
        number = self.values[key]
        if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < len(str(high)) + 1:
            number = int(number)
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
            self.refuse(
                key=key,
                en=f"write a whole number from {low} to {high}, without a decimal point",
                zh=f"请填写 {low} 到 {high} 的整数，不带小数点",
            )
        return number

    def decimal(self, *, key: str, limits: Limits) -> Decimal:
        number = _as_decimal(self.values[key])
        if number is None or not limits.allow(number=number) or _decimals(number) > limits.decimals:
            en, zh = limits.words()
            self.refuse(key=key, en=en, zh=zh)
        return number or abs(number)  # one zero, not two

    def name(self, *, key: str, longest: int) -> str:
        name = self.values[key]
        clean = name.strip() if isinstance(name, str) else ""
        if not clean or len(clean) > longest or _CONTROL.search(clean) or "\n" in clean:
            self.refuse(
                key=key,
                en=f"write one line of 1 to {longest} characters",
                zh=f"请填写一行 1 到 {longest} 个字的文字",
            )
        return clean

    def words(self, *, key: str, longest: int) -> str:
        words = self.values[key]
        if not isinstance(words, str) or len(words) > longest or _CONTROL.search(words):
            self.refuse(
                key=key,
                en=f"write a text of at most {longest} characters, without control characters",
                zh=f"请填写不超过 {longest} 个字的文字，不含控制字符",
            )
        return words.strip()

    def choice(self, *, key: str, among: Iterable[str]) -> str:
        words = list(among)
        word = self.values[key]
        if not isinstance(word, str) or word not in words:
            self.refuse(key=key, en=f"write one of {', '.join(words)}", zh=f"请填写其中之一：{'、'.join(words)}")
        return word

    def yes_no(self, *, key: str) -> bool:
        answer = self.values[key]
        if not isinstance(answer, bool):
            self.refuse(key=key, en="write true or false", zh="请填写 true 或 false")
        return answer

    def days(self, *, key: str, high: int) -> tuple[int, ...]:
        days = self.values[key]
        clean = [day for day in days if type(day) is int and 0 < day <= high] if isinstance(days, list | tuple) else []
        if not isinstance(days, list | tuple) or len(clean) != len(days) or len(set(clean)) != len(clean):
            self.refuse(
                key=key,
                en=f"write a list of different whole numbers of days from 1 to {high}, such as [15, 3]",
                zh=f"请填写一组互不相同的天数（1 到 {high} 的整数），例如 [15, 3]",
            )
        return tuple(clean)

    def names(self, *, key: str, longest: int) -> tuple[str, ...]:
        """Different names in order; an empty list is none."""
        names = self.values[key]
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            self.refuse(key=key, en='write a list of texts, such as ["A", "B"]', zh='请填写一组文字，例如 ["A", "B"]')
        each = Fields(place=self.place, values={f"{key}[{at}]": name for at, name in enumerate(names, start=1)})
        clean = [each.name(key=at, longest=longest) for at in each.values]
        if len(set(clean)) != len(clean):
            self.refuse(key=key, en="a name stands there twice: keep one", zh="有重复的名称：请只保留一个")
        return tuple(sorted(clean))

    def day(self, *, key: str) -> date:
        day = self.values[key]
        if type(day) is not date:  # an instant is a date too, to Python
            self.refuse(
                key=key,
                en="write a date without quotes, such as 2026-03-01",
                zh="请填写日期（不加引号），例如 2026-03-01",
            )
        return day

    def tables(self, *, key: str, such_as: str | None = None) -> list["Fields"]:
        """The tables of a list, each with its place; `such_as` shows how to write them where that is not [[key]]."""
        rows = self.values.get(key, [])
        if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
            how = such_as or f"[[{key}]]"
            self.refuse(key=key, en=f"write each one as a table: {how}", zh=f"请把每一项写成表：{how}")
        return [Fields(place=f"{self.at(key)}[{position}]", values=row) for position, row in enumerate(rows, start=1)]


def _as_decimal(value: object) -> Decimal | None:
    """The number as it was written: a float of TOML through its text, so that 1.5 is exactly 1.5."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        return None
    # What is longer than the working precision would be rounded before it is judged.
    fits = number.is_finite() and abs(number.adjusted()) < _MOST_DIGITS and len(number.as_tuple().digits) < _MOST_DIGITS
    return number if fits else None


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
