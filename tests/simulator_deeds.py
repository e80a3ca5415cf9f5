"""What can happen in a shop, each as plain data that is done to the product and told to the oracle, to be compared.

Both answer with a code (posted, known or why not) and the numbers that a till would print.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Protocol

from actions.points import Posted, adjust, cancel_redemption, open_balance, redeem
from actions.purchases import Line, Spend, record_purchase
from actions.refunds import RefundLine, record_refund
from tables.scope import scope
from tests import make
from tests.oracle import Receipt
from tests.oracle_ledger import Deed as Posting
from tests.oracle_ledger import Entry
from tests.oracle_refunds import Refund, Refunds

Told = tuple[str, tuple[object, ...]]
CODES = {"short": "insufficient_points", "before_sale": "future_date"}


class Deed(Protocol):
    """`do` raises the product's Refusal (a folder is for files), `tell` answers for the oracle with the refusal's code."""

    async def do(self, folder: Path, /) -> Told: ...

    def tell(self, shop: Refunds) -> Told: ...


def late(day: date) -> datetime:
    """The last second of a day, when all of it has happened."""
    return datetime.combine(day, time(23, 59, 59), make.ZONE)


def phone(member: int) -> str:
    return f"+861390000000{member}"


def answer(known: bool, *numbers: object) -> Told:  # noqa: FBT001
    return "known" if known else "posted", numbers


def judged(code: str, *numbers: object) -> Told:
    """Only what is written has numbers."""
    return CODES.get(code, code), numbers if code in {"posted", "known"} else ()


@dataclass(frozen=True)
class Sell:
    """At a till; `today` may be days after the receipt's own date."""

    receipt: Receipt
    today: date

    async def do(self, _: Path) -> Told:
        receipt = self.receipt
        lines = [
            Line(sku=sku, category=None if sku else category or None, quantity=quantity, amount=amount)
            for sku, category, quantity, amount in receipt.items()
        ]
        spend = Spend(points=receipt.points, reward=receipt.reward) if receipt.redeems else None
        async with scope(role="cashier", stores=[receipt.store]):
            done = await record_purchase(
                store=receipt.store, receipt_no=receipt.number, purchased_at=receipt.at, member=receipt.member, lines=lines,
                zone=make.ZONE, now=late(self.today), source="till", spend=spend,
            )  # fmt: skip
        return answer(done.known, done.earned, done.redeemed, done.value)

    def tell(self, shop: Refunds) -> Told:
        receipt = self.receipt
        (code,) = shop.sell([receipt])
        if code not in {"posted", "known"}:
            return judged(code)
        spent = shop.redemptions[f"{receipt.store}:{receipt.number}"] if receipt.redeems else None
        redeemed, value = (spent.points, spent.entry.value) if spent else (0, None)
        return judged(code, shop.sold[receipt.key].points, redeemed, value)


@dataclass(frozen=True)
class GiveBack:
    """A refund at a till."""

    refund: Refund
    today: date

    async def do(self, _: Path) -> Told:
        refund = self.refund
        lines = [
            RefundLine(sku=back.sku, category=back.category, quantity=back.quantity, amount=back.amount)
            for back in refund.lines
        ]
        async with scope(role="cashier", stores=[refund.store]):
            done = await record_refund(
                store=refund.store, refund_no=refund.number, sold_at=refund.sold_at, receipt_no=refund.receipt,
                refunded_at=refund.at, amount=refund.amount, lines=lines, zone=make.ZONE, now=late(self.today), source="till",
            )  # fmt: skip
        return answer(done.known, done.member, done.amount, done.taken_back, done.restored)

    def tell(self, shop: Refunds) -> Told:
        code = shop.refund(self.refund)
        if code not in {"posted", "known"}:
            return judged(code)
        done = shop.refunds[self.refund.store, self.refund.number]
        return judged(code, done.sold.receipt.member, done.amount, done.points, done.restored)


@dataclass(frozen=True)
class Claim:
    """Points, or a reward, redeemed without a sale."""

    member: int
    store: int
    key: str
    points: int | None
    reward: int | None
    today: date

    async def do(self, _: Path) -> Told:
        async with scope(role="cashier", stores=[self.store]):
            done = await redeem(
                member=self.member, store=self.store, reference=self.key, points=self.points, reward=self.reward,
                business_date=self.today,
            )  # fmt: skip
        return answer(done.known, done.points, done.balance_after, done.value)

    def tell(self, shop: Refunds) -> Told:
        code = shop.redeem(
            member=self.member, store=self.store, key=self.key, day=self.today, points=self.points, reward=self.reward
        )
        spent = shop.redemptions.get(f"{self.store}:{self.key}")
        return judged(code, *((spent.entry.points, spent.entry.after, spent.entry.value) if spent else ()))


@dataclass(frozen=True)
class Cancel:
    store: int
    key: str
    today: date

    async def do(self, _: Path) -> Told:
        async with scope(role="cashier", stores=[self.store]):
            return moved(await cancel_redemption(store=self.store, reference=self.key, business_date=self.today))

    def tell(self, shop: Refunds) -> Told:
        code = shop.cancel(store=self.store, key=self.key, day=self.today)
        spent = shop.redemptions.get(f"{self.store}:{self.key}")
        return judged(code, *(entry_of(spent.newest) if spent else ()))


@dataclass(frozen=True)
class Correct:
    """An adjustment by hand (kind adjust) or an opening balance (kind import)."""

    posting: Posting
    today: date

    async def do(self, _: Path) -> Told:
        deed = self.posting
        async with scope(role="job"):
            if deed.kind == "import":
                return moved(
                    await open_balance(
                        member=deed.member, store=deed.store, points=deed.points, business_date=deed.day, expires_on=deed.expires_on
                    )
                )  # fmt: skip
            return moved(
                await adjust(
                    member=deed.member, store=deed.store, form=deed.reference, points=deed.points, reason="补",
                    business_date=deed.day,
                )
            )  # fmt: skip

    def tell(self, shop: Refunds) -> Told:
        deed = self.posting
        code = shop.credit(deed) if deed.points > 0 else shop.debit(deed)
        entries = [entry for entry in shop.members[deed.member].entries if entry.reference == deed.reference]
        return judged(code, *(entry_of(entries[-1]) if entries else ()))


def moved(done: Posted) -> Told:
    return answer(done.known, done.points, done.balance_after)


def entry_of(entry: Entry | None) -> tuple[object, ...]:
    return (entry.points, entry.after) if entry else ()
