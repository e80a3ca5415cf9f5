"""Who is logged in where."""

from dataclasses import dataclass
from datetime import datetime

from tables.scope import current

MOST = 500

# The same conditions as queries/staff.py has for one of them.
_OPEN = """
SELECT t.id, t.user_id AS staff, s.username, t.opened_at, t.seen_at, t.address, t.browser
FROM session t JOIN staff s ON s.id = t.user_id CROSS JOIN (
    SELECT coalesce(max(idle_hours), 8) AS idle, coalesce(max(session_days), 7) AS days FROM chain
) r
WHERE t.expiry_date > $2 AND t.max_expiry_date > $2 AND s.active AND s.admin
    AND t.seen_at > $1::timestamptz - make_interval(hours => r.idle)
    AND t.opened_at > $1::timestamptz - make_interval(days => r.days)
ORDER BY t.seen_at DESC, t.id DESC LIMIT $3
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenSession:
    """A log-in that is good; `staff` and `id` are ids, `address` an IP address and `browser` one of `rules.browsers`, both empty
    where none was told.
    """

    id: int
    staff: int
    username: str
    opened_at: datetime
    seen_at: datetime
    address: str
    browser: str


async def open_sessions(*, now: datetime) -> list[OpenSession]:
    """Those that the role of the open scope may see, the last seen first, at most `MOST`."""
    local = now.astimezone().replace(tzinfo=None)
    return [OpenSession(**row) for row in await current().fetch(_OPEN, now, local, MOST)]
