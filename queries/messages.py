"""Whether messages wait: two questions that the clock asks every few seconds."""

from datetime import datetime
from zoneinfo import ZoneInfo

from rules.messages import within_hours
from tables.scope import scope


async def anything_due(*, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a message may leave at `now`, is too late, or was left half handed over. Opens a scope of its own."""
    async with scope(role="job") as connection:
        waiting = await connection.fetchval("SELECT deed.sends_waiting($1, $2)", now, within_hours(at=now, zone=zone))
    return bool(waiting)


async def anything_unreported(*, now: datetime) -> bool:
    """Whether a message was handed over and its end is not known yet. Opens a scope of its own."""
    async with scope(role="job") as connection:
        return bool(await connection.fetchval("SELECT deed.sends_unreported($1)", now))
