"""Wishes to be forgotten: filed in the member's own shop, decided by head office, and silent while they wait."""

import asyncio
from datetime import date

import asyncpg
import pytest

from actions.erasures import ask_erasure, grant_erasure, refuse_erasure, withdraw_erasure
from actions.privacy import erase
from config.settings import settings
from queries.erasures import open_wishes
from queries.metrics import figures
from rules.erasures import due_on
from rules.refusals import Refusal
from tables.access import STAFF_ROLES, Role
from tables.scope import scope
from tests import make
from tests.actions.privacy_world import DAY, DAYS, HOUR, NOW, join, open_chain, why_not

PHONE, NAME = "13900000001", "诸葛澜"


@pytest.fixture(autouse=True)
async def member(db: None) -> int:
    """Of store 1."""
    await open_chain()
    return await join(phone=PHONE, name=NAME)


async def asks(member: int, *, role: Role = "cashier", store: int = 1, note: str = "") -> str:
    """The outcome: filed, known, or the code of the refusal."""
    try:
        async with scope(role=role, stores=[] if role.startswith("hq") else [store], staff=1):
            done = await ask_erasure(member=member, proof="phone", note=note, now=NOW, today=DAY)
    except Refusal as no:
        return no.code
    return "known" if done.known else "filed"


async def withdraws(member: int, *, role: Role = "cashier", store: int = 1) -> str:
    try:
        async with scope(role=role, stores=[store], staff=1):
            await withdraw_erasure(member=member, now=NOW + HOUR)
    except Refusal as no:
        return no.code
    return "withdrawn"


async def states() -> list[str]:
    return [row["state"] for row in await make.fetch("SELECT state FROM erasure_request ORDER BY id")]


@pytest.mark.parametrize(("role", "store", "outcome"), [
    ("cashier", 1, "filed"), ("store_manager", 1, "filed"), ("hq_admin", 0, "filed"), ("cashier", 2, "not_your_member"),
    ("store_manager", 2, "not_your_member"), ("hq_marketing", 0, "not_allowed"), ("hq_viewer", 0, "not_allowed"), ("till", 1, "not_allowed"),
])  # fmt: skip
async def test_the_own_shop_and_head_office_file_it_and_nobody_else(
    member: int, role: Role, store: int, outcome: str
) -> None:
    before = await make.digest()
    assert await asks(member, role=role, store=store) == outcome
    assert (await make.digest() == before) == (outcome != "filed")
    assert await asks(99, role=role, store=store) in {"not_your_member", "not_allowed"}


async def test_what_another_shop_filed_is_neither_seen_nor_withdrawn(member: int) -> None:
    await asks(member)
    for role in ("cashier", "store_manager"):
        async with scope(role=role, stores=[2], staff=2):
            assert await open_wishes(most=9) == []
        assert await withdraws(member, role=role, store=2) == "nothing_open"
    assert await withdraws(member) == "withdrawn"
    assert await withdraws(member) == "nothing_open"
    assert (await asks(member), await states()) == ("filed", ["withdrawn", "open"])


async def test_no_marketing_leaves_while_it_is_open_and_notices_do(member: int) -> None:
    assert await why_not(member, at=NOW) is None
    await asks(member)
    assert await why_not(member, at=NOW) == "erasing"
    assert await why_not(await join(phone="13900000002", name="司马珂"), at=NOW) is None
    for other in ("notice", "verification"):
        assert await why_not(member, at=NOW, message_class=other) is None
    await withdraws(member)
    assert await why_not(member, at=NOW) is None


async def test_head_office_says_no_and_the_shop_reads_why(member: int) -> None:
    await asks(member)
    async with scope(role="hq_admin", staff=1):
        await refuse_erasure(request=1, reason="有未结清的礼品", now=NOW + HOUR)
    async with scope(role="cashier", stores=[1], staff=2) as connection:
        told = await connection.fetchrow("SELECT state, reason, decided_by FROM erasure_request")
        assert dict(told or {}) == {"state": "refused", "reason": "有未结清的礼品", "decided_by": 1}
    for role in [role for role in STAFF_ROLES if role != "hq_admin"]:
        with pytest.raises(Refusal, match="may not do that"):
            async with scope(role=role, stores=[1], staff=2):
                await refuse_erasure(request=1, reason="x", now=NOW)
    with pytest.raises(Refusal, match="no open request"):
        async with scope(role="hq_admin", staff=1):
            await refuse_erasure(request=1, reason="x", now=NOW)
    assert await why_not(member, at=NOW) is None


@pytest.mark.parametrize("by_request", [True, False])
async def test_after_the_erasure_the_request_says_no_more_than_that(*, member: int, by_request: bool) -> None:
    await asks(member, note=f"{NAME} {PHONE}")
    async with scope(role="hq_admin", staff=1):
        if by_request:
            done = await grant_erasure(request=1, secret=settings().secret, now=NOW + HOUR)
            assert not done.known
        else:
            await erase(who=PHONE, secret=settings().secret, now=NOW + HOUR)
    [left] = await make.fetch("SELECT state, note, reason, decided_by, decided_at FROM erasure_request")
    assert left == {"state": "done", "note": "", "reason": "", "decided_by": 1, "decided_at": NOW + HOUR}
    assert await asks(member) == "unknown_member"


async def test_of_two_at_once_one_is_filed_and_nobody_erased_has_an_open_one(member: int) -> None:
    outcomes = await asyncio.gather(asks(member), asks(member, role="store_manager"))
    assert sorted(outcomes) == ["filed", "known"]
    await withdraws(member)

    async def forget() -> None:
        async with scope(role="hq_admin", staff=1):
            await erase(who=PHONE, secret=settings().secret, now=NOW + HOUR)

    await asyncio.gather(forget(), *(asks(member) for _ in range(3)))
    assert "open" not in await states()


async def test_head_office_is_told_how_many_wait_and_how_long(member: int) -> None:
    await asks(member)
    async with scope(role="hq_admin", staff=1):
        [wish] = await open_wishes(most=9)
    assert (wish.member, wish.store, wish.days_left(today=DAY + 23 * DAYS)) == (member, "S1", -2)
    told = await figures(now=NOW + 3 * DAYS, newest=DAY, zone=make.ZONE)
    assert (told.erasures_open, told.erasures_oldest_days) == (1, 3.0)


def test_fifteen_working_days_are_three_weeks_whatever_the_weekday() -> None:
    for day in range(1, 8):
        asked = date(2031, 3, 2 + day)  # a Monday and the days after it
        last = due_on(asked=asked)
        working = [one for n in range(1, (last - asked).days + 1) if (one := asked + n * DAYS).weekday() < 5]
        assert (len(working), last.weekday() < 5) == (15, True), asked


async def test_the_table_itself_keeps_one_open_request_a_member(member: int) -> None:
    await asks(member)
    with pytest.raises(asyncpg.UniqueViolationError, match="erasure_request_one_open"):
        await make.execute(
            "INSERT INTO erasure_request (member, store, asked_at, due_on, proof, note)"
            " SELECT member, store, asked_at, due_on, proof, '' FROM erasure_request"
        )
