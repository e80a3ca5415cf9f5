"""What will end, by month and store: by the book, against plain Python, and for a manager only their own stores'."""

from collections import defaultdict
from datetime import date

import pytest

from queries.expiry_forecast import NEVER, Ending, Forecast, expiry_forecast
from tables.access import Role
from tables.scope import scope
from tests import make
from tests.settling import DAY, Days, buy, open_shops

pytestmark = pytest.mark.usefixtures("db")

TODAY = date(2031, 3, 15)


async def forecast(today: date = TODAY, *, role: Role = "hq_viewer", stores: tuple[int, ...] = ()) -> Forecast:
    async with scope(role=role, stores=stores):
        return await expiry_forecast(today=today)


async def lot(
    *, store: int, points: int, ends: date | None, member: int = 1, left: int | None = None, held: bool = False
) -> None:
    """A lot of its own entry; whether the account says the same does not matter here."""
    entry = await make.value(
        "INSERT INTO points_entry (member, store, kind, points, balance_after, source, reference, business_date)"
        " VALUES ($1, $2, 'earn', $3, 0, 'test', gen_random_uuid()::text, '2031-01-01') RETURNING id",
        member, store, points,
    )  # fmt: skip
    await make.execute(
        "INSERT INTO points_lot (entry, member, store, points, remaining, available_on, expires_on, matured)"
        " VALUES ($1, $2, $3, $4, $5, '2031-01-01', $6, $7)",
        entry, member, store, points, points if left is None else left, ends, not held,
    )  # fmt: skip


async def test_points_end_in_the_month_of_their_last_good_day() -> None:
    await open_shops(members=2)
    for ends, points in (
        (TODAY - DAY, 1_000), (TODAY, 1), (date(2031, 3, 31), 2), (date(2031, 4, 1), 4), (date(2032, 2, 29), 8),
        (date(2032, 3, 1), 16), (date(2040, 1, 1), 32), (None, 64),
    ):  # fmt: skip
        await lot(store=1, points=points, ends=ends)
    await lot(store=1, points=500, left=0, ends=date(2031, 4, 9))
    found = await forecast()
    assert (len(found.times), found.times[0], found.times[11]) == (14, date(2031, 3, 1), date(2032, 2, 1))
    told = {time: found.ending(time=time).points for time in found.times if found.ending(time=time).points}
    assert told == {
        date(2031, 3, 1): 3, date(2031, 4, 1): 4, date(2032, 2, 1): 8, found.later: 48, NEVER: 64
    }  # fmt: skip
    assert found.later == date(2032, 3, 1)
    assert found.ending() == Ending(ready=127, held=0, members=1)


async def test_held_points_have_a_column_of_their_own_and_a_member_counts_once() -> None:
    await open_shops(members=2)
    april, may = date(2031, 4, 10), date(2031, 5, 10)
    await lot(store=1, points=10, ends=april)
    await lot(store=1, points=20, ends=april + DAY, held=True)
    await lot(store=2, points=30, ends=april)
    await lot(store=2, points=40, ends=may, member=2, held=True)
    found = await forecast()
    assert [shop.code for shop in found.stores] == ["S1", "S2"]
    assert found.ending(store=1, time=april.replace(day=1)) == Ending(ready=10, held=20, members=1)
    assert found.ending(store=2) == Ending(ready=30, held=40, members=2)
    assert found.ending(time=april.replace(day=1)) == Ending(ready=40, held=20, members=1)
    assert found.ending() == Ending(ready=40, held=60, members=2)
    assert found.ending(store=3) == Ending()


async def test_a_manager_is_told_of_the_points_that_their_own_stores_owe() -> None:
    await open_shops(members=2)
    for store in (1, 2, 3):
        await lot(store=store, points=store, ends=TODAY)
    found = await forecast(role="store_manager", stores=(2, 3))
    assert [shop.id for shop in found.stores] == [2, 3]
    assert found.ending() == Ending(ready=5, held=0, members=1)
    assert found.ending(store=1) == Ending()
    assert (await forecast(role="store_manager")).stores == ()


async def test_an_empty_chain_has_nothing_that_ends() -> None:
    await open_shops()
    found = await forecast()
    assert (found.stores, found.ending()) == ((), Ending())


@pytest.mark.parametrize(
    "validity", [{"valid_days": 400, "hold_days": 20}, {"valid_days": None, "valid_months": 3, "round_expiry": "month"}]
)
async def test_random_days_end_as_plain_python_says(validity: dict[str, object]) -> None:
    await open_shops(members=4, **validity)
    first = date(2031, 1, 20)
    await Days(seed=5, members=4).live(first=first, days=90)
    await buy("last", store=1, day=first + 90 * DAY, amount=50)
    await make.execute("UPDATE points_lot SET expires_on = NULL WHERE id % 9 = 0")
    for today in (first + 90 * DAY, first + 140 * DAY):
        found, (told, members) = await forecast(today), await recomputed(today)
        assert told
        assert {key: (one.ready, one.held) for key, one in found.endings.items() if one.points} == told
        assert {key: one.members for key, one in found.endings.items() if one.points} == members


async def recomputed(today: date) -> tuple[dict[object, tuple[int, int]], dict[object, int]]:
    points: defaultdict[object, tuple[int, int]] = defaultdict(lambda: (0, 0))
    members: defaultdict[object, set[int]] = defaultdict(set)
    for row in await make.fetch("SELECT * FROM points_lot WHERE remaining > 0"):
        ends = row["expires_on"]
        if ends is not None and ends < today:
            continue
        month = NEVER if ends is None else min(ends.replace(day=1), date(today.year + 1, today.month, 1))
        for key in ((row["store"], month), (row["store"], None), (None, month), (None, None)):
            ready, held = points[key]
            points[key] = (ready + row["remaining"], held) if row["matured"] else (ready, held + row["remaining"])
            members[key].add(row["member"])
    return dict(points), {key: len(who) for key, who in members.items()}
