"""The shipped segments and one tag of the journey year, counted by the product and beside it with pandas from the raw files
(`journey_people_plain`), on the year's last day as of the night before it.
"""

import json
import subprocess
from pathlib import Path

from bench.journey_facts import CATEGORY, NIGHT, TAG
from bench.journey_product import ROOT, query

_MAKE_TAG = f"""
INSERT INTO tag (name, rule) VALUES ('{TAG}', '买过品类 "{CATEGORY}" 至少3次 任意7天内') ON CONFLICT (name) DO NOTHING
"""
_COUNTED = f"""
SELECT name, members::text FROM segment WHERE counted_on = '{NIGHT}'
UNION ALL SELECT t.name, count(x.member)::text FROM tag t LEFT JOIN member_tag x ON x.tag = t.id WHERE t.name = '{TAG}' GROUP BY t.name
"""


def split(*, purchases: Path, folder: Path) -> tuple[Path, Path]:
    """The file of purchases as two: through NIGHT, and the rest. It is in the order of time."""
    until, after = folder / "purchases-1.csv", folder / "purchases-2.csv"
    with (
        purchases.open(encoding="utf-8") as rows,
        until.open("w", encoding="utf-8") as first,
        after.open("w", encoding="utf-8") as rest,
    ):
        head = next(rows)
        place = head.strip().split(",").index("purchased_at")
        first.write(head)
        rest.write(head)
        for row in rows:
            (first if row.split(",")[place][:10] <= str(NIGHT) else rest).write(row)
    return until, after


def make_tag(*, data: Path) -> None:
    """That chain's own 榴莲爱好者, by a rule like the shipped one."""
    query(data=data, sql=_MAKE_TAG)


def compare(*, work: Path, data: Path, python: str) -> int:
    """Prints both counts; 1 when they differ anywhere."""
    ours = {row[0]: int(row[1]) for row in query(data=data, sql=_COUNTED)}
    command = [python, "-m", "bench.journey_people_plain", "--work", str(work)]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    theirs: dict[str, int] = json.loads(told)
    print(
        f"\n### Segments and a tag after the night of {NIGHT}\n\n| name | product | pandas | same |\n|---|---:|---:|---|"
    )
    for name, number in theirs.items():
        print(f"| {name} | {ours.get(name, '–')} | {number} | {'yes' if ours.get(name) == number else 'NO'} |")
    return int(ours != theirs)
