"""Refunds, as a form, a till or a file sends them. What they move is stated in tables/sql/refunds.sql."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import asyncpg

from actions.purchases import AHEAD, MOST_LINES, MOST_MONEY, MOST_QUANTITY, fits, receipt_number
from actions.rights import rights_refused
from rules.calendar import business_date
from rules.refusals import Refusal
from tables.scope import current

_RECORD = """
SELECT r.* FROM (SELECT array_agg(p.id ORDER BY l.nr) AS products, array_agg(c.id ORDER BY l.nr) AS categories,
        array_agg(l.quantity ORDER BY l.nr) AS quantities, array_agg(l.amount ORDER BY l.nr) AS amounts,
        coalesce(bool_or(l.sku IS NOT NULL AND p.id IS NULL OR l.sku IS NULL AND l.category IS NOT NULL AND c.id IS NULL), false) AS strange
    FROM unnest($8::text[], $9::text[], $10::numeric[], $11::numeric[]) WITH ORDINALITY AS l(sku, category, quantity, amount, nr)
    LEFT JOIN product p ON p.sku = l.sku LEFT JOIN category c ON c.name = l.category AND l.sku IS NULL) asked
CROSS JOIN LATERAL deed.refund_record($1, $2, $3, $4, $5, $6, $7, products, categories, quantities,
    CASE WHEN strange THEN array_fill(9999999999.99, ARRAY[cardinality(amounts)]) ELSE amounts END, $12, coalesce(deed.staff(), $13)) r
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundLine:
    """What is brought back: of a product, else of a category, else of the lines that named neither. `amount` > 0 in yuan;
    without a `quantity` it follows the amount.
    """

    sku: str | None = None
    category: str | None = None
    quantity: Decimal | None = None
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Refunded:
    """A refund (id of its purchase row) of `amount` yuan: points taken back of what the sale had earned, points restored of
    what was spent on it. `member` None: an anonymous sale. `known`: it had been recorded before.
    """

    refund: int
    member: int | None
    amount: Decimal
    taken_back: int
    restored: int
    known: bool


async def record_refund(
    *, store: int, refund_no: str, sold_at: int, receipt_no: str, refunded_at: datetime, zone: ZoneInfo, now: datetime,
    amount: Decimal | None = None, lines: Sequence[RefundLine] = (), source: str = "form", staff: int | None = None,
) -> Refunded:  # fmt: skip
    """Takes back an amount of a sale, or lines of it, else all that is left. `sold_at` is the sale's store (id), `store` the
    one that refunds. The same number again is known: it must say the same.

    Raises Refusal bad_receipt, future_date, bad_amount, bad_quantity, unknown_receipt, refund_exceeds, conflict,
    foreign_store, not_allowed.
    """
    number, sale = receipt_number(refund_no), receipt_number(receipt_no)
    if refunded_at > now + AHEAD:
        raise refused("future_date")
    check_refund(amount=amount, lines=lines)
    row = await _record(
        store, number, sold_at, sale, refunded_at, business_date(at=refunded_at, zone=zone), amount,
        [(line.sku or "").strip() or None for line in lines], [(line.category or "").strip() or None for line in lines],
        [line.quantity for line in lines], [line.amount for line in lines], source, staff,
    )  # fmt: skip
    if row["outcome"] not in {"posted", "known"}:
        raise refused(row["outcome"])
    return Refunded(
        refund=row["refund"], member=row["member"], amount=row["amount"], taken_back=row["taken_back"],
        restored=row["restored"], known=row["outcome"] == "known",
    )  # fmt: skip


async def _record(*arguments: object) -> asyncpg.Record:
    try:
        with rights_refused():
            row = await current().fetchrow(_RECORD, *arguments)
    except asyncpg.UniqueViolationError as error:
        # The same number for another sale at the same moment: the other one was first.
        raise refused("conflict") from error
    except asyncpg.ForeignKeyViolationError as error:
        raise refused("unknown_store") from error
    assert row is not None  # noqa: S101  one refund, one outcome
    return row


def check_refund(*, amount: Decimal | None, lines: Sequence[RefundLine]) -> None:
    """Whether a refund may say these. Raises Refusal bad_amount, bad_quantity."""
    amounts = [line.amount for line in lines] + ([amount] if amount is not None else [])
    if (amount is not None and lines) or len(lines) > MOST_LINES:
        raise refused("both")
    if not all(fits(money, most=MOST_MONEY, decimals=2) and money > 0 for money in amounts):
        raise refused("bad_amount")
    quantities = [line.quantity for line in lines if line.quantity is not None]
    if not all(fits(quantity, most=MOST_QUANTITY, decimals=3) and quantity >= 0 for quantity in quantities):
        raise refused("bad_quantity")


_REFUSED = {
    "both": (
        "bad_amount",
        f"Give either an amount or 1 to {MOST_LINES} lines; with neither all that is left is refunded.",
        f"请填写退货金额，或 1 到 {MOST_LINES} 行退货明细，二者选其一；都不填则全部退货。",
    ),
    "bad_amount": (
        "bad_amount",
        "A refund is an amount above zero in yuan, with at most 2 decimals.",
        "退货金额须大于零，单位为元，最多两位小数。",
    ),
    "bad_quantity": (
        "bad_quantity",
        f"A quantity is a number from 0 with at most 3 decimals, at most {MOST_QUANTITY}.",
        f"数量不小于 0，最多三位小数，且不超过 {MOST_QUANTITY}。",
    ),
    "future_date": ("future_date", "The refund lies in the future: correct its time.", "退货时间在未来：请更正时间。"),
    "before_sale": (
        "future_date",
        "The sale lies after this refund: correct the refund's time.",
        "退货时间早于消费时间：请更正时间。",
    ),
    "unknown_receipt": (
        "unknown_receipt",
        "This store has no receipt of that number: check number and store of the sale.",
        "该门店没有此小票号的消费：请核对小票号和消费门店。",
    ),
    "refund_exceeds": (
        "refund_exceeds",
        "That is more than is left of the sale: refund at most what was not refunded yet.",
        "超过该笔消费可退的部分：最多只能退尚未退回的商品和金额。",
    ),
    "unknown_store": ("unknown_store", "There is no such store.", "没有该门店。"),
    "conflict": (
        "conflict",
        "This refund number is known with other content: a recorded refund never changes.",
        "该退货单号已有不同内容：已入账的退货不能更改。",
    ),
}


def refused(outcome: str) -> Refusal:
    """What an outcome of deed.refund_record that is no refund is called."""
    return Refusal(*_REFUSED[outcome])
