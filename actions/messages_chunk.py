"""A chunk and who holds it: claimed, kept while its holder lives, its messages taken piece by piece, and let go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import asyncpg

from actions.messages_text import Piece, written
from gateways.protocol import Gateway
from rules.calendar import business_date
from tables.scope import Connection, scope

LEASE = timedelta(seconds=6)  # design §6: lost after 6 s, renewed every 2
BEAT = 2.0  # seconds
# A call begins only while so much (seconds) of the lease is left: whoever was held up must not offer what another one has.
MARGIN = 1.0
_PATIENCE = 60.0  # seconds for which an answer that the database does not take is kept

Result = TypeVar("Result")
AWAY = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.DeadlockDetectedError, OSError,
        asyncpg.CannotConnectNowError, asyncpg.AdminShutdownError, asyncpg.CrashShutdownError)  # fmt: skip

_CLAIM = "SELECT * FROM deed.chunk_claim($1, $2, $3, $4, $5, $6, $7)"
_KEEP = "SELECT deed.chunk_keep($1, $2, $3)"
_RELEASE = "SELECT deed.chunk_release($1, $2, $3, $4)"
_TAKE = "SELECT * FROM deed.chunk_take($1, $2, $3, $4, $5, $6, $7)"
_LEAVE = "SELECT deed.chunk_leave($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
_SKIP_NOTICES = "SELECT deed.notices_skip($1, $2)"


@dataclass(kw_only=True, slots=True)
class Chunk:
    """A chunk in the hands of `worker`, who offers it to `gateway`: at most `rate` messages a second (None: as many as it
    takes), with `ending` as its opt-out words. `good_until` is an instant of the event loop's clock; `last`: the greatest
    id that was taken.
    """

    id: int
    worker: str
    gateway: Gateway
    rate: int | None
    ending: str
    international: bool
    zone: ZoneInfo
    pads: Sequence[bytes]
    good_until: float
    last: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def held(self) -> bool:
        return asyncio.get_running_loop().time() < self.good_until

    def prolong(self, *, since: float) -> None:
        """The lease runs anew from `since`, an instant before the database was asked."""
        self.good_until = since + LEASE.total_seconds() - MARGIN


async def claim(
    *, worker: str, now: datetime, zone: ZoneInfo, gateways: Mapping[str, Gateway], pads: Sequence[bytes], most: int
) -> Chunk | None:
    """The next chunk for this worker, or None. Opens its own scope."""
    since = asyncio.get_running_loop().time()
    names, idempotent = list(gateways), [name for name, one in gateways.items() if one.idempotent]
    async with scope(role="job") as connection:
        row = await connection.fetchrow(_CLAIM, worker, now, zone.key, names, idempotent, most, LEASE)
    if row is None or row["claimed"] is None:
        return None
    chunk = Chunk(
        id=row["claimed"], worker=worker, gateway=gateways[row["gateway"]], rate=row["rate"], ending=row["ending"],
        international=row["international"], zone=zone, pads=pads, good_until=since,
    )  # fmt: skip
    chunk.prolong(since=since)
    return chunk


@asynccontextmanager
async def kept(*, chunk: Chunk) -> AsyncIterator[None]:
    """Renews the lease every two seconds for as long as the context lasts."""
    beat = asyncio.create_task(_beat(chunk))
    try:
        yield
    finally:
        beat.cancel()
        with suppress(asyncio.CancelledError):
            await beat


async def _beat(chunk: Chunk) -> None:
    while True:
        await asyncio.sleep(BEAT)
        since = asyncio.get_running_loop().time()
        try:
            async with scope(role="job") as connection:
                mine = await connection.fetchval(_KEEP, chunk.id, chunk.worker, LEASE)
        except AWAY:
            continue
        if not mine:
            chunk.good_until = 0.0
            return
        chunk.prolong(since=since)


async def leave(*, chunk: Chunk, now: datetime, most: int) -> Piece:
    """The next messages of a chunk, committed as `sending` with their texts; an empty piece with `taken` 0 when there are no
    more, or the chunk is somebody else's by now. Opens its own scope.
    """
    try:
        return await persist(lambda: _leave(chunk=chunk, now=now, most=most))
    except asyncpg.LockNotAvailableError:
        chunk.good_until = 0.0
        return Piece()


async def _leave(*, chunk: Chunk, now: datetime, most: int) -> Piece:
    since = asyncio.get_running_loop().time()
    async with chunk.turn:
        async with scope(role="job") as connection:
            rows = await connection.fetch(
                _TAKE, chunk.id, chunk.worker, now, chunk.zone.key, chunk.pads, chunk.last, most
            )
            if not rows:
                return Piece()
            day = business_date(at=now, zone=chunk.zone)
            piece = await written(
                rows=rows, connection=connection, leaves_on=day, ending=chunk.ending, international=chunk.international
            )
            if piece.left_out:
                await connection.execute(_SKIP_NOTICES, list(piece.left_out), list(piece.left_out.values()))
            gone = set(await _left(connection, chunk=chunk, now=now, piece=piece))
        chunk.last = rows[-1]["id"]
        chunk.prolong(since=since)
    piece.leaving = [one for one in piece.leaving if one.message.id in gone]
    return piece


async def _left(connection: Connection, *, chunk: Chunk, now: datetime, piece: Piece) -> list[int]:
    leaving = piece.leaving
    gone: list[int] = await connection.fetchval(
        _LEAVE, chunk.id, chunk.worker, now, business_date(at=now, zone=chunk.zone), chunk.gateway.name, LEASE,
        [one.message.id for one in leaving], [one.message.phone for one in leaving], [one.kept for one in leaving],
        [one.ending for one in leaving], [one.parts for one in leaving],
        list(piece.skips), list(piece.skips.values()), list(piece.waits), list(piece.waits.values()), piece.parked,
    )  # fmt: skip
    return gone


async def release(*, chunk: Chunk, now: datetime, due: datetime) -> None:
    """Lets go of a chunk; what is left in it waits until `due`. Opens its own scope."""
    async with scope(role="job") as connection:
        await connection.execute(_RELEASE, chunk.id, chunk.worker, now, due)


async def persist(deed: Callable[[], Awaitable[Result]]) -> Result:
    """Does what has to be written down, again and again for a minute while the database is away or in a deadlock."""
    loop = asyncio.get_running_loop()
    until, pause = loop.time() + _PATIENCE, 0.05
    while True:
        try:
            return await deed()
        except AWAY:
            if loop.time() > until:
                raise
        await asyncio.sleep(pause)
        pause = min(pause * 2, 1.0)
