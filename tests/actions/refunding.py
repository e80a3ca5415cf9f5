"""A shop with sales and refunds of them, for the tests of refunds."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from actions.night import close_nights
from actions.purchases import Line, Recorded, Spend, record_purchase
from actions.refunds import Refunded, RefundLine, record_refund
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope
from tests import make

MONDAY = date(2031, 3, 3)
DAY = timedelta(days=1)
ACCOUNT = "SELECT balance, pending, debt FROM points_account WHERE member = 1"
ENTRIES = "SELECT kind, points, balance_after, store FROM points_entry WHERE member = 1 ORDER BY id"


async def shop(**policy: Any) -> None:
    """Stores 1 and 2, member 1 of store 1, category 烟 that neither earns nor counts, a promotion of ×2 on 果切."""
    await make.make_program(**policy)
    await make.make_member(store=await make.make_store())
    await make.make_store("S2")
    await make.execute(
        "INSERT INTO category (name, earns, counts_for_tier, promotable)"
        " VALUES ('烟', false, false, false), ('果切', true, true, true)"
    )
    await make.execute(
        "INSERT INTO points_promotion (name, multiplier, starts_on, ends_on, categories)"
        " VALUES ('双倍', 2, '2031-03-03', '2031-03-03', ARRAY[(SELECT id FROM category WHERE name = '果切')])"
    )


async def buy(
    receipt: str = "A", *lines: tuple[str | None, str], day: date = MONDAY, spend: Spend | None = None,
    member: int | None = 1, store: int = 1,
) -> Recorded:  # fmt: skip
    async with scope(role="cashier", stores=[store]):
        return await record_purchase(
            store=store, receipt_no=receipt, purchased_at=make.noon(day), member=member, zone=make.ZONE,
            lines=[Line(category=name, amount=Decimal(amount)) for name, amount in lines or ((None, "100"),)],
            now=make.noon(day), spend=spend,
        )  # fmt: skip


async def refund(
    number: str = "a", amount: str | None = None, *lines: tuple[str | None, str], of: str = "A", day: date = MONDAY + DAY,
    store: int = 1, role: Role = "cashier", stores: tuple[int, ...] = (1, 2), sold_at: int = 1,
) -> Refunded:  # fmt: skip
    async with scope(role=role, stores=stores):
        return await record_refund(
            store=store, refund_no=number, sold_at=sold_at, receipt_no=of, refunded_at=make.noon(day), zone=make.ZONE,
            now=make.noon(day), amount=None if amount is None else Decimal(amount),
            lines=[RefundLine(category=name, amount=Decimal(money)) for name, money in lines],
        )  # fmt: skip


async def account() -> tuple[int, int, int]:
    row = (await make.fetch(ACCOUNT))[0]
    return row["balance"], row["pending"], row["debt"]


async def night(day: date) -> None:
    await close_nights(through=day, now=make.noon(day + DAY), zone=make.ZONE)


async def code(deed: Any) -> str:
    before = await make.digest()
    with pytest.raises(Refusal) as refusal:
        await deed
    assert await make.digest() == before, "a refusal writes nothing"
    return refusal.value.code
