"""What the jobs of a night are made of: the night itself, and a step of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tables.scope import Connection


@dataclass(frozen=True, kw_only=True)
class Night:
    """One night and how it runs: `now` is when, `replay` sends nothing, `latest` the last closed night when repeated.
    `part`: which part of a job that has several.
    """

    business_date: date
    now: datetime
    zone: ZoneInfo
    replay: bool = False
    latest: date | None = None
    part: int = 0

    @property
    def overtaken(self) -> bool:
        """A later night has already decided about tiers and notices: this one is repeated only for the ledger."""
        return self.latest is not None and self.business_date < self.latest

    @property
    def today(self) -> date:
        """The day that begins when the night is over: what rules call today."""
        return self.business_date + timedelta(days=1)

    @property
    def begins(self) -> datetime:
        """When it runs in the chain's time, unless it runs late."""
        return datetime.combine(self.today, time(2, 30), tzinfo=self.zone)

    @property
    def notices_until(self) -> datetime:
        """Three days after the night, in the chain's time: what is not points leaves until then or never."""
        return self.begins + timedelta(days=3)


Members = Callable[[Connection, Night], Awaitable[list[int]]]
Work = Callable[[Connection, Night, list[int]], Awaitable[dict[str, int]]]


@dataclass(frozen=True, kw_only=True)
class Step:
    """`members` finds the ids concerned (what was done before a crash falls out by itself), `work` does one chunk. Where there
    are `parts`, each is one after the other `night.part` of both.
    """

    job: str
    members: Members
    work: Work
    members_a_commit: int = 5_000
    parts: Members | None = None
