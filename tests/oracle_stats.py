"""A member's totals in plain Python, by the business date of each receipt itself."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tests.oracle_ledger import DAY, Member, quarter_end, quarter_first

Totals = tuple[date | None, date | None, int, Decimal, Decimal | None, date | None, Decimal, Decimal]


def totals(member: Member) -> Totals:
    """First and last sale, sales, spend, days between sales, the quarter and what was spent in it and in the one before."""
    sales = [day for kind, day, _ in member.spends if kind == "sale"]
    first, last = min(sales, default=None), max(sales, default=None)
    average = None
    if first and last and len(sales) > 1:
        average = (Decimal((last - first).days) / (len(sales) - 1)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    this = before = Decimal(0)
    if member.quarter:
        this = _spent(member, member.quarter)
        before = _spent(member, quarter_first(member.quarter - DAY))
    spend = sum((amount for _, _, amount in member.spends), Decimal(0))
    return first, last, len(sales), spend, average, member.quarter, this, before


def _spent(member: Member, first: date) -> Decimal:
    last = quarter_end(first)
    return sum((amount for _, day, amount in member.spends if first <= day <= last), Decimal(0))
