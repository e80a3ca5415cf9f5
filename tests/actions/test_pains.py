"""What users of other systems complain about (field notes, P1 to P14): none of it happens here."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actions.codes import ask_code, verify_code
from actions.members import import_members
from actions.night import close_nights
from actions.points import cancel_redemption, redeem
from actions.purchases import Spend
from actions.purchases_import import import_purchases
from queries.invariants import check_all
from queries.members import card
from rules.refusals import Refusal
from tables.scope import scope
from tests import make
from tests.actions.refunding import DAY, MONDAY, account, buy, code, night, refund, shop

TUESDAY = MONDAY + DAY


@pytest.fixture(autouse=True)
async def provable(db: None) -> Any:
    yield
    assert await check_all(progress=lambda *_: None) == []


async def spend(points: int, *, day: Any = MONDAY, reference: str = "r", store: int = 1, pin: int | None = None) -> int:
    async with scope(role="cashier", stores=[1, 2]):
        return (
            await redeem(
                member=1, store=store, reference=reference, points=points, business_date=day, code=pin
            )
        ).points  # fmt: skip


async def undo(reference: str = "r", *, day: Any = MONDAY) -> None:
    async with scope(role="cashier", stores=[1]):
        await cancel_redemption(store=1, reference=reference, business_date=day)


async def test_p01_buying_and_refunding_without_end_leaves_nothing() -> None:
    await shop()
    for n in range(5):
        await buy(f"A{n}")
        await refund(f"a{n}", of=f"A{n}", day=MONDAY)
    assert await account() == (0, 0, 0)
    await buy("B")
    await spend(100)
    await refund("b", of="B", day=MONDAY)
    assert await account() == (0, 0, 100)  # what was spent meanwhile is owed, not forgotten


async def test_p02_a_refund_gives_redeemed_points_back_with_their_own_expiry() -> None:
    await shop(valid_days=30)
    await buy("OLD", day=MONDAY - DAY)
    await buy("A", (None, "10"), spend=Spend(points=60))
    assert await account() == (50, 0, 0)
    await refund("a")
    assert await account() == (100, 0, 0)
    lots = await make.fetch("SELECT remaining, expires_on FROM points_lot WHERE remaining > 0")
    assert lots == [{"remaining": 100, "expires_on": MONDAY - DAY + 30 * DAY}]


async def test_p03_points_go_with_the_refund_itself_not_in_some_night() -> None:
    await shop()
    await buy()
    assert (await refund("a", "30", day=MONDAY)).taken_back == 30
    assert await account() == (70, 0, 0)


async def test_p04_an_expiry_date_ends_points_and_they_cannot_be_spent_after_it() -> None:
    await shop(valid_days=10)
    await buy()
    last = MONDAY + 10 * DAY
    await spend(10, day=last)
    assert await code(spend(10, day=last + DAY, reference="late")) == "insufficient_points"
    await night(last)
    assert await account() == (0, 0, 0)


async def test_p05_the_cashier_chooses_how_many_points_within_the_programs_steps() -> None:
    await shop(redeem_min=20, redeem_step=10, point_value=Decimal("0.05"))
    await buy()
    assert await spend(30) == -30
    assert await make.value("SELECT value FROM points_entry WHERE kind = 'redeem'") == Decimal("1.50")
    assert await code(spend(10, reference="few")) == "bad_amount"
    assert await code(spend(25, reference="odd")) == "bad_amount"


async def test_p06_to_know_a_phone_number_is_not_enough_to_spend_its_points() -> None:
    await shop(redeem_code_from=50)
    await buy()
    assert await spend(49, reference="small") == -49
    await buy("B")
    assert await code(spend(50)) == "code_required"
    now = make.noon(MONDAY)
    async with scope(role="cashier", stores=[1]):
        await ask_code(member=1, store=1, now=now)
    with pytest.raises(Refusal) as refusal:
        async with scope(role="cashier", stores=[1]):
            await verify_code(member=1, store=1, code="12345", reference="1:r", now=now)
    assert refusal.value.code == "code_wrong"


async def test_p07_a_retry_or_a_till_that_was_offline_never_doubles_points(tmp_path: Path) -> None:
    await shop()
    till = make.Till(tmp_path / "offline.csv")
    for n in range(5):
        till.sale(f"R{n}", at=make.noon(MONDAY) + timedelta(minutes=n))
    path = till.save()
    for _ in range(3):
        await import_purchases(path=path, zone=make.ZONE, today=TUESDAY)
        await make.sell("R0", at=make.noon(MONDAY))
    assert await make.value("SELECT sum(points) FROM points_entry") == 500


async def test_p08_a_phone_is_one_member_and_a_discount_line_earns_nothing(tmp_path: Path) -> None:
    await shop()
    path = tmp_path / "members.csv"
    path.write_text("phone,name,home_store\n139 0000 0001,李四,S2\n+86 13900000001,李四,S2\n", encoding="utf-8")
    await import_members(path=path, today=TUESDAY, store=None, dry_run=False, consent_source=None)
    assert await make.value("SELECT count(*) FROM member") == 1
    assert (await buy("A", (None, "100"), (None, "-30"))).earned == 70


async def test_p09_one_program_serves_every_store_and_each_keeps_its_own_rows() -> None:
    await shop()
    await buy("A", store=1)
    assert await spend(40, store=2) == -40
    await buy("B", store=2)
    assert await account() == (160, 0, 0)
    async with scope(role="cashier", stores=[2]) as connection:
        assert await connection.fetchval("SELECT count(*) FROM purchase") == 1
    async with scope(role="cashier", stores=[1]):
        assert (await card(member=1, business_date=MONDAY, now=make.noon(MONDAY))).balance == 160


async def test_p10_a_discount_without_the_deduction_cannot_be_recorded() -> None:
    await shop()
    await buy("OLD", day=MONDAY - DAY)
    assert await code(buy("A", spend=Spend(points=101))) == "insufficient_points"
    assert await make.value("SELECT count(*) FROM purchase") == 1
    await buy("A", spend=Spend(points=100))
    assert (
        await make.value(
            "SELECT p.receipt_no FROM points_entry e JOIN purchase p ON p.id = e.purchase WHERE e.kind = 'redeem'"
        )
        == "A"
    )


async def test_p11_sums_stay_right_through_returns_of_every_kind() -> None:
    await shop()
    await buy("A", ("果切", "19.99"), (None, "80.01"))
    await refund("a", "33.33")
    await refund("b", None, ("果切", "10"))
    await refund("c")
    assert await account() == (0, 0, 0)
    assert await make.value("SELECT sum(amount) FROM purchase") == 0
    assert await make.value("SELECT total_spend FROM member_stats WHERE member = 1") == 0


async def test_p12_the_first_purchase_is_of_the_first_tier_and_a_threshold_is_exact() -> None:
    await shop()
    assert (await buy("A", (None, "499.99"))).earned == 499  # at ×1, whatever it leads to
    await night(MONDAY)
    rank = "SELECT t.rank FROM member m JOIN tier t ON t.id = m.tier"
    assert await make.value(rank) == 1
    await buy("B", (None, "0.01"), day=TUESDAY)
    await night(TUESDAY)
    assert await make.value(rank) == 2


async def test_p13_cents_are_never_lost_to_many_lines() -> None:
    """One floor a purchase: the rounding that explain shows."""
    await shop()
    assert (await buy("A", *[(None, "0.50")] * 4)).earned == 2
    assert (await buy("B", (None, "1.99"))).earned == 1


async def test_p14_old_balances_come_along_with_their_end(tmp_path: Path) -> None:
    await shop()
    path = tmp_path / "members.csv"
    path.write_text(
        "phone,name,home_store,points,points_expire_on\n13900000001,张三,S1,300,2031-03-10\n", encoding="utf-8"
    )
    for _ in range(2):
        await import_members(path=path, today=MONDAY, store=None, dry_run=False, consent_source=None)
    assert await account() == (300, 0, 0)
    await night(MONDAY)
    await close_nights(through=MONDAY + 7 * DAY, now=make.noon(MONDAY + 8 * DAY), zone=make.ZONE)
    assert await account() == (0, 0, 0)
    assert await make.value("SELECT count(*) FROM notice WHERE kind = 'points_expiring'") > 0
