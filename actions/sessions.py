"""Log-ins: with what they are opened, ending them, one's own and as head office everybody's, and forgetting old ones.
Whose may be ended the database decides.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rules.browsers import browser_of
from tables.scope import current
from tables.sessions import BROWSER

# No log-in is good for so long without being used (chain.idle_hours is at most 168).
_FORGET = "DELETE FROM session WHERE seen_at < $1::timestamptz - interval '30 days'"


@contextmanager
def opened_with(*, agent: str) -> Iterator[None]:
    """Log-ins that are opened inside say the browser of this User-Agent header."""
    before = BROWSER.set(browser_of(agent=agent))
    try:
        yield
    finally:
        BROWSER.reset(before)


async def end_session(*, session: int) -> None:
    """One (id); nothing where it is not there or not for this role."""
    await current().execute("DELETE FROM session WHERE id = $1", session)


async def end_sessions(*, staff: int, but: int | None = None) -> None:
    """All of a person (id), or all `but` one (id)."""
    await current().execute("DELETE FROM session WHERE user_id = $1 AND id IS DISTINCT FROM $2", staff, but)


async def forget_sessions(*, now: datetime) -> None:
    """Those that ended, and were last used more than 30 days ago."""
    await current().execute(_FORGET, now)
