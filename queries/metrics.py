"""What is measured of the database: a few figures, each by an index or from a small table, and no person among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from config.piccolo_conf import DB
from queries.audit import large_exports
from queries.nights import nights_closed
from queries.replies import complaint_figures, open_replies
from queries.sending_accounts import AccountLine, account_lines
from tables.scope import Connection, scope

MOST = 100_000  # messages waiting alone that are counted; nobody needs the exact figure of more
STATES = ("queued", "sending", "accepted", "unknown")
LATELY = timedelta(minutes=10)  # what accounts did lately

# Messages that wait alone by their index, all others by their chunks. A report is waited for 72 hours; what was handed over
# before has its end. $1 the instant.
_ALONE = f"""
SELECT count(*) FROM (SELECT FROM send_log WHERE chunk IS NULL AND next_at IS NOT NULL AND state = 'queued' ORDER BY next_at, id LIMIT {MOST}) a
"""
_CHUNKS = """
SELECT coalesce(sum(greatest(size - sending - skipped - accepted - failed - unknown, 0)) FILTER (WHERE live), 0)::bigint AS queued,
    coalesce(sum(sending), 0)::bigint AS sending, coalesce(sum(accepted - delivered - undelivered), 0)::bigint AS accepted
FROM (SELECT w.*, true AS live FROM send_chunk w WHERE w.state = 'waiting'
    UNION ALL SELECT w.*, true FROM send_chunk w WHERE w.state = 'claimed'
    UNION ALL SELECT w.*, false FROM send_chunk w WHERE w.state = 'done' AND w.done_at > $1::timestamptz - interval '80 hours') c
"""
_UNKNOWN = "SELECT coalesce(sum(unknown), 0)::bigint FROM send_chunk WHERE unknown > 0"
_OLDEST = """
SELECT least(
    (SELECT next_at FROM send_log WHERE chunk IS NULL AND next_at IS NOT NULL AND state = 'queued' ORDER BY next_at, id LIMIT 1),
    (SELECT min(c.due_at) FROM send_chunk c LEFT JOIN campaign p ON p.id = c.campaign
     WHERE c.state = 'waiting' AND (p.state IS NULL OR p.state = 'sending')))
"""
_NEWS = f"""
SELECT (SELECT count(*) FROM campaign WHERE state = 'sending') AS campaigns_sending,
    (SELECT count(*) FROM (SELECT FROM report_inbox WHERE joined IS NULL LIMIT {MOST}) r) AS reports_waiting,
    deed.sending_held() AS sending_held, w.erasures_open, w.erasures_oldest_days
FROM (SELECT count(*) AS erasures_open, coalesce(extract(epoch FROM $1::timestamptz - min(asked_at)) / 86400, 0)::float8 AS erasures_oldest_days
    FROM erasure_request WHERE state = 'open') w
"""
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
    """`messages` by open state; `overdue_seconds` of the oldest queued one, 0 when it is not due yet; `nights_behind` in
    days, None before the first night; `beat_ages` in seconds by process; `accounts` as they were LATELY; complaints of
    24 hours; `sending_held`: by a restore; `erasures_oldest_days`: since when the oldest wish to be forgotten waits.
    """

    messages: Mapping[str, int]
    overdue_seconds: float
    nights_behind: int | None
    failed_jobs: int
    beat_ages: Mapping[str, float]
    accounts: Sequence[AccountLine]
    replies_open: int
    complaints: int
    campaigns_sending: int
    reports_waiting: int
    exports_large: int
    sending_held: bool
    erasures_open: int
    erasures_oldest_days: float


async def figures(*, now: datetime, newest: date, zone: ZoneInfo) -> Figures:
    """`newest` is the newest business date whose night should be closed, `zone` the shops'."""
    closed = await nights_closed()
    async with scope(role="job") as connection:
        messages = await _messages(connection, now=now)
        oldest = await connection.fetchval(_OLDEST)
        beats = await connection.fetch(_BEATS)
        failed: int = await connection.fetchval(_FAILED)
        accounts = await account_lines(now=now, since=now - LATELY, zone=zone, unusable={})
        [news] = await connection.fetch(_NEWS, now)
        exports = await large_exports(now=now)
        replies, complaints = await open_replies(), await complaint_figures(now=now)
    return Figures(
        messages=messages,
        overdue_seconds=0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()),
        nights_behind=None if closed.last is None else max(0, (newest - closed.last).days),
        failed_jobs=failed,
        beat_ages={row["process"]: max(0.0, (now - row["at"]).total_seconds()) for row in beats},
        accounts=accounts,
        replies_open=replies,
        complaints=complaints.complaints,
        exports_large=exports,
        **news,
    )


async def _messages(connection: Connection, *, now: datetime) -> dict[str, int]:
    """How many are in each open state."""
    [chunks] = await connection.fetch(_CHUNKS, now)
    return {
        "queued": chunks["queued"] + await connection.fetchval(_ALONE),
        "sending": chunks["sending"],
        "accepted": chunks["accepted"],
        "unknown": await connection.fetchval(_UNKNOWN),
    }


def pool() -> Pool | None:
    """None when this process has no pool open."""
    open_pool = DB.pool
    if open_pool is None:
        return None
    return Pool(size=open_pool.get_size(), idle=open_pool.get_idle_size(), most=open_pool.get_max_size())
