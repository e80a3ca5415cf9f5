"""Which nights are closed."""

from dataclasses import dataclass
from datetime import date

from tables.scope import scope


@dataclass(frozen=True, kw_only=True)
class NightsClosed:
    """The first and the last closed night; both None before the first one."""

    first: date | None
    last: date | None


async def nights_closed() -> NightsClosed:
    """A night is closed when its last job, the check, is done."""
    async with scope(role="job") as connection:
        row = await connection.fetchrow(
            "SELECT min(business_date) AS first, max(business_date) AS last FROM job_run WHERE job = 'check' AND state = 'done'"
        )
    assert row is not None  # noqa: S101  an aggregate always answers
    return NightsClosed(first=row["first"], last=row["last"])
