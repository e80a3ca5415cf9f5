"""Pretend phones in Redis, for trying everything without a contract: they receive, report after a moment, and reply.

Numbers that end in 0000 do not exist, those that end in 7 are switched off; all others get their texts. Phones and texts
are shown on /simulator, where faults can be switched on for each account. Redis may forget all of it at any time.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from types import TracebackType
from typing import Any, Literal, Self, cast, get_args

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateways.protocol import Account, Answer, Gateway, Inbound, Message, Report
from gateways.simulator_scripts import HEAR, PHONES, PREFIX, SAY, TAKE
from rules.phones import mask_phone

_DEAD, _OFF = "0000", "7"
_A_MOMENT, _LATE = timedelta(seconds=3), timedelta(minutes=3)
# What was told and not asked after again: who asked may have died before writing it down.
_TOLD_AGAIN, _TOLD_FOR = timedelta(seconds=30), timedelta(minutes=2)
_FAULT_LASTS = timedelta(hours=1)
_SLOWEST = 60

# slow: answers after some seconds · down: takes nothing · half: refuses every second message · silent: takes everything and
# never answers · unreported, doubled, late: what its reports are like
Fault = Literal["slow", "down", "half", "silent", "unreported", "doubled", "late"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
Fate = Literal["accepted", "delivered", "failed", "said"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PretendText:
    """A text on a phone; `said`: by the phone itself. `account`: through which it came, or to which it was said."""

    text: str
    at: datetime
    state: Fate
    account: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PretendPhone:
    """A number (E.164), how it may be shown, and its newest texts, newest first."""

    number: str = field(repr=False)
    phone: str
    texts: tuple[PretendText, ...]


class Simulator(Gateway):
    """Pretend phones are shared by all accounts of this kind; reports, replies and faults are each account's own."""

    idempotent = True
    polls = True
    most = 500
    longest_call = 10.0

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._open: Redis | None = None
        self._told: dict[str, list[str]] = {"reports": [], "replies": []}

    async def __aenter__(self) -> Self:
        self._open = Redis.from_url(self.account.redis_url, decode_responses=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        redis, self._open = self._open, None
        if redis is not None:
            await redis.aclose()

    async def send(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:
        """See `Gateway.send`; a message offered again is accepted again and not shown twice."""
        faults = await self.faults()
        if "down" in faults:
            return [Answer(id=message.id, state="again", error_class="gateway_down") for message in messages]
        refused = {message.id for message in messages[1::2]} if "half" in faults else set()
        await self._take(
            [message for message in messages if message.id not in refused and not message.phone.endswith(_DEAD)],
            faults=faults, now=now,
        )  # fmt: skip
        if "slow" in faults or "silent" in faults:
            await asyncio.sleep(_FAULT_LASTS.total_seconds() if "silent" in faults else faults["slow"])
        return [_answer(message, refused=message.id in refused) for message in messages]

    async def reports(self, *, now: datetime) -> list[Report]:
        """See `Gateway.reports`. Who asks again has kept what was told before; else it is told again, for two minutes."""
        return [_report(member) for member in await self._hear("reports", now=now)]

    async def replies(self, *, now: datetime) -> list[Inbound]:
        """See `Gateway.replies`, told as reports are."""
        return [_inbound(member) for member in await self._hear("replies", now=now)]

    async def say(self, *, phone: str, text: str, now: datetime) -> None:
        """The pretend phone `phone` (E.164) sends us a text."""
        said = json.dumps([phone, text])
        async with self._redis() as redis:
            await redis.eval(SAY, 0, self.name, now.timestamp(), phone, text, said)

    async def faults(self) -> dict[Fault, int]:
        """What is switched on, with the seconds of `slow` (else 1)."""
        async with self._redis() as redis:
            values = await redis.mget([self._fault(fault) for fault in FAULTS])
        return {fault: int(value) for fault, value in zip(FAULTS, values, strict=True) if value is not None}

    async def switch(self, *, faults: Mapping[Fault, int]) -> None:
        """Exactly these are on from now on, for an hour; the number is the seconds (1 to 60) of `slow`."""
        async with self._redis() as redis, redis.pipeline(transaction=True) as pipe:
            pipe.delete(*(self._fault(fault) for fault in FAULTS))
            for fault, seconds in faults.items():
                pipe.set(self._fault(fault), min(max(seconds, 1), _SLOWEST), ex=_FAULT_LASTS)
            await pipe.execute()

    async def phones(self, *, now: datetime, most: int = 12, texts: int = 6) -> list[PretendPhone]:
        """What the pretend phones show at `now`: at most `most` phones, the one with the newest text first."""
        async with self._redis() as redis:
            numbers = [str(number) for number in await redis.zrevrange(PHONES, 0, most - 1)]
            async with redis.pipeline(transaction=False) as pipe:
                for number in numbers:
                    pipe.lrange(f"{PREFIX}phone:{number}", 0, texts - 1)
                kept = await pipe.execute()
        return [
            PretendPhone(
                number=number,
                phone=mask_phone(phone=number),
                texts=tuple(_shown(entry, number=number, now=now) for entry in entries),
            )
            for number, entries in zip(numbers, kept, strict=True)
            if entries
        ]

    async def _take(self, messages: Sequence[Message], *, faults: Mapping[Fault, int], now: datetime) -> None:
        if not messages:
            return
        due = now + (_LATE if "late" in faults else _A_MOMENT)
        copies = 0 if "unreported" in faults else 2 if "doubled" in faults else 1
        said: list[Any] = [self.name, now.timestamp(), due.timestamp(), copies]
        for message in messages:
            # The same id with other words comes from another database (Redis outlives a rebuilt demo): a new message.
            words = sha1(f"{message.phone}{message.text}".encode(), usedforsecurity=False)
            fate = "off" if message.phone.endswith(_OFF) else "ok"
            said += [message.id, message.id // 100, words.hexdigest()[:8], fate, message.phone, message.text]
        async with self._redis() as redis:
            await redis.eval(TAKE, 0, *said)

    async def _hear(self, what: Literal["reports", "replies"], *, now: datetime) -> list[str]:
        """The waiting news of this account, which stay hidden for a while; what was told before is struck off."""
        again, too_old = (now + _TOLD_AGAIN).timestamp(), (now - _TOLD_FOR).timestamp()
        async with self._redis() as redis:
            told = await redis.eval(
                HEAR, 0, f"{PREFIX}{what}:{self.name}", now.timestamp(), again, too_old, *self._told[what]
            )
        self._told[what] = cast("list[str]", told)
        return self._told[what]

    def _fault(self, fault: Fault) -> str:
        return f"{PREFIX}fault:{self.name}:{fault}"

    @asynccontextmanager
    async def _redis(self) -> AsyncIterator["Redis"]:
        """The open connection, or one for this call: whoever only looks may do so outside the context."""
        try:
            if self._open is not None:
                yield self._open
            else:
                async with Redis.from_url(self.account.redis_url, decode_responses=True) as redis:
                    yield redis
        except RedisError as error:
            raise ConnectionError(f"Redis does not answer: {type(error).__name__}") from None


def _answer(message: Message, *, refused: bool) -> Answer:
    if refused:
        return Answer(id=message.id, state="again", error_class="rate")
    if message.phone.endswith(_DEAD):
        return Answer(id=message.id, state="failed", error_class="dead_number")
    return Answer(id=message.id, state="accepted", gateway_message_id=f"sim-{message.id}")


def _report(member: str) -> Report:
    at, message, fate, _ = member.split(" ")
    return Report(
        gateway_message_id=f"sim-{message}",
        state="failed" if fate == "off" else "delivered",
        at=_instant(at),
        error_class="off_or_absent" if fate == "off" else None,
        message=int(message),
        body=fate,
    )


def _inbound(member: str) -> Inbound:
    at, number, said = member.split(" ", 2)
    phone, text = json.loads(said)
    return Inbound(gateway_reply_id=f"sim-{at}-{number}", phone=phone, text=text, at=_instant(at))


def _shown(entry: str, *, number: str, now: datetime) -> PretendText:
    since, account, text = entry.split(" ", 2)
    at = _instant(since)
    if account.startswith(">"):
        return PretendText(text=text, at=at, state="said", account=account[1:])
    final: Fate = "failed" if number.endswith(_OFF) else "delivered"
    return PretendText(text=text, at=at, state="accepted" if now < at + _A_MOMENT else final, account=account)


def _instant(seconds: str) -> datetime:
    return datetime.fromtimestamp(float(seconds), tz=UTC)


GATEWAY = Simulator
