"""Which nights are closed."""

from dataclasses import dataclass
from datetime import date

from tables.scope import scope


@dataclass(frozen=True, kw_only=True)
class NightsClosed:
    """The first and the last closed night, both None before the first one; `begun` is the first that was ever begun."""

    first: date | None
    last: date | None
    begun: date | None = None


async def nights_closed() -> NightsClosed:
    """A night is closed when its last job, the check, is done."""
    async with scope(role="job") as connection:
        row = await connection.fetchrow(
            "SELECT min(business_date) FILTER (WHERE closed) AS first, max(business_date) FILTER (WHERE closed) AS last,"
            " min(business_date) AS begun FROM (SELECT business_date, job = 'check' AND state = 'done' AS closed FROM job_run) r"
        )
    assert row is not None  # noqa: S101  an aggregate always answers
    return NightsClosed(first=row["first"], last=row["last"], begun=row["begun"])
