"""Whether messages wait: what the clock asks every few seconds."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tables.scope import scope


async def hand_overs_due(*, now: datetime, zone: ZoneInfo, most: int) -> int:
    """For how many hand-overs there is something to do at `now`, up to `most`. Opens a scope of its own."""
    async with scope(role="job") as connection:
        return int(await connection.fetchval("SELECT deed.sends_waiting($1, $2, $3)", now, zone.key, most))


async def anything_unsure(*, now: datetime) -> bool:
    """Whether a message of the last 72 hours was never answered for. Opens a scope of its own."""
    async with scope(role="job") as connection:
        found = await connection.fetchval(
            "SELECT EXISTS (SELECT FROM send_chunk WHERE unknown > 0 AND handed_at > $1)", now - timedelta(hours=72)
        )
    return bool(found)
