"""A job's lines bear its name and its message's id, also on the event loop's thread; the clock and a worker are seen."""

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dramatiq
import pytest
import structlog
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware.age_limit import AgeLimit
from dramatiq.middleware.asyncio import AsyncIO

from tasks.job_log import JobLog
from tests.make import fetch
from tests.tasks.test_worker import CLOCK, WORKER, start  # noqa: F401  a fixture
from tests.waiting import until

LOG = structlog.get_logger("test")
Lines = list[Any]


@pytest.fixture
def broker() -> Iterator[StubBroker]:
    """The product's middleware on a queue in memory."""
    stub = StubBroker(middleware=[JobLog(), AgeLimit(), AsyncIO()])
    yield stub
    stub.close()


@pytest.fixture
def lines() -> Iterator[Lines]:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as captured:
        yield captured


def worked(broker: StubBroker, *messages: dramatiq.Message[Any]) -> None:
    """All messages, by one worker with two threads."""
    for message in messages:
        broker.enqueue(message)
    worker = dramatiq.Worker(broker, worker_timeout=10, worker_threads=2)
    worker.start()
    try:
        broker.join("jobs", timeout=10_000, fail_fast=False)
        worker.join()
    finally:
        worker.stop()


def actor(
    broker: StubBroker, function: Callable[..., Any], name: str = "test.job", **options: Any
) -> dramatiq.Actor[..., Any]:
    made: dramatiq.Actor[..., Any] = dramatiq.actor(broker=broker, queue_name="jobs", actor_name=name, **options)(
        function
    )
    return made


def finished(lines: Lines) -> Lines:
    return [line for line in lines if line["event"] == "job finished"]


def test_a_line_inside_an_async_actor_bears_the_ids(broker: StubBroker, lines: Lines) -> None:
    async def job(n: int) -> None:
        LOG.info("inside", n=n)

    job_actor = actor(broker, job)
    messages = [job_actor.message(n) for n in range(20)]
    worked(broker, *messages)
    inside = {line["n"]: line for line in lines if line["event"] == "inside"}
    assert {n: (line["job"], line["message"]) for n, line in inside.items()} == {
        n: ("test.job", message.message_id) for n, message in enumerate(messages)
    }
    ends = finished(lines)
    assert {line["message"] for line in ends} == {message.message_id for message in messages}
    assert all(line["outcome"] == "done" and line["milliseconds"] >= 0 for line in ends)


def test_a_line_inside_a_plain_actor_too(broker: StubBroker, lines: Lines) -> None:
    message = actor(broker, lambda: LOG.info("inside")).message()
    worked(broker, message)
    assert [(line["job"], line["message"]) for line in lines] == [("test.job", message.message_id)] * 2


def test_a_job_that_fails_says_so(broker: StubBroker, lines: Lines) -> None:
    async def job() -> None:
        raise ValueError("not today")

    message = actor(broker, job).message()
    worked(broker, message)
    (end,) = finished(lines)
    assert (end["outcome"], end["message"]) == ("ValueError", message.message_id)


def test_a_job_that_is_skipped_says_so(broker: StubBroker, lines: Lines) -> None:
    async def job() -> None:
        LOG.info("inside")

    message = actor(broker, job, max_age=1_000).message()
    late = message.copy(message_timestamp=int((datetime.now(UTC) - timedelta(minutes=1)).timestamp() * 1_000))
    worked(broker, late)
    assert [line["outcome"] for line in finished(lines)] == ["skipped"]
    assert not [line for line in lines if line["event"] == "inside"]


def test_nothing_stays_bound_for_the_next_message(broker: StubBroker, lines: Lines) -> None:
    binds = actor(broker, lambda: structlog.contextvars.bind_contextvars(staff=7), name="test.binds")
    looks = actor(broker, lambda: LOG.info("inside"))
    worked(broker, *(binds.message() for _ in range(8)), *(looks.message() for _ in range(8)))
    assert [line.get("staff") for line in lines if line["event"] == "inside"] == [None] * 8


async def test_clock_and_worker_are_seen_through_the_queue(start: Callable[..., subprocess.Popen[bytes]]) -> None:  # noqa: F811
    start(*CLOCK)
    start(*WORKER)

    async def both() -> bool:
        return await fetch("SELECT process FROM heartbeat ORDER BY 1") == [{"process": "clock"}, {"process": "worker"}]

    await until(both, seconds=30.0, what="both are seen")
