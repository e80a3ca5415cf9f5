"""Proving who one is, with a limit on how often it may go wrong: at the log-in desk and wherever a password is asked again."""

import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from config.settings import settings
from rules.log_in import OF_KNOWN, Tries, limits_of, pair_of
from rules.refusals import Refusal

WRONG = {"wrong_password", "factor_wrong", "factor_used", "clock_skewed"}
KNOWN_FOR = timedelta(days=30)
# Who waits for a log-in has waited for the hashing anyway; where Redis hangs, each is given up after this.
_PATIENCE_SECONDS = 0.5
# One step for all processes: what is known, then the keys of `limits_of`; their limits and lengths in milliseconds.
_START = """
local last = redis.call('EXISTS', KEYS[1]) == 1 and 1 + tonumber(ARGV[1]) or #KEYS
local wait = 0
for n = 2, last do
    if tonumber(redis.call('GET', KEYS[n]) or '0') >= tonumber(ARGV[2 * n - 2]) then
        wait = math.max(wait, redis.call('PTTL', KEYS[n]))
    end
end
if wait > 0 then return math.floor(wait / 1000) + 1 end
for n = 2, last do
    if redis.call('INCR', KEYS[n]) == 1 then redis.call('PEXPIRE', KEYS[n], ARGV[2 * n - 1]) end
end
return 0
"""
_UNDO = """
local last = redis.call('EXISTS', KEYS[1]) == 1 and 1 + tonumber(ARGV[1]) or #KEYS
for n = 2, last do
    if tonumber(redis.call('GET', KEYS[n]) or '0') > 0 then redis.call('DECR', KEYS[n]) end
end
"""
_RIGHT = f"{_UNDO} redis.call('DEL', KEYS[2]) redis.call('SET', KEYS[1], 1, 'EX', ARGV[2])"


class SharedTries:
    """What went wrong of late in all web processes together, in Redis, which a restart of ours leaves alone. While Redis is
    away each process goes by what it has seen itself.
    """

    def __init__(self, *, room: str = "log_in") -> None:
        """`room`: the first word of the keys in Redis."""
        self._room = room
        self._own = Tries()

    async def start(self, *, username: str, address: str, now: datetime) -> int:
        """Counts a try; or, without counting, for how many seconds there may be none (0: there was one)."""
        limits = limits_of(username=username, address=address).values()
        told = [word for limit in limits for word in (limit.most, limit.within // timedelta(milliseconds=1))]
        shared = await self._asked(_START, username, address, told)
        if shared:
            return shared
        own = self._own.start(username=username, address=address, now=now)
        return own if shared is None else 0

    async def undo(self, *, username: str, address: str) -> None:
        """The try was not wrong."""
        self._own.undo(username=username, address=address)
        await self._asked(_UNDO, username, address, ())

    async def right(self, *, username: str, address: str) -> None:
        """The try was right: this person is known at this place for KNOWN_FOR."""
        self._own.right(username=username, address=address)
        await self._asked(_RIGHT, username, address, (int(KNOWN_FOR.total_seconds()),))

    async def _asked(self, script: str, username: str, address: str, told: Iterable[int]) -> int | None:
        """What the script answers; None where Redis does not."""
        pair = pair_of(username=username, address=address)
        keys = [self._key("known", pair)]
        keys += [self._key("tries", key) for key in limits_of(username=username, address=address)]
        try:
            async with Redis.from_url(
                settings().redis_url, retry=Retry(NoBackoff(), 0),
                socket_connect_timeout=_PATIENCE_SECONDS, socket_timeout=_PATIENCE_SECONDS,
            ) as client:  # fmt: skip
                return int(await client.eval(script, len(keys), *keys, OF_KNOWN, *told) or 0)
        except (RedisError, OSError):
            return None

    def _key(self, kind: str, key: bytes) -> str:
        # Who reads Redis learns neither names nor addresses by trying them.
        sealed = hashlib.blake2b(key, key=settings().secret.encode()[:64], digest_size=16).hexdigest()
        return f"{self._room}:{kind}:{sealed}"


TRIES = SharedTries()


@asynccontextmanager
async def counted(*, username: str, address: str, now: datetime) -> AsyncIterator[None]:
    """Around a deed that asks for a password or a code once more. Raises Refusal too_many before it."""
    wait = await TRIES.start(username=username, address=address, now=now)
    if wait:
        raise too_many(seconds=wait)
    try:
        yield
    except Refusal as refusal:
        if refusal.code not in WRONG:
            await TRIES.undo(username=username, address=address)
        raise
    await TRIES.right(username=username, address=address)


def too_many(*, seconds: int) -> Refusal:
    """Said of every name alike, whether anybody bears it or not."""
    minutes = -(-seconds // 60)
    return Refusal(
        "too_many",
        f"Too many wrong attempts: try again in {minutes} min, or ask head office for a new password.",
        f"错误次数过多：请 {minutes} 分钟后再试，或请总部管理员重设密码。",
    )
