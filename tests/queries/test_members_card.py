"""The card at the counter: every figure without what has lapsed, and little of another store's member."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from actions.members_lookup import find
from actions.points import open_balance
from queries.members import Card, card
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope
from tests import make

DAYS = timedelta(days=1)
DAY = date(2031, 3, 3)
NOW = make.noon(DAY)


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    """Member 1 of store 1, member 2 of store 2, two people."""
    await make.make_program(valid_days=30)
    for n in (1, 2):
        await make.make_member(f"+861390000000{n}", store=await make.make_store(f"S{n}"))
        await make.execute(
            "INSERT INTO staff (username, password, role, active, admin) VALUES ($1, 'x', 'cashier', true, true)",
            f"u{n}",
        )


async def shown(member: int = 1, *, on: date = DAY, role: Role = "cashier", staff: int | None = 1) -> Card:
    async with scope(role=role, stores=[1], staff=staff):
        return await card(member=member, business_date=on, now=make.noon(on))


async def looked_up(*, staff: int = 1) -> None:
    async with scope(role="cashier", stores=[1], staff=staff):
        await find(phone="13900000002", now=NOW, staff=staff)


async def opened(points: int, *, until: date | None, member: int = 1) -> None:
    async with scope(role="job"):
        await open_balance(member=member, store=1, points=points, business_date=DAY, expires_on=until)


async def test_a_new_member_has_nothing_yet_and_everything_to_reach() -> None:
    assert await shown() == Card(
        member=1, name="张三", phone_masked="139****0001", own=True, tier="铜卡", tier_valid_until=None, next_tier="银卡",
        to_next_tier=Decimal(500), balance=0, pending=0, debt=0, expiring=(),
    )  # fmt: skip


async def test_what_ends_soonest_comes_first_and_at_most_three_days_of_it() -> None:
    await opened(7, until=None)
    for n, days in enumerate((9, 3, 5, 7, 3)):
        await make.sell(f"R{n}", at=make.noon(DAY - (30 - days) * DAYS), amount="10")
    found = await shown()
    assert found.expiring == ((DAY + 3 * DAYS, 20), (DAY + 5 * DAYS, 10), (DAY + 7 * DAYS, 10))
    assert found.balance == 57


async def test_lapsed_lots_are_left_out_before_any_night() -> None:
    await make.sell("A", at=make.noon(DAY - 30 * DAYS), amount="10")
    await make.sell("B", at=make.noon(DAY - 29 * DAYS), amount="5")
    assert ((await shown()).balance, (await shown()).expiring) == (15, ((DAY, 10), (DAY + DAYS, 5)))
    after = await shown(on=DAY + DAYS)
    assert (after.balance, after.expiring) == (5, ((DAY + DAYS, 5),))
    assert (await shown(on=DAY + 2 * DAYS)).balance == 0


async def test_held_points_are_pending_until_their_day_though_no_night_ran() -> None:
    await make.execute("UPDATE points_policy SET hold_days = 3")
    await make.sell("A", at=NOW)
    held, ready, gone = [await shown(on=DAY + n * DAYS) for n in (2, 3, 31)]
    assert [(one.balance, one.pending) for one in (held, ready, gone)] == [(0, 100), (100, 0), (0, 0)]


async def test_the_way_to_the_next_tier_is_this_quarters_spend_that_counts() -> None:
    await make.execute("INSERT INTO category (name, counts_for_tier) VALUES ('礼品卡', false)")
    await make.sell("old", at=make.noon(date(2030, 12, 31)), amount="400")
    await make.sell("new", at=make.noon(date(2031, 1, 1)), lines=[(None, "120.50"), ("礼品卡", "300")])
    assert (await shown()).to_next_tier == Decimal("379.50")
    await make.execute(
        "INSERT INTO purchase (store, receipt_no, kind, member, purchased_at, business_date, sold_on, amount, tier_amount, refund_of,"
        " source, content) SELECT 1, 'back', 'refund', 1, $1, $2, sold_on, -20, -20, id, 'till', '' FROM purchase WHERE receipt_no = 'new'",
        NOW, DAY,
    )  # fmt: skip
    assert (await shown()).to_next_tier == Decimal("399.50")
    await make.sell("more", at=NOW, amount="600")
    assert (await shown()).to_next_tier == 0  # the night will move the member
    assert (await shown(on=date(2031, 4, 1))).to_next_tier == 500


async def test_at_the_top_there_is_no_next_tier() -> None:
    await make.execute("UPDATE member SET tier = 3, tier_valid_until = $1", DAY + DAYS)
    top = await shown()
    assert (top.tier, top.tier_valid_until, top.next_tier, top.to_next_tier) == ("金卡", DAY + DAYS, None, None)


async def test_of_another_stores_member_only_a_little_is_shown() -> None:
    await make.execute("UPDATE points_policy SET hold_days = 1")
    await make.sell("A", at=NOW, amount="40", member=2, store=2)
    await opened(25, until=DAY + 5 * DAYS, member=2)
    await make.execute("UPDATE member SET tier = 2, tier_valid_until = $1 WHERE id = 2", DAY + DAYS)
    await looked_up()
    assert await shown(2) == Card(
        member=2, name="张*", phone_masked="139****0002", own=False, tier="银卡", tier_valid_until=None, next_tier="金卡",
        to_next_tier=None, balance=25, pending=0, debt=0, expiring=(),
    )  # fmt: skip


@pytest.mark.parametrize(("staff", "role"), [(1, "cashier"), (1, "store_manager"), (None, "cashier")])
async def test_another_stores_member_is_not_shown_unasked(staff: int | None, role: Role) -> None:
    await looked_up(staff=2)  # somebody else's look-up
    for member in (2, 99):
        with pytest.raises(Refusal) as refusal:
            await shown(member, staff=staff, role=role)
        assert refusal.value.code == "unknown_member"


async def test_a_look_up_is_good_for_an_hour() -> None:
    await looked_up()
    async with scope(role="cashier", stores=[1], staff=1):
        await card(member=2, business_date=DAY, now=NOW + timedelta(minutes=59, seconds=59))
        with pytest.raises(Refusal):
            await card(member=2, business_date=DAY, now=NOW + timedelta(hours=1))


@pytest.mark.parametrize("role", ["hq_admin", "hq_viewer", "job"])
async def test_who_sees_everybody_sees_the_whole_card(role: Role) -> None:
    found = await shown(2, role=role)
    assert (found.own, found.name, found.to_next_tier) == (True, "张三", Decimal(500))
    with pytest.raises(Refusal) as refusal:
        await shown(99, role=role)
    assert refusal.value.code == "unknown_member"
