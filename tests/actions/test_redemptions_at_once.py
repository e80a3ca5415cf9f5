"""Tills that redeem, claim and cancel at once: real connections, all let in at the same moment."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from contextvars import Context
from datetime import date
from typing import Any

import pytest

from actions.points import Posted, cancel_redemption, redeem
from queries.invariants import check_all
from rules.refusals import Refusal
from tables.scope import scope, session
from tests import make

MONDAY = date(2031, 3, 3)
TILLS = 8
MUG = 1


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    """Store 1 with members 1 and 2, 100 points each; a reward of 30 points of which there is one."""
    await make.make_program()
    store = await make.make_store()
    for n in (1, 2):
        await make.make_member(f"+861390000000{n}", store=store)
        await make.sell(f"A{n}", at=make.noon(MONDAY), member=n)
    await make.execute("INSERT INTO reward (name, kind, points, stock) VALUES ('杯', 'gift', 30, 1)")


async def told(deed: Callable[[], Coroutine[Any, Any, Posted]]) -> str:
    """The outcome of a deed of a cashier on a connection of its own."""
    async with session() as connection:
        try:
            async with scope(role="cashier", stores=[1], connection=connection):
                posted = await deed()
        except Refusal as refusal:
            return refusal.code
    return "known" if posted.known else "posted"


def spend(
    key: str, *, member: int = 1, points: int | None = None, reward: int | None = None
) -> Coroutine[Any, Any, str]:
    return told(
        lambda: redeem(member=member, store=1, reference=key, points=points, reward=reward, business_date=MONDAY)
    )


def back(key: str) -> Coroutine[Any, Any, str]:
    return told(lambda: cancel_redemption(store=1, reference=key, business_date=MONDAY))


async def at_once(table: str, *deeds: Coroutine[Any, Any, str]) -> Counter[str]:
    """Deeds that all stand at the door of the row 1 of a table (account or reward) and are let in together."""
    key = {"points_account": "member", "reward": "id"}[table]
    async with session() as connection:
        async with scope(role="hq_admin" if table == "reward" else "job", connection=connection):
            await connection.execute(f"UPDATE {table} SET {key} = {key} WHERE {key} = 1")
            tasks = [asyncio.get_running_loop().create_task(deed, context=Context()) for deed in deeds]
            async with asyncio.timeout(10):
                while await make.value("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted") < len(deeds):
                    await asyncio.sleep(0)
        return Counter(await asyncio.gather(*tasks))


async def figures() -> tuple[int, ...]:
    balances = [row["balance"] for row in await make.fetch("SELECT balance FROM points_account ORDER BY member")]
    assert await check_all(progress=lambda *_: None) == []
    return (*balances, await make.value("SELECT stock FROM reward"))


async def test_two_tills_never_spend_the_last_points_twice() -> None:
    done = await at_once("points_account", *(spend(f"r{n}", points=60) for n in range(TILLS)))
    assert done == {"posted": 1, "insufficient_points": TILLS - 1}
    assert await figures() == (40, 100, 1)


async def test_the_last_mug_is_claimed_once() -> None:
    done = await at_once("reward", *(spend(f"r{n}", member=n % 2 + 1, reward=MUG) for n in range(2)))
    assert done == {"posted": 1, "out_of_stock": 1}
    assert sorted(await figures()) == [0, 70, 100]


async def test_one_claim_sent_by_many_is_posted_once() -> None:
    done = await at_once("points_account", *(spend("r", reward=MUG) for _ in range(TILLS)))
    assert done == {"posted": 1, "known": TILLS - 1}
    assert await figures() == (70, 100, 0)


async def test_one_key_for_a_claim_and_for_points_is_a_conflict_for_one_of_them() -> None:
    assert await at_once("points_account", spend("r", reward=MUG), spend("r", points=30)) == {
        "posted": 1,
        "conflict": 1,
    }
    assert (await figures())[0] == 70


async def test_one_key_for_two_members_is_a_conflict_for_one_of_them_and_takes_one_mug() -> None:
    await make.execute("UPDATE reward SET stock = 5")
    done = await at_once("reward", spend("r", reward=MUG), spend("r", member=2, reward=MUG))
    assert done == {"posted": 1, "conflict": 1}
    assert sorted(await figures()) == [4, 70, 100]


async def test_a_redemption_cancelled_by_many_comes_back_once() -> None:
    assert await spend("r", reward=MUG) == "posted"
    assert await at_once("points_account", *(back("r") for _ in range(TILLS))) == {"posted": 1, "known": TILLS - 1}
    assert await figures() == (100, 100, 1)


async def test_a_cancellation_and_redemptions_at_once_never_spend_a_point_twice() -> None:
    assert await spend("r", points=80) == "posted"
    done = await at_once("points_account", back("r"), *(spend(f"s{n}", points=60) for n in range(3)))
    # Of those that came before the cancellation none could be paid, of those after it one.
    assert done in (Counter(posted=2, insufficient_points=2), Counter(posted=1, insufficient_points=3))
    assert (await figures())[0] == (40 if done["posted"] == 2 else 100)


async def test_cancellations_and_claims_of_one_reward_by_two_members_never_deadlock() -> None:
    assert await spend("r", reward=MUG) == "posted"
    done = await at_once("reward", back("r"), *(spend(f"s{n}", member=2, reward=MUG) for n in range(2)))
    assert done in (Counter(posted=2, out_of_stock=1), Counter(posted=1, out_of_stock=2))
    figure = await figures()
    assert figure == ((100, 70, 0) if done["posted"] == 2 else (100, 100, 1))


async def test_a_redemption_and_its_own_cancellation_at_once_leave_either_both_or_the_first() -> None:
    done = await asyncio.gather(spend("r", reward=MUG), back("r"))
    assert done[0] == "posted"
    assert done[1] in {"posted", "unknown_redemption"}
    assert await figures() == ((100, 100, 1) if done[1] == "posted" else (70, 100, 0))
