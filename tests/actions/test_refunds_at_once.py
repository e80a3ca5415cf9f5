"""Refunds, sales with redemptions and cancellations that meet at one member's account."""

from collections.abc import Awaitable
from decimal import Decimal
from typing import Any

import pytest

from actions.points import cancel_redemption, redeem
from actions.purchases import Line, Recorded, Spend, record_purchase
from actions.refunds import Refunded, record_refund
from queries.invariants import check_all
from rules.refusals import Refusal
from tables.scope import scope, session
from tests import make
from tests.actions.refunding import DAY, MONDAY, account, buy, refund, shop
from tests.actions.test_concurrency import TILLS, somebody_waits, started, while_held

TUESDAY = MONDAY + DAY


@pytest.fixture(autouse=True)
async def open_shop(db: None) -> Any:
    await shop()
    yield
    assert await check_all(progress=lambda *_: None) == []


async def said(deed: Awaitable[Recorded | Refunded | Any]) -> str:
    try:
        return "known" if (await deed).known else "posted"
    except Refusal as refusal:
        return refusal.code


async def back(number: str, amount: str | None = None, *, of: str = "A") -> str:
    """A refund on a connection of its own."""
    async with session() as connection:
        try:
            async with scope(role="cashier", stores=[1], connection=connection):
                deed = record_refund(
                    store=1, refund_no=number, sold_at=1, receipt_no=of, refunded_at=make.noon(TUESDAY), zone=make.ZONE,
                    now=make.noon(TUESDAY), amount=None if amount is None else Decimal(amount),
                )  # fmt: skip
                return "known" if (await deed).known else "posted"
        except Refusal as refusal:
            return refusal.code


async def spend(points: int, key: str) -> str:
    async with session() as connection:
        try:
            async with scope(role="cashier", stores=[1], connection=connection):
                deed = redeem(member=1, store=1, reference=key, points=points, business_date=TUESDAY)
                return "known" if (await deed).known else "posted"
        except Refusal as refusal:
            return refusal.code


async def cancel(key: str) -> str:
    async with session() as connection, scope(role="cashier", stores=[1], connection=connection):
        return "known" if (await cancel_redemption(store=1, reference=key, business_date=TUESDAY)).known else "posted"


async def sale(receipt: str, points: int) -> str:
    async with session() as connection:
        try:
            async with scope(role="cashier", stores=[1], connection=connection):
                deed = record_purchase(
                    store=1, receipt_no=receipt, purchased_at=make.noon(TUESDAY), member=1, zone=make.ZONE,
                    lines=[Line(amount=Decimal(10))], now=make.noon(TUESDAY), spend=Spend(points=points),
                )  # fmt: skip
                return "known" if (await deed).known else "posted"
        except Refusal as refusal:
            return refusal.code


async def test_one_refund_sent_by_many_is_recorded_once() -> None:
    await buy()
    outcomes = await while_held(1, *(lambda: back("a", "40") for _ in range(TILLS)))
    assert sorted(outcomes) == ["known"] * (TILLS - 1) + ["posted"]
    assert await account() == (60, 0, 0)


async def test_refunds_at_once_never_exceed_their_sale() -> None:
    await buy()
    outcomes = await while_held(1, *(lambda n=n: back(f"a{n}", "40") for n in range(8)))
    assert sorted(outcomes) == ["posted"] * 2 + ["refund_exceeds"] * 6
    assert await account() == (20, 0, 0)


async def test_a_refund_and_redemptions_at_once_leave_points_or_debt_never_both() -> None:
    await buy()
    deeds = [lambda: back("a"), *(lambda n=n: spend(60, f"r{n}") for n in range(3))]
    outcomes = await while_held(1, *deeds)
    assert outcomes[0] == "posted"
    assert await account() == (0, 0, 60 * outcomes[1:].count("posted"))


async def test_a_refund_and_the_cancellation_of_what_it_would_owe_for_end_at_nothing() -> None:
    await buy()
    await spend(100, "r")
    assert await while_held(1, lambda: back("a"), lambda: cancel("r")) == ["posted", "posted"]
    assert await account() == (0, 0, 0)


async def test_a_sale_that_spends_sent_by_many_spends_once() -> None:
    await buy("OLD")
    outcomes = await while_held(1, *(lambda: sale("A", 60) for _ in range(TILLS)))
    assert sorted(outcomes) == ["known"] * (TILLS - 1) + ["posted"]
    assert await account() == (50, 0, 0)


async def test_of_many_sales_that_spend_only_what_the_balance_bears_is_sold() -> None:
    await buy("OLD")
    outcomes = await while_held(1, *(lambda n=n: sale(f"A{n}", 60) for n in range(8)))
    # Each sale earns 10, so that the third of them has 60 again.
    assert outcomes.count("posted") + outcomes.count("insufficient_points") == 8
    assert await make.value("SELECT count(*) FROM purchase") == 1 + outcomes.count("posted")
    assert (await account())[0] == 100 - 50 * outcomes.count("posted")


async def test_an_anonymous_sale_is_refunded_once_by_two_tills() -> None:
    await buy(member=None)
    async with session() as connection, scope(role="job", connection=connection):
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('refund', 1))")
        tills = [started(back(number)) for number in "ab"]
        await somebody_waits(tasks=2)
    assert sorted([await till for till in tills]) == ["posted", "refund_exceeds"]


async def test_one_number_for_two_sales_at_once_is_a_conflict_for_one_of_them() -> None:
    await buy("A")
    await make.make_member("+8613900000002", store=1)
    await buy("B", member=2)
    async with session() as connection, scope(role="job", connection=connection):
        await connection.execute("SELECT 1 FROM points_account ORDER BY member FOR UPDATE")
        tills = [started(back("a", of=receipt)) for receipt in "AB"]
        await somebody_waits(tasks=2)
    assert sorted([await till for till in tills]) == ["conflict", "posted"]


async def test_whole_refunds_of_two_who_brought_each_other_nobody_never_deadlock() -> None:
    """Each newcomer's refund takes from the referrer too: accounts are locked in one order."""
    await make.execute("UPDATE points_policy SET newcomer_points = 50, referrer_points = 80")
    for n in range(2, 12):
        await make.make_member(f"+86139000000{n:02}", store=1)
        await make.execute("UPDATE member SET referred_by = 1 WHERE id = $1", n)
        await buy(f"N{n}", member=n)
    await buy("A")
    outcomes = await while_held(1, *(lambda n=n: back(f"b{n}", of=f"N{n}") for n in range(2, 12)), lambda: back("a"))
    assert outcomes == ["posted"] * 11
    assert await account() == (0, 0, 0)
    assert (await said(refund("late", of="N2"))) == "refund_exceeds"
