"""A member's points as lots, for playing a program: what tables/sql/points.sql does in the database."""

from bisect import insort

RESTORED_FOR = 7  # days for which points that come back are good at least


class Lot:
    """Points with one last good day (ordinal). `lapsed`: what expired out of it; `listed`: it stands where it is spent."""

    __slots__ = ("available", "expires", "lapsed", "left", "listed", "number")

    def __init__(self, expires: int, available: int, number: int, left: int) -> None:
        self.expires = expires
        self.available = available
        self.number = number
        self.left = left
        self.lapsed = 0
        self.listed = False

    def __lt__(self, other: "Lot") -> bool:
        """The order of spending: soonest to expire, then oldest."""
        return (self.expires, self.available, self.number) < (other.expires, other.available, other.number)


class Spent:
    """A redemption that was granted: the parts that it took of lots, its worth in fen (None: no price tag)."""

    __slots__ = ("parts", "points", "restored", "value")

    def __init__(self, points: int, value: int | None, parts: list[tuple[Lot, int]]) -> None:
        self.points = points
        self.value = value
        self.parts = parts
        self.restored = 0

    def worth(self, points: int) -> int:
        """What so many of its points were worth, in fen."""
        return (self.value or 0) * points // self.points


class Account:
    """`lots` may be spent, in their order; `held` not yet; `balance` is what is left of the first. While anything is owed
    (`debt`) the balance is 0.
    """

    __slots__ = ("balance", "debt", "held", "lots", "made")

    def __init__(self) -> None:
        self.lots: list[Lot] = []
        self.held: list[Lot] = []
        self.balance = 0
        self.debt = 0
        self.made = 0

    def add(self, points: int, day: int, available: int, expires: int) -> Lot:
        """A new lot on a day; it pays what is owed as soon as it is available."""
        self.made += 1
        lot = Lot(expires, available, self.made, points)
        lots = self.lots
        if available > day:
            self.held.append(lot)
        elif self.debt or (lots and lots[-1].expires >= expires):
            self._ready(lot)
        else:  # nearly always: it is spent last
            lot.listed = True
            lots.append(lot)
            self.balance += points
        return lot

    def mature(self, through: int) -> None:
        """What was held until then may be spent."""
        due = [lot for lot in self.held if lot.available <= through]
        if due:
            self.held = [lot for lot in self.held if lot.available > through]
            for lot in due:
                self._ready(lot)

    def expire(self, through: int) -> list[tuple[int, int]]:
        """Lots whose last good day is not after `through` end: those days, and how many points."""
        gone = []
        while self.lots and self.lots[0].expires <= through:
            lot = self.lots.pop(0)
            lot.listed = False
            if lot.left:
                gone.append((lot.expires, lot.left))
                lot.lapsed += lot.left
                self.balance -= lot.left
                lot.left = 0
        return gone

    def take(self, points: int) -> list[tuple[Lot, int]]:
        """Spends points that are there, and says which."""
        self.balance -= points
        parts = []
        for lot in self.lots:
            if lot.left:
                part = min(lot.left, points)
                lot.left -= part
                parts.append((lot, part))
                points -= part
            if not points:
                break
        self._drop_emptied()
        return parts

    def take_back(self, own: Lot, points: int) -> None:
        """What an earning gave: out of its own lot, held or not, then out of the others; what is missing is owed."""
        part = min(own.left, points)
        own.left -= part
        if own.listed:
            self.balance -= part
        points -= part
        there = min(points, self.balance)
        if there:
            self.take(there)
        self.debt += points - there

    def restore(self, spent: Spent, points: int, day: int) -> None:
        """Gives so many points of a redemption back, those first that were taken last; what is owed is paid with them."""
        skip, short = spent.restored, 0
        spent.restored += points
        for lot, part in reversed(spent.parts):
            passed = min(part, skip)
            skip -= passed
            back = min(part - passed, points)
            points -= back
            if back and lot.expires >= day + RESTORED_FOR:
                lot.left += back
                self.balance += back
                self._list(lot)
            else:
                short += back
        if short:
            self.add(short, day, day, day + RESTORED_FOR)
        self._pay()

    def extend(self, first: int, last: int, good_until: int) -> None:
        """What is alive and ends from `first` to `last` is good until another day."""
        for lot in self.lots + self.held:
            if lot.left and first <= lot.expires <= last:
                lot.expires = good_until
        self.lots.sort()

    def alive(self) -> int:
        """All that is left, held or not."""
        return self.balance + sum(lot.left for lot in self.held)

    def _ready(self, lot: Lot) -> None:
        self.balance += lot.left
        self._list(lot)
        self._pay()

    def _list(self, lot: Lot) -> None:
        if not lot.listed:
            lot.listed = True
            if self.lots and lot < self.lots[-1]:
                insort(self.lots, lot)
            else:
                self.lots.append(lot)

    def _pay(self) -> None:
        if self.debt and self.balance:
            paid = min(self.debt, self.balance)
            self.debt -= paid
            self.take(paid)

    def _drop_emptied(self) -> None:
        emptied = 0
        while emptied < len(self.lots) and not self.lots[emptied].left:
            self.lots[emptied].listed = False
            emptied += 1
        if emptied:
            del self.lots[:emptied]
