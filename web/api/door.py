"""Whose key it is, and how often it may ask. A key is looked up every ten seconds; a revoked one the database refuses at once."""

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from litestar import Request

from actions.keys import KeyIdentity, identify
from actions.tills import found_store
from actions.tills_counter import later
from rules.refusals import Refusal
from web.api.together import Together
from web.clients import client

GOOD_SECONDS = 10.0
MOST_KEYS = 4_096
MOST_WRONG = RateLimitItemPerMinute(60)
_BEARER = b"bearer "


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who asks, and where the purchases of this process go."""

    who: KeyIdentity
    together: Together

    async def store(self, code: str | None) -> int:
        """A store (id) for which this key may speak: its own, when none is said. Raises Refusal foreign_store, unknown_store,
        malformed.
        """
        if code is None:
            if self.who.store is None:
                raise _no_store()
            return self.who.store
        known = self.who.stores.get(code)
        return known if known is not None else await self._elsewhere(code)

    async def _elsewhere(self, code: str) -> int:
        found = await found_store(code=code)
        if found is not None and self.who.store is not None:
            raise Refusal(
                "foreign_store",
                "This key is not good for that store: use the store's own key, or one of headquarters.",
                "该密钥不适用于此门店：请使用该门店的密钥或总部密钥。",
            )
        # One that has opened since the key was looked up is there all the same.
        if found is None or not found[1]:
            raise Refusal("unknown_store", "There is no such store, or it is closed.", "没有该门店，或该门店已停业。")
        return found[0]


class Door:
    """Keys that were shown a moment ago, by digest, and how often each of them and each wrong one came."""

    def __init__(self, *, rate: int) -> None:
        """`rate`: requests a minute for each key."""
        self._rate = RateLimitItemPerMinute(rate)
        # Two, because each looks through all that it has counted: a flood of strangers is not for those with a key to pay.
        self._keys, self._strangers = (FixedWindowRateLimiter(MemoryStorage()) for _ in range(2))
        self._known: dict[str, tuple[float, Caller]] = {}
        self._together = Together()

    async def key(self, request: Request[Any, Any, Any]) -> Caller:
        """Dependency `key`: who asks. Raises Refusal unauthorized, too_many."""
        given = _given(request)
        digest = hashlib.sha256(given).hexdigest()
        seen = self._known.get(digest)
        address = client(request)
        if seen is None or time.monotonic() - seen[0] > GOOD_SECONDS:
            caller = await self._recognised(given, digest=digest, address=address)
        else:
            caller = seen[1]
        if caller.who.address != address:
            caller = replace(caller, who=replace(caller.who, address=address))
        structlog.contextvars.bind_contextvars(key=caller.who.id)
        if not await self._keys.hit(self._rate, digest):
            raise await _later(self._keys, self._rate, digest)
        return caller

    async def _recognised(self, given: bytes, *, digest: str, address: str) -> Caller:
        # Who was let in before is not kept out by a stranger behind the same address.
        if digest not in self._known and not await self._strangers.test(MOST_WRONG, address):
            raise await _later(self._strangers, MOST_WRONG, address)
        who = await identify(key=given.decode("ascii", "replace"), now=datetime.now(UTC))
        if who is None:
            self._known.pop(digest, None)
            await self._strangers.hit(MOST_WRONG, address)
            raise _unauthorized()
        if len(self._known) >= MOST_KEYS:
            self._known.clear()
        caller = Caller(who=who, together=self._together)
        self._known[digest] = (time.monotonic(), caller)
        return caller


async def _later(limiter: FixedWindowRateLimiter, limit: RateLimitItem, whom: str) -> Refusal:
    reset = (await limiter.get_window_stats(limit, whom)).reset_time
    return later(
        Refusal(
            "too_many",
            "Too many requests: send fewer, or purchases in batches.",
            "请求过于频繁：请降低频率，或批量提交消费。",
        ),
        seconds=int(reset - time.time()) + 1,
    )


def _given(request: Request[Any, Any, Any]) -> bytes:
    for name, value in request.scope["headers"]:
        if name == b"authorization" and value[: len(_BEARER)].lower() == _BEARER:
            return value[len(_BEARER) :].strip()
    raise _unauthorized()


def _unauthorized() -> Refusal:
    return Refusal(
        "unauthorized",
        "Send `Authorization: Bearer KEY` with a key that headquarters has made and not revoked.",
        "请在请求头 Authorization: Bearer KEY 中使用总部颁发且未作废的密钥。",
    )


def _no_store() -> Refusal:
    return Refusal(
        "malformed",
        "A key of headquarters has no store of its own: say which one.",
        "总部密钥不属于任何门店：请指明门店。",
    )
