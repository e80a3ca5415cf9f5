"""What the ledger is made of, in plain Python (design 4.2–4.4). Nothing of the product is used here."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

DAY = timedelta(days=1)


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def quarter_first(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def quarter_end(day: date) -> date:
    return months_later(quarter_first(day), 3) - DAY


@dataclass(frozen=True)
class Policy:
    """What a manager edits, under the names of its columns."""

    per_yuan: Decimal = Decimal(1)
    valid_days: int | None = None
    valid_months: int | None = None
    round_expiry: str = "none"
    hold_days: int = 0
    remind_days: tuple[int, ...] = (15, 3)
    remind_min_points: int = 100
    remind_every_days: int = 14
    statement: str = "moved"
    redeem_min: int = 1
    redeem_step: int = 1
    point_value: Decimal | None = None
    referrer_points: int = 0
    newcomer_points: int = 0

    def last_good_day(self, day: date) -> date | None:
        if self.valid_days is not None:
            end = day + self.valid_days * DAY
        elif self.valid_months is not None:
            end = months_later(day, self.valid_months)
        else:
            return None
        month_end = end.replace(day=monthrange(end.year, end.month)[1])
        ends = {"none": end, "month": month_end, "quarter": quarter_end(end), "year": date(end.year, 12, 31)}
        return ends[self.round_expiry]


@dataclass(frozen=True)
class Deed:
    """Points are signed. The same source and reference is the same deed; `purchase` is the (kind, store, number) behind it."""

    member: int
    store: int
    kind: str
    points: int
    source: str
    reference: str
    day: date
    expires_on: date | None = None
    purchase: tuple[str, int, str] | None = None


@dataclass(eq=False)
class Part:
    """What an entry took of a lot (negative: gave back), and from which day on; `paid`: what was owed, by a lot that came later."""

    entry: "Entry"
    lot: "Lot"
    points: int
    day: date
    paid: bool = False


@dataclass(eq=False)
class Lot:
    entry: "Entry"
    store: int
    points: int
    available_on: date
    expires_on: date | None
    ready: bool
    taken: list[Part] = field(default_factory=list)

    @property
    def earned_on(self) -> date:
        return self.entry.day

    def left(self, by: date = date.max) -> int:
        return self.points - sum(part.points for part in self.taken if part.day <= by)

    def lapsed(self) -> int:
        return sum(part.points for part in self.taken if part.entry.kind == "expire")


@dataclass(eq=False)
class Entry:
    store: int
    kind: str
    points: int
    after: int
    reference: str
    day: date
    purchase: tuple[str, int, str] | None = None
    value: Decimal | None = None
    reward: int | None = None
    parts: list[Part] = field(default_factory=list)

    def owed(self) -> int:
        return max(0, -self.points - sum(part.points for part in self.parts))

    def take(self, lots: Iterable[Lot], points: int, day: date | None, *, paid: bool = False) -> None:
        """As much of the lots, in their order, as there is; `paid`: a debt, by lots that came later."""
        for lot in lots:
            part = min(points, lot.left())
            if part > 0:
                self.part(lot, part, day or max(self.day, lot.available_on - DAY), paid=paid)
                points -= part

    def part(self, lot: Lot, points: int, day: date, *, paid: bool = False) -> None:
        self.parts.append(Part(self, lot, points, day, paid))
        lot.taken.append(self.parts[-1])


@dataclass
class Notice:
    day: date
    send_before: datetime
    payload: dict[str, object]
    state: str = "due"
    reason: str | None = None
    message: bool = False


@dataclass(eq=False)
class Member:
    """`sales`: business date of the sale, day from which it is known, what it counts for the tier (refunds below zero).
    `spends`: (kind, business date, amount) of each receipt; `quarter`: the one that its totals speak of.
    """

    id: int
    home: int
    birthday: date | None = None
    referred_by: int | None = None
    rank: int = 1
    valid_until: date | None = None
    tags: set[str] = field(default_factory=set)
    lots: list[Lot] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    sales: list[tuple[date, date, Decimal]] = field(default_factory=list)
    spends: list[tuple[str, date, Decimal]] = field(default_factory=list)
    quarter: date | None = None
    moves: list[tuple[int, int, date]] = field(default_factory=list)
    grants: list[tuple[int, date, date]] = field(default_factory=list)
    notices: dict[tuple[str, str], Notice] = field(default_factory=dict)
    messages: set[date] = field(default_factory=set)

    def points(self, *, ready: bool) -> int:
        return sum(lot.left() for lot in self.lots if lot.ready is ready)

    def debt(self) -> int:
        return sum(entry.owed() for entry in self.entries)

    def spendable(self) -> list[Lot]:
        return in_order(lot for lot in self.lots if lot.ready)

    def post(self, deed: Deed) -> Entry:
        after = sum(entry.points for entry in self.entries) + deed.points
        self.entries.append(
            Entry(deed.store, deed.kind, deed.points, after, deed.reference, deed.day, purchase=deed.purchase)
        )
        return self.entries[-1]

    def pay(self, day: date | None = None) -> None:
        """What is owed takes what can be spent, the oldest debt first; without a day each lot in the night that matures it."""
        for entry in self.entries:
            entry.take(self.spendable(), entry.owed(), day, paid=True)

    def spend(self, kind: str, day: date, amount: Decimal) -> None:
        self.spends.append((kind, day, amount))
        self.quarter = max(self.quarter or date.min, quarter_first(day))

    def tell(self, kind: str, reference: str, notice: Notice) -> None:
        self.notices.setdefault((kind, reference), notice)


def in_order(lots: Iterable[Lot]) -> list[Lot]:
    """As they are spent: soonest to expire, then oldest."""
    return sorted(lots, key=lambda lot: (lot.expires_on or date.max, lot.available_on))
