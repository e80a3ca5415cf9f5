"""Who asks: the staff member behind a log-in."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from tables.access import Role
from tables.scope import scope

_LOGGED_IN = """
SELECT s.id AS staff, s.username, s.role, s.password_is_temporary,
    ARRAY(SELECT o.store FROM staff_store o WHERE o.staff = s.id ORDER BY o.store) AS stores
FROM session t JOIN staff s ON s.id = t.user_id
WHERE t.token = $1 AND t.expiry_date > $2 AND t.max_expiry_date > $2 AND s.active AND s.admin
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """A staff member who is logged in; `stores` are ids, empty for HQ roles, which see all of them."""

    staff: int
    username: str
    role: Role
    stores: tuple[int, ...]
    password_is_temporary: bool


async def identify(*, token: str, now: datetime) -> Identity | None:
    """The staff member of a session token that is good at `now` (naive, server time, as Piccolo stores it), else None.
    Opens a scope of its own.
    """
    async with scope(role="door") as connection:
        row = await connection.fetchrow(_LOGGED_IN, hashlib.sha256(token.encode()).hexdigest(), now)
    return None if row is None else Identity(**{**row, "stores": tuple(row["stores"])})
