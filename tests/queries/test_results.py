"""A campaign's results against the same figures counted one by one in plain Python."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from statistics import variance
from typing import Any

import pytest

from queries.results import campaign_results, campaign_seen
from queries.results_facts import Counts, Results
from rules.effects import Group, effect
from tables.scope import scope
from tests import make, resulting
from tests.make import ZONE
from tests.resulting import BEGINS, DAY, DAYS, PRICE, SECOND, Row, World

NOW = BEGINS + 30 * DAY


async def seen(*, now: datetime = NOW) -> Results:
    async with scope(role="job"):
        found = await campaign_results(campaign=1, now=now, zone=ZONE)
    assert found is not None
    return found


def spent(world: World, member: int, begins: datetime, ends: datetime) -> tuple[bool, Decimal]:
    sales = [sale for sale in resulting.bought(world).get(member, []) if begins <= sale.at < ends]
    return bool(sales), sum((sale.amount + sale.back for sale in sales), Decimal(0))


def withdrew(world: World, row: Row) -> bool:
    return row.sent and row.member in world.no and row.begins <= world.no[row.member] < row.begins + DAYS * DAY


def flags(world: World, row: Row) -> dict[str, bool]:
    return {
        "treated": row.treated, "sent": row.sent, "delivered": row.state == "delivered", "failed": row.state == "failed",
        "clicked": not all(row.clicks), "replied": row.said in {"answer", "other"}, "opted_out": withdrew(world, row),
        "complained": row.complained,
    }  # fmt: skip


def cost(rows: Iterable[Row]) -> Decimal:
    """What nobody has told yet costs a part."""
    return sum((PRICE if row.cost is None else row.cost for row in rows if row.sent), Decimal(0))


def by_message(world: World, wanted: Callable[[Row], bool]) -> Counts:
    rows = [row for row in world.rows if wanted(row)]
    told = Counter(name for row in rows for name, true in flags(world, row).items() if true)
    yuan = [spent(world, row.member, row.begins, row.begins + DAYS * DAY) for row in rows if row.treated]
    return counts(told, len(rows), yuan, rows)


def by_person(world: World, wanted: Callable[[int], bool] = lambda _: True) -> Counts:
    people = {row.member for row in world.rows if wanted(row.member)}
    told: Counter[str] = Counter()
    yuan = []
    for member in people:
        rows = [row for row in world.rows if row.member == member]
        tried = [row for row in rows if row.treated]
        told.update({name for row in rows for name, true in flags(world, row).items() if true and name != "failed"})
        told["failed"] += bool(tried) and all(row.state == "failed" for row in tried)
        if tried:
            begins = min(row.begins for row in tried)
            yuan.append(spent(world, member, begins, max(begins, world.waves[-1][1]) + DAYS * DAY))
    return counts(told, len(people), yuan, [row for row in world.rows if row.member in people])


def counts(told: Counter[str], people: int, yuan: list[tuple[bool, Decimal]], rows: list[Row]) -> Counts:
    return Counts(
        audience=people, bought=sum(came for came, _ in yuan), revenue=sum((left for _, left in yuan), Decimal(0)),
        squares=sum((left * left for _, left in yuan), Decimal(0)), cost=cost(rows),
        guessed=any(row.sent and row.cost is None for row in rows), **told,
    )  # fmt: skip


def held_out(world: World) -> list[tuple[bool, Decimal]]:
    people = {row.member: row for row in world.rows[::-1] if row.reason == "holdout"}
    return [spent(world, member, row.begins, world.waves[-1][1] + DAYS * DAY) for member, row in people.items()]


@pytest.mark.parametrize(("seed", "steps"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 2)])
async def test_every_figure_is_what_counting_one_by_one_finds(db: None, seed: int, steps: int) -> None:
    world = resulting.imagined(seed=seed, steps=steps)
    await resulting.stored(world)
    found = await seen()
    assert found.total == by_person(world)
    assert found.total.bought > 5
    waves = [by_message(world, lambda row, n=n: row.step == n) for n, _ in world.waves]  # type: ignore[misc]
    assert [step.counts for step in found.steps] == waves
    assert {one.label: one.counts for one in found.steps[0].versions} == {
        label: by_message(world, lambda row, n=n: row.variant == n)  # type: ignore[misc]
        for n, label in ((1, "A"), (2, "B"))
    }
    assert {store.code: store.counts for store in found.stores} == {
        code: by_person(world, lambda member, n=n: member % 2 == n)  # type: ignore[misc]
        for n, code in ((0, "S1"), (1, "S2"))
    }
    hours = {row.handed_at.hour for row in world.rows if row.handed_at is not None}
    assert {one.hour: one.counts for one in found.hours} == {
        hour: by_message(world, lambda row, h=hour: row.handed_at is not None and row.handed_at.hour == h)  # type: ignore[misc]
        for hour in hours
    }
    assert found.left_out == Counter(row.reason for row in world.rows if row.reason)
    held = held_out(world)
    group = found.effect.holdout
    assert (group.people, group.bought, group.revenue) == (
        len(held),
        sum(came for came, _ in held),
        sum(y for _, y in held),
    )
    assert group.variance == pytest.approx(variance(float(y) for _, y in held))
    assert (found.habits.redeemed, found.habits.asleep, found.habits.woken) == habits(world)


def habits(world: World) -> tuple[int, int, int]:
    told: Counter[str] = Counter()
    for member in {row.member for row in world.rows if row.treated}:
        begins = min(row.begins for row in world.rows if row.member == member and row.treated)
        ends = max(begins, world.waves[-1][1]) + DAYS * DAY
        told["redeemed"] += member in world.redeemed and begins <= world.redeemed[member] < ends
        first, day = begins.date() - 90 * DAY, begins.date()
        asleep = not any(sale.member == member and first <= sale.at.date() < day for sale in world.sales)
        told["asleep"] += asleep
        told["woken"] += asleep and spent(world, member, begins, ends)[0]
    return told["redeemed"], told["asleep"], told["woken"]


async def test_a_campaign_without_steps_or_messages_has_results_of_nothing(db: None) -> None:
    await make.execute("INSERT INTO campaign (name) VALUES ('空'), ('未发')")
    async with scope(role="job"):
        nothing = await campaign_results(campaign=1, now=NOW, zone=ZONE)
        assert nothing is not None
        assert (nothing.total, nothing.open_days, nothing.effect.verdict) == (Counts(), 0, "no_holdout")
        assert await campaign_results(campaign=9, now=NOW, zone=ZONE) is None
    await make.execute(
        "INSERT INTO campaign_step (campaign, text, scheduled_at, send_before) VALUES (2, 't', $1, $2)", BEGINS, SECOND
    )
    async with scope(role="job"):
        unsent = await campaign_results(campaign=2, now=NOW, zone=ZONE)
    assert unsent is not None
    assert (unsent.total, unsent.began_at, len(unsent.steps)) == (Counts(), None, 1)


async def test_observation_is_open_until_its_days_are_over(db: None) -> None:
    world = World(steps=1, rows=[
        Row(id=1, step=1, member=1, store=2, variant=1, state="delivered", reason=None, handed_at=BEGINS, cost=PRICE)
    ])  # fmt: skip
    await resulting.stored(world)
    left = [(await seen(now=BEGINS + days * DAY)).open_days for days in (0.5, 4.9, 5, 9)]
    assert left == [5, 1, 0, 0]


async def test_a_store_manager_reaches_the_campaigns_of_their_store_alone(db: None) -> None:
    own, other = await make.make_store("S1"), await make.make_store("S2")
    await make.execute(
        "INSERT INTO campaign (name, store) VALUES ('总部', NULL), ('本店', $1), ('外店', $2)", own, other
    )
    roles: list[tuple[Any, list[bool]]] = [
        ("store_manager", [False, True, False]), ("hq_viewer", [True] * 3), ("cashier", [False, True, False]),
    ]  # fmt: skip
    for role, wanted in roles:
        async with scope(role=role, stores=[own]):
            assert [await campaign_seen(campaign=n) for n in (1, 2, 3)] == wanted


def group(people: int, bought: int, each: int) -> Group:
    """Buyers of whom each left the same."""
    return Group(people=people, bought=bought, revenue=Decimal(bought * each), squares=Decimal(bought * each * each))


@pytest.mark.parametrize(
    ("treated", "holdout", "verdict"),
    [
        (group(1000, 200, 50), group(0, 0, 0), "no_holdout"),
        (group(1000, 200, 50), group(29, 0, 0), "few"),
        (group(1000, 200, 50), group(500, 90, 50), "chance"),
        (group(1000, 200, 50), group(500, 50, 50), "more"),
        (group(1000, 100, 50), group(500, 100, 50), "less"),
    ],
)
def test_an_effect_is_said_with_its_doubt(treated: Group, holdout: Group, verdict: str) -> None:
    found = effect(treated=treated, holdout=holdout, cost=Decimal(100))
    assert found.verdict == verdict
    assert found.cost_per_buyer == (Decimal(100) / treated.bought).quantize(Decimal("0.01"))


def test_incremental_revenue_is_the_difference_for_all_who_were_written_to() -> None:
    found = effect(treated=group(1000, 200, 50), holdout=group(500, 50, 50), cost=Decimal(100))
    assert found.incremental == Decimal(5000)
    assert found.buyers == pytest.approx(100)
    assert found.roi == pytest.approx(49)
    assert found.cost_per_extra_buyer == Decimal("1.00")
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low < 5000 < found.high
    worse = effect(treated=group(1000, 100, 50), holdout=group(500, 100, 50), cost=Decimal(100))
    assert worse.cost_per_extra_buyer is None
