"""The one door to the database: every transaction opens here, in one round trip, for a role, its stores and a person."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from ipaddress import ip_address
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from piccolo.engine.postgres import PostgresTransaction

from config.piccolo_conf import DB
from config.settings import settings
from tables.access import ROLES, Role

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:  # asyncpg's classes take their parameter in the stubs alone
    Connection = asyncpg.Connection | PoolConnectionProxy

# A server that lost its client gives its locks back within seconds, so that another worker can go on.
_SERVER_SETTINGS = {"tcp_keepalives_idle": "2", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "2"}


class _ScopeTransaction(PostgresTransaction):
    """Piccolo's transaction, opened with ours: stock Piccolo leaks the connection when a COMMIT fails."""

    def __init__(self, opening: str, connection: Connection | None) -> None:
        super().__init__(DB, allow_nested=False)
        self.opening = opening
        self.pinned = connection

    async def __aenter__(self) -> Self:
        # Remembered, because a pool that opens meanwhile must not be given what it never lent.
        self.pool = None if self.pinned else self.engine.pool
        self.connection = self.pinned or await self.get_connection()  # type: ignore[no-untyped-call]  # Piccolo leaves it untyped
        try:
            await self.connection.execute(self.opening)
        except BaseException:
            await self._leave()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.engine.current_transaction.reset(self.context)
        try:
            await self.connection.execute("ROLLBACK" if error else "COMMIT")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            # Of two errors the first one tells the story; a connection that cannot roll back is gone anyway.
            if error is None:
                raise
        finally:
            await self._leave()
        return False

    async def _leave(self) -> None:
        if self.pool is not None:
            await self.pool.release(self.connection)
        elif self.pinned is None:
            await self.connection.close()


def _opening(*, role: Role, stores: Collection[int], staff: int | None, key: int | None, address: str) -> str:
    if role not in ROLES:
        raise ValueError(f"unknown role {role!r}")
    where = str(ip_address(address)) if address else ""
    shops = "{" + ",".join(str(int(store)) for store in stores) + "}"
    person = "" if staff is None else str(int(staff))
    till = "" if key is None else f" set_config('app.key', '{int(key)}', true),"
    # A job takes its time on one core: the others are for the tills.
    alone = "SET LOCAL max_parallel_workers_per_gather = 0; " if role == "job" else ""
    return (
        f"BEGIN; SET LOCAL ROLE regulars_{role}; {alone}"
        f"SELECT{till} set_config('app.stores', '{shops}', true), set_config('app.staff', '{person}', true),"
        f" set_config('app.address', '{where}', true)"
    )


@asynccontextmanager
async def scope(
    *,
    role: Role,
    stores: Collection[int] = (),
    staff: int | None = None,
    key: int | None = None,
    address: str = "",
    connection: Connection | None = None,
) -> AsyncIterator[Connection]:
    """One transaction in which exactly this role's rows of these stores (ids) are seen; committed at the end, rolled back
    on an error. Piccolo queries inside use it too. `key` is the id of an API key (role till); `address` (IP) is for the
    audit; `connection` pins the scope to a connection of `session()`. Scopes do not nest: Piccolo's TransactionError says so.
    """
    opening = _opening(role=role, stores=stores, staff=staff, key=key, address=address)
    async with _ScopeTransaction(opening, connection) as transaction:
        yield transaction.connection


def current() -> Connection:
    """The connection of the scope that is open here. Raises RuntimeError where a deed forgot to open one."""
    transaction = DB.current_transaction.get()
    if transaction is None:
        raise RuntimeError("no scope is open: call this inside `async with scope(...)`")
    connection: Connection = transaction.connection
    return connection


async def _keep(_: Any) -> None:  # noqa: ANN401
    """Nothing to reset: role and settings end with their transaction."""


@asynccontextmanager
async def database(*, max_size: int = 4) -> AsyncIterator[None]:
    """The pool of this process, open for as long as the context lasts.

    It keeps no connection in store: asyncpg would try to bring it back in the background and tell of it in tracebacks.
    """
    await DB.start_connection_pool(
        min_size=0, max_size=max_size, reset=_keep, server_settings=_SERVER_SETTINGS, command_timeout=None
    )
    try:
        yield
    finally:
        await DB.close_connection_pool()


@asynccontextmanager
async def session() -> AsyncIterator[Connection]:
    """One connection kept for many scopes, for work with temporary tables; closed afterwards, and they with it."""
    connection = await DB.get_new_connection()
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def exclusive(*, name: str, wait: bool) -> AsyncIterator[bool]:
    """Held by one process of the chain at a time; the database gives it back when the holder's connection dies.
    Yields False when somebody else holds it and `wait` is False.
    """
    connection = await DB.get_new_connection()
    try:
        if wait:
            await connection.execute("SELECT pg_advisory_lock(hashtextextended($1, 0))", name)
            yield True
        else:
            yield bool(await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name))
    finally:
        await connection.close()


@asynccontextmanager
async def owner() -> AsyncIterator[Connection]:
    """A connection as the tables' owner, outside any scope: for migrations, checks and backups alone."""
    connection = await asyncpg.connect(settings().owner_dsn, server_settings={"role": "regulars_owner"})
    try:
        yield connection
    finally:
        await connection.close()
