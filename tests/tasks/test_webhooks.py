"""Partners are told through the real queue: worker and clock processes, real HTTP, and a worker that is killed."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest

from actions.webhooks import MOST
from config.settings import settings
from rules.webhooks import signing_secret
from tests import make
from tests.actions.test_webhooks_fate import queued
from tests.pretend_receiver import HANGS, Receiver, receiving
from tests.tasks.test_worker import CLOCK, WORKER, Start, killed, start
from tests.waiting import until

__all__ = ["start"]

PATIENCE = 30.0
MANY = 3 * MOST


@pytest.fixture
async def receiver(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    # The processes inherit it: a proxy of this machine knows nothing of a port here.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with receiving() as one:
        yield one


async def all_sent() -> bool:
    return bool(await make.value("SELECT bool_and(state = 'sent') FROM webhook_delivery"))


async def test_messages_leave_by_themselves_each_once(start: Start, receiver: Receiver) -> None:
    await queued(receiver, number=MANY)
    for words in (WORKER, WORKER, CLOCK):
        start(*words)
    await until(all_sent, seconds=PATIENCE, what="all are sent")
    assert Counter(receiver.ids) == {f"msg_{n}": 1 for n in range(1, MANY + 1)}
    receiver.told[0].verified(signing_secret(webhook=1, secret=settings().secret))


async def test_a_killed_worker_loses_nothing(start: Start, receiver: Receiver) -> None:
    receiver.answer = lambda _: HANGS
    await queued(receiver, number=MANY)
    first = start(*WORKER)
    start(*CLOCK)

    async def called() -> bool:
        return len(receiver.told) > 0

    await until(called, seconds=PATIENCE, what="the receiver is called")
    killed(first)
    assert await make.value("SELECT count(*) FROM webhook_delivery WHERE attempts = 1") == MOST
    receiver.answer = lambda _: 200
    # What it had claimed is due for the next one when its minute is over.
    await make.execute("UPDATE webhook_delivery SET next_at = next_at - interval '1 minute' WHERE attempts = 1")
    start(*WORKER)
    await until(all_sent, seconds=PATIENCE, what="all are sent")
    assert set(receiver.ids) == {f"msg_{n}" for n in range(1, MANY + 1)}
