"""Replies while other things happen: a worker that leaves with a chunk, the same reply told twice at the same moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context
from datetime import timedelta

import pytest

from actions.replies import take_replies
from gateways.protocol import Inbound
from tables.scope import Connection, scope, session
from tests import make
from tests.actions.reply_desk import (
    ANNA,
    BERT,
    MINUTE,
    NOW,
    SECRET,
    agrees,
    answers,
    chunk,
    consents,
    message,
    open_shop,
    states,
    told,
)

pytestmark = pytest.mark.usefixtures("shop")

LEASE = timedelta(seconds=6)
SKIPPED = ("skipped", "opted_out")
LEAVE = """
SELECT deed.chunk_leave(1, 'w', $1, $2, 'simulator', $3, $4::bigint[], $5::text[], $6::text[], $7::integer[], $8::integer[],
    '{}', '{}', '{}', '{}', '{}')
"""


@pytest.fixture
async def shop(db: None) -> None:
    """A chunk with a message of each member, claimed by worker w."""
    await open_shop()
    await make.execute("INSERT INTO gateway_account (name, gateway) VALUES ('simulator', 'simulator')")
    place = await chunk(2)
    for member, phone in ((1, ANNA), (2, BERT)):
        await agrees(member)
        await message(member, phone=phone, chunk=place)
    await make.execute(
        "UPDATE send_chunk SET state = 'claimed', owner = 'w', lease_until = now() + interval '1 minute', gateway = 'simulator'"
    )


@asynccontextmanager
async def worker() -> AsyncIterator[Connection]:
    async with session() as own, scope(role="job", connection=own) as connection:
        yield connection


async def leaves(connection: Connection, sends: list[int]) -> list[int]:
    n = len(sends)
    gone: list[int] = await connection.fetchval(
        LEAVE, NOW, NOW.date(), LEASE, sends, [None] * n, [None] * n, [0] * n, [1] * n
    )  # fmt: skip
    return sorted(gone)


async def counts() -> dict[str, int]:
    [row] = await make.fetch("SELECT size, sending, skipped FROM send_chunk")
    return row


async def test_a_no_while_its_chunk_is_claimed_is_heeded() -> None:
    await told("R")
    async with worker() as connection:
        assert await leaves(connection, [1, 2]) == [2]
    assert await states() == [SKIPPED, ("sending", None)]
    assert await counts() == {"size": 2, "sending": 1, "skipped": 1}


async def test_a_no_that_comes_while_messages_leave_waits_for_them_and_changes_what_is_left() -> None:
    await message(chunk=1)
    await make.execute("UPDATE send_chunk SET size = 3")
    async with worker() as connection:
        assert await leaves(connection, [1, 2]) == [1, 2]
        no = asyncio.create_task(told("R"), context=Context())
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        while not await make.value(waiting):
            assert not no.done()
    assert await no == 1
    assert await states() == [("sending", None), ("sending", None), SKIPPED]
    assert await counts() == {"size": 3, "sending": 2, "skipped": 1}
    assert (await consents())[-1] == (1, "marketing_sms", False)


async def test_a_worker_that_comes_while_a_no_is_written_finds_it() -> None:
    async with worker() as connection:
        await connection.execute("SELECT deed.opt_out(1, $1, false, 'link', 'page-1')", NOW)
        task = asyncio.create_task(_leave_alone(), context=Context())
        while not await make.value("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            assert not task.done()
    assert await task == [2]
    assert await states() == [SKIPPED, ("sending", None)]
    [row] = await make.fetch("SELECT source, text_version, store FROM consent WHERE NOT granted")
    assert row == {"source": "link", "text_version": "page-1", "store": 1}


async def _leave_alone() -> list[int]:
    async with worker() as connection:
        return await leaves(connection, [1, 2])


async def test_the_same_replies_told_twice_at_once_are_taken_once() -> None:
    await make.execute("INSERT INTO keyword_reply (keyword, text) VALUES ('8', '好')")
    replies = [
        Inbound(gateway_reply_id=f"{n}", phone=f"+86139000000{n:02}", text=text, at=NOW)
        for n, text in enumerate(["8", "R", "R", "8", "你好"])
    ]
    both = [
        take_replies(gateway="simulator", replies=order, now=NOW + MINUTE, zone=make.ZONE, secret=SECRET)
        for order in (replies, replies[::-1], replies)
    ]
    assert sorted(await asyncio.gather(*both)) == [0, 0, 5]
    assert len(await answers()) == 2
    assert await states() == [SKIPPED, SKIPPED, ("queued", None), ("queued", None)]
