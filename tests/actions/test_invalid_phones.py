"""When a quarter ends, each store is told how many of its members have a number that is nobody's: once."""

from datetime import date, timedelta

import pytest

from actions.night import close_nights
from tables.scope import scope
from tests import make

pytestmark = pytest.mark.usefixtures("db")

LAST = date(2031, 3, 31)  # the last day of a quarter
DAY = timedelta(days=1)


async def three_stores() -> None:
    """Store 1: four members, one with a dead number, one without any and one erased; store 2: a dead number; store 3: nobody."""
    await make.make_program()
    for code in ("S1", "S2", "S3"):
        await make.make_store(code)
    for number, store in enumerate((1, 1, 1, 1, 2), 1):
        await make.make_member(f"+861390000000{number}", store=store)
    await make.execute("UPDATE member SET phone_status = 'invalid' WHERE id IN (2, 4, 5)")
    await make.execute("UPDATE member SET phone = NULL WHERE id = 3")
    await make.execute("UPDATE member SET erased_at = now(), phone = NULL WHERE id = 4")


async def night(day: date, *, again: bool = False) -> None:
    await close_nights(through=day, now=make.night_time(LAST + DAY), zone=make.ZONE, again=again)


async def told() -> list[tuple[object, ...]]:
    rows = await make.fetch("SELECT quarter, store, members, invalid FROM invalid_phones ORDER BY quarter, store")
    return [tuple(row.values()) for row in rows]


QUARTER = date(2031, 1, 1)
THEN = [(QUARTER, 1, 2, 1), (QUARTER, 2, 1, 1), (QUARTER, 3, 0, 0)]


async def test_the_last_night_of_a_quarter_tells_each_store_and_no_other_night_does() -> None:
    await three_stores()
    await night(LAST - DAY)
    assert await told() == []
    await night(LAST)
    assert await told() == THEN
    assert (
        await make.value("SELECT counts ->> 'stores' FROM job_run WHERE job = 'sweep' AND business_date = $1", LAST)
        == "3"
    )
    await night(LAST + DAY)
    assert await told() == THEN


async def test_what_was_told_stays_whoever_runs_it_again() -> None:
    await three_stores()
    await night(LAST)
    await make.execute("UPDATE member SET phone_status = 'invalid'")
    await make.make_member("+8613900000009", store=2)
    await night(LAST, again=True)
    # A night that was broken off and runs again.
    async with scope(role="job") as connection:
        assert await connection.fetchval("SELECT deed.invalid_phones_count($1)", LAST) == 0
    assert await told() == THEN


async def test_a_night_that_runs_late_tells_its_own_quarter() -> None:
    await three_stores()
    await night(LAST - DAY)
    await night(LAST + DAY)
    assert await told() == THEN
