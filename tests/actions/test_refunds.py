"""Refunds by the book (design 4.4): each example of the design, each way to refund, and each no."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from actions.points import cancel_redemption, redeem
from actions.purchases import Spend
from actions.refunds import Refunded
from queries.invariants import check_all
from tables.scope import scope
from tests import make
from tests.actions.refunding import DAY, MONDAY, account, buy, code, night, refund, shop


@pytest.fixture(autouse=True)
async def provable(db: None) -> Any:
    yield
    assert await check_all(progress=lambda *_: None) == []


async def test_three_refunds_of_a_third_take_back_what_was_earned_and_no_more() -> None:
    """P1, P3, P11: ¥99.90 × 1.5 → 149; −50, −50, −49."""
    await shop()
    await make.execute("UPDATE tier SET earn_multiplier = 1.5 WHERE rank = 1")
    assert (await buy("A", (None, "99.90"))).earned == 149
    assert [(await refund(number, "33.30")).taken_back for number in "abc"] == [50, 50, 49]
    assert await account() == (0, 0, 0)
    assert await code(refund("d")) == "refund_exceeds"


async def test_an_amount_without_lines_is_spread_over_them() -> None:
    await shop()
    assert (await buy("A", ("果切", "100"), (None, "100"))).earned == 300
    assert (await refund("a", "100")).taken_back == 150
    assert (await refund("b", None, ("果切", "50"))).taken_back == 100
    assert (await refund("c")).taken_back == 50


async def test_a_refund_takes_its_own_lot_first_then_the_soonest_and_the_rest_is_owed() -> None:
    await shop()
    await buy("OLD", (None, "30"), day=MONDAY - DAY)
    await buy("A", (None, "100"))
    await buy("NEW", (None, "20"), store=2)
    async with scope(role="cashier", stores=[2]):
        await redeem(member=1, store=2, reference="r", points=110, business_date=MONDAY)
    assert await account() == (40, 0, 0)
    done = await refund("a", store=2)
    assert (done.taken_back, await account()) == (100, (0, 0, 60))
    await buy("B", (None, "45"), day=MONDAY + DAY)
    assert await account() == (0, 0, 15)
    await buy("C", (None, "45"), day=MONDAY + DAY)
    assert await account() == (30, 0, 0)
    async with scope(role="cashier", stores=[2]):
        await cancel_redemption(store=2, reference="r", business_date=MONDAY + DAY)
    assert await account() == (140, 0, 0)


async def test_restored_points_pay_what_is_owed() -> None:
    await shop()
    await buy()
    async with scope(role="cashier", stores=[1]):
        await redeem(member=1, store=1, reference="r", points=80, business_date=MONDAY)
    await refund()
    assert await account() == (0, 0, 80)
    async with scope(role="cashier", stores=[1]):
        for _ in range(2):
            await cancel_redemption(store=1, reference="r", business_date=MONDAY + DAY)
    assert await account() == (0, 0, 0)


async def test_a_held_lot_is_taken_from_what_is_pending_and_pays_when_it_matures() -> None:
    await shop(hold_days=3)
    await buy("A", (None, "100"))
    await refund("a", "40")
    assert await account() == (0, 60, 0)
    await night(MONDAY + 3 * DAY)
    async with scope(role="cashier", stores=[1]):
        await redeem(member=1, store=1, reference="r", points=60, business_date=MONDAY + 4 * DAY)
    await buy("B", (None, "50"), day=MONDAY + 4 * DAY)
    await refund("b", day=MONDAY + 4 * DAY)
    assert await account() == (0, 50, 60)
    await night(MONDAY + 7 * DAY)
    assert await account() == (0, 0, 10)


async def test_what_expired_is_gone_and_not_owed() -> None:
    await shop(valid_days=10)
    await buy()
    async with scope(role="cashier", stores=[1]):
        await redeem(member=1, store=1, reference="r", points=40, business_date=MONDAY)
    later = MONDAY + 20 * DAY
    assert [(await refund(number, "50", day=later)).taken_back for number in "ab"] == [0, 40]
    assert await account() == (0, 0, 40)


async def test_points_spent_on_a_sale_come_back_in_proportion() -> None:
    """P2: a refund never deducts the redeemed points again."""
    await shop(point_value=Decimal("0.01"))
    await buy("OLD", (None, "90"), day=MONDAY - DAY)
    sold = await buy("A", (None, "30"), spend=Spend(points=70))
    assert (sold.earned, sold.redeemed, sold.value, await account()) == (30, 70, Decimal("0.70"), (50, 0, 0))
    again = await buy("A", (None, "30"), spend=Spend(points=70))
    assert (again.known, again.redeemed, again.purchase) == (True, 70, sold.purchase)
    first = await refund("a", "10")
    assert (first.restored, first.taken_back) == (23, 10)
    last = await refund("b")
    assert (last.restored, last.taken_back, await account()) == (47, 20, (90, 0, 0))
    assert (await refund("b")) == Refunded(**{**vars_of(last), "known": True})


def vars_of(refunded: Refunded) -> dict[str, Any]:
    return {name: getattr(refunded, name) for name in refunded.__slots__}


async def test_a_sale_and_what_is_spent_on_it_happen_together_or_not_at_all() -> None:
    """P10: no discount without the deduction, no deduction without the sale."""
    await shop(redeem_min=50, redeem_step=10, redeem_code_from=500)
    assert await code(buy("A", spend=Spend(points=50))) == "insufficient_points"
    await make.sell("OLD", at=make.noon(MONDAY - DAY), amount="900")
    for points, no in ((49, "bad_amount"), (55, "bad_amount"), (500, "code_required"), (910, "insufficient_points")):
        assert await code(buy("A", spend=Spend(points=points))) == no
    await buy("A", spend=Spend(points=60))
    assert await code(buy("A", spend=Spend(points=70))) == "conflict"
    assert await code(buy("A")) == "conflict"


async def test_the_same_number_is_known_and_another_content_a_conflict() -> None:
    await shop()
    await buy("A", (None, "60"), ("果切", "40"))
    await buy("B")
    first = await refund("a", "10")
    assert (await refund("a", "10")).refund == first.refund
    assert await code(refund("a", "11")) == "conflict"
    assert await code(refund("a", None, (None, "10"))) == "conflict"
    assert await code(refund("a", "10", of="B")) == "conflict"


async def test_what_cannot_be_refunded_is_told() -> None:
    await shop()
    await buy("A", (None, "60"), ("烟", "40"))
    assert await code(refund(of="X")) == "unknown_receipt"
    assert await code(refund(sold_at=2)) == "unknown_receipt"
    assert await code(refund("a", "100.01")) == "refund_exceeds"
    assert await code(refund("a", None, ("烟", "40.01"))) == "refund_exceeds"
    assert await code(refund("a", None, ("果切", "1"))) == "refund_exceeds"
    assert await code(refund("a", None, ("没有", "1"))) == "refund_exceeds"
    for amount in ("0", "-1", "0.001", "NaN", "1e20"):
        assert await code(refund("a", amount)) == "bad_amount"
    assert await code(refund(day=MONDAY - DAY)) == "future_date"
    assert await code(refund(stores=(2,))) == "foreign_store"
    assert await code(refund(role="hq_viewer")) == "not_allowed"
    assert await code(refund("\n")) == "bad_receipt"


async def test_an_anonymous_sale_and_one_of_nothing_can_be_refunded_once() -> None:
    await shop()
    await buy("A", member=None)
    done = await refund("a", "30")
    assert (done.member, done.taken_back) == (None, 0)
    await buy("N", (None, "5"), (None, "-5"))
    await refund("n", of="N")
    assert await code(refund("m", of="N")) == "refund_exceeds"


async def test_the_totals_and_the_tier_follow_a_refund_in_the_quarter_of_its_sale() -> None:
    await shop()
    await make.execute("UPDATE tier SET quarterly_spend = 100 WHERE rank = 2")
    last = date(2031, 3, 31)
    await buy("A", (None, "100"), ("烟", "50"), day=last)
    await night(last)
    assert await make.value("SELECT t.rank FROM member m JOIN tier t ON t.id = m.tier WHERE m.id = 1") == 2
    await refund("a", None, ("烟", "50"), day=last + DAY)
    await night(last + DAY)
    assert await make.value("SELECT t.rank FROM member m JOIN tier t ON t.id = m.tier WHERE m.id = 1") == 2
    await refund("b", None, (None, "0.01"), day=last + 2 * DAY)
    await night(last + 2 * DAY)
    assert await make.value("SELECT t.rank FROM member m JOIN tier t ON t.id = m.tier WHERE m.id = 1") == 1
    assert await make.value("SELECT total_spend FROM member_stats WHERE member = 1") == Decimal("99.99")


async def test_who_was_brought_and_who_brought_earn_once_and_lose_it_with_the_whole_sale() -> None:
    await shop(newcomer_points=50, referrer_points=80)
    await make.make_member("+8613900000002", store=1)
    await make.execute("UPDATE member SET referred_by = 1 WHERE id = 2")
    await buy("Z", (None, "0"), member=2)
    await buy("A", (None, "10"), member=2)
    await buy("B", (None, "10"), member=2)
    points = "SELECT member, points FROM points_entry WHERE source = 'referral' ORDER BY id"
    assert [tuple(row.values()) for row in await make.fetch(points)] == [(2, 50), (1, 80)]
    await refund("a", "5")
    assert (await account())[0] == 80
    await refund("b")
    assert (await account())[0] == 0
    assert await make.value("SELECT balance FROM points_account WHERE member = 2") == 10
    await buy("C", (None, "10"), member=2)
    assert len(await make.fetch(points)) == 2
