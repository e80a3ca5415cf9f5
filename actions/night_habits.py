"""What the night keeps about members beside the ledger: quarters that roll, and habits of those who bought."""

from actions.night_frame import Night
from rules.calendar import quarter_start
from tables.scope import Connection

_STALE = "SELECT coalesce(array_agg(member), '{}') FROM deed.habits_stale(NULL) member"
_ROLLING = "SELECT coalesce(array_agg(member), '{}') FROM member_stats WHERE quarter < $1"
_REFRESH = "SELECT deed.habits_refresh($1::bigint[], $2, $3)"


def _turns(night: Night) -> bool:
    """Only the night before a quarter begins has something to move."""
    return night.today == quarter_start(day=night.today)


async def stats_members(connection: Connection, night: Night) -> list[int]:
    """Who has bought since their habits were made, and on a quarter's last night everybody."""
    found: set[int] = set()
    if not night.overtaken:
        found.update(await connection.fetchval(_STALE))
    if _turns(night):
        found.update(await connection.fetchval(_ROLLING, night.today))
    return sorted(found)


async def keep_stats(connection: Connection, night: Night, members: list[int]) -> dict[str, int]:
    """Counts `members` whose quarter was moved and `habits` that are other than they were."""
    counts = {"members": 0, "habits": 0}
    if _turns(night):
        counts["members"] = await connection.fetchval("SELECT deed.stats_roll($1::bigint[], $2)", members, night.today)
    if not night.overtaken:
        counts["habits"] = await connection.fetchval(_REFRESH, members, night.business_date, night.zone.key)
    return counts
