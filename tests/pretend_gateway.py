"""A gateway in memory whose log is the judge of what left, and that fails as it is told."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from actions.messages import HandedOver, hand_over
from gateways.protocol import Account, Answer, Gateway, Message, Report
from tests import make


class Killed(BaseException):
    """Stands for kill -9: nothing of ours runs afterwards."""


def accepted(message: Message) -> Answer:
    return Answer(id=message.id, state="accepted", gateway_message_id=f"g{message.id}")


class PretendGateway(Gateway):
    """`left`: every text that really left. `ending` is raised after the messages were taken, `before` instead of taking
    them, `answer` says what is answered (None: nothing), `known` what is said when it is asked.
    """

    def __init__(
        self, name: str = "pretend", *, idempotent: bool = True, askable: bool = False, most: int = 1000
    ) -> None:
        super().__init__(Account(name=name, gateway="pretend"))
        self.idempotent, self.askable, self.most = idempotent, askable, most
        self.left: list[Message] = []
        self.offers = 0
        self.calls = 0
        self.answer: Callable[[Message], Answer | None] = accepted
        self.before: BaseException | None = None
        self.ending: BaseException | None = None
        self.told: list[Report] = []

    async def send(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:  # noqa: ARG002
        self.offers += len(messages)
        self.calls += 1
        if self.before is not None:
            raise self.before
        answers = [answer for message in messages if (answer := self.answer(message)) is not None]
        taken = {answer.id for answer in answers if answer.state == "accepted"}
        known = {message.id for message in self.left} if self.idempotent else set()
        self.left += [message for message in messages if message.id in taken - known]
        if self.ending is not None:
            raise self.ending
        return answers

    async def ask(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:  # noqa: ARG002
        seen = {message.id for message in self.left}
        return [accepted(one) if one.id in seen else Answer(id=one.id, state="again") for one in messages]

    async def reports(self, *, now: datetime) -> list[Report]:  # noqa: ARG002
        return self.told


async def account(*, name: str = "pretend", **fields: Any) -> None:
    """An account of that name, as it comes or with other fields; again changes those."""
    await make.execute(
        "INSERT INTO gateway_account (name, gateway, opt_out_text) VALUES ($1, 'pretend', '') ON CONFLICT DO NOTHING",
        name,
    )
    for field, value in fields.items():
        await make.execute(f"UPDATE gateway_account SET {field} = $2 WHERE name = $1", name, value)


async def handed(*gateways: PretendGateway, now: datetime, worker: str = "tester", limit: int = 1000) -> HandedOver:
    """One round of one worker through these gateways, the first one first."""
    for turn, gateway in enumerate(gateways):
        await account(name=gateway.name, priority=turn + 1)
    named = {gateway.name: gateway for gateway in gateways}
    return await hand_over(worker=worker, clock=lambda: now, zone=make.ZONE, gateways=named, limit=limit)
