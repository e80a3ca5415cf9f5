"""The people whom somebody manages: a store's for its managers, everybody for head office's administrators."""

from dataclasses import dataclass
from datetime import datetime

from tables.scope import current

MOST = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Colleague:
    """Somebody who logs in or did; `stores` are ids, of those that the reader manages alone; `elsewhere`: there are others.
    `last_login` is an instant; `second_factor`: it is on; `is_temporary`: they have to change their password.
    """

    id: int
    username: str
    last_name: str | None
    first_name: str | None
    role: str
    active: bool
    last_login: datetime | None
    is_temporary: bool
    second_factor: bool
    stores: tuple[int, ...]
    elsewhere: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ManagedStore:
    """A store that the reader manages."""

    id: int
    code: str
    name: str


async def colleagues(*, named: str = "", staff: int | None = None) -> tuple[list[Colleague], bool]:
    """Those whose username, name or store (code, name) holds `named`, or the one with this id; at most `MOST`, who are there
    first, and whether there are more. Nobody for roles that manage nobody.
    """
    rows = await current().fetch("SELECT * FROM deed.staff_list($1, $2, $3)", staff, named, MOST + 1)
    return [_colleague(dict(row)) for row in rows[:MOST]], len(rows) > MOST


def _colleague(row: dict[str, object]) -> Colleague:
    at, stores = row["last_login"], row["stores"]
    # Piccolo keeps a log-in naive, in the server's own local time.
    known = at.astimezone() if isinstance(at, datetime) else None
    ids = tuple(stores) if isinstance(stores, list) else ()
    return Colleague(**{**row, "last_login": known, "stores": ids})  # type: ignore[arg-type]  # as the deed tells them


async def managed_stores() -> list[ManagedStore]:
    """The stores of the open scope's reader, by code."""
    return [ManagedStore(**row) for row in await current().fetch("SELECT id, code, name FROM store ORDER BY code, id")]
