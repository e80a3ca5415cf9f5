"""Who may merge which files, and what merges and tills do to each other at the same moment."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from actions.merges import merge
from actions.points import adjust, cancel_redemption, redeem
from actions.purchases import Line, record_purchase
from actions.refunds import record_refund
from config.settings import settings
from queries.invariants import check_all
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope, session
from tests import make

DAY = timedelta(days=1)
MON = date(2031, 3, 3)
KEPT, GONE = 1, 2


@pytest.fixture(autouse=True)
async def chain(db: None) -> None:
    """Two stores; members 1 and 3 are at home in the first, 2 in the second."""
    await make.make_program()
    for code in ("S1", "S2"):
        await make.make_store(code)
    for member, store in ((KEPT, 1), (GONE, 2), (3, 1)):
        await make.make_member(f"+861390000000{member}", store=store)


async def joined(kept: int = KEPT, gone: int = GONE, *, role: Role = "hq_admin", stores: tuple[int, ...] = ()) -> str:
    """`merged`, or why not; on a connection of its own."""
    return await told(
        lambda: merge(kept=kept, gone=gone, secret=settings().secret, business_date=MON, now=make.noon(MON)),
        role,
        stores,
    )


async def told(
    deed: Callable[[], Coroutine[Any, Any, object]], role: Role = "job", stores: tuple[int, ...] = ()
) -> str:
    async with session() as connection:
        try:
            async with scope(role=role, stores=stores, connection=connection):
                return type(await deed()).__name__.lower()
        except Refusal as refusal:
            return refusal.code


REFUSED: tuple[tuple[int, int, Role, tuple[int, ...], str], ...] = (
    (1, 1, "hq_admin", (), "same_member"), (1, 99, "hq_admin", (), "unknown_member"), (1, 4, "hq_admin", (), "merged_before"),
    (4, 1, "hq_admin", (), "merged_before"), (1, 5, "hq_admin", (), "erased"), (6, 1, "hq_admin", (), "no_phone"),
    (1, 3, "hq_admin", (), "erasing"), (1, 2, "store_manager", (1,), "foreign_store"), (1, 7, "store_manager", (2,), "foreign_store"),
    (1, 7, "cashier", (1,), "not_allowed"), (1, 7, "hq_marketing", (), "not_allowed"), (1, 7, "hq_viewer", (), "not_allowed"),
)  # fmt: skip


async def test_only_two_living_files_of_ones_own_stores_are_merged() -> None:
    for number in (4, 5, 6, 7):
        await make.make_member(f"+861390000000{number}", store=1)
    assert await joined(2, 4) == "merged"
    await make.execute(
        "UPDATE member SET phone = NULL, erased_at = now() WHERE id = 5; UPDATE member SET phone = NULL WHERE id = 6;"
        "INSERT INTO erasure_request (member, store, asked_at, due_on, proof, note) VALUES (3, 1, now(), now(), 'known', '')"
    )
    before = await make.digest()
    for kept, gone, role, stores, code in REFUSED:
        assert await joined(kept, gone, role=role, stores=stores) == code, (kept, gone, role)
    assert await make.digest() == before
    assert await joined(1, 6) == "merged"
    assert await joined(1, 7, role="store_manager", stores=(1,)) == "merged"
    assert await joined(1, 2, role="store_manager", stores=(1, 2)) == "merged"
    assert await make.value("SELECT array_agg(id ORDER BY id) FROM member WHERE merged_into = 1") == [2, 4, 6, 7]


async def at_once(*deeds: Coroutine[Any, Any, str]) -> list[str]:
    """Deeds that stand at the door of the account of the file that ends, in this order, and are let in together."""
    async with session() as connection:
        async with scope(role="job", connection=connection):
            await connection.execute("SELECT FROM points_account WHERE member = $1 FOR UPDATE", GONE)
            tasks = []
            async with asyncio.timeout(20):
                for number, deed in enumerate(deeds, 1):
                    tasks.append(asyncio.get_running_loop().create_task(deed, context=Context()))
                    while await make.value("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted") < number:
                        await asyncio.sleep(0)
        return await asyncio.gather(*tasks)


async def held(*members: int) -> list[int]:
    assert [str(found) for found in await check_all(progress=lambda *_: None)] == []
    rows = await make.fetch("SELECT balance FROM points_account WHERE member = ANY ($1) ORDER BY member", list(members))
    return [row["balance"] for row in rows]


def sale() -> Coroutine[Any, Any, str]:
    return told(lambda: record_purchase(
        store=1, receipt_no="B", purchased_at=make.noon(MON), member=GONE, lines=[Line(sku=None, category=None, quantity=Decimal(1),
        amount=Decimal(10))], zone=make.ZONE, now=make.night_time(MON), source="till"))  # fmt: skip


async def night() -> str:
    async with session() as connection, scope(role="job", connection=connection) as scoped:
        await scoped.execute("SELECT deed.points_expire('{1,2,3}', $1), deed.stats_roll('{1,2,3}', $1)", MON)
    return "night"


def spent() -> Coroutine[Any, Any, str]:
    return told(lambda: redeem(member=GONE, store=1, reference="K", points=30, business_date=MON))


def given() -> Coroutine[Any, Any, str]:
    return told(lambda: adjust(member=GONE, store=1, form="f", points=5, reason="补", business_date=MON))


def undone() -> Coroutine[Any, Any, str]:
    return told(lambda: cancel_redemption(store=1, reference="OLD", business_date=MON))


def returned() -> Coroutine[Any, Any, str]:
    return told(lambda: record_refund(
        store=1, refund_no="R", sold_at=1, receipt_no="A", refunded_at=make.noon(MON), amount=None, zone=make.ZONE,
        now=make.night_time(MON), source="till"))  # fmt: skip


@pytest.mark.parametrize(
    ("other", "said", "points"),
    [
        (sale, "recorded", 90), (spent, "unknown_member", 80), (given, "merged", 80), (undone, "posted", 100),
        (returned, "refunded", -20), (night, "night", 80), (lambda: joined(1, 2), "merged_before", 80),
        (lambda: joined(3, 2), "merged_before", 80), (lambda: joined(2, 1), "merged_before", 80),
    ],
)  # fmt: skip
async def test_whoever_waits_for_a_file_that_ends_comes_to_the_right_one(
    other: Callable[[], Coroutine[Any, Any, str]], said: str, points: int
) -> None:
    await make.sell("A", at=make.noon(MON), member=GONE)
    await make.execute("UPDATE points_policy SET redeem_min = 1, redeem_step = 1")
    await told(lambda: redeem(member=GONE, store=1, reference="OLD", points=20, business_date=MON))
    assert await at_once(joined(), other()) == ["merged", said]
    balance, debt = await held(KEPT, GONE), await make.value("SELECT debt FROM points_account WHERE member = 1")
    assert (balance[0] - debt, balance[1]) == (points, 0)


@pytest.mark.parametrize(
    ("other", "then", "points"),
    [
        (sale, "merged", [110, 0, 0]), (spent, "merged", [70, 0, 0]), (given, "merged", [105, 0, 0]), (night, "merged", [100, 0, 0]),
        (lambda: joined(3, 2), "merged_before", [0, 0, 100]),
    ],
)  # fmt: skip
async def test_whoever_comes_before_a_merge_is_part_of_it(
    other: Callable[[], Coroutine[Any, Any, str]], then: str, points: list[int]
) -> None:
    await make.sell("A", at=make.noon(MON), member=GONE)
    assert (await at_once(other(), joined()))[1] == then
    assert await held(KEPT, GONE, 3) == points
