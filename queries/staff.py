"""Who asks: the staff member behind a log-in."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from tables.access import Role
from tables.scope import scope

# The chain may have no row yet: then its columns' defaults hold. Seen is written once a minute, not at each request.
_LOGGED_IN = """
WITH rule AS (
    SELECT coalesce(max(idle_hours), 8) AS idle, coalesce(max(session_days), 7) AS days,
        coalesce(bool_or(second_factor_required), false) AS strict FROM chain
), found AS (
    SELECT t.id AS session, s.id AS staff, s.username, s.role, s.password_is_temporary,
        ARRAY(SELECT o.store FROM staff_store o WHERE o.staff = s.id ORDER BY o.store) AS stores,
        r.strict AND s.role = 'hq_admin'
            AND NOT EXISTS (SELECT FROM second_factor f WHERE f.staff = s.id AND f.is_on) AS second_factor_missing
    FROM session t JOIN staff s ON s.id = t.user_id CROSS JOIN rule r
    WHERE t.token = $1 AND t.expiry_date > $2 AND t.max_expiry_date > $2 AND s.active AND s.admin
        AND t.seen_at > $3::timestamptz - make_interval(hours => r.idle)
        AND t.opened_at > $3::timestamptz - make_interval(days => r.days)
), seen AS (
    UPDATE session t SET seen_at = $3 FROM found f
    WHERE t.id = f.session AND $4 AND t.seen_at < $3::timestamptz - interval '1 minute'
)
SELECT * FROM found
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """A staff member who is logged in; `stores` are ids, empty for HQ roles, which see all of them."""

    staff: int
    username: str
    role: Role
    stores: tuple[int, ...]
    password_is_temporary: bool
    second_factor_missing: bool = False
    session: int = 0


async def identify(*, token: str, now: datetime, by_hand: bool = True) -> Identity | None:
    """The staff member of a session token that is good at `now`, else None. `by_hand`: a person asked, so the session is not
    idle; a page that renews itself is nobody. Opens a scope of its own.
    """
    # Piccolo keeps a session's end naive, in the server's own local time.
    local = now.astimezone().replace(tzinfo=None)
    # A cookie may hold anything.
    fingerprint = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
    async with scope(role="door") as connection:
        row = await connection.fetchrow(_LOGGED_IN, fingerprint, local, now, by_hand)
    return None if row is None else Identity(**{**row, "stores": tuple(row["stores"])})
