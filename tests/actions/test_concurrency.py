"""Two tills, two files, two nights at once: real connections, and a look at who waits instead of a guess at the time."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from actions.night import close_nights
from actions.points import redeem
from actions.purchases_import import import_purchases
from queries.invariants import check_all
from rules.refusals import Refusal
from tables.scope import scope, session
from tests import make

DAY = timedelta(days=1)
MONDAY = date(2031, 3, 3)
TILLS = 32
WAITING = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    """Store 1 with members 1 to 20."""
    await make.make_program(valid_days=10)
    await make.make_store()
    for n in range(1, 21):
        await make.make_member(f"+86139000000{n:02}", store=1)


async def spend(points: int, *, reference: str, on: date = MONDAY, member: int = 1) -> str:
    """The outcome of a redemption on a connection of its own."""
    async with session() as connection:
        try:
            async with scope(role="cashier", stores=[1], connection=connection):
                posted = await redeem(member=member, store=1, reference=reference, points=points, business_date=on)
        except Refusal as refusal:
            return refusal.code
    return "known" if posted.known else "posted"


def started(deed: Coroutine[Any, Any, str]) -> asyncio.Task[str]:
    """Another caller, who knows nothing of the scope that is open here."""
    return asyncio.get_running_loop().create_task(deed, context=Context())


async def somebody_waits(*, tasks: int = 1) -> None:
    """Returns when so many connections wait for a lock."""
    async with asyncio.timeout(10):
        while await make.value(WAITING) < tasks:
            await asyncio.sleep(0)


async def while_held(member: int, *deeds: Callable[[], Coroutine[Any, Any, str]]) -> list[str]:
    """Deeds that all stand at the door of one member's account and are let in at once."""
    async with session() as connection:
        async with scope(role="job", connection=connection):
            await connection.execute("UPDATE points_account SET debt = debt WHERE member = $1", member)
            tasks = [started(deed()) for deed in deeds]
            await somebody_waits(tasks=len(deeds))
        return list(await asyncio.gather(*tasks))


async def all_is_well() -> None:
    assert await check_all(progress=lambda *_: None) == []


async def test_of_many_redemptions_only_what_the_balance_bears_is_posted() -> None:
    await make.sell("A", at=make.noon(MONDAY), amount="40")
    outcomes = await while_held(1, *(lambda n=n: spend(30, reference=f"r{n}") for n in range(TILLS)))
    assert sorted(outcomes) == ["insufficient_points"] * (TILLS - 1) + ["posted"]
    assert await make.value("SELECT balance FROM points_account WHERE member = 1") == 10
    await all_is_well()


async def test_one_redemption_sent_by_many_is_posted_once() -> None:
    await make.sell("A", at=make.noon(MONDAY), amount="40")
    outcomes = await while_held(1, *(lambda: spend(30, reference="r") for _ in range(TILLS)))
    assert sorted(outcomes) == ["known"] * (TILLS - 1) + ["posted"]
    await all_is_well()


async def test_two_redemptions_at_once_leave_a_running_sum() -> None:
    await make.sell("A", at=make.noon(MONDAY))
    assert await while_held(1, lambda: spend(30, reference="r1"), lambda: spend(30, reference="r2")) == ["posted"] * 2
    after = await make.fetch("SELECT balance_after FROM points_entry ORDER BY id")
    assert [row["balance_after"] for row in after] == [100, 70, 40]
    await all_is_well()


async def test_one_reference_for_two_members_at_once_is_a_conflict_for_one_of_them() -> None:
    for member in (1, 2):
        await make.sell(f"A{member}", at=make.noon(MONDAY), member=member)
    async with session() as connection:
        async with scope(role="cashier", stores=[1], connection=connection):
            await redeem(member=1, store=1, reference="r", points=30, business_date=MONDAY)
            other = started(spend(30, reference="r", member=2))
            await somebody_waits()
        assert await other == "conflict"
    await all_is_well()


async def test_a_redemption_and_the_night_take_a_lapsed_lot_once() -> None:
    for member in range(1, 21):
        await make.sell(f"A{member}", at=make.noon(MONDAY), member=member)
        await make.sell(f"B{member}", at=make.noon(MONDAY + DAY), amount="50", member=member)
    ends = MONDAY + 10 * DAY
    spends = (spend(40, reference=f"r{member}", on=ends + DAY, member=member) for member in range(1, 21))
    _, *outcomes = await asyncio.gather(close_nights(through=ends, now=make.night_time(ends), zone=make.ZONE), *spends)
    assert outcomes == ["posted"] * 20
    assert await make.fetch("SELECT DISTINCT balance FROM points_account") == [{"balance": 10}]
    assert await make.value("SELECT count(*) FROM points_entry WHERE kind = 'expire' AND points = -100") == 20
    await all_is_well()


async def test_a_redemption_that_waited_for_the_expiry_finds_the_points_gone() -> None:
    await make.sell("A", at=make.noon(MONDAY))
    ends = MONDAY + 10 * DAY
    async with session() as connection:
        async with scope(role="job", connection=connection):
            await connection.execute("SELECT deed.points_expire(ARRAY[1]::bigint[], $1)", ends)
            waiting = started(spend(40, reference="r", on=ends + DAY))
            await somebody_waits()
        assert await waiting == "insufficient_points"
    assert await make.value("SELECT count(*) FROM points_entry WHERE kind = 'expire'") == 1


async def test_two_starts_of_a_night_do_its_work_once() -> None:
    for member in range(1, 21):
        await make.sell(f"A{member}", at=make.noon(MONDAY), amount="600", member=member)
    through = MONDAY + 10 * DAY
    await close_nights(through=MONDAY, now=make.night_time(MONDAY), zone=make.ZONE)
    done = await asyncio.gather(
        *(close_nights(through=through, now=make.night_time(through), zone=make.ZONE) for _ in range(2))
    )
    assert sorted(done) == [[], [MONDAY + n * DAY for n in range(1, 11)]]
    assert (
        await make.value("SELECT counts ->> 'entries' FROM job_run WHERE job = 'expire' ORDER BY id DESC LIMIT 1")
        == "20"
    )
    assert await make.value("SELECT count(*) FROM points_entry WHERE kind = 'expire'") == 20
    await all_is_well()


async def test_tills_that_post_while_nights_run_disturb_nothing() -> None:
    for member in range(1, 21):
        await make.sell(f"A{member}", at=make.noon(MONDAY), amount="450", member=member)
    await close_nights(through=MONDAY, now=make.night_time(MONDAY), zone=make.ZONE)
    today = MONDAY + 12 * DAY

    async def shopping(member: int) -> None:
        for n in range(3):
            await make.sell(f"B{member}-{n}", at=make.noon(today), member=member)
            await spend(70, reference=f"r{member}-{n}", on=today, member=member)

    nights = close_nights(through=today - DAY, now=make.night_time(today - DAY), zone=make.ZONE)
    await asyncio.gather(nights, *(shopping(member) for member in range(1, 21)))
    assert await make.fetch("SELECT DISTINCT balance FROM points_account") == [{"balance": 90}]
    await close_nights(through=today, now=make.night_time(today), zone=make.ZONE)
    assert await make.value("SELECT count(*) FROM points_entry WHERE kind = 'expire'") == 20
    assert await make.value("SELECT count(*) FROM member m JOIN tier t ON t.id = m.tier WHERE rank = 2") == 20
    await all_is_well()


async def test_two_files_that_overlap_are_imported_at_once(tmp_path: Path) -> None:
    files = []
    for name, numbers in (("a", range(60)), ("b", range(59, 19, -1))):
        till = make.Till(tmp_path / f"{name}.csv")
        for n in numbers:
            # Two members the shop does not know yet, and the same new products in each file.
            till.sale(
                f"R{n}", at=make.noon(MONDAY), phone=f"139000000{n % 22 + 1:02}", sku=f"X{n % 7}", category="水果"
            )
        files.append(till.save())
    reports = await asyncio.gather(*(import_purchases(path=file, zone=make.ZONE, today=MONDAY) for file in files))
    assert sum(report.counts.get("posted", 0) for report in reports) == 60
    assert sum(report.counts.get("known", 0) for report in reports) == 40
    assert await make.value("SELECT count(*) FROM member") == 22
    await all_is_well()


async def test_an_anonymous_receipt_sent_twice_at_once_is_posted_once() -> None:
    async with session() as connection:
        async with scope(role="job", connection=connection):
            sale = "ARRAY[ROW(1, 1, 'A', NULL, $1, $2, 'till', NULL, NULL, 1, 100)::deed.sale_line]"
            await connection.fetch(f"SELECT * FROM deed.sales_record({sale})", make.noon(MONDAY), MONDAY)
            second = started(make.sell("A", at=make.noon(MONDAY), member=None))
            await somebody_waits()
        assert await second == "known"
