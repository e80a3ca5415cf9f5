"""The second opinion about segments of the journey year: counted with pandas from members.csv and purchases.csv.

Shares no code with the product. Run it alone with `python -m bench.journey_people_plain --work DIR`.
"""

import argparse
import json
from pathlib import Path

import pandas as pd

from bench.journey_facts import CATEGORY, NIGHT, TAG


def plain(*, work: Path) -> dict[str, int]:
    """By name: how many members, from members.csv and purchases.csv."""
    rows = _rows(work)
    today = pd.Timestamp(NIGHT) + pd.Timedelta(days=1)
    sales = (
        rows.groupby(["member_phone", "receipt_no"]).agg(day=("day", "first"), amount=("amount", "sum")).reset_index()
    )
    by = sales.groupby("member_phone")
    first, last, count = by.day.min(), by.day.max(), by.size()
    idle = (today - last).dt.days
    quarter = sales[sales.day >= "2017-10-01"].groupby("member_phone")
    quarters, spent = (
        part.reindex(count.index, fill_value=0) for part in (quarter.size(), quarter.amount.sum().round(2))
    )
    interval = ((last - first).dt.days / (count - 1)).where(count > 1).round(2)
    slower = (by.day.apply(_slower) >= 1.5) | ((idle >= 3 * interval) & (count >= 5))
    spends = by.amount.sum().round(2)
    return {
        "沉睡": int((idle >= 180).sum()),
        "高价值": int((quarters >= 3).sum()),
        "新客": int(((today - first).dt.days < 30).sum()),
        "成长": int(((count >= 3) & (count < 5) & (idle < 60)).sum()),
        "成熟": int((count >= 5).sum()),
        "衰退": int(((idle >= 60) & (idle < 180)).sum()),
        "3个月未到店": int((idle >= 90).sum()),
        "季度满千": int((spent >= 1000).sum()),
        "流失预警": int((slower & (idle < 180)).sum()),
        "年度TOP10": min(10, int((spends > 0).sum())),
        "3公里内": 0,
        "意向": 0,
        TAG: _close_together(rows),
    }


def _rows(work: Path) -> pd.DataFrame:
    """The lines until NIGHT."""
    rows = pd.read_csv(work / "purchases.csv", dtype={"member_phone": str, "receipt_no": str, "category": str})
    rows["day"] = pd.to_datetime(rows.purchased_at.str[:10])
    return rows[rows.day <= pd.Timestamp(NIGHT)]


def _slower(days: pd.Series) -> float:
    """The last three intervals between days of receipts over those before."""
    distinct = pd.Series(sorted(set(days)))
    gaps = distinct.diff().dt.days.dropna()
    return round(gaps[-3:].mean() / gaps[:-3].mean(), 3) if len(gaps) > 3 else 0.0


def _close_together(rows: pd.DataFrame) -> int:
    """Members with three receipts of the category within any seven days."""
    of_category = rows[rows.category == CATEGORY].drop_duplicates(["member_phone", "receipt_no"])
    of_category = of_category.sort_values(["member_phone", "day"])
    third = of_category.groupby("member_phone").day.diff(2)
    return int(of_category.member_phone[third.dt.days < 7].nunique())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    print(json.dumps(plain(work=parser.parse_args().work), ensure_ascii=False))


if __name__ == "__main__":
    main()
