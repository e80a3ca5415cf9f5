"""What a gateway is: four things that every way of sending SMS must be able to say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

# Why a message did not reach its phone, in the words of field-notes; a gateway translates its own into these.
ErrorClass = Literal[
    "dead_number", "off_or_absent", "blacklisted", "capped", "content_blocked", "signature_blocked", "expired",
    "rate", "gateway_down", "unknown",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One text to one phone (E.164); `id` is ours and never used for another message."""

    id: int
    phone: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the gateway said about one message. `again`: surely not taken, may be offered once more later."""

    id: int
    state: Literal["accepted", "failed", "again", "unknown"]
    gateway_message_id: str | None = None
    error_class: ErrorClass | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What became of an accepted message; `state` is final."""

    gateway_message_id: str
    state: Literal["delivered", "failed"]
    at: datetime
    error_class: ErrorClass | None = None


class Gateway(Protocol):
    """`idempotent`: the same `Message.id` offered twice leaves once."""

    name: str
    idempotent: bool

    async def send(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:
        """Offers messages; one answer each. A raised OSError or TimeoutError means: nobody knows what was taken."""

    async def reports(self, *, now: datetime) -> list[Report]:
        """The delivery reports that have come in since they were last asked for."""
