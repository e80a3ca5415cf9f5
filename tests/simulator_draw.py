"""Draws what happens next from a seed, looking at the oracle so that most of it makes sense and some of it does not."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from random import Random

from tests import make
from tests.oracle import Receipt, Sold
from tests.oracle_deeds import spendable_on
from tests.oracle_ledger import DAY
from tests.oracle_ledger import Deed as Posting
from tests.oracle_refunds import Back, Refund, Refunds
from tests.simulator import CATEGORIES, MEMBERS, PRODUCTS, STORES
from tests.simulator_deeds import Cancel, Claim, Correct, Deed, GiveBack, Sell
from tests.simulator_files import File

TIMES = (time(), time(9, 5), time(12), time(18, 30), time(23, 59, 59))
CENT = Decimal("0.01")


@dataclass
class Hand:
    """`done`: what was posted and may be sent again; numbers are never used twice."""

    draw: Random
    shop: Refunds
    today: date
    number: int = 0
    done: list[Deed] = field(default_factory=list)

    def deed(self) -> Deed:
        kinds: list[tuple[int, Callable[[], Deed]]] = [
            (34, self.sell), (5, self.file), (22, self.give_back), (12, self.claim), (6, self.cancel), (9, self.correct),
        ]  # fmt: skip
        weights, makers = zip(*kinds, strict=True)
        made: Deed = self.draw.choices(makers, weights=weights)[0]()
        return made

    def chance(self, probability: float) -> bool:
        return self.draw.random() < probability

    def next_number(self) -> str:
        self.number += 1
        return f"N{self.number}"

    def money(self, most: Decimal) -> Decimal:
        """From a cent to `most`, round amounts and thirds now and then."""
        cents = int(most * 100)
        wanted = self.draw.choice([self.draw.randint(1, cents), cents, (cents + 2) // 3, min(cents, 10_000)])
        return Decimal(max(wanted, 1)) / 100

    def moment(self, day: date) -> datetime:
        return datetime.combine(day, self.draw.choice(TIMES), make.ZONE)

    # Sales

    def receipt(self, *, late: float, spends: bool) -> Receipt:
        draw = self.draw
        day = self.today - draw.choice([1, 1, 2, 3, 10, 30, 70]) * DAY if self.chance(late) else self.today
        items = [self.item(Decimal(draw.choice([30, 120, 600]))) for _ in range(draw.choice([1, 1, 2, 3]))]
        if self.chance(0.12):
            total = sum((amount for *_, amount in items), Decimal(0))
            items.append((None, draw.choice(["", "水果"]), Decimal(1), -min(Decimal("12.34"), total)))
        if self.chance(0.04):
            items = [(None, "水果", Decimal(1), Decimal(0))]
        draw.shuffle(items)
        member = draw.choice([1, 1, 1, 2, 2, 3, 4, 5, None])
        points, reward = self.wish(member, day) if spends and member and self.chance(0.3) else (None, None)
        skus, categories, quantities, amounts = zip(*items, strict=True)
        lines = tuple(zip(categories, amounts, strict=True))
        store, number = draw.choice(STORES), self.next_number()
        return Receipt(store, number, member, self.moment(day), lines, skus, quantities, points, reward)

    def item(self, most: Decimal) -> tuple[str | None, str, Decimal, Decimal]:
        sku = self.draw.choice([None, None, *PRODUCTS])
        category = "" if sku else self.draw.choice(["", *CATEGORIES])
        return sku, category, Decimal(self.draw.choice(["1", "2", "3", "0.5", "1.235"])), self.money(most)

    def sell(self) -> Deed:
        return Sell(self.receipt(late=0.12, spends=True), self.today)

    def file(self) -> Deed:
        """Late receipts most of all; half of the files are of one member."""
        receipts, whose = {}, self.draw.choice([None, *MEMBERS]) if self.chance(0.6) else None
        for _ in range(self.draw.randint(1, 5)):
            receipt = self.receipt(late=0.7, spends=False)
            if self.shop.receipts and self.chance(0.2):
                receipt = self.draw.choice(
                    [known for known in self.shop.receipts.values() if not known.redeems] or [receipt]
                )
            elif whose:
                receipt = replace(receipt, member=whose)
            receipts[receipt.key] = receipt
        refunds = [self.refund_in_file() for _ in range(self.draw.choice([0, 0, 1, 2])) if self.shop.sold]
        return File(tuple(receipts.values()), tuple(refunds), self.today)

    def refund_in_file(self) -> Refund:
        """By file all that is left has no way to be said, and every line says how many."""
        refund = self.refund()
        sold = self.shop.sold.get((refund.sold_at, refund.receipt))
        lines = tuple(
            replace(back, quantity=back.quantity or Decimal(1)) for back in refund.lines if back.kind != ("", "")
        )
        if lines:
            return replace(refund, lines=lines)
        return replace(refund, lines=(), amount=refund.amount or (sold and sold.rest) or Decimal(1))

    # Refunds

    def give_back(self) -> Deed:
        return GiveBack(self.refund(), self.today) if self.shop.sold else self.sell()

    def refund(self) -> Refund:
        sold = list(self.shop.sold.values())
        open_ones = [one for one in sold if not one.ended]
        newest = open_ones[-8:]
        paid = [one for one in open_ones if one.receipt.redeems]
        one = self.draw.choice(self.draw.choice([newest, newest, open_ones, paid, sold]) or sold)
        receipt = one.receipt.number if not self.chance(0.02) else "nowhere"
        days = max(0, (self.today - one.receipt.day).days)
        ago = self.draw.randint(0, days) if self.chance(0.12) else 0
        ago = days + 1 if self.chance(0.02) else ago
        amount, lines = self.wanted_back(one)
        store = one.receipt.store if self.chance(0.7) else self.draw.choice(STORES)
        at = self.moment(self.today - ago * DAY)
        return Refund(store, self.next_number(), one.receipt.store, receipt, at, amount, lines)

    def wanted_back(self, sold: Sold) -> tuple[Decimal | None, tuple[Back, ...]]:
        rest = sold.rest
        way = self.draw.choices(["all", "amount", "lines", "more"], weights=[28, 35, 30, 5])[0]
        if way == "lines" and (backs := self.lines_back(sold)):
            return None, backs
        if way == "more":
            return rest + self.draw.choice([CENT, Decimal(100)]), ()
        return (None if way == "all" or rest <= 0 else self.money(rest)), ()

    def lines_back(self, sold: Sold) -> tuple[Back, ...]:
        backs = []
        for line in sold.lines:
            if line.rest > 0 and self.chance(0.6):
                amount = line.rest if self.chance(0.4) else self.money(line.rest)
                amount += CENT if self.chance(0.04) else 0
                pieces = line.rest_quantity if self.chance(0.5) else round(line.rest_quantity / 2, 3)
                quantity = pieces if self.chance(0.3) else None
                backs.append(Back(amount, line.sku, None if line.sku else line.category or None, quantity))
        return tuple(backs)

    # Points

    def wish(self, member: int, day: date) -> tuple[int | None, int | None]:
        """A number of points or a reward, mostly one that can be had."""
        if self.chance(0.3):
            return None, self.draw.randint(1, len(self.shop.rewards) + 1)
        step, least = self.shop.policy.redeem_step, self.shop.policy.redeem_min
        most = max(spendable_on(self.shop.members[member], day), least, step)
        wanted = self.draw.choice([most, most, self.draw.randint(1, most), self.draw.randint(1, most), most + step])
        return (max(wanted // step * step, -(-least // step) * step) if self.chance(0.93) else wanted), None

    def claim(self) -> Deed:
        member = self.draw.choice(MEMBERS)
        points, reward = self.wish(member, self.today)
        return Claim(member, self.draw.choice(STORES), self.next_number(), points, reward, self.today)

    def cancel(self) -> Deed:
        keys = list(self.shop.redemptions)
        store, key = self.draw.choice(keys[-10:]).split(":", 1) if keys else ("1", "nothing")
        return Cancel(int(store) if self.chance(0.97) else 1, key, self.today)

    def correct(self) -> Deed:
        member, store = self.draw.choice(MEMBERS), self.draw.choice(STORES)
        if self.chance(0.12):
            ends = self.draw.choice([None, self.today, self.today + self.draw.randint(1, 50) * DAY])
            points = self.draw.randint(1, 300)
            key = f"opening:{member}"
            return Correct(Posting(member, store, "import", points, "import", key, self.today, ends), self.today)
        points = self.draw.choice([1, -1]) * self.draw.randint(1, 90)
        ends = self.shop.policy.last_good_day(self.today)
        return Correct(
            Posting(member, store, "adjust", points, "adjust", self.next_number(), self.today, ends), self.today
        )
