"""Messages leave: a chunk is claimed, and piece by piece committed as `sending`, offered outside any transaction, answered."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from actions.messages_chunk import Chunk, claim, kept, leave, persist, release
from actions.messages_text import Leaving, Piece
from config.settings import settings
from gateways.protocol import Answer, Gateway, Message
from rules.suppression import hmac_pads
from tables.scope import scope

CHUNK = 1000  # messages that are claimed together
LANES = 2  # calls of one chunk at once: while one waits for the gateway, the next piece is made ready
TIRED = 20.0  # seconds after which a worker lets go of a chunk, so that what is more urgent gets its turn
# A limited account is asked in so small portions that its second is used evenly.
_PORTIONS = 20
_BREATH = 1.0  # seconds of silence after "too fast"
_PAUSES = {"rate": 1, "gateway_down": 10}  # seconds until the next try; others: 30, then twice as long each time
_USELESS = {"no_balance"}

_PERMIT = "SELECT * FROM deed.account_permit($1, $2)"
_USED = "SELECT deed.account_used($1, $2, $3)"
_ANSWER = "SELECT * FROM deed.chunk_answer($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
_TOLD = "SELECT deed.account_told($1, $2, $3, $4, $5)"
_UNSURE = "SELECT * FROM deed.sends_unsure($1, $2, $3, $4)"

_LATEST = 0.05  # seconds: an answer may take long, a call does not take longer to arrive
_EARLY = 0.004  # seconds: so long it takes to ask again
_ASKING: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Lock]] = WeakKeyDictionary()

Clock = Callable[[], datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class HandedOver:
    """What became of one chunk of `taken` messages. `again`: back in the queue for later; `error`: the kind of exception
    with which a call ended, if one did; `more`: there was a chunk, and there may be another one.
    """

    taken: int = 0
    accepted: int = 0
    failed: int = 0
    again: int = 0
    unknown: int = 0
    skipped: int = 0
    error: str | None = None
    more: bool = field(default=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Permit:
    """So many messages may leave; `since` by the loop's clock, `moment` by the database's (None: nobody counts)."""

    granted: int
    since: float
    moment: datetime | None = None


@dataclass(kw_only=True, slots=True)
class _Round:
    """One worker's work at one chunk: what became of its messages, and the seconds after which it is worth another try."""

    chunk: Chunk
    clock: Clock
    until: float
    counts: Counter[str]
    pause: float | None = None
    error: str | None = None
    stopped: bool = False


async def hand_over(
    *, worker: str, clock: Clock, zone: ZoneInfo, gateways: Mapping[str, Gateway], limit: int = CHUNK
) -> HandedOver:
    """Takes the next chunk of due messages (at most `limit`) and hands it to its account among `gateways` (by name); call it
    again while there is `more`. `worker` names who does it, `clock` tells the instant. Opens its own scopes.

    Two at once take different chunks. Who dies on the way loses nothing: when the lease is over, what was on its way is
    offered again where the gateway is idempotent, else it is `unknown` until the gateway tells.
    """
    pads = hmac_pads(secret=settings().secret)
    chunk = await persist(
        lambda: claim(worker=worker, now=clock(), zone=zone, gateways=gateways, pads=pads, most=limit)
    )
    if chunk is None:
        return HandedOver()
    loop = asyncio.get_running_loop()
    work = _Round(chunk=chunk, clock=clock, until=loop.time() + TIRED, counts=Counter())
    async with chunk.gateway, kept(chunk=chunk):
        lanes = await asyncio.gather(*(_lane(work) for _ in range(LANES)), return_exceptions=True)
    broken = [one for one in lanes if isinstance(one, BaseException)]
    if broken:
        raise broken[0]
    now = clock()
    due = now + timedelta(seconds=work.pause or 0)
    await persist(lambda: release(chunk=chunk, now=now, due=due))
    return _summed(work)


def _summed(work: _Round) -> HandedOver:
    counts = work.counts
    return HandedOver(
        taken=counts["taken"], accepted=counts["accepted"], failed=counts["failed"], again=counts["queued"],
        unknown=counts["unknown"], skipped=counts["skipped"], error=work.error, more=True,
    )  # fmt: skip


async def _lane(work: _Round) -> None:
    """Piece after piece, until there are no more, the account fails or the worker has had its time."""
    loop, chunk = asyncio.get_running_loop(), work.chunk
    while not work.stopped and loop.time() < work.until and chunk.held:
        piece = await leave(chunk=chunk, now=work.clock(), most=_portion(chunk))
        if piece.taken == 0:
            return
        work.counts["taken"] += piece.taken
        work.counts["skipped"] += len(piece.skips)
        work.counts["queued"] += len(piece.waits)
        work.counts["unknown"] += len(piece.parked)
        if piece.leaving:
            await _offer(work, piece=piece)


def _portion(chunk: Chunk) -> int:
    most = chunk.gateway.most
    return most if chunk.rate is None else max(1, min(most, chunk.rate // _PORTIONS))


async def _offer(work: _Round, *, piece: Piece) -> None:
    """The messages of a piece, as many at a time as the account's rate permits."""
    waiting = piece.leaving
    while waiting:
        permit = await _permitted(work.chunk, wanted=len(waiting))
        part, waiting = waiting[: permit.granted], waiting[permit.granted :]
        now, began = work.clock(), asyncio.get_running_loop().time()
        answers, error = await _called(work.chunk, messages=[one.message for one in part], now=now)
        await _used(work.chunk, permit=permit, began=began)
        work.error = error or work.error
        told = [answers.get(one.message.id) or Answer(id=one.message.id, state="unknown") for one in part]
        await _answered(work, leaving=part, told=told, error=error)


async def _permitted(chunk: Chunk, *, wanted: int) -> _Permit:
    """How many may leave now; waits for the first one. The permit is the last thing before the call."""
    loop = asyncio.get_running_loop()
    if chunk.rate is None:
        return _Permit(granted=wanted, since=loop.time())
    # One asks for all of this process: who waits for a row is told of a moment that is over.
    async with _ASKING.setdefault(loop, {}).setdefault(chunk.gateway.name, asyncio.Lock()):
        while True:
            async with scope(role="job") as connection:
                since = loop.time()
                row = await connection.fetchrow(_PERMIT, chunk.gateway.name, wanted)
            if row is None:
                return _Permit(granted=wanted, since=since)
            if row["granted"]:
                return _Permit(granted=row["granted"], since=since, moment=row["moment"])
            await asyncio.sleep(max(row["wait"] - _EARLY, 0.001))


async def _used(chunk: Chunk, *, permit: _Permit, began: float) -> None:
    """The operator saw the call some time before it ended."""
    if permit.moment is not None:
        took = min(asyncio.get_running_loop().time() - began, _LATEST)
        async with scope(role="job") as connection:
            await connection.execute(_USED, chunk.gateway.name, permit.moment, began - permit.since + took)


async def _called(chunk: Chunk, *, messages: Sequence[Message], now: datetime) -> tuple[dict[int, Answer], str | None]:
    """The gateway's answers by id. However the call ended: what has no answer may have been taken."""
    if not chunk.held:
        # Nothing was offered; if somebody else has the chunk by now, their word on these messages counts and not ours.
        return {message.id: Answer(id=message.id, state="again") for message in messages}, None
    try:
        async with asyncio.timeout(chunk.gateway.longest_call):
            answers = await chunk.gateway.send(messages=messages, now=now)
    except Exception as error:  # noqa: BLE001  a gateway's fault must not lose a message; its kind is told
        return {}, type(error).__name__
    return {answer.id: answer for answer in answers}, None


async def _answered(work: _Round, *, leaving: Sequence[Leaving], told: Sequence[Answer], error: str | None) -> None:
    """Writes the answers and the account's fate down, and decides whether to go on."""
    chunk, now = work.chunk, work.clock()
    good = any(answer.state == "accepted" for answer in told)
    troubles = [one.error_class for one in told if one.state in {"again", "elsewhere"}]
    down = error is not None or (not good and any(one in {"gateway_down", *_USELESS} for one in troubles))
    useless = any(one in _USELESS for one in troubles)

    async def write() -> None:
        async with scope(role="job") as connection:
            rows = await connection.fetch(_ANSWER, *_arguments(chunk, now=now, leaving=leaving, told=told))
            if good or down:
                reason = next((one for one in troubles if one), "unknown" if error is None else "gateway_down")
                await connection.execute(_TOLD, chunk.gateway.name, now, not down, useless, reason)
        work.counts.update({row["state"]: row["messages"] for row in rows})

    await persist(write)
    pauses = [_pause(one, tries=mine.tries) for one, mine in zip(told, leaving, strict=True) if one.state == "again"]
    work.pause = min([*pauses, *([work.pause] if work.pause else [])], default=work.pause)
    work.stopped = work.stopped or down
    if "rate" in troubles:
        await asyncio.sleep(_BREATH)


def _arguments(chunk: Chunk, *, now: datetime, leaving: Sequence[Leaving], told: Sequence[Answer]) -> list[object]:
    gateway = chunk.gateway
    return [
        chunk.id, now, gateway.name, gateway.idempotent, not gateway.repeats_id, False,
        [one.id for one in told], [one.tries for one in leaving], [one.state for one in told],
        [one.gateway_message_id for one in told], [one.error_class for one in told], [one.bound for one in leaving],
    ]  # fmt: skip


def _pause(answer: Answer, *, tries: int) -> float:
    return float(_PAUSES.get(answer.error_class or "", 30 * 2 ** (min(tries, 5) - 1)))


async def ask_unsure(*, clock: Clock, gateway: Gateway, most: int = 200) -> int:
    """Asks an account whose gateway is askable what became of messages whose answers never came; returns how many it knew.

    Only of calls that are long over: what is still under way would be told as never seen. Opens its own scopes.
    """
    now = clock()
    before = now - timedelta(seconds=gateway.longest_call * 1.5)
    async with scope(role="job") as connection:
        rows = await connection.fetch(_UNSURE, gateway.name, before, now - timedelta(hours=72), most)
    if not rows:
        return 0
    messages = [Message(id=row["id"], phone=row["phone"], text=row["text"]) for row in rows]
    async with gateway, asyncio.timeout(gateway.longest_call):
        told = {one.id: one for one in await gateway.ask(messages=messages, now=now)}
    known = 0
    for chunk in {row["chunk"] for row in rows}:
        mine = [row for row in rows if row["chunk"] == chunk and row["id"] in told]
        answers = [told[row["id"]] for row in mine]
        async with scope(role="job") as connection:
            changed = await connection.fetch(
                _ANSWER, chunk, clock(), gateway.name, gateway.idempotent, not gateway.repeats_id, True,
                [row["id"] for row in mine], [row["try"] for row in mine], [one.state for one in answers],
                [one.gateway_message_id for one in answers], [one.error_class for one in answers], [False] * len(mine),
            )  # fmt: skip
        known += sum(row["messages"] for row in changed)
    return known
