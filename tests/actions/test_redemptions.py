"""Rewards, redemptions taken back, and who may adjust how much: by name."""

from datetime import date, timedelta
from typing import Any

import pytest

from actions.night import close_nights
from actions.points import MOST_POINTS, Posted, adjust, cancel_redemption, open_balance, redeem
from queries.invariants import check_all
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope
from tests import make

DAYS = timedelta(days=1)
MONDAY = date(2031, 3, 3)
BASKET, GOLD, MUG, OLD = 1, 2, 3, 4


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    """Stores 1 and 2, member 1 with 100 points, a free reward, one for gold, one of which there is one, one withdrawn."""
    await make.make_program(valid_days=20)
    await make.make_member(store=await make.make_store())
    await make.make_store("S2")
    await make.execute(
        "INSERT INTO reward (name, kind, points, stock, tier, is_active) VALUES ('果篮', 'gift', 40, NULL, NULL, true),"
        " ('礼盒', 'gift', 10, NULL, 3, true), ('杯', 'gift', 30, 1, 1, true), ('旧', 'gift', 10, NULL, NULL, false)"
    )
    await make.sell("A", at=make.noon(MONDAY))


async def spend(
    points: int | None = None, *, reward: int | None = None, key: str = "r", on: date = MONDAY, member: int = 1,
    store: int = 1, role: Role = "cashier",
) -> Posted:  # fmt: skip
    async with scope(role=role, stores=[1]):
        return await redeem(member=member, store=store, reference=key, points=points, reward=reward, business_date=on)


async def back(key: str = "r", *, on: date = MONDAY, store: int = 1, role: Role = "cashier") -> Posted:
    async with scope(role=role, stores=[1]):
        return await cancel_redemption(store=store, reference=key, business_date=on)


async def ledger() -> str:
    """All that a redemption could write."""
    tables = ("points_entry", "points_lot", "points_allocation", "points_account", "reward", "audit_log")
    every = " UNION ALL ".join(f"SELECT t::text AS row FROM {table} t" for table in tables)
    return str(await make.value(f"SELECT md5(string_agg(row, '|' ORDER BY row)) FROM ({every}) r"))


async def code(deed: Any) -> str:
    """What a deed is refused with; it must leave everything as it was."""
    before = await ledger()
    with pytest.raises(Refusal) as refusal:
        await deed
    assert await ledger() == before
    return refusal.value.code


async def lots() -> list[tuple[Any, ...]]:
    rows = await make.fetch("SELECT store, points, remaining, expires_on FROM points_lot ORDER BY id")
    return [tuple(row.values()) for row in rows]


async def stock(reward: int = MUG) -> int | None:
    found: int | None = await make.value("SELECT stock FROM reward WHERE id = $1", reward)
    return found


async def account() -> dict[str, Any]:
    return (await make.fetch("SELECT balance, pending, lapses_on, touched_on FROM points_account"))[0]


async def all_is_well() -> None:
    assert await check_all(progress=lambda *_: None) == []


async def test_a_reward_costs_its_points_and_its_stock() -> None:
    basket, mug = await spend(reward=BASKET, key="b"), await spend(reward=MUG, key="m")
    assert [(one.points, one.balance_after, one.known) for one in (basket, mug)] == [(-40, 60, False), (-30, 30, False)]
    assert await make.fetch("SELECT kind, reward, reference FROM points_entry WHERE points < 0 ORDER BY id") == [
        {"kind": "redeem", "reward": BASKET, "reference": "1:b"}, {"kind": "redeem", "reward": MUG, "reference": "1:m"},
    ]  # fmt: skip
    assert (await stock(BASKET), await stock(MUG)) == (None, 0)
    await all_is_well()


async def test_a_reward_may_be_unknown_withdrawn_too_high_gone_or_too_dear() -> None:
    assert await code(spend(reward=99)) == "unknown_reward"
    assert await code(spend(reward=OLD)) == "reward_not_allowed"
    assert await code(spend(reward=GOLD)) == "reward_not_allowed"
    assert await code(spend(reward=BASKET, member=99)) == "unknown_member"
    await spend(reward=MUG)
    assert await code(spend(reward=MUG, key="r2")) == "out_of_stock"
    await spend(70, key="r3")
    assert await code(spend(reward=BASKET, key="r4")) == "insufficient_points"
    await make.execute("UPDATE reward SET stock = 5 WHERE id = $1", MUG)
    assert await code(spend(reward=MUG, key="r5")) == "insufficient_points"
    assert await stock() == 5


async def test_a_reward_is_for_its_tier_and_those_above() -> None:
    await make.execute("UPDATE member SET tier = 3")
    assert (await spend(reward=GOLD)).points == -10
    assert (await spend(reward=MUG, key="m")).points == -30


async def test_the_same_claim_again_is_known_whatever_became_of_the_reward() -> None:
    first = await spend(reward=MUG)
    await make.execute("UPDATE reward SET points = 50, is_active = false WHERE id = $1", MUG)
    before = await ledger()
    again = await spend(reward=MUG, on=MONDAY + DAYS)
    assert (again.known, again.entry, again.points, again.balance_after) == (True, first.entry, -30, 70)
    assert await ledger() == before
    await make.make_member("+8613900000002", store=1)
    for deed in (spend(reward=BASKET), spend(30), spend(reward=MUG, member=2), spend(reward=99)):
        assert await code(deed) == "conflict"
    await spend(40, key="p")
    assert await code(spend(reward=BASKET, key="p")) == "conflict"


@pytest.mark.parametrize(
    ("points", "reward"), [(None, None), (10, BASKET), (0, None), (-5, None), (MOST_POINTS + 1, None)]
)
async def test_a_redemption_names_points_or_a_reward(points: int | None, reward: int | None) -> None:
    assert await code(spend(points, reward=reward)) == "bad_amount"


@pytest.mark.parametrize("key", ["", " ", "9" * 65, "a\nb", "a\x00"])
async def test_a_reference_is_one_short_line(key: str) -> None:
    assert await code(spend(10, key=key)) == "bad_reference"


async def test_points_go_back_to_the_lots_they_came_from() -> None:
    async with scope(role="job"):
        await open_balance(member=1, store=2, points=50, business_date=MONDAY, expires_on=None)
    await spend(120)
    restored = await back(on=MONDAY + 13 * DAYS)  # 7 days before the end of the first lot
    assert (restored.points, restored.balance_after, restored.known) == (120, 150, False)
    assert await lots() == [(1, 100, 100, MONDAY + 20 * DAYS), (2, 50, 50, None)]
    spent = await make.value("SELECT id FROM points_entry WHERE kind = 'redeem'")
    assert await make.fetch(
        "SELECT source, reference, store, business_date FROM points_entry WHERE kind = 'restore'"
    ) == [{"source": "restore", "reference": f"{spent}:1", "store": 1, "business_date": MONDAY + 13 * DAYS}]
    assert await make.fetch("SELECT lot, points FROM points_allocation WHERE entry = $1 ORDER BY lot", restored.entry) == [
        {"lot": 1, "points": -100}, {"lot": 2, "points": -20},
    ]  # fmt: skip
    await all_is_well()


async def test_what_would_end_within_a_week_comes_back_for_a_week_from_the_store_that_owes_it() -> None:
    await make.sell("B", at=make.noon(MONDAY), store=2)
    await spend(150)
    await back(on=MONDAY + 14 * DAYS)
    week = MONDAY + 21 * DAYS
    assert await lots() == [
        (1, 100, 0, MONDAY + 20 * DAYS), (2, 100, 50, MONDAY + 20 * DAYS), (1, 100, 100, week), (2, 50, 50, week),
    ]  # fmt: skip
    assert await account() == {
        "balance": 200, "pending": 0, "lapses_on": MONDAY + 20 * DAYS, "touched_on": MONDAY + 14 * DAYS
    }  # fmt: skip
    await all_is_well()


async def test_points_that_have_ended_since_come_back_and_end_again() -> None:
    await spend(100)
    await close_nights(through=MONDAY, now=make.night_time(MONDAY), zone=make.ZONE)
    later = MONDAY + 30 * DAYS
    await close_nights(through=later - DAYS, now=make.night_time(later), zone=make.ZONE)
    assert (await account())["lapses_on"] is None
    await back(on=later)
    assert await account() == {"balance": 100, "pending": 0, "lapses_on": later + 7 * DAYS, "touched_on": later}
    await all_is_well()
    assert (await spend(1, key="r2", on=later + 7 * DAYS)).balance_after == 99
    await close_nights(through=later + 7 * DAYS, now=make.night_time(later + 7 * DAYS), zone=make.ZONE)
    assert (await account())["balance"] == 0
    await all_is_well()


async def test_a_refilled_lot_that_no_figure_waited_for_any_more_still_ends_on_its_day() -> None:
    """Once everything is spent a night looks for later lots alone; what is given back must be looked for again."""
    await spend(100)
    await make.sell("B", at=make.noon(MONDAY + 5 * DAYS), amount="10")
    await make.execute("UPDATE points_account SET lapses_on = $1", MONDAY + 25 * DAYS)  # as an expiry would leave it
    await back(on=MONDAY + 6 * DAYS)
    assert (await account())["lapses_on"] == MONDAY + 20 * DAYS
    await close_nights(through=MONDAY + 20 * DAYS, now=make.night_time(MONDAY + 20 * DAYS), zone=make.ZONE)
    assert (await account())["balance"] == 10
    await all_is_well()


async def test_a_cancellation_settles_what_has_lapsed_first() -> None:
    await spend(60)
    await back(on=MONDAY + 21 * DAYS)
    rows = await make.fetch("SELECT kind, points, balance_after FROM points_entry ORDER BY id OFFSET 1")
    assert [tuple(row.values()) for row in rows] == [("redeem", -60, 40), ("expire", -40, 0), ("restore", 60, 60)]
    await all_is_well()


async def test_cancelling_twice_answers_the_same_and_gives_the_stock_back_once() -> None:
    await spend(reward=MUG)
    first = await back()
    assert await stock() == 1
    before = await ledger()
    again = await back(on=MONDAY + DAYS)
    assert (again.known, again.entry, again.points, again.balance_after) == (True, first.entry, 30, 100)
    assert await ledger() == before
    assert (await spend(reward=MUG)).known, "a cancelled redemption keeps its key"
    assert not (await spend(reward=MUG, key="r2")).known
    await spend(reward=BASKET, key="b")
    await back("b")
    assert await stock(BASKET) is None


async def test_only_a_redemption_of_that_store_can_be_cancelled() -> None:
    await spend(10)
    async with scope(role="store_manager", stores=[1]):
        await adjust(member=1, store=1, form="1:f", points=-10, reason="补", business_date=MONDAY)
    for deed in (back("x"), back(""), back("f"), back("a\x00"), back("r", store=2, role="hq_admin")):
        assert await code(deed) == "unknown_redemption"
