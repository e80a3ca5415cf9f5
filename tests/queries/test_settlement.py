"""Who owes whom for points issued at one store and spent at another: by the book, and against plain Python."""

from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest

from queries.settlement import READERS, Settlement, settlement
from rules.refusals import Refusal
from tables.access import STAFF_ROLES, Role
from tables.scope import scope
from tests import make
from tests.settling import Days, buy, cancel, open_shops, refund, spend

pytestmark = pytest.mark.usefixtures("db")

MARCH, APRIL, MAY = date(2031, 3, 1), date(2031, 4, 1), date(2031, 5, 1)
CENT = Decimal("0.01")


async def month(day: date, *, role: Role = "hq_viewer") -> Settlement:
    async with scope(role=role):
        return await settlement(month=day)


async def pairs(day: date) -> dict[tuple[int, int], int]:
    """Points by (owes, served); stores' ids are the numbers in their codes."""
    return {(pair.owes.id, pair.served.id): pair.points for pair in (await month(day)).pairs}


async def test_the_store_that_issued_owes_the_store_that_served() -> None:
    await open_shops()
    await buy("A", store=1, day=MARCH, amount=100)
    await spend("r", store=2, day=date(2031, 3, 31), points=60)
    await spend("s", store=1, day=date(2031, 4, 1), points=15)
    found = await month(date(2031, 3, 17))
    assert (found.month, await pairs(MARCH)) == (MARCH, {(1, 2): 60})
    assert [(net.store.code, net.receives, net.pays, net.points) for net in found.nets] == [
        ("S1", 0, 60, -60),
        ("S2", 60, 0, 60),
    ]
    assert await pairs(APRIL) == {(1, 1): 15}
    (own,) = (await month(APRIL)).nets
    assert (own.receives, own.pays, own.points) == (0, 0, 0), "a store owes itself nothing"
    assert (await month(MAY)).pairs == ()


async def test_a_cancelled_redemption_is_taken_off_in_the_month_of_its_cancellation() -> None:
    await open_shops()
    await buy("A", store=1, day=MARCH, amount=100)
    await spend("r", store=2, day=date(2031, 3, 30), points=60)
    await cancel("r", store=2, day=date(2031, 4, 2))
    assert (await pairs(MARCH), await pairs(APRIL)) == ({(1, 2): 60}, {(1, 2): -60})
    assert [net.points for net in (await month(APRIL)).nets] == [60, -60]


async def test_points_that_come_back_as_a_new_lot_undo_it_just_the_same() -> None:
    await open_shops(valid_days=20)
    await buy("A", store=1, day=date(2031, 3, 10), amount=100)
    await buy("B", store=3, day=date(2031, 3, 25), amount=30)
    await spend("r", store=2, day=date(2031, 3, 26), points=120)
    await cancel("r", store=2, day=date(2031, 3, 27))
    assert (
        await make.value(
            "SELECT count(*) FROM points_lot l JOIN points_entry e ON e.id = l.entry WHERE e.kind = 'restore'"
        )
        == 1
    )
    assert await pairs(MARCH) == {}
    await spend("again", store=4, day=date(2031, 4, 3), points=100)
    assert await pairs(APRIL) == {(1, 4): 100}, "the new lot is owed by the store that had owed the old one"


async def test_what_a_refund_gives_back_is_taken_off_where_it_was_spent_whoever_refunds() -> None:
    await open_shops()
    await buy("A", store=1, day=MARCH, amount=100)
    await buy("B", store=2, day=MARCH, amount=40, spend=50)
    await refund("b", store=3, day=date(2031, 3, 5), sold_at=2, of="B", amount=20)
    assert await pairs(MARCH) == {(1, 2): 25}
    await refund("c", store=3, day=date(2031, 4, 5), sold_at=2, of="B")
    assert await pairs(APRIL) == {(1, 2): -25}


async def test_what_a_refund_takes_out_of_other_stores_lots_belongs_to_the_store_that_sold() -> None:
    """Store 1 had issued 100 and paid 80 of them to store 2; the sale is undone, so it gets them back from 3 and 4."""
    await open_shops()
    await buy("A", store=1, day=MARCH, amount=100)
    await spend("r", store=2, day=date(2031, 3, 2), points=80)
    await buy("B", store=3, day=date(2031, 3, 3), amount=50)
    await refund("a", store=4, day=date(2031, 3, 31), sold_at=1, of="A")
    assert await pairs(MARCH) == {(1, 2): 80, (3, 1): 50}
    await buy("C", store=4, day=date(2031, 4, 1), amount=45)
    assert await pairs(MARCH) == {(1, 2): 80, (3, 1): 50}, "a month that is over stays as it was"
    assert await pairs(APRIL) == {(4, 1): 30}, "a debt counts in the month in which it is paid"


async def test_a_value_of_a_point_makes_yuan_that_sum_to_nothing_too() -> None:
    await open_shops(point_value=Decimal("0.0333"))
    await buy("A", store=1, day=MARCH, amount=100)
    await spend("r", store=2, day=MARCH, points=50)
    await spend("s", store=3, day=MARCH, points=5)
    await spend("t", store=1, day=MARCH, points=5)
    found = await month(MARCH)
    assert found.point_value == Decimal("0.0333")
    assert [(pair.served.id, pair.yuan) for pair in found.pairs] == [
        (1, None),
        (2, Decimal("1.67")),
        (3, Decimal("0.17")),
    ]
    assert [net.yuan for net in found.nets] == [Decimal("-1.84"), Decimal("1.67"), Decimal("0.17")]
    await make.execute("UPDATE points_policy SET point_value = NULL")
    assert {net.yuan for net in (await month(MARCH)).nets} == {None}


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_head_office_alone_may_ask(role: Role) -> None:
    await open_shops()
    if role in READERS:
        assert (await month(MARCH, role=role)).pairs == ()
    else:
        with pytest.raises(Refusal) as refusal:
            await month(MARCH, role=role)
        assert refusal.value.code == "not_allowed"


async def recomputed() -> dict[tuple[date, int, int], int]:
    """Every month from every row, one after the other."""
    entries = {row["id"]: row for row in await make.fetch("SELECT * FROM points_entry")}
    lots = {row["id"]: row for row in await make.fetch("SELECT * FROM points_lot")}
    purchases = {row["id"]: row for row in await make.fetch("SELECT * FROM purchase")}
    owed: defaultdict[tuple[date, int, int], int] = defaultdict(int)

    def served(entry: dict[str, object]) -> int | None:
        if entry["kind"] == "redeem":
            return entry["store"]  # type: ignore[return-value]  # a row
        if entry["kind"] == "restore":
            return int(entries[int(str(entry["reference"]).split(":")[0])]["store"])
        if entry["kind"] == "refund":
            return int(purchases[purchases[entry["purchase"]]["refund_of"]]["store"])
        return None

    for row in await make.fetch("SELECT * FROM points_allocation"):
        entry, lot = entries[row["entry"]], lots[row["lot"]]
        store, day = served(entry), row["paid_on"] or entry["business_date"]
        if store is not None and (entry["kind"] != "refund" or store != lot["store"]):
            owed[day.replace(day=1), lot["store"], store] += row["points"]
    for lot in lots.values():
        entry = entries[lot["entry"]]
        if entry["kind"] == "restore":
            owed[entry["business_date"].replace(day=1), lot["store"], served(entry) or 0] -= lot["points"]
    return {key: points for key, points in owed.items() if points}


@pytest.mark.parametrize("seed", [3, 8])
async def test_a_random_year_is_what_plain_python_makes_of_it(seed: int) -> None:
    await open_shops(members=4, valid_days=35, hold_days=seed % 2, point_value=Decimal("0.0137"))
    await Days(seed=seed, members=4).live(first=date(2031, 1, 20), days=330)
    await met_everything()
    found: dict[tuple[date, int, int], int] = {}
    day = date(2031, 1, 1)
    for _ in range(13):
        one = await month(day)
        found |= {(day, pair.owes.id, pair.served.id): pair.points for pair in one.pairs}
        assert sum(net.points for net in one.nets) == 0
        assert sum((net.yuan or Decimal(0) for net in one.nets), Decimal(0)) == 0
        for pair in one.pairs:
            worth = (pair.points * Decimal("0.0137")).quantize(CENT, ROUND_HALF_UP)
            assert pair.yuan == (worth if pair.owes != pair.served else None)
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    assert found == await recomputed()
    assert len({(owes, served) for _, owes, served in found}) == 16


async def met_everything() -> None:
    """The year held what the definition speaks of, or it would prove nothing."""
    kinds = await make.fetch(
        "SELECT count(*) FILTER (WHERE e.kind = 'restore' AND a.points < 0) AS refilled,"
        " count(*) FILTER (WHERE e.kind = 'refund' AND l.store <> s.store) AS from_others,"
        " count(*) FILTER (WHERE a.paid_on IS NOT NULL AND date_trunc('month', a.paid_on) <> date_trunc('month', e.business_date))"
        " AS paid_later, count(*) FILTER (WHERE e.kind = 'expire') AS expired, count(*) FILTER (WHERE e.kind = 'adjust') AS adjusted"
        " FROM points_allocation a JOIN points_entry e ON e.id = a.entry JOIN points_lot l ON l.id = a.lot"
        " LEFT JOIN purchase p ON p.id = e.purchase LEFT JOIN purchase s ON s.id = p.refund_of"
    )
    anew = await make.fetch(
        "SELECT count(*) AS made_anew, count(*) FILTER (WHERE r.store <> e.store) AS elsewhere FROM points_lot l"
        " JOIN points_entry e ON e.id = l.entry JOIN points_entry r ON r.id = split_part(e.reference, ':', 1)::bigint"
        " WHERE e.kind = 'restore'"
    )
    assert min(kinds[0].values()) > 0, kinds
    assert min(anew[0].values()) > 0, anew
