"""Nights and readiness: red while a night waits, green while tonight's takes its time."""

from datetime import date, datetime, timedelta
from functools import partial

import pytest

from actions.health import nights_are_closed
from actions.night import close_nights
from tests.make import ZONE, execute, make_program

DAY = date(2026, 3, 10)
YESTERDAY = DAY - timedelta(days=1)
EVENING = datetime(2026, 3, 11, 2, 30, tzinfo=ZONE)  # when the night of DAY is due
ON_TIME = EVENING - timedelta(days=1) + timedelta(minutes=1)

nights = partial(nights_are_closed, zone=ZONE)


async def close(day: date, *, at: datetime) -> None:
    """The night of `day` closed, and written down as finished at `at`."""
    await close_nights(through=day, now=at, zone=ZONE)
    await execute("UPDATE job_run SET started_at = $1, finished_at = $1 WHERE business_date = $2", at, day)


async def begun(day: date) -> None:
    await execute(
        "INSERT INTO job_run (job, business_date, state, started_at) VALUES ('mature', $1, 'done', now())", day
    )


async def test_a_chain_whose_last_night_is_closed(db: None) -> None:
    await make_program()
    await close(DAY, at=EVENING)
    assert (await nights(now=EVENING + timedelta(hours=6))).ok


async def test_a_new_chain_is_red_until_its_first_night_is_closed(db: None) -> None:
    await make_program()
    assert not (await nights(now=EVENING + timedelta(minutes=1))).ok
    await begun(DAY)
    assert not (await nights(now=EVENING + timedelta(minutes=1))).ok


@pytest.mark.parametrize(
    ("closed_at", "now", "ok"),
    [
        pytest.param(ON_TIME, EVENING - timedelta(minutes=1), True, id="before it is due"),
        pytest.param(ON_TIME, EVENING + timedelta(minutes=5), True, id="an ordinary night goes on"),
        pytest.param(ON_TIME, EVENING + timedelta(minutes=31), False, id="it takes too long"),
        pytest.param(
            EVENING + timedelta(minutes=1), EVENING + timedelta(minutes=5), False, id="the one before just now"
        ),
    ],
)
async def test_tonights_night_has_time(db: None, closed_at: datetime, now: datetime, ok: bool) -> None:  # noqa: FBT001
    await make_program()
    await close(YESTERDAY, at=closed_at)
    found = await nights(now=now)
    assert found.ok is ok
    if now > EVENING:
        assert str(DAY) in found.zh
        assert str(DAY) in found.en


async def test_a_missed_night_is_not_an_ordinary_one(db: None) -> None:
    await make_program()
    await close(YESTERDAY - timedelta(days=1), at=ON_TIME - timedelta(days=1))
    assert not (await nights(now=EVENING + timedelta(minutes=5))).ok


async def test_a_failed_job_is_red_also_while_it_waits_for_its_next_try(db: None) -> None:
    await make_program()
    await close(YESTERDAY, at=ON_TIME)
    now = EVENING + timedelta(minutes=5)
    await execute(
        "INSERT INTO job_run (job, business_date, state, started_at, finished_at, error) VALUES ('tiers', $1, 'failed', $2, $2, 'x')",
        DAY, now - timedelta(minutes=1),
    )  # fmt: skip
    found = await nights(now=now)
    assert not found.ok
    assert "tiers" in found.en


async def test_a_night_that_waits_for_a_person(db: None) -> None:
    await make_program()
    await close(YESTERDAY - timedelta(days=40), at=ON_TIME - timedelta(days=40))
    found = await nights(now=EVENING + timedelta(minutes=5))
    assert not found.ok
    assert "regulars nightly" in found.zh
    assert "regulars nightly" in found.en
