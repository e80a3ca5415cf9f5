"""Budgets of messages: what those of a store, or of the whole chain, may cost in a month."""

from datetime import date
from decimal import Decimal, InvalidOperation

from rules.refusals import Refusal
from tables.scope import current

MOST = Decimal("9999999999.99")
_SET = """
INSERT INTO sms_budget (store, month, amount) VALUES ($1, $2, $3)
ON CONFLICT ((coalesce(store, 0)), (coalesce(month, '-infinity'))) DO UPDATE SET amount = excluded.amount
"""
_DROP = "DELETE FROM sms_budget WHERE store IS NOT DISTINCT FROM $1 AND month IS NOT DISTINCT FROM $2"


def budget_amount(*, text: str) -> Decimal | None:
    """Yuan as people type them: 1,500 or ¥1500.5 → Decimal; nothing → None. Raises Refusal bad_budget."""
    typed = (
        text.strip().replace(",", "").replace("，", "").removeprefix("¥").removeprefix("￥").removesuffix("元").strip()
    )
    if not typed:
        return None
    try:
        amount = Decimal(typed)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount <= MOST or amount != amount.quantize(Decimal("0.01")):
        raise Refusal(
            "bad_budget",
            "This is not a budget: write yuan from 0 up, with two decimals at most, such as 1500; leave it empty for no limit.",
            "预算金额不正确：请填不小于 0 的金额（元），最多两位小数，例如 1500；不限额请留空。",
        )
    return amount.quantize(Decimal("0.01"))


async def set_budget(*, store: int | None, month: date | None, amount: Decimal | None) -> None:
    """The budget of a store (id; None: of the chain) for a month (its first day; None: for every month without one of its
    own), in yuan; None takes it away. In a scope of role hq_admin. Raises Refusal unknown_store.
    """
    if store is not None and await current().fetchval("SELECT id FROM store WHERE id = $1", store) is None:
        raise Refusal("unknown_store", "There is no such store: load the page again.", "没有这家门店：请刷新页面。")
    if amount is None:
        await current().execute(_DROP, store, month)
    else:
        await current().execute(_SET, store, month, amount)
