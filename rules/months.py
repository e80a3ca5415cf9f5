"""Months as people name them."""

import re
from datetime import date

from rules.refusals import Refusal

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


def named_month(*, text: str) -> date:
    """The first day of a month of this century: 2026-10 → 1 October 2026. Raises Refusal bad_month."""
    found = _MONTH.fullmatch(text.strip())
    if found is None:
        raise Refusal(
            code="bad_month",
            en="This is not a month: write year and month, such as 2026-10.",
            zh="月份格式不正确：请写成年-月，例如 2026-10。",
        )
    return date(int(found[1]), int(found[2]), 1)


def month_name(*, day: date) -> str:
    """The month of a day: 2026-10."""
    return f"{day:%Y-%m}"
