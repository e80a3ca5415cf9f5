"""What the workers of bench/sending.py load: the product's actors, a gateway that accepts at once, and the baseline's actor.

Run as `python -m dramatiq bench.sending_worker`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import dramatiq

from gateways.protocol import Answer, Gateway, Message
from gateways.registry import kinds
from tables.scope import scope
from tasks.worker import BROKER

__all__ = ["BROKER", "one_person"]

_TAKE = (
    "UPDATE send_log SET state = 'sending', attempts = attempts + 1, handed_at = $2, gateway = 'instant'"
    " WHERE id = $1 AND state = 'queued' RETURNING id, phone, text"
)
_DONE = "UPDATE send_log SET state = 'accepted', gateway_message_id = $2 WHERE id = $1 AND state = 'sending'"


class Instant(Gateway):
    """Accepts everything at once; the same id leaves once, because nothing leaves."""

    idempotent = True
    repeats_id = True
    most = 1000

    async def send(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:  # noqa: ARG002
        return [Answer(id=one.id, state="accepted", gateway_message_id=f"i{one.id}") for one in messages]


cast("dict[str, Any]", kinds())["instant"] = Instant


@dramatiq.actor(actor_name="bench.one_person", queue_name="messages")
async def one_person(send: int) -> None:
    """The usual way: one task a person, each claimed, offered and answered by itself. Idempotent by the row's state."""
    async with scope(role="job") as connection:
        row = await connection.fetchrow(_TAKE, send, datetime.now(UTC))
    if row is None:
        return
    async with scope(role="job") as connection:
        await connection.execute(_DONE, send, f"i{send}")
