"""What a cell of an import file means: money, quantities, days, instants, whole numbers, yes and no; and a cell going out.

Each takes the text as people and spreadsheets write it, and raises Refusal with the value and the remedy.
Files repeat their values, so each remembers what it has read.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from rules.refusals import Refusal

_WIDE = str.maketrans("０１２３４５６７８９．，－＋／：", "0123456789.,-+/:")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_MONEY = re.compile(r"[+-]?(?=\.?[0-9])[0-9]{0,10}(?:\.[0-9]{1,2}0*)?")
_QUANTITY = re.compile(r"[+-]?(?=\.?[0-9])[0-9]{0,9}(?:\.[0-9]{1,3}0*)?")
_WHOLE = re.compile(r"([+-]?[0-9]{1,18})(?:\.0+)?")
_DAY = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[ T]0{1,2}:00(?::00)?)?")
_CHINESE_DAY = re.compile(r"([0-9]{4})()年([0-9]{1,2})月([0-9]{1,2})日?")
_PACKED_DAY = re.compile(r"([0-9]{4})()([0-9]{2})([0-9]{2})")
_ISO_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:.]{5,15}(?:Z|[+-][0-9]{2}:?[0-9]{2})?")
_LOOSE_INSTANT = re.compile(r"([0-9]{4}([-/.])[0-9]{1,2}\2[0-9]{1,2})[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_YES = frozenset({"yes", "y", "是", "1", "true"})
_NO = frozenset({"no", "n", "否", "0", "false"})
_QUOTED = 40
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
# With which a spreadsheet begins a formula; a Chinese one takes the wide ones for the same (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def harmless(text: str) -> str:
    """The text for a cell of a CSV file: what a spreadsheet would take for a formula gets an apostrophe in front."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def parse_money(text: str) -> Decimal:
    """Yuan with at most 2 decimals, below 10 000 000 000 either side of zero. Raises Refusal `bad_money`."""
    return _money(text)


def parse_quantity(text: str) -> Decimal:
    """A quantity with at most 3 decimals, below 1 000 000 000 either side of zero. Raises Refusal `bad_quantity`."""
    return _quantity(text)


def parse_int(text: str) -> int:
    """A whole number of at most 18 digits. Raises Refusal `bad_number`."""
    return _int(text)


def parse_day(text: str) -> date:
    """A day, year first: 2017-03-01, 2017/3/1, 2017.3.1, 20170301 or 2017年3月1日. Raises Refusal `bad_day`."""
    return _day(text)


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """An aware instant; without an offset the text means local time in `zone`, a day alone its midnight.

    Takes 2017-01-01 11:53:26, 2017/1/1 11:53 and ISO 8601. Raises Refusal `bad_instant`.
    """
    return _instant(text, zone)


def parse_yes_no(text: str) -> bool:
    """Yes or no, in English, Chinese or as 1 and 0. Raises Refusal `bad_yes_no`."""
    return _yes_no(text)


@lru_cache(maxsize=65_536)
def _money(text: str) -> Decimal:
    plain = text if _MONEY.fullmatch(text) else _number_text(text.removeprefix("¥").removeprefix("￥"))
    if _MONEY.fullmatch(plain) is None:
        raise _refusal(
            code="bad_money",
            text=text,
            en="is not an amount: write yuan with at most 2 decimals, such as 99.90.",
            zh="不是金额：请填写元，最多两位小数，例如 99.90。",
        )
    return _exact(plain)


@lru_cache(maxsize=65_536)
def _quantity(text: str) -> Decimal:
    plain = text if _QUANTITY.fullmatch(text) else _number_text(text)
    if _QUANTITY.fullmatch(plain) is None:
        raise _refusal(
            code="bad_quantity",
            text=text,
            en="is not a quantity: write a number with at most 3 decimals, such as 1.25.",
            zh="不是数量：请填写数字，最多三位小数，例如 1.25。",
        )
    return _exact(plain)


@lru_cache(maxsize=65_536)
def _int(text: str) -> int:
    found = _WHOLE.fullmatch(text) or _WHOLE.fullmatch(_number_text(text))
    if found is None:
        raise _refusal(
            code="bad_number",
            text=text,
            en="is not a whole number: write digits only, such as 200.",
            zh="不是整数：请只填写数字，例如 200。",
        )
    return int(found[1])


@lru_cache(maxsize=16_384)
def _day(text: str) -> date:
    plain = text.translate(_WIDE).strip()
    found = _DAY.fullmatch(plain) or _CHINESE_DAY.fullmatch(plain) or _PACKED_DAY.fullmatch(plain)
    if found is not None and _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
        try:
            return date(int(found[1]), int(found[3]), int(found[4]))
        except ValueError:
            pass  # 30 February: told below like any other nonsense
    raise _refusal(
        code="bad_day",
        text=text,
        en="is not a date: write year, month and day, such as 2017-03-01, "
        "and format a spreadsheet's column as a date or as text.",
        zh="不是日期：请按年月日填写，例如 2017-03-01；表格中请把该列设为日期或文本格式。",
    )


@lru_cache(maxsize=65_536)
def _instant(text: str, zone: ZoneInfo) -> datetime:
    plain = text if _ISO_INSTANT.fullmatch(text) else text.translate(_WIDE).strip()
    try:
        found = _read_instant(plain)
    except (ValueError, Refusal):
        found = None
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise _refusal(
            code="bad_instant",
            text=text,
            en="is not a date and time: write it as 2017-01-01 11:53:26, "
            "and format a spreadsheet's column as a date with time or as text.",
            zh="不是日期时间：请写成 2017-01-01 11:53:26；表格中请把该列设为日期时间或文本格式。",
        )
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def _read_instant(plain: str) -> datetime | None:
    if _ISO_INSTANT.fullmatch(plain):
        return datetime.fromisoformat(plain)
    if found := _LOOSE_INSTANT.fullmatch(plain):
        day = _day(found[1])
        return datetime(day.year, day.month, day.day, int(found[3]), int(found[4]), int(found[5] or 0))  # noqa: DTZ001  the zone is given by the caller
    if _DAY.fullmatch(plain):
        return datetime.combine(_day(plain), datetime.min.time())
    return None


@lru_cache(maxsize=1_024)
def _yes_no(text: str) -> bool:
    word = text.translate(_WIDE).strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise _refusal(
        code="bad_yes_no",
        text=text,
        en="is neither yes nor no: write yes or no.",
        zh="既不是“是”也不是“否”：请填写“是”或“否”。",
    )


def _number_text(text: str) -> str:
    """The number as plain digits: full-width characters and correct thousands separators are forgiven."""
    plain = text.translate(_WIDE).strip()
    return plain.replace(",", "") if _THOUSANDS.fullmatch(plain) else plain


def _exact(plain: str) -> Decimal:
    number = Decimal(plain)
    # `-0.00` is what tills print for a void; a ledger knows one zero.
    return number or abs(number)


def _refusal(*, code: str, text: str, en: str, zh: str) -> Refusal:
    if not text.strip():
        return Refusal(code=code, en="The cell is empty: fill it in.", zh="单元格为空：请填写。")
    shown = text if len(text) <= _QUOTED else text[:_QUOTED] + "…"
    return Refusal(code=code, en=f"“{shown}” {en}", zh=f"“{shown}”{zh}")
