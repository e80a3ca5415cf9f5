"""A year of tills as a file: receipts of five lines, habits of real shops, the same bytes at every run."""

import random
from datetime import datetime, timedelta
from pathlib import Path

STORES, PRODUCTS, LINES_A_RECEIPT = 200, 2_000, 5
_FIRST = datetime(2026, 1, 1, 8, 0, 0)


def store_code(number: int) -> str:
    return f"S{number:03d}"


def write_purchases(*, path: Path, lines: int, seed: int = 7) -> None:
    """`lines` purchase lines, a tenth of the receipts anonymous, one member for every ten lines."""
    dice = random.Random(seed)
    receipts, members = lines // LINES_A_RECEIPT, lines // 10
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("store,receipt_no,purchased_at,member_phone,sku,category,quantity,amount\n")
        for receipt in range(receipts):
            at = (_FIRST + timedelta(seconds=receipt * 86_400 * 300 // receipts)).strftime("%Y-%m-%d %H:%M:%S")
            phone = "" if dice.random() < 0.1 else f"139{dice.randrange(members):08d}"
            head = f"{store_code(dice.randrange(STORES))},R{receipt:08d},{at},{phone}"
            file.writelines(
                f"{head},P{(sku := dice.randrange(PRODUCTS)):05d},品类{sku % 40},1,{dice.randrange(100, 9_999) / 100:.2f}\n"
                for _ in range(LINES_A_RECEIPT)
            )
