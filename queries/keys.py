"""API keys: which there are."""

from dataclasses import dataclass
from datetime import datetime

from tables.scope import current

_ALL = """
SELECT k.name, s.code AS store, k.created_at, k.last_used_at, k.revoked_at
FROM api_key k LEFT JOIN store s ON s.id = k.store ORDER BY k.name
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyShown:
    """A key; `store` is a code, None: headquarters."""

    name: str
    store: str | None
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


async def all_keys() -> list[KeyShown]:
    """Every key, by name, the revoked ones too; inside the caller's scope."""
    return [KeyShown(**row) for row in await current().fetch(_ALL)]
