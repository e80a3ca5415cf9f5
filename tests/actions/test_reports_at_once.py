"""Reports that race: against the gateway's own answer, against each other, against a plain memory of what was told first."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import asyncpg
import pytest

from actions import reports
from actions.polling import poll_reports
from actions.reports import Joined, join_reports, tidy_reports
from gateways.protocol import Answer, Message, Report
from tables.scope import scope
from tests import make
from tests.actions.sent_messages import counts, report, sent, states, told, unjoined
from tests.actions.test_messages import queue, shop
from tests.actions.test_messages_fate import MINUTE, NOW, SECOND
from tests.pretend_gateway import PretendGateway, account, handed
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("db")

ANSWER = (
    "SELECT deed.chunk_answer(1, $1, 'pretend', false, $2, false, ARRAY[1]::bigint[], ARRAY[1], ARRAY['accepted'], ARRAY['g1'],"
    " ARRAY[NULL]::text[], ARRAY[false])"
)
JOIN = "SELECT deed.reports_join($1, 5000)"


async def somebody_waits() -> bool:
    waits: bool = await make.value("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
    return waits


async def answered(*, remembers: bool = False) -> None:
    async with scope(role="job") as connection:
        await connection.execute(ANSWER, NOW, remembers)


async def one_behind_the_other(first: str, *arguments: object, second: Any) -> None:
    """`second` begins while the transaction of `first` is still open, and has to wait for it."""
    async with make.as_owner() as connection:
        async with connection.transaction():
            await connection.execute(first, *arguments)
            behind = asyncio.create_task(second)
            await until(somebody_waits, seconds=10, what="the second one waits")
        await behind


@pytest.mark.parametrize("state", ["delivered", "failed"])
async def test_a_report_that_comes_while_the_answer_is_written(state: str) -> None:
    await sent("sending", numbered=False)
    await told(report(1, message=1, state=state))
    await one_behind_the_other(ANSWER, NOW, False, second=join_reports(now=NOW))
    assert (await states(), await unjoined()) == ([state], 0)
    assert await counts() == {"accepted": 1, "delivered" if state == "delivered" else "undelivered": 1}


@pytest.mark.parametrize("state", ["delivered", "failed"])
async def test_an_answer_that_comes_while_its_report_is_joined(state: str) -> None:
    await sent("sending", numbered=False)
    await told(report(1, message=1, state=state))
    await one_behind_the_other(JOIN, NOW, second=answered())
    assert await states() == [state]
    assert await counts() == {"accepted": 1, "delivered" if state == "delivered" else "undelivered": 1}


@pytest.mark.parametrize(("times", "ended"), [(2, 1), (3, None)])
async def test_who_stands_in_each_others_way_tries_again(
    times: int, ended: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sent("accepted")
    await told(report(1))
    asked, row = [0], reports._row

    async def hindered(statement: str, *arguments: object) -> asyncpg.Record:
        asked[0] += 1
        if asked[0] <= times:
            raise asyncpg.DeadlockDetectedError
        return await row(statement, *arguments)

    monkeypatch.setattr(reports, "_row", hindered)
    if ended is None:
        with pytest.raises(asyncpg.DeadlockDetectedError):
            await join_reports(now=NOW)
    else:
        assert await join_reports(now=NOW) == Joined(taken=1, ended=ended)
    assert asked == [3]


async def test_a_report_that_knows_no_number_of_ours_comes_before_the_answer_is_there() -> None:
    await sent("sending", numbered=False)
    await told(report(1))
    assert await join_reports(now=NOW) == Joined(taken=1)
    await answered(remembers=True)
    assert await join_reports(now=NOW + SECOND) == Joined(taken=1, ended=1)
    assert (await states(), await counts()) == (["delivered"], {"accepted": 1, "delivered": 1})


class Hasty(PretendGateway):
    """Tells what became of a message before it says that it took it, as fast gateways do."""

    async def send(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:
        answers = await super().send(messages=messages, now=now)
        await told(*(report(one.id, message=one.id) for one in messages), now=now)
        await join_reports(now=now)
        return answers


async def test_reports_that_overtake_a_real_hand_over() -> None:
    await shop(members=3)
    for member in (1, 2, 3):
        await queue(member)
    gateway = Hasty()
    done = await handed(gateway, now=NOW)
    assert (done.taken, len(gateway.left), await states()) == (3, 3, ["delivered"] * 3)
    assert await counts() == {"accepted": 3, "delivered": 3}
    assert await make.value("SELECT state FROM send_chunk") == "done"


async def test_a_gateway_is_asked_until_it_has_nothing_new() -> None:
    await sent("accepted", "accepted")
    gateway = PretendGateway()
    gateway.told = [report(1), report(2, state="failed", error_class="off_or_absent")]
    assert await poll_reports(gateway=gateway, now=NOW) == 2
    assert await poll_reports(gateway=gateway, now=NOW) == 0


async def test_requests_that_tell_the_same_in_opposite_orders_do_not_stop_each_other() -> None:
    several = [report(n) for n in range(1, 400)]
    kept = await asyncio.gather(*(told(*several[:: 1 if turn % 2 else -1]) for turn in range(6)))
    assert sum(kept) == len(several)


async def test_many_joiners_end_each_message_once() -> None:
    ids = await sent(*["accepted"] * 40)
    await told(*(report(n, state=state) for n in ids for state in ("delivered", "failed")))
    done = await asyncio.gather(*(join_reports(now=NOW, most=7) for _ in range(16)), tidy_reports(now=NOW))
    assert sum(one.ended for one in done if isinstance(one, Joined)) == 40
    assert (await counts(), await unjoined()) == ({"accepted": 40, "delivered": 40}, 0)


Told = tuple[int, str, Literal["delivered", "failed"]]


def remembered(history: Sequence[Told], *, parts: dict[int, int]) -> dict[int, str]:
    """What becomes of each message when the first word on each part counts."""
    words: dict[int, dict[str, str]] = {}
    ends: dict[int, str] = {}
    for send, part, state in history:
        known = words.setdefault(send, {})
        if send not in ends and part not in known:
            known[part] = state
            if "failed" in known.values():
                ends[send] = "failed"
            elif len(known) >= parts[send]:
                ends[send] = "delivered"
    return ends


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_any_batches_end_as_a_plain_memory_says(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    parts = {send: parts for parts in (1, 2, 3) for send in await sent(*["accepted"] * 8, parts=parts)}
    await account(reports_each_part=True)
    history: list[Told] = [
        (send, str(part) if count > 1 else "", chance.choices(["delivered", "failed"], [5, 1])[0])  # type: ignore[misc]
        for send, count in parts.items() for part in range(1, count + 1) for _ in range(chance.randint(0, 3))
    ]  # fmt: skip
    chance.shuffle(history)
    ends: dict[int, str] = {}
    begin, now = 0, NOW
    while begin < len(history):
        size, now = chance.randint(1, 12), now + MINUTE
        batch: list[Report] = [
            report(send, part=part, state=state) for send, part, state in history[begin : begin + size]
        ]
        # One after the other, so that the inbox knows which came first.
        for one in batch:
            await told(one, now=now)
        await join_reports(now=now)
        begin += size
    ends = remembered(history, parts=parts)
    assert {n: state for n, state in enumerate(await states(), 1) if state != "accepted"} == ends
    for chunk in (1, 2, 3):
        mine = [ends.get(send) for send, count in parts.items() if count == chunk]
        wanted = {"accepted": 8, "delivered": mine.count("delivered"), "undelivered": mine.count("failed")}
        assert await counts(chunk) == {name: count for name, count in wanted.items() if count}
