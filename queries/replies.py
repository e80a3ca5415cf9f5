"""Figures of what comes back: replies that wait for somebody, complaints, and campaigns over the red line."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tables.scope import current

_DAY = timedelta(days=1)
_OPEN = "SELECT count(*) FROM reply WHERE state = 'open'"
_COMPLAINTS = "SELECT count(*) FROM complaint WHERE at > $1"
_STOPPED = """
SELECT c.id, c.name, n.complaints FROM campaign c
CROSS JOIN LATERAL (SELECT count(*) AS complaints, max(p.at) AS newest FROM complaint p WHERE p.campaign = c.id) n
WHERE c.state = 'stopped' AND c.reason = 'complaints' AND n.newest > $1 ORDER BY n.newest DESC
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stopped:
    """A campaign that complaints have stopped."""

    campaign: int
    name: str
    complaints: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ComplaintFigures:
    """Complaints of the last 24 hours, and the campaigns stopped by complaints of the last week, the newest first."""

    complaints: int
    stopped: tuple[Stopped, ...]


async def complaint_figures(*, now: datetime) -> ComplaintFigures:
    """As whoever asks may see them, inside its scope."""
    count: int = await current().fetchval(_COMPLAINTS, now - _DAY)
    rows = await current().fetch(_STOPPED, now - 7 * _DAY)
    stopped = (Stopped(campaign=row["id"], name=row["name"], complaints=row["complaints"]) for row in rows)
    return ComplaintFigures(complaints=count, stopped=tuple(stopped))


async def open_replies() -> int:
    """Replies that wait for somebody, as whoever asks may see them, inside its scope."""
    count: int = await current().fetchval(_OPEN)
    return count
