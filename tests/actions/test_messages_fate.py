"""What becomes of messages: answers, tries, deaths on the way, reports in any order. Nothing lost, nothing doubled."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from actions.messages import HandedOver, ask_unsure
from gateways.protocol import Answer, Message
from tests import make
from tests.actions.test_messages import D, at, due, queue, row, shop
from tests.pretend_gateway import Killed, PretendGateway, accepted, account, handed

pytestmark = pytest.mark.usefixtures("db")

NOW = at(D, 13)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def saying(**fields: Any) -> Callable[[Message], Answer]:
    return lambda message: Answer(id=message.id, **fields)


def says(**fields: Any) -> PretendGateway:
    gateway = PretendGateway()
    gateway.answer = saying(**fields)
    return gateway


async def leases_end() -> None:
    """As when six seconds have gone by without a sign of life."""
    await make.execute("UPDATE send_chunk SET lease_until = now() - interval '1 second' WHERE state = 'claimed'")


async def states() -> dict[int, str]:
    return {row["id"]: row["state"] for row in await make.fetch("SELECT id, state FROM send_log")}


async def test_each_message_of_a_chunk_gets_its_own_answer() -> None:
    await shop(members=4)
    for member in (1, 2, 3, 4):
        await queue(member)
    answers = {
        2: Answer(id=2, state="failed", error_class="dead_number"),
        3: Answer(id=3, state="again", error_class="rate"),
        4: Answer(id=4, state="unknown"),
    }
    gateway = PretendGateway(idempotent=False)
    gateway.answer = lambda message: answers.get(message.id) or accepted(message)
    assert await handed(gateway, now=NOW) == HandedOver(taken=4, accepted=1, failed=1, again=1, unknown=1)
    assert await states() == {1: "accepted", 2: "failed", 3: "queued", 4: "unknown"}
    assert (await row(2))["error_class"] == "dead_number"
    assert await make.fetch("SELECT id FROM member WHERE phone_status = 'invalid'") == [{"id": 2}]
    assert await make.value("SELECT due_at FROM send_chunk WHERE state = 'waiting'") == NOW + SECOND


async def test_a_dead_number_does_not_condemn_the_next_one() -> None:
    await shop()
    await queue(message_class="verification", text="1234")
    await make.execute("UPDATE member SET phone = '+8613700000002'")
    await handed(says(state="failed", error_class="dead_number"), now=NOW)
    assert await make.value("SELECT phone_status FROM member") == "unknown"


async def test_again_is_tried_five_times_ever_later_and_said_anew() -> None:
    await shop()
    await queue(
        kind="points_expiring", payload='{"days": 15, "on": "2031-04-02", "points": 150}', send_before=at(D, 23)
    )
    gateway = says(state="again", error_class="unknown")
    now, waits = NOW, []
    for tries in range(1, 6):
        assert (await handed(gateway, now=now)).taken == 1
        assert gateway.offers == tries
        assert (await handed(gateway, now=now)).taken == 0
        waits.append(await make.value("SELECT due_at FROM send_chunk"))
        assert (await row())["text"] is None or tries == 5
        now = waits[-1]
    assert [wait - NOW for wait in waits[:4]] == [n * 30 * SECOND for n in (1, 3, 7, 15)]
    failed = await row()
    assert (failed["state"], failed["error_class"], failed["attempts"]) == ("failed", "unknown", 5)
    assert not await due(now + timedelta(days=1))


async def test_a_gateway_that_is_down_condemns_nobody_before_their_time_is_over() -> None:
    await shop()
    await queue(send_before=NOW + 90 * MINUTE)
    gateway = says(state="again", error_class="gateway_down")
    now = NOW
    while (await row())["state"] == "queued":
        await handed(gateway, now=now)
        now += MINUTE
        assert now < NOW + 3 * 60 * MINUTE
    skipped = await row()
    assert (skipped["state"], skipped["reason"]) == ("skipped", "too_late")
    assert skipped["attempts"] > 5


async def test_what_surely_stayed_is_counted_anew_the_next_day() -> None:
    await shop()
    await queue(
        kind="points_expiring", payload='{"days": 3, "on": "2031-04-03", "points": 150}', scheduled_at=at(D, 20, 59)
    )
    gateway = says(state="again")
    await handed(gateway, now=at(D, 20, 59))
    gateway.answer = accepted
    assert (await handed(gateway, now=at(D, 22))).taken == 0
    await handed(gateway, now=at(D + timedelta(days=1), 8))
    assert "2天后（4月3日）" in gateway.left[0].text


@pytest.mark.parametrize("ending", [TimeoutError(), ConnectionError(), RuntimeError("a fault of the gateway's own")])
@pytest.mark.parametrize("idempotent", [True, False])
async def test_a_call_that_breaks_off_after_taking_doubles_nothing(ending: Exception, idempotent: bool) -> None:  # noqa: FBT001
    await shop(members=2)
    for member in (1, 2):
        await queue(member)
    gateway = PretendGateway(idempotent=idempotent)
    gateway.ending = ending
    broken = await handed(gateway, now=NOW)
    assert broken.error == type(ending).__name__
    assert (broken.again, broken.unknown) == ((2, 0) if idempotent else (0, 2))
    gateway.ending = None
    await handed(gateway, now=NOW + MINUTE)
    assert sorted(message.id for message in gateway.left) == [1, 2]
    assert set((await states()).values()) == {"accepted" if idempotent else "unknown"}


async def test_a_half_accepted_chunk_keeps_what_was_answered() -> None:
    await shop(members=2)
    for member in (1, 2):
        await queue(member)
    gateway = PretendGateway()
    gateway.answer = lambda message: accepted(message) if message.id == 1 else None
    assert await handed(gateway, now=NOW) == HandedOver(taken=2, accepted=1, again=1)
    assert await states() == {1: "accepted", 2: "queued"}
    gateway.answer = accepted
    await handed(gateway, now=NOW + MINUTE)
    assert [message.id for message in gateway.left] == [1, 2]


async def test_nobody_asks_for_ever_what_was_taken() -> None:
    await shop()
    await queue()
    gateway = PretendGateway()
    gateway.before = TimeoutError()
    now = NOW
    for _ in range(20):
        await handed(gateway, now=now)
        now += timedelta(minutes=20)
    assert await states() == {1: "unknown"}
    assert (await handed(gateway, now=now)).taken == 0


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("promise", ["idempotent", "askable", "neither"])
async def test_kill_9_between_claim_and_answer(taken: bool, promise: str) -> None:  # noqa: FBT001
    await shop()
    await queue()
    gateway = PretendGateway(idempotent=promise == "idempotent", askable=promise == "askable")
    gateway.ending, gateway.before = (Killed(), None) if taken else (None, Killed())
    with pytest.raises(Killed):
        await handed(gateway, now=NOW)
    assert await states() == {1: "sending"}
    gateway.ending = gateway.before = None
    assert (await handed(gateway, now=NOW + SECOND)).taken == 0
    await leases_end()
    assert await due(NOW + 6 * SECOND)
    while (await handed(gateway, now=NOW + 6 * SECOND)).more:
        pass
    if promise == "askable":
        assert await states() == {1: "unknown"}
        assert await ask_unsure(clock=lambda: NOW + 44 * SECOND, gateway=gateway) == 0
        assert await ask_unsure(clock=lambda: NOW + 46 * SECOND, gateway=gateway) == 1
        await handed(gateway, now=NOW + 46 * SECOND)
    assert await states() == {1: "unknown" if promise == "neither" else "accepted"}
    assert len(gateway.left) == (1 if taken or promise != "neither" else 0)
    if gateway.left:
        assert (await row())["text"] == gateway.left[0].text
    assert not await due(NOW + 2 * MINUTE)


async def test_kill_9_before_anything_left_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    await shop()
    await queue()
    gateway = PretendGateway(idempotent=False)

    async def killed(**_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("actions.messages_chunk.written", killed)
        await handed(gateway, now=NOW)
    assert (await states(), (await row())["attempts"]) == ({1: "queued"}, 0)
    assert not await due(NOW + SECOND)
    await leases_end()
    await handed(gateway, now=NOW + 6 * SECOND)
    assert (await states(), len(gateway.left)) == ({1: "accepted"}, 1)


class Slow(PretendGateway):
    """While it is being asked, the lease ends and another worker comes."""

    async def send(self, *, messages: Any, now: datetime) -> list[Answer]:
        await leases_end()
        other = PretendGateway()
        other.left = self.left
        while (await handed(other, now=now + MINUTE, worker="another")).more:
            pass
        return await super().send(messages=messages, now=now)


async def test_an_answer_that_comes_too_late_does_not_undo_the_next_ones() -> None:
    await shop()
    await queue()
    gateway = Slow()
    gateway.answer = saying(state="failed", error_class="unknown")
    await handed(gateway, now=NOW)
    assert await states() == {1: "accepted"}
    assert len(gateway.left) == 1


async def test_two_workers_take_different_messages() -> None:
    await shop(members=6)
    for member in range(1, 7):
        await queue(member)
    gateway = PretendGateway(idempotent=False)
    await account()
    both = await asyncio.gather(*(handed(gateway, now=NOW, limit=3) for _ in range(2)))
    assert sum(one.accepted for one in both) == 6
    assert sorted(message.id for message in gateway.left) == [1, 2, 3, 4, 5, 6]


async def test_a_hanging_gateway_is_not_waited_for() -> None:
    await shop()
    await queue()

    class Hanging(PretendGateway):
        longest_call = 0.01

        async def send(self, **_: Any) -> list[Answer]:
            await asyncio.Event().wait()
            return []

    done = await handed(Hanging(), now=NOW)
    assert (done.error, done.again) == ("TimeoutError", 1)
