"""The ledger in plain Python, straightforward and slow (design 4.2, 4.3). Nothing of the product is used here."""

from calendar import monthrange
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
    per_yuan: Decimal = Decimal(1)
    valid_days: int | None = None
    valid_months: int | None = None
    round_expiry: str = "none"
    hold_days: int = 0
    remind_days: tuple[int, ...] = (15, 3)
    remind_min_points: int = 100
    remind_every_days: int = 14
    statement: str = "moved"

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
    """Points are signed. The same source and reference is the same deed."""

    member: int
    store: int
    kind: str
    points: int
    source: str
    reference: str
    day: date
    expires_on: date | None = None


@dataclass
class Lot:
    key: str
    store: int
    points: int
    earned_on: date
    available_on: date
    expires_on: date | None
    ready: bool
    taken: list[tuple[date, int]] = field(default_factory=list)

    def left(self, by: date = date.max) -> int:
        return self.points - sum(points for day, points in self.taken if day <= by)


@dataclass
class Entry:
    store: int
    kind: str
    points: int
    after: int
    reference: str
    day: date


@dataclass
class Notice:
    day: date
    send_before: datetime
    payload: dict[str, object]
    state: str = "due"
    reason: str | None = None
    message: bool = False


@dataclass
class Member:
    id: int
    home: int
    rank: int = 1
    valid_until: date | None = None
    lots: list[Lot] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    sales: list[tuple[date, Decimal]] = field(default_factory=list)
    moves: list[tuple[int, int, date]] = field(default_factory=list)
    grants: list[tuple[int, date, date]] = field(default_factory=list)
    notices: dict[tuple[str, str], Notice] = field(default_factory=dict)
    messages: set[date] = field(default_factory=set)

    def points(self, *, ready: bool) -> int:
        return sum(lot.left() for lot in self.lots if lot.ready is ready)

    def post(self, *, store: int, kind: str, points: int, reference: str, day: date) -> None:
        after = sum(entry.points for entry in self.entries) + points
        self.entries.append(Entry(store, kind, points, after, reference, day))

    def tell(self, kind: str, reference: str, notice: Notice) -> None:
        self.notices.setdefault((kind, reference), notice)


@dataclass
class Ledger:
    policy: Policy
    members: dict[int, Member] = field(default_factory=dict)
    keys: dict[tuple[str, str], tuple[int, str, int]] = field(default_factory=dict)
    closed: date | None = None

    def settle(self, member: Member, day: date) -> None:
        """Before a posting of `day`: what is due by then matures, what ended before it is gone."""
        self.mature(member, day)
        self.expire(member, day - DAY)

    def mature(self, member: Member, through: date) -> None:
        for lot in member.lots:
            lot.ready = lot.ready or lot.available_on <= through

    def expire(self, member: Member, through: date) -> None:
        over = [lot for lot in member.lots if lot.expires_on and lot.expires_on <= through and lot.left()]
        for end in sorted({lot.expires_on for lot in over if lot.expires_on}):
            lots = [lot for lot in over if lot.expires_on == end]
            reference = f"expire:{member.id}:{end}"
            if any(entry.reference == reference for entry in member.entries):
                reference += f":{lots[0].key}"
            day = max(end, self.closed + DAY) if self.closed else end
            points = sum(lot.left() for lot in lots)
            member.post(store=member.home, kind="expire", points=-points, reference=reference, day=day)
            for lot in lots:
                lot.taken.append((day, lot.left()))

    def judged(self, deed: Deed) -> str | None:
        known = self.keys.get((deed.source, deed.reference))
        return None if known is None else "known" if known == (deed.member, deed.kind, deed.points) else "conflict"

    def credit(self, deed: Deed) -> str:
        judged = self.judged(deed)
        if judged != "conflict":
            self.settle(self.members[deed.member], deed.day)
        if judged is None:
            self.add(deed)
        return judged or "posted"

    def add(self, deed: Deed, *, hold_days: int = 0) -> None:
        self.keys[deed.source, deed.reference] = (deed.member, deed.kind, deed.points)
        member, held = self.members[deed.member], deed.day + hold_days * DAY
        member.post(store=deed.store, kind=deed.kind, points=deed.points, reference=deed.reference, day=deed.day)
        lot = Lot(deed.reference, deed.store, deed.points, deed.day, held, deed.expires_on, ready=held <= deed.day)
        member.lots.append(lot)

    def debit(self, deed: Deed) -> str:
        """A conflict or a short balance leaves everything as it was."""
        judged = self.judged(deed)
        if judged == "conflict":
            return judged
        member, missing = self.members[deed.member], -deed.points
        spendable = [lot for lot in member.lots if lot.ready or lot.available_on <= deed.day]
        if judged is None and missing > sum(
            lot.left() for lot in spendable if (lot.expires_on or deed.day) >= deed.day
        ):
            return "short"
        self.settle(member, deed.day)
        if judged is None:
            self.keys[deed.source, deed.reference] = (deed.member, deed.kind, deed.points)
            member.post(store=deed.store, kind=deed.kind, points=deed.points, reference=deed.reference, day=deed.day)
            for lot in sorted(spendable, key=lambda lot: (lot.expires_on or date.max, lot.available_on)):
                part = min(missing, lot.left())
                if part:
                    lot.taken.append((deed.day, part))
                    missing -= part
        return judged or "posted"
