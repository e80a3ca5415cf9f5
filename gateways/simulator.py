"""Pretend phones in Redis, for trying everything without a contract: it accepts, reports after a moment, fails some.

Numbers that end in 0000 do not exist, those that end in 7 are switched off; all others get their texts. The texts can be
read on /simulator. Redis may forget them at any time.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateways.protocol import Answer, Message, Report
from rules.phones import mask_phone

_DEAD, _OFF = "0000", "7"
_A_MOMENT = timedelta(seconds=3)
# As real gateways do, a report is told more than once: who asked last may have died before writing it down.
_TOLD_FOR = timedelta(minutes=2)
_PREFIX = "regulars:simulator:"
_PHONES, _REPORTS = f"{_PREFIX}phones", f"{_PREFIX}reports"
# In one step, so that a message is either taken and seen, or neither. ARGV: now, when to report, then id, phone and text of
# each. The same id with other words comes from another database (Redis outlives a rebuilt demo): that is a new message.
_TAKE = f"""
for n = 3, #ARGV, 3 do
    local id, phone, text = ARGV[n], ARGV[n + 1], ARGV[n + 2]
    local taken, words = '{_PREFIX}taken:' .. id, redis.sha1hex(phone .. text)
    if redis.call('GET', taken) ~= words then
        local key = '{_PREFIX}phone:' .. phone
        redis.call('SET', taken, words, 'EX', 86400)
        redis.call('LPUSH', key, ARGV[1] .. ' ' .. text)
        redis.call('LTRIM', key, 0, 49)
        redis.call('EXPIRE', key, 604800)
        redis.call('ZADD', '{_PHONES}', ARGV[1], phone)
    end
    redis.call('ZADD', '{_REPORTS}', ARGV[2], id .. ':' .. string.sub(phone, -1))
end
redis.call('ZREMRANGEBYRANK', '{_PHONES}', 0, -1001)
"""

Fate = Literal["accepted", "delivered", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PretendText:
    text: str
    at: datetime
    state: Fate


@dataclass(frozen=True, kw_only=True, slots=True)
class PretendPhone:
    """A masked number and its newest texts, newest first."""

    phone: str
    texts: tuple[PretendText, ...]


class Simulator:
    name = "simulator"
    idempotent = True

    def __init__(self, *, redis_url: str) -> None:
        self._url = redis_url

    async def send(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:
        """See `Gateway.send`; a message offered again is accepted again and not shown twice."""
        taken = [message for message in messages if not message.phone.endswith(_DEAD)]
        if taken:
            said = [part for message in taken for part in (message.id, message.phone, message.text)]
            async with self._redis() as redis:
                await redis.eval(_TAKE, 0, now.timestamp(), (now + _A_MOMENT).timestamp(), *said)
        return [_answer(message) for message in messages]

    async def reports(self, *, now: datetime) -> list[Report]:
        """See `Gateway.reports`; each is told again for two minutes."""
        async with self._redis() as redis, redis.pipeline(transaction=True) as pipe:
            pipe.zrangebyscore(_REPORTS, "-inf", now.timestamp(), withscores=True)
            pipe.zremrangebyscore(_REPORTS, "-inf", (now - _TOLD_FOR).timestamp())
            due, _ = await pipe.execute()
        return [_report(member=member, at=at) for member, at in due]

    async def phones(self, *, now: datetime, most: int = 12, texts: int = 6) -> list[PretendPhone]:
        """What the pretend phones show at `now`: at most `most` phones, the one with the newest text first."""
        async with self._redis() as redis:
            numbers = [str(number) for number in await redis.zrevrange(_PHONES, 0, most - 1)]
            async with redis.pipeline(transaction=False) as pipe:
                for number in numbers:
                    pipe.lrange(f"{_PREFIX}phone:{number}", 0, texts - 1)
                kept = await pipe.execute()
        return [
            PretendPhone(
                phone=mask_phone(phone=number), texts=tuple(_shown(entry, number=number, now=now) for entry in entries)
            )
            for number, entries in zip(numbers, kept, strict=True)
            if entries
        ]

    @asynccontextmanager
    async def _redis(self) -> AsyncIterator["Redis"]:
        """A connection for one call: whoever asks may live on any event loop, and nothing is left open."""
        try:
            async with Redis.from_url(self._url, decode_responses=True) as redis:
                yield redis
        except RedisError as error:
            raise ConnectionError(f"Redis does not answer: {type(error).__name__}") from None


def _answer(message: Message) -> Answer:
    if message.phone.endswith(_DEAD):
        return Answer(id=message.id, state="failed", error_class="dead_number")
    return Answer(id=message.id, state="accepted", gateway_message_id=f"sim-{message.id}")


def _report(*, member: str, at: float) -> Report:
    message, _, tail = member.partition(":")
    off = tail == _OFF
    return Report(
        gateway_message_id=f"sim-{message}",
        state="failed" if off else "delivered",
        at=datetime.fromtimestamp(at, tz=UTC),
        error_class="off_or_absent" if off else None,
    )


def _shown(entry: str, *, number: str, now: datetime) -> PretendText:
    since, _, text = entry.partition(" ")
    at = datetime.fromtimestamp(float(since), tz=UTC)
    final: Fate = "failed" if number.endswith(_OFF) else "delivered"
    return PretendText(text=text, at=at, state="accepted" if now < at + _A_MOMENT else final)
