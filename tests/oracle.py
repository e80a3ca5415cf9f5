"""The shop in plain Python, straightforward and slow: receipts and what they earn (design 4.2).

Nothing of the product is used here: it is told what happened and says what must be true. Refunds are in
oracle_refunds.py, what the nights do in oracle_nights.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from math import floor
from typing import Protocol, TypeVar

from tests.oracle_ledger import Deed, Lot
from tests.oracle_nights import ZONE, Nights
from tests.oracle_promotions import Promotion, best
from tests.oracle_restores import Restores
from tests.oracle_tiers import Tier

__all__ = ["Receipt", "Shop", "Sold", "SoldLine", "Tier"]

Key = tuple[int, str]


class Dated(Protocol):
    @property
    def at(self) -> datetime: ...

    @property
    def day(self) -> date: ...


Thing = TypeVar("Thing", bound=Dated)


@dataclass(frozen=True)
class Receipt:
    """Lines are (category, amount), `skus` and `quantities` beside them where there are any; `at` is aware. `points` or a
    `reward` may be redeemed with it.
    """

    store: int
    number: str
    member: int | None
    at: datetime
    lines: tuple[tuple[str, Decimal], ...]
    skus: tuple[str | None, ...] = ()
    quantities: tuple[Decimal, ...] = ()
    points: int | None = None
    reward: int | None = None

    @property
    def day(self) -> date:
        return self.at.astimezone(ZONE).date()

    @property
    def key(self) -> Key:
        return self.store, self.number

    @property
    def redeems(self) -> bool:
        return self.points is not None or self.reward is not None

    def items(self) -> list[tuple[str | None, str, Decimal, Decimal]]:
        """(sku, category, quantity, amount) of each line."""
        skus = self.skus or tuple(None for _ in self.lines)
        quantities = self.quantities or tuple(Decimal(1) for _ in self.lines)
        return [
            (sku, category, quantity, amount)
            for sku, quantity, (category, amount) in zip(skus, quantities, self.lines, strict=True)
        ]

    def content(self) -> tuple[object, ...]:
        """What makes it the same receipt: the order of its lines does not, and a product says its category."""
        said = sorted((sku or "", "" if sku else category, q, amount) for sku, category, q, amount in self.items())
        return self.member, self.at, said, self.points, self.reward


@dataclass(eq=False)
class SoldLine:
    """What a line earned by, and what is left of it."""

    sku: str | None
    category: str
    quantity: Decimal
    amount: Decimal
    multiplier: Decimal
    counts: bool
    rest: Decimal
    rest_quantity: Decimal

    @property
    def kind(self) -> tuple[str, str]:
        return self.sku or "", "" if self.sku else self.category


@dataclass(eq=False)
class Sold:
    """A sale as recorded. `points`: what it earned, in `lot`; `bonuses`: what it gave for a referral."""

    receipt: Receipt
    lines: list[SoldLine]
    per_yuan: Decimal
    multiplier: Decimal
    points: int = 0
    lot: Lot | None = None
    bonuses: list[tuple[int, Lot]] = field(default_factory=list)
    taken_back: int = 0
    refunded: bool = False

    @property
    def ended(self) -> bool:
        return all(line.rest == 0 for line in self.lines)

    @property
    def amount(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def rest(self) -> Decimal:
        return sum((line.rest for line in self.lines), Decimal(0))

    def earns(self) -> int:
        """What is left of it, by the multipliers of then: one floor a purchase."""
        base = sum((line.rest * line.multiplier for line in self.lines), Decimal(0))
        return max(0, floor(base * self.per_yuan * self.multiplier)) if self.receipt.member is not None else 0


@dataclass
class Shop(Nights, Restores):
    """`categories` says of each name whether it earns and whether it counts for the tier, `products` in which one a sku is."""

    categories: Mapping[str, tuple[bool, bool]] = field(default_factory=dict)
    unpromotable: frozenset[str] = frozenset()
    products: dict[str, str] = field(default_factory=dict)
    promotions: list[Promotion] = field(default_factory=list)
    receipts: dict[Key, Receipt] = field(default_factory=dict)
    sold: dict[Key, Sold] = field(default_factory=dict)

    def import_file(self, receipts: list[Receipt]) -> list[str]:
        """A file in the order of its receipts' times."""
        return [outcome for batch in self.batches(receipts) for outcome in self.sell(batch)]

    def batches(self, things: list[Thing]) -> Iterator[list[Thing]]:
        """In the order of their times; dates that wait for their night are posted one by one."""
        batch: list[Thing] = []
        for thing in sorted(things, key=lambda thing: thing.at):
            if batch and self.closed and thing.day > self.closed and thing.day > batch[-1].day:
                yield batch
                batch = []
            batch.append(thing)
        if batch:
            yield batch

    def sell(self, receipts: list[Receipt]) -> list[str]:
        """Receipts posted together: judged, multiplied and settled by what was there before them."""
        outcomes: list[str] = []
        fresh: list[Sold] = []
        built = {receipt.key: self.build(receipt) for receipt in receipts}
        for receipt in receipts:
            outcome = self.judge(receipt)
            outcomes.append(outcome)
            if outcome == "posted":
                fresh.append(built[receipt.key])
                self.record(built[receipt.key])
        credits_due = [(sold, deed) for sold in fresh for deed in self.credits_of(sold)]
        credits_due.sort(key=lambda credit: credit[1].source)  # what purchases earn, then what referrals give
        for who in {deed.member for _, deed in credits_due}:
            self.settle(self.members[who], max(deed.day for _, deed in credits_due if deed.member == who))
        for sold, deed in credits_due:
            lot = self.add(deed, hold_days=self.policy.hold_days)
            if deed.source == "purchase":
                sold.lot = lot
            else:
                sold.bonuses.append((deed.member, lot))
        for who in {deed.member for _, deed in credits_due}:
            self.members[who].pay(max(deed.day for _, deed in credits_due if deed.member == who))
        return outcomes

    def judge(self, receipt: Receipt) -> str:
        """A receipt whose redemption is refused is not recorded."""
        if known := self.receipts.get(receipt.key):
            return "known" if known.content() == receipt.content() else "conflict"
        if not receipt.redeems or receipt.member is None:
            return "posted"
        return self.redeem(
            member=receipt.member, store=receipt.store, key=receipt.number, day=receipt.day, points=receipt.points,
            reward=receipt.reward, purchase=("sale", *receipt.key),
        )  # fmt: skip

    def build(self, receipt: Receipt) -> Sold:
        member = None if receipt.member is None else self.members[receipt.member]
        lines = []
        for sku, said, quantity, amount in receipt.items():
            category = self.products.get(sku or "") or said
            earns, counts = self.categories[category]
            promotions = [] if category in self.unpromotable else self.promotions
            multiplier = best(promotions, day=receipt.day, store=receipt.store, category=category, member=member)
            multiplier = multiplier if earns else Decimal(0)
            lines.append(SoldLine(sku, category, quantity, amount, multiplier, counts, amount, quantity))
        multiplier = self.multiplier_on(member, receipt.day) if member else Decimal(1)
        sold = Sold(receipt, lines, self.policy.per_yuan, multiplier)
        sold.points = sold.earns()
        return sold

    def record(self, sold: Sold) -> None:
        receipt = sold.receipt
        self.receipts[receipt.key] = receipt
        self.sold[receipt.key] = sold
        if receipt.member is not None:
            member = self.members[receipt.member]
            counts = sum((line.amount for line in sold.lines if line.counts), Decimal(0))
            member.sales.append((receipt.day, receipt.day, counts))
            member.spend("sale", receipt.day, sold.amount)

    def credits_of(self, sold: Sold) -> list[Deed]:
        """What it earns, and at a newcomer's first sale of more than nothing what both are given for the referral."""
        receipt, policy = sold.receipt, self.policy
        if receipt.member is None:
            return []
        member, day, key = self.members[receipt.member], receipt.day, ("sale", *receipt.key)
        given = [(member.id, sold.points, "purchase", f"{receipt.store}:{receipt.number}")]
        earlier = [other for other in self.sold.values() if other.receipt.member == member.id and other.amount > 0]
        if member.referred_by is not None and earlier[:1] == [sold]:
            given += [
                (member.id, policy.newcomer_points, "referral", f"{member.id}:newcomer"),
                (member.referred_by, policy.referrer_points, "referral", f"{member.id}:referrer"),
            ]
        ends = policy.last_good_day(day)
        return [
            Deed(who, receipt.store, "earn", points, source, reference, day, ends, purchase=key)
            for who, points, source, reference in given
            if points
        ]
