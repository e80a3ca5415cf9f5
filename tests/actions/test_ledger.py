"""Points by name: when they are good, in which order they go, and what leaves everything as it was."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from actions.night import close_nights
from actions.points import Posted, adjust, open_balance, redeem
from rules.refusals import Refusal
from tables.scope import scope
from tests import make

pytestmark = pytest.mark.usefixtures("db")

DAY = timedelta(days=1)
MONDAY = date(2031, 3, 3)


async def shop(**policy: Any) -> None:
    """Store 1 with member 1."""
    await make.make_program(**policy)
    await make.make_member(store=await make.make_store())


async def night(day: date, *, late: int = 0) -> None:
    await close_nights(through=day, now=make.night_time(day + late * DAY), zone=make.ZONE)


async def spend(points: int, *, on: date, reference: str = "r1", member: int = 1) -> Posted:
    async with scope(role="cashier", stores=[1]):
        return await redeem(member=member, store=1, reference=reference, points=points, business_date=on)


async def opened(points: int, *, on: date, until: date | None, member: int = 1) -> None:
    async with scope(role="job"):
        await open_balance(member=member, store=1, points=points, business_date=on, expires_on=until)


async def account() -> tuple[int, int]:
    row = (await make.fetch("SELECT balance, pending FROM points_account WHERE member = 1"))[0]
    return row["balance"], row["pending"]


async def entries() -> list[tuple[Any, ...]]:
    rows = await make.fetch(
        "SELECT kind, points, balance_after, business_date FROM points_entry WHERE member = 1 ORDER BY id"
    )
    return [tuple(row.values()) for row in rows]


@pytest.mark.parametrize(
    ("sold", "policy", "last"),
    [
        (date(2031, 1, 31), {"valid_days": None, "valid_months": 1}, date(2031, 2, 28)),
        (date(2032, 1, 31), {"valid_days": None, "valid_months": 1}, date(2032, 2, 29)),
        (date(2031, 10, 31), {"valid_days": None, "valid_months": 4}, date(2032, 2, 29)),
        (date(2032, 2, 29), {"valid_days": None, "valid_months": 12}, date(2033, 2, 28)),
        (date(2032, 2, 29), {"valid_days": 366}, date(2033, 3, 1)),
        (date(2031, 3, 31), {"valid_days": None, "valid_months": 1, "round_expiry": "month"}, date(2031, 4, 30)),
        (date(2032, 1, 1), {"valid_days": 31, "round_expiry": "month"}, date(2032, 2, 29)),
        (date(2031, 3, 31), {"valid_days": 1, "round_expiry": "quarter"}, date(2031, 6, 30)),
        (date(2031, 9, 30), {"valid_days": None, "valid_months": 3, "round_expiry": "quarter"}, date(2031, 12, 31)),
        (date(2031, 1, 1), {"valid_days": 364, "round_expiry": "year"}, date(2031, 12, 31)),
        (date(2031, 1, 1), {"valid_days": 365, "round_expiry": "year"}, date(2032, 12, 31)),
        (date(2031, 1, 1), {"valid_days": None}, None),
    ],
)
async def test_the_last_good_day_is_clamped_then_rounded_up(
    sold: date, policy: dict[str, Any], last: date | None
) -> None:
    await shop(**policy)
    await make.sell("A", at=make.noon(sold))
    assert await make.value("SELECT expires_on FROM points_lot") == last


async def test_points_can_be_spent_on_their_last_good_day_and_not_on_the_next() -> None:
    await shop(valid_days=10)
    await make.sell("A", at=make.noon(MONDAY))
    await spend(40, on=MONDAY + 10 * DAY)
    with pytest.raises(Refusal, match="enough points"):
        await spend(40, on=MONDAY + 11 * DAY, reference="r2")


async def test_held_points_are_pending_until_their_day() -> None:
    await shop(hold_days=3)
    await make.sell("A", at=make.noon(MONDAY))
    assert await account() == (0, 100)
    await night(MONDAY)
    await night(MONDAY + DAY)
    assert await account() == (0, 100)
    with pytest.raises(Refusal, match="enough points"):
        await spend(1, on=MONDAY + 2 * DAY)
    await night(MONDAY + 2 * DAY)
    assert await account() == (100, 0)
    await spend(100, on=MONDAY + 3 * DAY)


async def test_held_points_are_ready_on_their_day_though_the_night_is_late() -> None:
    await shop(hold_days=3)
    await make.sell("A", at=make.noon(MONDAY))
    assert (await spend(30, on=MONDAY + 3 * DAY)).balance_after == 70
    assert await account() == (70, 0)
    await night(MONDAY, late=5)
    await night(MONDAY + 4 * DAY)
    assert await account() == (70, 0)


async def test_a_redemption_settles_lapsed_lots_first_and_the_night_finds_nothing() -> None:
    await shop(valid_days=10)
    await make.sell("A", at=make.noon(MONDAY))
    await make.sell("B", at=make.noon(MONDAY + 5 * DAY), amount="50")
    await spend(20, on=MONDAY + 11 * DAY)
    settled = [("expire", -100, 50, MONDAY + 10 * DAY), ("redeem", -20, 30, MONDAY + 11 * DAY)]
    assert (await entries())[2:] == settled
    await night(MONDAY + 10 * DAY)
    assert (await entries())[2:] == settled
    assert await make.value("SELECT counts FROM job_run WHERE job = 'expire'") == "{}"
    assert (
        await make.value("SELECT reference FROM points_entry WHERE kind = 'expire'") == f"expire:1:{MONDAY + 10 * DAY}"
    )


async def test_lots_go_soonest_to_expire_first_then_oldest_and_those_for_ever_last() -> None:
    await shop(valid_days=60)
    await opened(10, on=MONDAY, until=None)
    await make.sell("later", at=make.noon(MONDAY + DAY), amount="10")
    async with scope(role="job"):
        await adjust(member=1, store=1, form="f", points=10, reason="补", business_date=MONDAY + DAY)
    await make.sell("sooner", at=make.noon(MONDAY), amount="10")
    for n, expected in enumerate([[10, 10, 10, 3], [10, 6, 10, 0], [9, 0, 0, 0]]):
        await spend([7, 7, 17][n], on=MONDAY + DAY, reference=f"r{n}")
        left = [row["remaining"] for row in await make.fetch("SELECT remaining FROM points_lot ORDER BY id")]
        assert left == expected


async def test_people_who_may_adjust_can_give_points() -> None:
    await shop()
    await make.sell("A", at=make.noon(MONDAY))
    async with scope(role="store_manager", stores=[1]):
        given = await adjust(member=1, store=1, form="f", points=10, reason="补", business_date=MONDAY)
    assert given.balance_after == 110


async def test_a_short_balance_writes_nothing_not_even_what_has_lapsed() -> None:
    await shop(valid_days=10)
    await make.sell("A", at=make.noon(MONDAY))
    before = await make.digest()
    for points in (100, 101):
        with pytest.raises(Refusal, match="enough points"):
            await spend(points, on=MONDAY + 11 * DAY)
    assert await make.digest() == before


async def test_the_same_deed_again_is_known_and_another_under_its_name_is_refused() -> None:
    await shop()
    await make.make_member("+8613900000002", store=1)
    assert [await make.sell("A", at=make.noon(MONDAY)) for _ in "12"] == ["posted", "known"]
    assert await make.sell("A", at=make.noon(MONDAY), amount="101") == "conflict"
    assert await make.sell("A", at=make.noon(MONDAY), member=2) == "conflict"
    first, second = await spend(30, on=MONDAY), await spend(30, on=MONDAY + DAY)
    assert (first.known, second.known, first.entry, first.balance_after) == (
        False,
        True,
        second.entry,
        second.balance_after,
    )
    before = await make.digest()
    for points, member in ((31, 1), (30, 2), (300, 1)):
        with pytest.raises(Refusal, match="known with other content"):
            await spend(points, on=MONDAY, member=member)
    assert await make.digest() == before


async def test_a_sale_of_no_points_leaves_no_entry_and_is_counted() -> None:
    await shop()
    await make.sell("A", at=make.noon(MONDAY), amount="0.99")
    assert await entries() == []
    assert await make.fetch("SELECT purchase_count, total_spend FROM member_stats") == [
        {"purchase_count": 1, "total_spend": Decimal("0.99")}
    ]
    assert await make.value("SELECT touched_on FROM points_account") == MONDAY


async def test_what_a_category_does_not_earn_or_count_is_left_out() -> None:
    await shop()
    await make.execute(
        "INSERT INTO category (name, earns, counts_for_tier) VALUES ('烟草', false, true), ('礼品卡', true, false)"
    )
    await make.sell("A", at=make.noon(MONDAY), lines=[("烟草", "500"), ("礼品卡", "70"), (None, "0.99")])
    assert await make.fetch("SELECT points, tier_amount FROM purchase") == [
        {"points": 70, "tier_amount": Decimal("500.99")}
    ]
    await night(MONDAY)
    assert await make.value("SELECT rank FROM member m JOIN tier t ON t.id = m.tier") == 2


async def test_an_anonymous_sale_is_recorded_and_earns_nothing() -> None:
    await shop()
    assert await make.sell("A", at=make.noon(MONDAY), member=None) == "posted"
    assert await make.sell("A", at=make.noon(MONDAY), member=None) == "known"
    assert await make.fetch("SELECT member, points FROM purchase") == [{"member": None, "points": 0}]
    assert await entries() == []


@pytest.mark.parametrize(
    ("lines", "points"), [(["99.99", "-10"], 89), (["10.5", "10.5", "-0.01"], 20), (["5", "-5"], 0)]
)
async def test_a_negative_line_counts_within_its_sale(lines: list[str], points: int) -> None:
    await shop()
    await make.sell("A", at=make.noon(MONDAY), lines=[(None, amount) for amount in lines])
    assert await make.value("SELECT points FROM purchase") == points


async def test_one_floor_is_taken_over_the_whole_purchase() -> None:
    await shop(tiers=[("铜卡", 0, "1.15")], per_yuan=Decimal("0.1"))
    await make.sell("A", at=make.noon(MONDAY), lines=[(None, "99.99"), (None, "0.01"), (None, "73.92")])
    assert await make.value("SELECT points FROM purchase") == 20  # 20.0008, and 11 + 0 + 8 line by line


async def test_a_months_end_takes_every_member_once() -> None:
    await shop(valid_days=20, round_expiry="month")
    for n in range(2, 41):
        await make.make_member(f"+86139000000{n:02}", store=1)
    for n in range(1, 41):
        for twice in ("a", "b"):
            await make.sell(f"{n}{twice}", at=make.noon(MONDAY + n % 3 * DAY), member=n)
    await night(date(2031, 3, 31))
    counted = "SELECT count(*), count(DISTINCT member) AS members, sum(points)::bigint AS points FROM points_entry WHERE kind = 'expire'"
    assert await make.fetch(counted) == [{"count": 40, "members": 40, "points": -8000}]
    assert await make.value("SELECT max(balance + pending) FROM points_account") == 0
    assert (
        await make.value("SELECT count(*) FROM notice WHERE kind = 'statement' AND payload ->> 'expired' = '200'") == 40
    )
