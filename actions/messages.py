"""Messages leave: a chunk is claimed and committed, offered to the gateway outside any transaction, and answered."""

from asyncio import timeout
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import asyncpg

from actions.messages_text import letter, spoken, stationery
from gateways.protocol import Answer, Gateway, Message
from rules.calendar import business_date
from rules.messages import parts, within_hours
from rules.notices import Stationery
from tables.scope import Connection, scope

LONGEST_CALL = 30  # seconds; less than what deed.sends_settle waits before it calls a message lost

_CLAIM = "SELECT * FROM deed.sends_claim($1, $2, $3)"
_LEAVE = "SELECT deed.sends_leave($1, $2, $3, $4, $5, $6)"
_SKIP = "SELECT deed.sends_skip($1, $2)"
_SKIP_NOTICES = "SELECT deed.notices_skip($1, $2)"
_SETTLE = "SELECT deed.sends_settle($1, $2, $3)"
_ANSWER = "SELECT * FROM deed.sends_answer($1, $2, $3, $4, $5, $6, $7)"
_REPORT = "SELECT deed.sends_report($1, $2, $3, $4, $5)"
_EXPIRE = "SELECT deed.sends_expire($1)"


@dataclass(frozen=True, kw_only=True, slots=True)
class HandedOver:
    """What became of one chunk of `taken` messages. `again`: back in the queue for later; `error`: the kind of exception
    with which the gateway's call ended, if it did.
    """

    taken: int = 0
    accepted: int = 0
    failed: int = 0
    again: int = 0
    unknown: int = 0
    skipped: int = 0
    error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Leaving:
    """One message that was claimed, the text that is kept of it, and the how-manieth try this is."""

    message: Message
    kept: str
    tries: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Chunk:
    """`skips`: messages that may not leave, `left_out`: notices that stay out of theirs, each with its reason."""

    leaving: list[_Leaving] = field(default_factory=list)
    skips: dict[int, str] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)


async def hand_over(*, gateway: Gateway, now: datetime, zone: ZoneInfo, limit: int = 500) -> HandedOver:
    """Hands at most `limit` due messages to the gateway; call it again while `taken` is `limit`. Opens its own scopes.

    Two at once take different messages. Who dies on the way loses nothing: what was being offered is found after a
    minute and offered again where the gateway is idempotent, else it is `unknown` until its report comes.
    """
    leaving, skipped = await _claimed(gateway=gateway, now=now, zone=zone, limit=limit)
    if not leaving:
        return HandedOver(taken=skipped, skipped=skipped)
    answers, error = await _offered(gateway=gateway, messages=[one.message for one in leaving], now=now)
    counts = await _answered(gateway=gateway, now=now, leaving=leaving, answers=answers)
    return HandedOver(
        taken=len(leaving) + skipped,
        accepted=counts["accepted"],
        failed=counts["failed"],
        again=counts["queued"],
        unknown=counts["unknown"],
        skipped=skipped,
        error=error,
    )


async def take_reports(*, gateway: Gateway, now: datetime) -> int:
    """Applies what the gateway reports; returns how many messages got their end. Opens its own scope.

    Twice or in any order changes nothing more. What was accepted 72 hours ago without a report has failed, `expired`.
    """
    told = await gateway.reports(now=now)
    ids, errors = [one.gateway_message_id for one in told], [one.error_class for one in told]
    async with scope(role="job") as connection:
        ended: int = await connection.fetchval(
            _REPORT, gateway.name, ids, [one.state for one in told], [one.at for one in told], errors
        )
        expired: int = await connection.fetchval(_EXPIRE, now)
    return ended + expired


async def _claimed(*, gateway: Gateway, now: datetime, zone: ZoneInfo, limit: int) -> tuple[list[_Leaving], int]:
    """The chunk, committed as `sending` with its texts, and how many were skipped."""
    async with scope(role="job") as connection:
        await connection.execute(_SETTLE, now, gateway.name, gateway.idempotent)
        rows = await connection.fetch(_CLAIM, now, within_hours(at=now, zone=zone), limit)
        if not rows:
            return [], 0
        paper = await stationery(connection=connection)
        chunk = _written(rows=rows, paper=paper, leaves_on=business_date(at=now, zone=zone))
        await connection.execute(_SKIP_NOTICES, list(chunk.left_out), list(chunk.left_out.values()))
        await connection.execute(_SKIP, list(chunk.skips), list(chunk.skips.values()))
        await _leave(connection, gateway=gateway, now=now, leaving=chunk.leaving)
    return chunk.leaving, len(chunk.skips)


def _written(*, rows: Sequence[asyncpg.Record], paper: Stationery, leaves_on: date) -> _Chunk:
    chunk = _Chunk()
    for row in map(dict, rows):
        if row["reason"] is not None:
            chunk.skips[row["id"]] = row["reason"]
            continue
        written = letter(row=row, paper=paper, leaves_on=leaves_on)
        chunk.left_out.update(written.left_out)
        if written.text is None:
            chunk.skips[row["id"]] = written.reason
        else:
            message = Message(id=row["id"], phone=row["phone"], text=spoken(row=row, text=written.text))
            chunk.leaving.append(_Leaving(message=message, kept=written.text, tries=row["try"]))
    return chunk


async def _leave(connection: Connection, *, gateway: Gateway, now: datetime, leaving: Sequence[_Leaving]) -> None:
    messages = [one.message for one in leaving]
    await connection.execute(
        _LEAVE,
        now,
        gateway.name,
        [message.id for message in messages],
        [message.phone for message in messages],
        [one.kept for one in leaving],
        [parts(text=message.text) for message in messages],
    )


async def _offered(
    *, gateway: Gateway, messages: Sequence[Message], now: datetime
) -> tuple[dict[int, Answer], str | None]:
    """The gateway's answers by id. However the call ended: what has no answer may have been taken."""
    try:
        async with timeout(LONGEST_CALL):
            answers = await gateway.send(messages=messages, now=now)
    except Exception as error:  # noqa: BLE001  a gateway's fault must not lose a message; its kind is told
        return {}, type(error).__name__
    return {answer.id: answer for answer in answers}, None


async def _answered(
    *, gateway: Gateway, now: datetime, leaving: Sequence[_Leaving], answers: dict[int, Answer]
) -> Counter[str]:
    """Writes the answers down; returns how many messages are in which state now."""
    told = [answers.get(one.message.id) or Answer(id=one.message.id, state="unknown") for one in leaving]
    async with scope(role="job") as connection:
        rows: list[asyncpg.Record] = await connection.fetch(
            _ANSWER,
            now,
            gateway.idempotent,
            [answer.id for answer in told],
            [one.tries for one in leaving],
            [answer.state for answer in told],
            [answer.gateway_message_id for answer in told],
            [answer.error_class for answer in told],
        )
    return Counter({row["state"]: row["messages"] for row in rows})
