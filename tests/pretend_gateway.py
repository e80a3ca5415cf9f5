"""A gateway in memory whose log is the judge of what left, and that fails as it is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateways.protocol import Answer, Message, Report


class Killed(BaseException):
    """Stands for kill -9: nothing of ours runs afterwards."""


def accepted(message: Message) -> Answer:
    return Answer(id=message.id, state="accepted", gateway_message_id=f"g{message.id}")


@dataclass
class PretendGateway:
    """`left`: every text that really left. `ending` is raised after the messages were taken, `before` instead of taking
    them, `answer` says what is answered (None: nothing).
    """

    name: str = "pretend"
    idempotent: bool = True
    left: list[Message] = field(default_factory=list)
    offers: int = 0
    answer: Callable[[Message], Answer | None] = accepted
    before: BaseException | None = None
    ending: BaseException | None = None
    told: list[Report] = field(default_factory=list)

    async def send(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:  # noqa: ARG002
        self.offers += len(messages)
        if self.before is not None:
            raise self.before
        answers = [answer for message in messages if (answer := self.answer(message)) is not None]
        taken = {answer.id for answer in answers if answer.state == "accepted"}
        known = {message.id for message in self.left} if self.idempotent else set()
        self.left += [message for message in messages if message.id in taken - known]
        if self.ending is not None:
            raise self.ending
        return answers

    async def reports(self, *, now: datetime) -> list[Report]:  # noqa: ARG002
        return self.told
