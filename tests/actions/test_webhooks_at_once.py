"""Many messages to partners at once: each once, nobody kept waiting by another, and an end to what is kept."""

import asyncio
import json

import pytest

from actions.webhooks import AT_ONCE, MOST, Delivered, switch_off
from queries.webhooks import deliveries_due
from rules.webhooks import WAITS
from tables.scope import scope
from tests import make
from tests.actions.test_webhooks import count
from tests.actions.test_webhooks_fate import DAY, queued, receiver, sent, states
from tests.pretend_receiver import HANGS, Receiver, receiving

__all__ = ["receiver"]

pytestmark = pytest.mark.usefixtures("db")


async def test_two_workers_send_each_once(receiver: Receiver) -> None:
    now = await queued(receiver, number=60)
    both = await asyncio.gather(sent(now, limit=30), sent(now, limit=30))
    assert sum(one.sent for one in both) == 60
    assert sorted(receiver.ids) == sorted(f"msg_{n}" for n in range(1, 61))
    assert await states() == {"sent": 60}


async def test_what_another_is_claiming_is_not_waited_for(receiver: Receiver) -> None:
    now = await queued(receiver, number=10)
    async with make.as_owner() as other, asyncio.timeout(10):
        await other.execute("BEGIN")
        held = await other.fetch("SELECT id FROM deed.deliveries_claim($1, interval '1 minute', 4)", now)
        assert (await sent(now)).sent == 6
        await other.execute("ROLLBACK")
    assert {f"msg_{row['id']}" for row in held} & set(receiver.ids) == set()
    assert await sent(now) == Delivered(taken=4, sent=4)


async def test_a_long_queue_of_who_was_switched_off_ends_untold(receiver: Receiver) -> None:
    now = await queued(receiver, number=1_001)
    async with scope(role="hq_admin"):
        await switch_off(name="erp")
    for failed in (1_000, 1_001):
        assert await deliveries_due(now=now)
        assert await sent(now) == Delivered()
        assert (await states())["failed"] == failed
    assert await make.value("SELECT DISTINCT error_class FROM webhook_delivery") == "switched_off"
    assert not await deliveries_due(now=now)
    assert receiver.told == []


async def test_eight_at_a_time_and_a_chunk_has_its_end(receiver: Receiver) -> None:
    now = await queued(receiver, number=60)
    assert (await sent(now, limit=1_000)).taken == MOST
    assert 1 < receiver.most <= AT_ONCE
    assert (await sent(now)).taken == 60 - MOST


async def test_one_message_that_is_not_liked_holds_up_nobody(receiver: Receiver) -> None:
    receiver.answer = lambda told: 422 if json.loads(told.body)["data"]["id"] == 1 else 200
    now = await queued(receiver, number=20)
    assert await sent(now) == Delivered(taken=20, sent=19, again=1)


@pytest.mark.parametrize("answer", [HANGS, 503])
async def test_a_silent_receiver_is_not_asked_on_and_loses_no_try(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, answer: int
) -> None:
    receiver.answer = lambda _: answer
    now = await queued(receiver, number=30)
    with monkeypatch.context() as patch:
        patch.setattr("actions.webhooks.LONGEST_CALL", 0.1)
        assert await sent(now) == Delivered(taken=30, again=30)
    tries = sum(row["attempts"] for row in await make.fetch("SELECT attempts FROM webhook_delivery"))
    # On a busy machine a call may be given up before it reaches who would not have answered anyway.
    assert len(receiver.told) <= tries
    assert 1 <= tries <= AT_ONCE
    receiver.answer = lambda _: 200
    later = now + WAITS[0]
    assert await sent(later) == Delivered(taken=30, sent=30)


async def test_a_long_queue_of_one_does_not_keep_the_others_waiting(receiver: Receiver) -> None:
    async with receiving() as other:
        await queued(receiver, number=300, name="big")
        now = await queued(other, number=10, name="small")
        assert (await sent(now, limit=20)).sent == 20
        assert (len(other.told), len(receiver.told)) == (10, 10)


async def test_what_ended_is_kept_for_thirty_days(receiver: Receiver) -> None:
    now = await queued(receiver, number=3)
    await sent(now, limit=1)
    await make.execute("UPDATE webhook_delivery SET state = 'failed', next_at = NULL WHERE id = 2")
    await make.execute("UPDATE webhook_delivery SET next_at = $1 WHERE id = 3", now + 40 * DAY)
    await sent(now + 29 * DAY)
    assert await count() == 3
    await sent(now + 31 * DAY)
    assert [row["id"] for row in await make.fetch("SELECT id FROM webhook_delivery")] == [3]
