"""What is measured of the database: a few figures, each by an index or from a small table, and no person among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from config.piccolo_conf import DB
from queries.nights import nights_closed
from tables.scope import scope

MOST = 100_000  # messages of an index that are counted; a campaign has more, and nobody needs the exact figure
STATES = ("queued", "sending", "accepted", "unknown")

# Each reads one partial index of send_log: the oldest first, for it is they who tell that something is stuck.
_MESSAGES = f"""
SELECT state, count(*) FROM (
    (SELECT state FROM send_log WHERE state = 'queued' ORDER BY coalesce(next_at, scheduled_at), id LIMIT {MOST}) UNION ALL
    (SELECT state FROM send_log WHERE state IN ('sending', 'accepted', 'unknown') ORDER BY handed_at, id LIMIT {MOST})) s
GROUP BY state
"""
_OLDEST = "SELECT min(coalesce(next_at, scheduled_at)) FROM send_log WHERE state = 'queued'"
_BEATS = "SELECT process, at FROM heartbeat"
_FAILED = "SELECT count(*) FROM job_run WHERE state = 'failed'"


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The connections of this process: how many there are, how many of them idle, how many there may be."""

    size: int
    idle: int
    most: int


@dataclass(frozen=True, kw_only=True)
class Figures:
    """`messages` by open state, each up to MOST; `overdue_seconds` of the oldest queued one, 0 when it is not due yet;
    `nights_behind` in days, None before the first night; `beat_ages` in seconds by process.
    """

    messages: Mapping[str, int]
    overdue_seconds: float
    nights_behind: int | None
    failed_jobs: int
    beat_ages: Mapping[str, float]


async def figures(*, now: datetime, newest: date) -> Figures:
    """`newest` is the newest business date whose night should be closed."""
    closed = await nights_closed()
    async with scope(role="job") as connection:
        counted = {row["state"]: row["count"] for row in await connection.fetch(_MESSAGES)}
        oldest = await connection.fetchval(_OLDEST)
        beats = await connection.fetch(_BEATS)
        failed: int = await connection.fetchval(_FAILED)
    return Figures(
        messages={state: counted.get(state, 0) for state in STATES},
        overdue_seconds=0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()),
        nights_behind=None if closed.last is None else max(0, (newest - closed.last).days),
        failed_jobs=failed,
        beat_ages={row["process"]: max(0.0, (now - row["at"]).total_seconds()) for row in beats},
    )


def pool() -> Pool | None:
    """None when this process has no pool open."""
    open_pool = DB.pool
    if open_pool is None:
        return None
    return Pool(size=open_pool.get_size(), idle=open_pool.get_idle_size(), most=open_pool.get_max_size())
