"""A second opinion on the journey year: plain Python, one member after the other, no code of the product.

Reads only `program.toml`, `members.csv` and `purchases.csv`; walks every business date of every member and writes down
what design.md §4.2, §4.5 and §4.6 say must happen. `python -m bench.journey_oracle --work DIR` prints its own totals;
with `--data DIR` (the REGULARS_DATA_DIR of a finished replay) a dozen members are compared with the product's rows,
with `--all` every member.

Where design.md leaves room this script reads it so:
- a receipt that earns 0 points writes no points entry, so it is no movement for the statement;
- a tier move of the night of D has business_date D and counts for receipts from D + 1 on;
- `small` is tested before `recent_reminder`; of several n in one night the smallest is decided first;
- "sent in 14 days" looks at reminders of business_date > D - 14, those of the same night included;
- a quarter before the first receipt has a net spend of 0; a grant does not occur in this year.
"""

import argparse
import csv
import sys
import time
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

from bench import journey_compare
from bench.journey_facts import Facts

ONE_DAY = timedelta(days=1)
WARNING_DAYS = 15


@dataclass
class Program:
    per_yuan: Decimal
    valid_days: int
    round_expiry: str
    remind_days: list[int]
    remind_min_points: int
    remind_every_days: int
    tiers: list[tuple[int, Decimal, Decimal]]
    """rank, quarterly spend, multiplier; lowest first"""


@dataclass
class Receipt:
    number: str
    amount: Decimal = Decimal(0)


@dataclass
class Walk:
    """Where one member stands while the dates go by."""

    facts: Facts
    rank: int = 1
    valid_until: date | None = None
    spend: dict[date, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    alive: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    """points by the last day they are good"""
    moved: set[tuple[int, int]] = field(default_factory=set)
    reminded_on: date | None = None


def read_program(*, path: Path) -> Program:
    with path.open("rb") as file:
        data: dict[str, Any] = tomllib.load(file)
    points = data["points"]
    if points.get("hold_days", 0) or "valid_days" not in points:
        sys.exit("the oracle knows neither hold_days nor valid_months")
    tiers = [(t["rank"], Decimal(str(t["quarterly_spend"])), Decimal(str(t["earn_multiplier"]))) for t in data["tiers"]]
    return Program(
        per_yuan=Decimal(str(points["per_yuan"])),
        valid_days=points["valid_days"],
        round_expiry=points.get("round_expiry", "none"),
        remind_days=sorted(points.get("remind_days", [])),
        remind_min_points=points.get("remind_min_points", 100),
        remind_every_days=points.get("remind_every_days", 14),
        tiers=sorted(tiers),
    )


def read_receipts(*, path: Path) -> dict[str, dict[date, list[Receipt]]]:
    """Phone → date → receipts in the file's order, lines summed."""
    members: dict[str, dict[date, list[Receipt]]] = defaultdict(lambda: defaultdict(list))
    known: dict[tuple[str, str], Receipt] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = (row["store"], row["receipt_no"])
            if key not in known:
                known[key] = Receipt(number=row["receipt_no"])
                members[row["member_phone"]][date.fromisoformat(row["purchased_at"][:10])].append(known[key])
            known[key].amount += Decimal(row["amount"])
    return members


def quarter_start(*, day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def quarter_end(*, day: date) -> date:
    return quarter_start(day=quarter_start(day=day) + timedelta(days=100)) - ONE_DAY


def last_good_day(*, earned_on: date, program: Program) -> date:
    day = earned_on + timedelta(days=program.valid_days)
    if program.round_expiry == "month":
        return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - ONE_DAY
    if program.round_expiry == "quarter":
        return quarter_end(day=day)
    if program.round_expiry == "year":
        return date(day.year, 12, 31)
    return day


def rank_for(*, spend: Decimal, program: Program) -> int:
    return max(rank for rank, threshold, _ in program.tiers if threshold <= spend)


def walk_member(*, phone: str, receipts: dict[date, list[Receipt]], dates: list[date], program: Program) -> Facts:
    walk = Walk(facts=Facts(phone=phone))
    for day in dates:
        for receipt in receipts.get(day, []):
            _earn(walk, day, receipt, program)
        _expire(walk, day)
        _step_tier(walk, day, program)
        _remind(walk, day, program)
        _state(walk, day)
    facts = walk.facts
    facts.rank, facts.valid_until, facts.balance = walk.rank, walk.valid_until, sum(walk.alive.values())
    facts.messages = {day for _, _, day, fate, _ in facts.notices if fate == "message"}
    return facts


def _earn(walk: Walk, day: date, receipt: Receipt, program: Program) -> None:
    multiplier = next(multiplier for rank, _, multiplier in program.tiers if rank == walk.rank)
    points = int((receipt.amount * program.per_yuan * multiplier).to_integral_value(ROUND_FLOOR))
    walk.spend[quarter_start(day=day)] += receipt.amount
    walk.facts.receipts += 1
    walk.facts.amount += receipt.amount
    if points:
        walk.facts.earned.add((receipt.number, day, points))
        walk.alive[last_good_day(earned_on=day, program=program)] += points
        walk.moved.add((day.year, day.month))


def _expire(walk: Walk, day: date) -> None:
    points = walk.alive.pop(day, 0)
    if points:
        walk.facts.expired.add((day, points))
        walk.moved.add((day.year, day.month))


def _step_tier(walk: Walk, day: date, program: Program) -> None:
    """§4.5: the highest of Q(S(k)) and Q(S(k-1)), k = the quarter of the next day."""
    this = quarter_start(day=day + ONE_DAY)
    before = quarter_start(day=this - ONE_DAY)
    earned = rank_for(spend=walk.spend[this], program=program)
    rank = max(earned, rank_for(spend=walk.spend[before], program=program))
    end = quarter_end(day=this)
    if rank == 1:
        walk.valid_until = None
    else:
        walk.valid_until = quarter_end(day=end + ONE_DAY) if earned >= rank else end
    if rank != walk.rank:
        kind = "tier_up" if rank > walk.rank else "tier_down"
        walk.facts.moves.add((day, walk.rank, rank))
        walk.facts.notices.add((kind, day.isoformat(), day, "message", 0))
        walk.rank = rank
    if walk.valid_until == day + timedelta(days=WARNING_DAYS):
        walk.facts.notices.add(("tier_warning", walk.valid_until.isoformat(), day, "message", 0))


def _remind(walk: Walk, day: date, program: Program) -> None:
    for n in program.remind_days:
        last = day + timedelta(days=n)
        points = walk.alive.get(last, 0)
        if not points:
            continue
        soon = sum(p for on, p in walk.alive.items() if day < on <= last)
        if soon < program.remind_min_points:
            fate = "small"
        elif walk.reminded_on and walk.reminded_on > day - timedelta(days=program.remind_every_days):
            fate = "recent_reminder"
        else:
            fate, walk.reminded_on = "message", day
        walk.facts.notices.add(("points_expiring", f"{last.isoformat()}:{n}", day, fate, points))


def _state(walk: Walk, day: date) -> None:
    month_ends = (day + ONE_DAY).day == 1
    if month_ends and (day.year, day.month) in walk.moved:
        walk.facts.notices.add(("statement", day.strftime("%Y-%m"), day, "message", 0))


def recompute(*, folder: Path) -> dict[str, Facts]:
    """Every member of the file, those without a receipt included."""
    program = read_program(path=folder / "program.toml")
    receipts = read_receipts(path=folder / "purchases.csv")
    with (folder / "members.csv").open(encoding="utf-8", newline="") as file:
        phones = sorted({row["phone"] for row in csv.DictReader(file)} | set(receipts))
    seen = {day for of_member in receipts.values() for day in of_member}
    first, last = min(seen), max(seen)
    dates = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {
        phone: walk_member(phone=phone, receipts=receipts.get(phone, {}), dates=dates, program=program)
        for phone in phones
    }


def totals(*, members: dict[str, Facts], program: Program) -> dict[str, str]:
    """The oracle's half of the journey's figures, under the same names."""
    count: Counter[str] = Counter()
    for facts in members.values():
        count.update(facts.counted(ranks=[rank for rank, _, _ in program.tiers]))
    amount = sum((facts.amount for facts in members.values()), Decimal(0))
    figures = {name: str(number) for name, number in sorted(count.items())}
    per_member = Decimal(count["messages"]) / len(members)
    return figures | {
        "amount": f"{amount:.2f}",
        "messages per member": f"{per_member:.2f}",
        "messages of one member at most": str(max(len(facts.messages) for facts in members.values())),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder of the files")
    parser.add_argument("--data", type=Path, help="REGULARS_DATA_DIR of a finished replay to compare with")
    parser.add_argument("--all", action="store_true", help="compare every member, not a dozen")
    options = parser.parse_args()
    started = time.perf_counter()
    members = recompute(folder=options.work)
    program = read_program(path=options.work / "program.toml")
    ours = totals(members=members, program=program)
    print(f"oracle: {len(members)} members in {time.perf_counter() - started:.1f} s", file=sys.stderr)
    if not options.data:
        print("\n".join(f"{name:<60}{value:>16}" for name, value in ours.items()))
        return 0
    wrong = journey_compare.compare(members=members, data=options.data, everyone=options.all)
    return journey_compare.compare_totals(ours=ours, data=options.data) | wrong


if __name__ == "__main__":
    sys.exit(main())
