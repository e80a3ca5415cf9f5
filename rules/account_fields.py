"""What is typed about an account at a gateway, read: columns by name, settings as key=value."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import time
from decimal import Decimal, InvalidOperation

from rules.accounts import CLASSES
from rules.cells import parse_day, parse_int
from rules.refusals import Refusal

NOTHING = "none"
_PRICE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,4})?")
_HOURS = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*[-–—~至到]\s*([0-9]{1,2}):([0-9]{2})")


def read_settings(*, given: Collection[str]) -> dict[str, object]:
    """Settings from `key=value` texts; every value stays a text. Raises Refusal bad_settings."""
    found: dict[str, object] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise Refusal(
                "bad_settings",
                f"“{key}” is not a setting: write KEY=VALUE.",
                f"“{key}”不是设置：请写成 名称=值。",
            )
        found[key.strip()] = value.strip()
    return found


def read_fields(*, typed: Mapping[str, str | bool | None]) -> dict[str, object]:
    """Columns of gateway_account from what was typed by the names of `_READERS` and of yes-or-no columns; what is None was
    not typed. Raises Refusal bad_number, bad_price, bad_hours, bad_class, bad_day.
    """
    fields: dict[str, object] = {}
    for name, text in typed.items():
        if isinstance(text, bool):
            fields[_COLUMNS.get(name, name)] = text
        elif text is not None and name == "hours":
            fields["opens"], fields["closes"] = _hours(text)
        elif text is not None:
            fields[_COLUMNS.get(name, name)] = _READERS[name](text)
    return fields


def _optional(read: Callable[[str], object]) -> Callable[[str], object]:
    return lambda text: None if text.strip().lower() == NOTHING else read(text)


def _price(text: str) -> Decimal:
    try:
        if _PRICE.fullmatch(text.strip()) is None:
            raise InvalidOperation
        return Decimal(text.strip())
    except InvalidOperation:
        raise Refusal(
            "bad_price",
            f"“{text}” is not a price: write yuan with at most 4 decimals, such as 0.045.",
            f"“{text}”不是价格：请填写元，最多四位小数，例如 0.045。",
        ) from None


def _small(text: str) -> int:
    number = parse_int(text)
    # What a column of 32 bits cannot hold is no number of anything here.
    return max(-1, min(number, 2**31 - 1))


def _classes(text: str) -> list[str]:
    wanted = [word.strip() for word in re.split(r"[,，、 ]+", text) if word.strip()]
    unknown = [word for word in wanted if word not in CLASSES]
    if unknown:
        raise Refusal(
            "bad_class",
            f"There is no class {', '.join(unknown)}: use {', '.join(CLASSES)}.",
            f"没有短信类别 {'、'.join(unknown)}：可用的有 {'、'.join(CLASSES)}。",
        )
    return [name for name in CLASSES if name in wanted]


def _hours(text: str) -> tuple[time | None, time | None]:
    if text.strip().lower() == NOTHING:
        return None, None
    found = _HOURS.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError(text)
        return time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    except ValueError:
        raise Refusal(
            "bad_hours",
            f"“{text}” are no hours: write them as 08:00-20:00, or {NOTHING}.",
            f"“{text}”不是时段：请写成 08:00-20:00，不限则写 {NOTHING}。",
        ) from None


_COLUMNS = {
    "licence": "licence_no", "failures": "failures_most", "retry": "retry_seconds", "international": "is_international",
}  # fmt: skip
_READERS: Mapping[str, Callable[[str], object]] = {
    "rate": _optional(_small), "priority": _small, "classes": _classes, "connections": _small, "opt_out_text": str.strip,
    "price": _price, "low_balance": _optional(_price), "licence": str.strip, "valid_until": _optional(parse_day),
    "failures": _small, "retry": _small,
}  # fmt: skip
