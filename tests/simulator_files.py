"""Receipts and refunds that come in by file."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from actions.purchases_import import import_purchases
from tests import make
from tests.oracle import Receipt
from tests.oracle_refunds import Refund, Refunds
from tests.simulator_deeds import Told, answer, judged, phone

COLUMNS = (
    "store", "receipt_no", "purchased_at", "member_phone", "sku", "category", "quantity", "amount", "kind", "refund_of",
)  # fmt: skip


@dataclass(frozen=True)
class File:
    """Refunds are of an amount, or of lines that all name what and how many."""

    receipts: tuple[Receipt, ...]
    refunds: tuple[Refund, ...]
    today: date

    async def do(self, folder: Path, /) -> Told:
        path = folder / "sales.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *self.sales(), *self.returns()])
        report = await import_purchases(path=path, zone=make.ZONE, today=self.today)
        return answer(False, *sorted((name, count) for name, count in report.counts.items() if count))

    def sales(self) -> Iterator[tuple[object, ...]]:
        for receipt in self.receipts:
            who = phone(receipt.member) if receipt.member else ""
            head = (f"S{receipt.store}", receipt.number, local(receipt.at), who)
            for sku, category, quantity, amount in receipt.items():
                yield *head, sku or "", "" if sku else category, quantity, amount, "", ""

    def returns(self) -> Iterator[tuple[object, ...]]:
        for refund in self.refunds:
            sale = refund.receipt if refund.sold_at == refund.store else f"S{refund.sold_at}:{refund.receipt}"
            head = (f"S{refund.store}", refund.number, local(refund.at), "")
            if refund.amount is not None:
                yield *head, "", "", 1, refund.amount, "refund", sale
            for back in refund.lines:
                yield *head, back.sku or "", back.category or "", back.quantity, -back.amount, "退货", sale

    def tell(self, shop: Refunds) -> Told:
        outcomes = shop.import_all(list(self.receipts), list(self.refunds))
        return judged("posted", *sorted((name, outcomes.count(name)) for name in set(outcomes)))


def local(at: datetime) -> str:
    return at.astimezone(make.ZONE).strftime("%Y-%m-%d %H:%M:%S")
