"""Refunds in plain Python (design 4.4): what is taken back, what is given back, what is owed."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import floor

from tests.oracle import Key, Receipt, Shop, Sold, SoldLine
from tests.oracle_ledger import Deed, Lot, Member
from tests.oracle_nights import ZONE

Taken = list[tuple[SoldLine, Decimal, Decimal]]
"""sale's line, amount, quantity"""


@dataclass(frozen=True)
class Back:
    """What is brought back: of a product, else of a category, else of the lines that named neither."""

    amount: Decimal
    sku: str | None = None
    category: str | None = None
    quantity: Decimal | None = None

    @property
    def kind(self) -> tuple[str, str]:
        return self.sku or "", "" if self.sku else self.category or ""


@dataclass(frozen=True)
class Refund:
    """`store` refunds what `sold_at` sold; an `amount`, `lines`, or neither: all that is left."""

    store: int
    number: str
    sold_at: int
    receipt: str
    at: datetime
    amount: Decimal | None = None
    lines: tuple[Back, ...] = ()

    @property
    def day(self) -> date:
        return self.at.astimezone(ZONE).date()

    def content(self) -> tuple[object, ...]:
        """What makes it the same refund: neither its time nor the order of its lines do."""
        said = sorted((line.kind, line.amount, line.quantity or -1) for line in self.lines)
        return self.sold_at, self.receipt, self.amount, said


@dataclass(eq=False)
class Refunded:
    """A refund as recorded: `points` taken back of what the sale earned, `restored` of what was spent on it."""

    refund: Refund
    sold: Sold
    taken: Taken
    points: int = 0
    restored: int = 0

    @property
    def amount(self) -> Decimal:
        return sum((amount for _, amount, _ in self.taken), Decimal(0))

    @property
    def counts(self) -> Decimal:
        return sum((amount for line, amount, _ in self.taken if line.counts), Decimal(0))


@dataclass
class Refunds(Shop):
    """The whole shop."""

    refunds: dict[Key, Refunded] = field(default_factory=dict)

    def import_all(self, receipts: list[Receipt], refunds: list[Refund]) -> list[str]:
        """A file: of what is posted together the sales come first; who is looked at is settled, whatever comes of it."""
        outcomes: list[str] = []
        things: list[Receipt | Refund] = [*receipts, *refunds]
        for batch in self.batches(things):
            outcomes += self.sell([thing for thing in batch if isinstance(thing, Receipt)])
            for refund in [thing for thing in batch if isinstance(thing, Refund)]:
                if sold := self.sold.get((refund.sold_at, refund.receipt)):
                    self.settle_all(sold, refund.day)
                outcomes.append(self.refund(refund))
        return outcomes

    def settle_all(self, sold: Sold, day: date) -> None:
        """Its member, and who brought whom by it."""
        for who in {sold.receipt.member, *(who for who, _ in sold.bonuses)} - {None}:
            self.settle(self.members[who or 0], day)

    def refund(self, refund: Refund) -> str:
        sold = self.sold.get((refund.sold_at, refund.receipt))
        if sold is None:
            return "unknown_receipt"
        known = self.refunds.get((refund.store, refund.number))
        if known and known.refund.content() != refund.content():
            return "conflict"
        taken = None if known else picked(sold, refund)
        if not known and (taken is None or refund.day < sold.receipt.day):
            return "refund_exceeds" if taken is None else "before_sale"
        self.settle_all(sold, refund.day)
        if taken is None:
            return "known"
        for line, amount, quantity in taken:
            line.rest -= amount
            line.rest_quantity -= quantity
        sold.refunded = True
        self.refunds[refund.store, refund.number] = done = Refunded(refund, sold, taken)
        if sold.receipt.member is not None:
            self.move_points(done, self.members[sold.receipt.member])
        return "posted"

    def move_points(self, done: Refunded, member: Member) -> None:
        """What was spent on the sale comes back first, then what it earned is taken back, then what it gave for a referral."""
        sold, day = done.sold, done.refund.day
        member.sales.append((sold.receipt.day, day, -done.counts))
        member.spend("refund", day, -done.amount)
        self.give_back(done)
        wanted = sold.points - sold.earns() - (sold.lot.lapsed() if sold.lot else 0) - sold.taken_back
        done.points = max(0, wanted)
        sold.taken_back += done.points
        self.take_back(done, member, sold.lot, done.points, "")
        for who, lot in sold.bonuses if sold.ended else []:
            self.take_back(done, self.members[who], lot, lot.points - lot.lapsed(), f":{who}")

    def give_back(self, done: Refunded) -> None:
        sold, refund = done.sold, done.refund
        spent = self.redemptions.get(f"{sold.receipt.store}:{sold.receipt.number}")
        if spent is None or spent.entry.purchase != ("sale", *sold.receipt.key):
            return
        target = spent.points if sold.ended else floor(spent.points * (1 - Fraction(sold.rest) / Fraction(sold.amount)))
        now = target - spent.restored
        if now > 0:
            done.restored = now
            purchase = ("refund", refund.store, refund.number)
            self.restore(spent, points=now, store=refund.store, day=refund.day, purchase=purchase)

    def take_back(self, done: Refunded, member: Member, own: Lot | None, points: int, whose: str) -> None:
        """Its own lot first, held or not, then what can be spent; the rest is owed."""
        if points <= 0:
            return
        refund = done.refund
        reference = f"{refund.store}:{refund.number}{whose}"
        purchase = ("refund", refund.store, refund.number)
        deed = Deed(member.id, refund.store, "refund", -points, "refund", reference, refund.day, purchase=purchase)
        entry = member.post(deed)
        entry.take([own] if own else [], points, refund.day)
        entry.take(member.spendable(), entry.owed(), refund.day)


def picked(sold: Sold, refund: Refund) -> Taken | None:
    """What it takes of each line; None where that is more than is left."""
    if sold.ended and sold.refunded:
        return None
    wanted = sold.rest if refund.amount is None else refund.amount
    if refund.lines:
        taken = by_lines(sold, refund.lines)
        return None if taken is None or sum(amount for _, amount, _ in taken) > sold.rest else taken
    return None if wanted > sold.rest else spread(sold, wanted)


def spread(sold: Sold, amount: Decimal) -> Taken:
    """An amount over what is left of the lines, in proportion; each line's share is rounded with those before it."""
    rest = sold.rest
    if amount == rest:
        return [(line, line.rest, line.rest_quantity) for line in sold.lines]
    taken, passed, given = [], Decimal(0), Decimal(0)
    for line in sold.lines:
        passed += line.rest
        share = rounded(Fraction(passed) * Fraction(amount) / Fraction(rest), 2) - given
        given += share
        taken.append((line, share, quantity_of(line, share)))
    return taken


def by_lines(sold: Sold, wanted: tuple[Back, ...]) -> Taken | None:
    """Each from the sale's lines that are alike, in their order, as far as they go; so do the quantities that are named."""
    taken: Taken = []
    for kind in sorted({back.kind for back in wanted}):
        backs = [back for back in wanted if back.kind == kind]
        lines = [line for line in sold.lines if line.kind == kind and line.rest > 0]
        amounts = shared(sum((back.amount for back in backs), Decimal(0)), [line.rest for line in lines])
        named = [back.quantity for back in backs if back.quantity is not None]
        pieces = shared(sum(named, Decimal(0)), [line.rest_quantity for line in lines])
        if amounts is None or (named and pieces is None):
            return None
        taken += [
            (line, amount, piece if named else quantity_of(line, amount))
            for line, amount, piece in zip(lines, amounts, pieces or amounts, strict=True)
        ]
    return taken


def shared(wanted: Decimal, rests: list[Decimal]) -> list[Decimal] | None:
    parts = []
    for rest in rests:
        parts.append(min(wanted, rest))
        wanted -= parts[-1]
    return None if wanted else parts


def quantity_of(line: SoldLine, amount: Decimal) -> Decimal:
    """In proportion to what is left of the line."""
    if amount == line.rest:
        return line.rest_quantity
    return rounded(Fraction(line.rest_quantity) * Fraction(amount) / Fraction(line.rest), 3)


def rounded(number: Fraction, places: int) -> Decimal:
    """Halves away from zero, as everybody learned it at school."""
    steps = floor(abs(number) * 10**places + Fraction(1, 2))
    return Decimal(steps if number >= 0 else -steps).scaleb(-places)
