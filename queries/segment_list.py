"""Segments as they are saved: name, rule, and how many members the last night found."""

from dataclasses import dataclass
from datetime import date

from tables.scope import current

MOST = 300
_COLUMNS = "SELECT id, name::text AS name, rule, note, members, counted_on FROM segment"


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedSegment:
    """`members` of the whole chain as the night of `counted_on` found them, None before the first night."""

    id: int
    name: str
    rule: str
    note: str
    members: int | None
    counted_on: date | None


async def saved_segments() -> list[SavedSegment]:
    """All of them by name, in a scope that is open."""
    return [SavedSegment(**row) for row in await current().fetch(f"{_COLUMNS} ORDER BY name LIMIT $1", MOST)]


async def saved_segment(*, segment: int) -> SavedSegment | None:
    """One by its id."""
    row = await current().fetchrow(f"{_COLUMNS} WHERE id = $1", segment)
    return SavedSegment(**row) if row else None
