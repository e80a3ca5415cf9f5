"""What becomes of messages: answers, tries, deaths on the way, reports in any order. Nothing lost, nothing doubled."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from actions.messages import HandedOver, hand_over
from gateways.protocol import Answer, Message
from queries.messages import anything_due
from tests import make
from tests.actions.test_messages import D, at, handed, queue, row, shop
from tests.pretend_gateway import Killed, PretendGateway, accepted

pytestmark = pytest.mark.usefixtures("db")

NOW = at(D, 13)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def saying(**fields: Any) -> Callable[[Message], Answer]:
    return lambda message: Answer(id=message.id, **fields)


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
    gateway = PretendGateway(idempotent=False, answer=lambda message: answers.get(message.id) or accepted(message))
    assert await handed(gateway, NOW) == HandedOver(taken=4, accepted=1, failed=1, again=1, unknown=1)
    assert await states() == {1: "accepted", 2: "failed", 3: "queued", 4: "unknown"}
    assert (await row(2))["error_class"] == "dead_number"
    assert await make.fetch("SELECT id FROM member WHERE phone_status = 'invalid'") == [{"id": 2}]
    assert (await row(3))["next_at"] == NOW + 30 * SECOND


async def test_a_dead_number_does_not_condemn_the_next_one() -> None:
    await shop()
    await queue(message_class="verification", text="1234")
    await make.execute("UPDATE member SET phone = '+8613700000002'")
    await handed(PretendGateway(answer=saying(state="failed", error_class="dead_number")), NOW)
    assert await make.value("SELECT phone_status FROM member") == "unknown"


async def test_again_is_tried_five_times_ever_later_and_said_anew() -> None:
    await shop()
    await queue(
        kind="points_expiring", payload='{"days": 15, "on": "2031-04-02", "points": 150}', send_before=at(D, 23)
    )
    gateway = PretendGateway(answer=saying(state="again", error_class="gateway_down"))
    now, waits = NOW, []
    for tries in range(1, 6):
        assert (await handed(gateway, now)).taken == 1
        assert gateway.offers == tries
        assert (await handed(gateway, now)).taken == 0
        waits.append((await row())["next_at"])
        assert (await row())["text"] is None or tries == 5
        now = waits[-1]
    assert [wait - NOW for wait in waits[:4]] == [n * 30 * SECOND for n in (1, 3, 7, 15)]
    failed = await row()
    assert (failed["state"], failed["error_class"], failed["attempts"]) == ("failed", "gateway_down", 5)
    assert not await anything_due(now=now + timedelta(days=1), zone=make.ZONE)


async def test_what_surely_stayed_is_counted_anew_the_next_day() -> None:
    await shop()
    await queue(
        kind="points_expiring", payload='{"days": 3, "on": "2031-04-03", "points": 150}', scheduled_at=at(D, 20, 59)
    )
    gateway = PretendGateway(answer=saying(state="again"))
    await handed(gateway, at(D, 20, 59))
    gateway.answer = accepted
    assert (await handed(gateway, at(D, 22))).taken == 0
    await handed(gateway, at(D + timedelta(days=1), 8))
    assert "2天后（4月3日）" in gateway.left[0].text


@pytest.mark.parametrize("ending", [TimeoutError(), ConnectionError(), RuntimeError("a fault of the gateway's own")])
@pytest.mark.parametrize("idempotent", [True, False])
async def test_a_call_that_breaks_off_after_taking_doubles_nothing(ending: Exception, idempotent: bool) -> None:  # noqa: FBT001
    await shop(members=2)
    for member in (1, 2):
        await queue(member)
    gateway = PretendGateway(idempotent=idempotent, ending=ending)
    broken = await handed(gateway, NOW)
    assert broken.error == type(ending).__name__
    assert (broken.again, broken.unknown) == ((2, 0) if idempotent else (0, 2))
    gateway.ending = None
    await handed(gateway, NOW + MINUTE)
    assert sorted(message.id for message in gateway.left) == [1, 2]
    assert set((await states()).values()) == {"accepted" if idempotent else "unknown"}


async def test_a_half_accepted_chunk_keeps_what_was_answered() -> None:
    await shop(members=2)
    for member in (1, 2):
        await queue(member)
    gateway = PretendGateway(answer=lambda message: accepted(message) if message.id == 1 else None)
    assert await handed(gateway, NOW) == HandedOver(taken=2, accepted=1, again=1)
    assert await states() == {1: "accepted", 2: "queued"}
    gateway.answer = accepted
    await handed(gateway, NOW + MINUTE)
    assert [message.id for message in gateway.left] == [1, 2]


async def test_nobody_asks_for_ever_what_was_taken() -> None:
    await shop()
    await queue()
    gateway = PretendGateway(before=TimeoutError())
    now = NOW
    for _ in range(5):
        await handed(gateway, now)
        now += timedelta(minutes=10)
    assert await states() == {1: "unknown"}
    assert (await handed(gateway, now)).taken == 0


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("idempotent", [True, False])
async def test_kill_9_between_claim_and_answer(taken: bool, idempotent: bool) -> None:  # noqa: FBT001
    await shop()
    await queue()
    gateway = PretendGateway(idempotent=idempotent)
    gateway.ending, gateway.before = (Killed(), None) if taken else (None, Killed())
    with pytest.raises(Killed):
        await handed(gateway, NOW)
    assert await states() == {1: "sending"}
    gateway.ending = gateway.before = None
    assert (await handed(gateway, NOW + 59 * SECOND)).taken == 0
    assert await anything_due(now=NOW + MINUTE, zone=make.ZONE)
    await handed(gateway, NOW + MINUTE)
    assert await states() == {1: "accepted" if idempotent else "unknown"}
    assert len(gateway.left) == (1 if taken or idempotent else 0)
    if idempotent:
        assert (await row())["text"] == gateway.left[0].text
    assert not await anything_due(now=NOW + 2 * MINUTE, zone=make.ZONE)


async def test_kill_9_before_the_claim_is_committed_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    await shop()
    await queue()
    before = await make.digest()

    def killed(**_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("actions.messages.letter", killed)
        await handed(PretendGateway(), NOW)
    assert await make.digest() == before


async def test_what_another_gateway_was_offered_is_not_offered_to_this_one() -> None:
    await shop()
    await queue()
    with pytest.raises(Killed):
        await handed(PretendGateway(name="old", ending=Killed()), NOW)
    assert (await handed(PretendGateway(name="new"), NOW + MINUTE)).taken == 0
    assert await states() == {1: "unknown"}


class Slow(PretendGateway):
    """While it is being asked, a minute goes by and another worker comes."""

    async def send(self, *, messages: Any, now: datetime) -> list[Answer]:
        await handed(PretendGateway(left=self.left), now + MINUTE)
        return await super().send(messages=messages, now=now)


async def test_an_answer_that_comes_too_late_does_not_undo_the_next_ones() -> None:
    await shop()
    await queue()
    gateway = Slow(answer=saying(state="failed", error_class="unknown"))
    await handed(gateway, NOW)
    assert await states() == {1: "accepted"}
    assert len(gateway.left) == 1


async def test_two_workers_take_different_messages() -> None:
    await shop(members=6)
    for member in range(1, 7):
        await queue(member)
    gateway = PretendGateway(idempotent=False)
    both = await asyncio.gather(*(handed(gateway, NOW, limit=3) for _ in range(2)))
    assert sum(one.accepted for one in both) == 6
    assert sorted(message.id for message in gateway.left) == [1, 2, 3, 4, 5, 6]


async def test_a_hanging_gateway_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    await shop()
    await queue()

    class Hanging(PretendGateway):
        async def send(self, **_: Any) -> list[Answer]:
            await asyncio.Event().wait()
            return []

    monkeypatch.setattr("actions.messages.LONGEST_CALL", 0.01)
    done = await hand_over(gateway=Hanging(), now=NOW, zone=make.ZONE)
    assert (done.error, done.again) == ("TimeoutError", 1)
