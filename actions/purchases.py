"""Recording one purchase, as a form or a till sends it. What it earns is stated in tables/sql/purchases.sql."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import asyncpg

from actions.points import check_points, redemption_refused
from actions.rights import rights_refused
from rules.calendar import business_date
from rules.refusals import Refusal
from tables.scope import current

LONGEST_RECEIPT_NO = 64
MOST_LINES = 500
AHEAD = timedelta(minutes=5)  # how far a till's clock may be ahead of ours
# What the columns hold: numeric(12,2) and numeric(12,3).
MOST_MONEY = Decimal("9999999999.99")
MOST_QUANTITY = Decimal("999999999.999")

_PRODUCTS = """
SELECT p.id AS product, coalesce(p.category, c.id) AS category, l.sku IS NOT NULL AND p.id IS NULL AS no_product,
    l.category IS NOT NULL AND c.id IS NULL AS no_category, EXISTS (SELECT FROM points_policy) AS ready
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS l(sku, category, nr)
LEFT JOIN product p ON p.sku = l.sku LEFT JOIN category c ON c.name = l.category ORDER BY l.nr
"""
_RECORD = """
SELECT outcome, purchase, points, redeemed, value FROM deed.sales_record((
    SELECT array_agg(ROW(1, $1, $2, $3, $4, $5, $6, l.product, l.category, l.quantity, l.amount)::deed.sale_line)
    FROM unnest($7::bigint[], $8::bigint[], $9::numeric[], $10::numeric[]) AS l(product, category, quantity, amount)),
    CASE WHEN $11::bigint IS NOT NULL OR $12::bigint IS NOT NULL THEN ROW($11, $12, $13)::deed.wish END)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of a receipt: a known product, else a category, else an amount only. `amount` in yuan, may be negative."""

    sku: str | None = None
    category: str | None = None
    quantity: Decimal = Decimal(1)
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Spend:
    """What a member spends on a sale: a number of points or a reward (id); `code` is the id of a code that was verified."""

    points: int | None = None
    reward: int | None = None
    code: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """A purchase (id), the points it earned and those redeemed on it, worth `value` yuan; `known` when the same receipt had
    been recorded before.
    """

    purchase: int
    earned: int
    known: bool
    redeemed: int = 0
    value: Decimal | None = None


async def record_purchase(
    *, store: int, receipt_no: str, purchased_at: datetime, member: int | None, lines: Sequence[Line], zone: ZoneInfo,
    now: datetime, source: str = "form", spend: Spend | None = None,
) -> Recorded:  # fmt: skip
    """Records a sale; without a member it earns nothing. What the member spends on it goes before it earns, or nothing is
    written at all. The same receipt again is known: it must say the same, its time (aware) too.

    Raises Refusal bad_receipt, future_date, bad_amount, bad_quantity, unknown_product, unknown_category, unknown_member,
    unknown_store, conflict, no_program, foreign_store, not_allowed, and what a redemption may be refused for.
    """
    number = receipt_number(receipt_no)
    if purchased_at > now + AHEAD:
        raise refused("future_date")
    day = business_date(at=purchased_at, zone=zone)
    check_amounts(lines)
    if spend is not None and member is None:
        raise refused("unknown_member")
    products, categories = await _products(lines)
    wish = spend or Spend()
    if spend is not None:
        check_points(points=spend.points, reward=spend.reward)
    row = await _record(
        store, number, member, purchased_at, day, source, products, categories,
        [line.quantity for line in lines], [line.amount for line in lines], wish.points, wish.reward, wish.code,
    )  # fmt: skip
    if row["outcome"] == "conflict":
        raise refused("conflict")
    return Recorded(
        purchase=row["purchase"], earned=row["points"], redeemed=row["redeemed"], value=row["value"],
        known=row["outcome"] == "known",
    )  # fmt: skip


async def _record(*arguments: object) -> asyncpg.Record:
    try:
        with rights_refused(), redemption_refused():
            row = await current().fetchrow(_RECORD, *arguments)
    except asyncpg.ForeignKeyViolationError as error:
        raise refused("unknown_member" if "member" in (error.constraint_name or "") else "unknown_store") from error
    assert row is not None  # noqa: S101  one receipt, one outcome
    return row


async def _products(lines: Sequence[Line]) -> tuple[list[int | None], list[int | None]]:
    """Each line's product and category (ids)."""
    skus = [(line.sku or "").strip() or None for line in lines]
    names = [(line.category or "").strip() or None for line in lines]
    rows = await current().fetch(_PRODUCTS, skus, names)
    for row in rows:
        for problem in ("no_product", "no_category"):
            if row[problem]:
                raise refused(problem)
        if not row["ready"]:
            raise refused("no_program")
    return [row["product"] for row in rows], [row["category"] for row in rows]


def receipt_number(text: str) -> str:
    """A receipt's number without the blanks around it. Raises Refusal bad_receipt."""
    clean = text.strip()
    if not clean or len(clean) > LONGEST_RECEIPT_NO or not clean.isprintable():
        raise refused("bad_receipt")
    return clean


def check_amounts(lines: Sequence[Line]) -> None:
    """Whether a receipt may say these. Raises Refusal bad_amount, bad_quantity."""
    amounts = [line.amount for line in lines]
    good = 0 < len(lines) <= MOST_LINES and all(fits(amount, most=MOST_MONEY, decimals=2) for amount in amounts)
    if not good or not 0 <= sum(amounts) <= MOST_MONEY:
        raise refused("bad_amount")
    if not all(fits(line.quantity, most=MOST_QUANTITY, decimals=3) for line in lines):
        raise refused("bad_quantity")


def fits(number: Decimal, *, most: Decimal, decimals: int) -> bool:
    """Whether a column of so many decimals holds this number as it is."""
    # The bound first: quantize cannot say what is longer than its precision.
    return number.is_finite() and abs(number) <= most and number == round(number, decimals)


_REFUSED = {
    "bad_receipt": (
        "bad_receipt",
        f"A receipt number is 1 to {LONGEST_RECEIPT_NO} characters on one line.",
        f"小票号须为一行 1 到 {LONGEST_RECEIPT_NO} 个字符。",
    ),
    "future_date": (
        "future_date",
        "The purchase lies in the future: correct its time.",
        "消费时间在未来：请更正时间。",
    ),
    "bad_amount": (
        "bad_amount",
        f"Give 1 to {MOST_LINES} lines in yuan with at most 2 decimals, together from 0 to {MOST_MONEY}.",
        f"请填写 1 到 {MOST_LINES} 行金额（元，最多两位小数），合计为 0 到 {MOST_MONEY}。",
    ),
    "bad_quantity": (
        "bad_quantity",
        f"A quantity is a number with at most 3 decimals, at most {MOST_QUANTITY}.",
        f"数量最多三位小数，且不超过 {MOST_QUANTITY}。",
    ),
    "no_product": ("unknown_product", "There is no product of that number.", "没有该商品编号的商品。"),
    "no_category": ("unknown_category", "There is no category of that name.", "没有该名称的品类。"),
    "no_program": (
        "no_program",
        "There is no program yet: apply one first, so that it is known what a purchase earns.",
        "还没有会员方案：请先应用会员方案，才能计算积分。",
    ),
    "unknown_member": ("unknown_member", "There is no such member.", "没有该会员。"),
    "unknown_store": ("unknown_store", "There is no such store.", "没有该门店。"),
    "conflict": (
        "conflict",
        "This receipt is known with other content: a recorded receipt never changes.",
        "该小票已有不同内容：已入账的小票不能更改。",
    ),
}


def refused(reason: str) -> Refusal:
    """What a purchase is refused for, by the reason that a deed gives."""
    return Refusal(*_REFUSED[reason])
