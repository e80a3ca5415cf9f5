"""Whether a restore holds what would leave."""

from dataclasses import dataclass
from datetime import datetime

from tables.scope import current


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """A restore that nobody has released: when it was, and of which moment the data is."""

    restored_at: datetime
    backup_at: datetime


async def held() -> Hold | None:
    """The restore that holds sending; None when messages may leave. Inside the caller's scope."""
    row = await current().fetchrow(
        "SELECT restored_at, backup_at FROM restoration WHERE released_at IS NULL ORDER BY restored_at DESC, id DESC LIMIT 1"
    )
    return None if row is None else Hold(restored_at=row["restored_at"], backup_at=row["backup_at"])
