"""Import of purchases against its floor and a loop: `.venv/bin/python bench/import.py [--lines 1000000]`.

In one run, on one machine, into the same schema with the same constraints and indexes:
- the product: `import_purchases`, then the same file again;
- the floor: COPY of the file's bytes and set-based SQL that trusts the file (no checks, no rejects, one transaction);
- a loop: the same deeds row by row, a commit each, measured on a sample.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.database import fresh_database, serving
from bench.import_baselines import ROWS_OF_ALL, floor, loop, prepare
from bench.import_data import write_purchases

SAMPLE = 3_000


async def product(*, path: Path) -> tuple[float, dict[str, int]]:
    """Seconds and counts of one import through the product."""
    from actions.purchases_import import import_purchases
    from config.settings import settings
    from rules.calendar import business_date

    zone = settings().zone
    began = time.perf_counter()
    report = await import_purchases(path=path, zone=zone, today=business_date(at=datetime.now(UTC), zone=zone))
    return time.perf_counter() - began, report.counts


async def fresh(baseline: Coroutine[Any, Any, float]) -> float:
    """A baseline in a database of its own."""
    await fresh_database()
    await prepare()
    return await baseline


async def measure(*, path: Path, lines: int) -> list[tuple[str, str, str, bool]]:
    """Rows of (what, figure, budget, kept)."""
    from tables.scope import database, owner

    await fresh_database()
    await prepare()
    async with database(), owner() as connection:
        first, counts = await product(path=path)
        before = await connection.fetchval(ROWS_OF_ALL)
        again, _ = await product(path=path)
        written = await connection.fetchval(ROWS_OF_ALL) - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    bottom, each = await fresh(floor(path=path)), await fresh(loop(path=path, sample=min(SAMPLE, lines)))
    return [
        ("product", f"{first:.1f} s, {lines / first:,.0f} lines/s, {counts}", "", True),
        ("floor: COPY and set-based SQL", f"{bottom:.1f} s, {lines / bottom:,.0f} lines/s", "", True),
        (
            "loop: row by row",
            f"{1 / each:,.0f} lines/s over {min(SAMPLE, lines):,}, {each * lines:,.0f} s for all",
            "",
            True,
        ),
        ("product / floor", f"{first / bottom:.2f}", "≤ 2", first <= 2 * bottom),
        ("loop / product", f"{each * lines / first:.0f} ×", "≥ 30 ×", each * lines >= 30 * first),
        ("same file again / first", f"{again / first:.2f} ({again:.1f} s)", "≤ 0.7", again <= 0.7 * first),
        ("rows written by the same file", f"{written:,}", "0", written == 0),
        ("memory of the command", f"{memory:.0f} MB", "≤ 300 MB", memory <= 300),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rg-bench-") as folder:
        path = Path(folder) / "purchases.csv"
        write_purchases(path=path, lines=given.lines)
        with serving(folder=Path(folder) / "data"):
            rows = asyncio.run(measure(path=path, lines=given.lines))
    print(f"import of {given.lines:,} purchase lines")
    for what, figure, budget, kept in rows:
        print(f"  {what:32} {figure:50} {budget:10} {'' if not budget else 'kept' if kept else 'MISSED'}")
    return 0 if all(kept for *_, kept in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
