"""Reaching members by full phone: whom it costs what, and where it ends."""

import asyncio
from contextvars import Context
from datetime import UTC, datetime, timedelta

import pytest

from actions.members_lookup import Found, find
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope, session
from tests import make

NOW = datetime(2031, 3, 3, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
HERE, THERE, NOBODY = "13900000001", "13900000002", "13900000009"


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    """Member 1 of store 1, member 2 of store 2, two people."""
    await make.make_program()
    for n in (1, 2):
        await make.make_member(f"+861390000000{n}", store=await make.make_store(f"S{n}"))
        await make.execute(
            "INSERT INTO staff (username, password, role, active, admin) VALUES ($1, 'x', 'cashier', true, true)",
            f"u{n}",
        )


async def look(phone: str, *, now: datetime = NOW, staff: int | None = 1, role: Role = "cashier") -> Found | str:
    """What somebody of store 1 gets to know; as a form does, the refusal is caught inside the scope."""
    async with session() as connection, scope(role=role, stores=[1], staff=staff, connection=connection):
        try:
            return await find(phone=phone, now=now, staff=staff)
        except Refusal as refusal:
            return refusal.code


def elsewhere(phone: str, *, staff: int = 1) -> asyncio.Task[Found | str]:
    """The same asked by somebody who knows nothing of the scope that is open here."""
    return asyncio.get_running_loop().create_task(look(phone, staff=staff), context=Context())


async def spent(*, weight: int, at: datetime = NOW, staff: int = 1) -> None:
    await make.execute("INSERT INTO member_lookup (staff, weight, at) VALUES ($1, $2, $3)", staff, weight, at)


async def lookups() -> list[tuple[int | None, int | None, int]]:
    rows = await make.fetch("SELECT staff, member, weight FROM member_lookup ORDER BY id")
    return [(row["staff"], row["member"], row["weight"]) for row in rows]


async def test_own_members_are_found_freely_others_at_a_price() -> None:
    assert await look(HERE) == Found(member=1, own=True)
    assert await lookups() == []
    assert await look("+86 139-0000-0002") == Found(member=2, own=False)
    assert await look(NOBODY) == "unknown_member"
    assert await look("1390000000") == "bad_phone"
    assert await lookups() == [(1, 2, 1), (1, None, 3)]


@pytest.mark.parametrize("role", ["hq_admin", "job"])
async def test_who_sees_everybody_pays_nothing(role: Role) -> None:
    assert await look(THERE, role=role) == Found(member=2, own=True)
    assert await look(NOBODY, role=role) == "unknown_member"
    assert await lookups() == []


async def test_who_reads_masked_phones_alone_pays_for_guessing() -> None:
    assert await look(THERE, role="hq_viewer") == Found(member=2, own=True)
    assert await look(NOBODY, role="hq_viewer") == "unknown_member"
    assert await lookups() == [(1, None, 3)]


async def test_a_role_without_business_at_the_counter_may_not_ask() -> None:
    async with scope(role="hq_marketing", staff=1):
        with pytest.raises(Refusal) as refused:
            await find(phone=HERE, now=NOW, staff=1)
    assert refused.value.code == "not_allowed"


async def test_sixty_an_hour_is_the_end_until_the_hour_has_passed() -> None:
    await spent(weight=59, at=NOW - HOUR + timedelta(seconds=1))
    assert await look(THERE) == Found(member=2, own=False)
    assert await look(THERE) == "too_many"
    assert await look(HERE) == Found(member=1, own=True)  # the own ones stay free
    assert await look(THERE, staff=2) == Found(member=2, own=False)  # everybody for themselves
    assert await look(THERE, now=NOW + HOUR) == Found(member=2, own=False)


async def test_three_hundred_a_day_is_the_end_until_the_day_has_passed() -> None:
    for n in range(6):
        await spent(weight=50, at=NOW - (2 + n) * HOUR)
    assert await look(THERE) == "too_many"
    assert await look(THERE, now=NOW + 24 * HOUR) == Found(member=2, own=False)


@pytest.mark.parametrize(("role", "price"), [("store_manager", []), ("cashier", [(1, None, 1)])])
async def test_neither_the_refusal_nor_its_price_tells_anything_about_the_phone(
    role: Role, price: list[tuple[int, None, int]]
) -> None:
    """Just below the limit a number that nobody has must not be told by being refused for its price."""
    await spent(weight=59)
    assert await look(NOBODY, role=role) == "unknown_member"
    for phone in (THERE, NOBODY):
        before = await lookups()
        assert await look(phone, role=role) == "too_many"
        assert await lookups() == before + price


async def test_a_miss_is_remembered_by_a_scope_that_is_committed_alone() -> None:
    with pytest.raises(Refusal):
        async with scope(role="cashier", stores=[1], staff=1):
            await find(phone=NOBODY, now=NOW, staff=1)
    assert await lookups() == []
    await look(NOBODY)
    assert await lookups() == [(1, None, 3)]


async def test_many_at_once_do_not_slip_past_the_limit() -> None:
    await spent(weight=57)
    outcomes = await asyncio.gather(*(elsewhere(THERE) for _ in range(8)))
    assert (outcomes.count(Found(member=2, own=False)), outcomes.count("too_many")) == (3, 5)


async def test_the_second_of_two_waits_for_the_first_and_counts_it() -> None:
    await spent(weight=59)
    async with session() as connection:
        async with scope(role="cashier", stores=[1], staff=1, connection=connection):
            await find(phone=THERE, now=NOW, staff=1)
            second = elsewhere(THERE)
            async with asyncio.timeout(10):
                while not await make.value("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                    await asyncio.sleep(0)
            assert await elsewhere(THERE, staff=2) == Found(member=2, own=False)
        assert await second == "too_many"
