"""The audit log as head office reads it: newest first, a page at a time, with the names of what it speaks of."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tables.access import ALL, MATRIX, Role
from tables.scope import current

READERS: tuple[Role, ...] = ("hq_admin", "hq_viewer")
MOST = 100
ALARM_DAYS = timedelta(days=7)

_PAGE = "SELECT * FROM deed.audit_page($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# The deed gives a role that cannot read numbers the member who has exactly this one.
_OF_PHONE = {"hq_admin": "SELECT id FROM member WHERE phone = $1", "hq_viewer": "SELECT deed.member_of_phone($1)"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a page ends: an instant and the key of its last line."""

    at: datetime
    key: int

    def text(self) -> str:
        """For an address."""
        return f"{(self.at - _EPOCH) // _MICROSECOND}-{self.key}"

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """None: that was never a place of ours."""
        at, _, key = text.partition("-")
        try:
            return cls(at=_EPOCH + int(at) * _MICROSECOND, key=int(key)) if int(key) < 2**62 else None
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is looked for; None: anything. `since` and `until` are instants, the second one is left out itself."""

    member: int | None = None
    staff: str | None = None
    table: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One thing that somebody did. `before` and `after` hold what the reader may read of the row; `after` the details of a
    deed that changed none. `username` None: nobody who logs in; `role` as the database names it.
    """

    key: int
    at: datetime
    username: str | None
    role: str
    store: str | None
    action: str
    table: str
    row: int | None
    member: int | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    address: str | None


async def audit_lines(*, search: Search, below: Place | None) -> tuple[list[Line], Place | None]:
    """The newest lines below a place, and where the next page begins (None: that was all). For roles of READERS."""
    rows = await current().fetch(
        _PAGE, search.member, search.staff, search.table, search.action, search.since, search.until,
        below and below.at, below and below.key, MOST + 1,
    )  # fmt: skip
    lines = [
        Line(
            key=row["key"], at=row["at"], username=row["username"], role=row["role"] or "none", store=row["store"],
            action=row["action"], table=row["table_name"], row=row["row_id"], member=row["member"],
            before=json.loads(row["before"] or "{}"), after=json.loads(row["after"] or "{}"), address=row["address"],
        )
        for row in rows[:MOST]
    ]  # fmt: skip
    return lines, Place(at=lines[-1].at, key=lines[-1].key) if len(rows) > MOST else None


async def member_of(*, phone: str, role: Role) -> int | None:
    """The member who has exactly this number (E.164)."""
    found: int | None = await current().fetchval(_OF_PHONE[role], phone)
    return found


async def row_names(
    *, readable: Mapping[str, tuple[str, str]], wanted: Mapping[str, Iterable[int]], role: Role
) -> dict[tuple[str, int], str]:
    """Names by table and key, of tables that the role may read whole; `readable`: the key's column and the SQL of a name over
    the alias `t`, by table.
    """
    names: dict[tuple[str, int], str] = {}
    for table, ids in wanted.items():
        access = MATRIX[table]
        if "r" in getattr(access, role) and (role not in access.narrow or access.own == ALL):
            key, name = readable[table]
            sql = f"SELECT t.{key} AS id, ({name})::text AS name FROM {table} t WHERE t.{key} = ANY ($1)"
            names |= {(table, row["id"]): row["name"] for row in await current().fetch(sql, list(ids)) if row["name"]}
    return names


async def large_exports(*, now: datetime) -> int:
    """How often somebody took very many rows in the last week."""
    found: int = await current().fetchval("SELECT deed.large_exports($1)", now - ALARM_DAYS)
    return found
