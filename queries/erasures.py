"""Wishes to be forgotten that wait for head office."""

from dataclasses import dataclass
from datetime import date

from tables.scope import current

_OPEN = """
SELECT r.id, r.member, r.due_on, o.name AS store FROM erasure_request r JOIN store o ON o.id = r.store
WHERE r.state = 'open' ORDER BY r.due_on, r.id LIMIT $1
"""
_MEMBER = "SELECT member FROM erasure_request WHERE id = $1 AND state = 'open'"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """An open request (`id`) of a member (id), by when it is to be answered, and the name of the store that heard it."""

    id: int
    member: int
    due_on: date
    store: str

    def days_left(self, *, today: date) -> int:
        """Calendar days to the last one, which counts as 0; below 0: too late."""
        return (self.due_on - today).days


async def open_wishes(*, most: int) -> list[Wish]:
    """The most urgent ones first, as far as the reader's stores go."""
    return [Wish(**row) for row in await current().fetch(_OPEN, most)]


async def wishing_member(*, request: int) -> int | None:
    """Whose open request it is; None: it is not open."""
    member: int | None = await current().fetchval(_MEMBER, request)
    return member
