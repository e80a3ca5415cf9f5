"""What a campaign's results are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil

from rules.effects import Effect, Group

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Of people, or of messages of one step (which is the same). `treated`: not left out, whether it arrived or not; `sent`:
    handed over; `clicked`: people, not programmes that looked; `bought` while observed, `revenue` net of refunds; `cost` in
    yuan, `guessed`: some of it by length and price, because no gateway has told it yet. `squares`: see rules/effects.py.
    """

    audience: int = 0
    treated: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    clicked: int = 0
    replied: int = 0
    opted_out: int = 0
    complained: int = 0
    bought: int = 0
    revenue: Decimal = Decimal(0)
    squares: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    guessed: bool = False

    @property
    def left_out(self) -> int:
        return self.audience - self.treated

    @property
    def group(self) -> Group:
        return Group(people=self.treated, bought=self.bought, revenue=self.revenue, squares=self.squares)


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionResult:
    """One version of a step; `share` of its audience, `text` cut to 200 characters, `landing_kind` page | qr."""

    label: str
    share: Decimal
    text: str
    landing_kind: str
    counts: Counts


@dataclass(frozen=True, kw_only=True, slots=True)
class StepResult:
    """One wave; each of its messages is observed from its own hand-over on. `winner`: the label of the version that went to
    the rest, by `winner_by` (click | purchase); `left_out`: people by reason.
    """

    id: int
    number: int
    kind: str
    state: str
    began_at: datetime | None
    canary_state: str | None
    winner: str | None
    winner_by: str | None
    verdict: str | None
    counts: Counts
    left_out: Mapping[str, int]
    versions: Sequence[VersionResult]


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreResult:
    """The people whose messages are those of a store: their home when the audience was frozen."""

    code: str
    name: str
    counts: Counts


@dataclass(frozen=True, kw_only=True, slots=True)
class HourResult:
    """Messages handed over in an hour (0 to 23) of the shops' day."""

    hour: int
    counts: Counts


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """Of the treated: who `redeemed` points while observed; who had bought nothing for 90 days, and who of those came."""

    redeemed: int = 0
    asleep: int = 0
    woken: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """One campaign as of `as_of`. `total` counts each person once, from their first message to `days` after the last step
    began; `effect` compares them with who was held out. `began_at` and `watched_until` are None before anything left.
    """

    campaign: int
    name: str
    state: str
    reason: str | None
    content_kind: str
    rhythm: str | None
    store_code: str | None
    store_name: str | None
    days: int
    as_of: datetime
    links: bool
    effect: Effect
    began_at: datetime | None = None
    watched_until: datetime | None = None
    total: Counts = field(default_factory=Counts)
    habits: Habits = field(default_factory=Habits)
    left_out: Mapping[str, int] = field(default_factory=dict)
    steps: Sequence[StepResult] = ()
    stores: Sequence[StoreResult] = ()
    hours: Sequence[HourResult] = ()

    @property
    def open_days(self) -> int:
        """How many days of observation are still to come, begun ones counted; 0 when it is over."""
        return 0 if self.watched_until is None else max(0, ceil((self.watched_until - self.as_of) / DAY))
