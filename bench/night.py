"""The night of a chain at scale against its budgets (design §8): the night row, as ratios within one run.

    python -m bench.night --work DIR [--members N]

DIR keeps the loaded data (made once, some minutes at 1 M) beside the copy that a run wears out.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.load import DAY, STORES

if TYPE_CHECKING:
    from bench.night_measure import Closing

SAMPLE = 3_000
FULL_SIZE = 1_000_000


@dataclass(frozen=True)
class Figure:
    """One line of the table; `good` is None where there is no budget."""

    name: str
    value: str
    budget: str = ""
    good: bool | None = None


def show(figure: Figure) -> None:
    verdict = {None: "", True: "pass", False: "FAIL"}[figure.good]
    print(f"{figure.name:<66} {figure.value:>14}  {figure.budget:<12} {verdict}", flush=True)


async def ordinary(*, members: int) -> list[Figure]:
    """The loop on a sample, the night of `DAY` for the rest, and the same night again."""
    from bench.night_loop import naive_seconds
    from bench.night_measure import close

    step = max(members // SAMPLE, 1)
    sample = list(range(1, members + 1, step))
    loop = await naive_seconds(members=sample, day=DAY) / len(sample) * members
    first = await close(day=DAY)
    again = await close(day=DAY, again=True)
    return [
        Figure(f"per-member loop, all members (from a sample of {len(sample):,})", f"{loop:.1f} s"),
        *_compared(loop=loop, first=first, again=again, big=members >= FULL_SIZE),
    ]


def _compared(*, loop: float, first: "Closing", again: "Closing", big: bool) -> list[Figure]:
    ratio, repeat = loop / first.seconds, again.seconds / first.seconds
    # The loop expires and moves tiers; what it leaves out must not count against the night.
    alike = loop / (first.jobs["mature"] + first.jobs["expire"] + first.jobs["tiers"])
    return [
        Figure(
            f"ordinary night of {DAY}, all jobs",
            f"{first.seconds:.2f} s",
            "≤ 15 s at 1 M",
            first.seconds <= 15 if big else None,
        ),
        *(Figure(f"  of it {job}", f"{seconds:.2f} s") for job, seconds in first.jobs.items()),
        Figure("  rows written by it", f"{first.written:,}"),
        Figure(
            "loop / the same deeds of the night (expire, tiers)",
            f"{alike:.0f} ×",
            "≥ 200 ×",
            alike >= 200 if big else None,
        ),
        Figure("loop / whole night, with notices and proof", f"{ratio:.0f} ×"),
        Figure("the same night --again", f"{again.seconds:.2f} s"),
        *(Figure(f"  of it {job}", f"{seconds:.2f} s") for job, seconds in again.jobs.items()),
        Figure("  rows written by --again", f"{again.written:,}", "0", again.written == 0),
        Figure("--again / ordinary night", f"{repeat:.2f}", "≤ 0.5", repeat <= 0.5),
    ]


async def with_tills(*, members: int, work: Path) -> list[Figure]:
    """Postings at 200 a second: alone, while an ordinary night runs, while a month's last night runs."""
    from bench.night_measure import during_night, idle
    from bench.night_tills import CONNECTIONS, RATE, Tills

    def tills(day: date) -> Tills:
        return Tills(stores=list(range(1, STORES + 1)), members=members, business_date=day)

    day = DAY + timedelta(days=1)
    alone = await idle(tills=tills(day))
    figures = [
        Figure(
            f"posting p99, idle ({RATE}/s offered, {CONNECTIONS} connections, {alone.posted:,} posted)",
            f"{alone.p99 * 1000:.1f} ms",
        )
    ]
    for name, closing in (("an ordinary night", day), ("a month's last night", day + timedelta(days=1))):
        busy = await during_night(tills=tills(closing + timedelta(days=1)), day=closing, work=work)
        figures += [
            Figure(
                f"posting p99 during {name} ({busy.seconds:.1f} s, {busy.posted:,} posted)", f"{busy.p99 * 1000:.1f} ms"
            ),
            Figure(f"posting p99, {name} / idle", f"{busy.p99 / alone.p99:.2f}", "≤ 3", busy.p99 <= 3 * alone.p99),
        ]
    return figures


async def checked() -> list[Figure]:
    from bench.night_measure import check_seconds

    seconds, broken = await check_seconds()
    return [
        Figure("full `regulars check`", f"{seconds:.1f} s", "≤ 90 s", seconds <= 90),
        Figure("invariants broken at the end", ", ".join(broken) or "none", "none", not broken),
    ]


async def measure(*, members: int, work: Path) -> bool:
    """Prints each group of figures as soon as it is known."""
    figures = []
    groups = (partial(ordinary, members=members), partial(with_tills, members=members, work=work), checked)
    for group in groups:
        found = await group()
        for figure in found:
            show(figure)
        figures += found
    return all(figure.good is not False for figure in figures)


def fresh_copy(*, work: Path, members: int) -> Path:
    """The loaded data, made when it is not there, and a copy of it to wear out."""
    loaded, used = work / f"loaded-{members}", work / "used"
    subprocess.run([sys.executable, "-m", "bench.load", "--work", loaded, "--members", str(members)], check=True)
    shutil.rmtree(used, ignore_errors=True)
    subprocess.run(["cp", "-a", loaded, used], check=True)
    return used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="a folder of this benchmark's own")
    parser.add_argument("--members", type=int, default=FULL_SIZE)
    parser.add_argument("--close", type=date.fromisoformat, help=argparse.SUPPRESS)
    given = parser.parse_args()
    work = given.work.resolve()
    if given.close is None:
        work.mkdir(parents=True, exist_ok=True)
        work = fresh_copy(work=work, members=given.members)
    os.environ["REGULARS_DATA_DIR"] = str(work)

    from config import servers
    from config.settings import settings

    with servers.running(settings()):
        if given.close is not None:
            from bench.night_measure import close_and_tell

            asyncio.run(close_and_tell(day=given.close))
            return
        good = asyncio.run(measure(members=given.members, work=work))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
