"""What row-level security costs (design §7): the same lists as HQ, as a store, and without it, in one run.

    python -m bench.access --work DIR [--members N] [--rounds N]

DIR is filled by bench/load.py (once); names and messages are added. Everything in process, no HTTP, one connection each.
"screen" is what the back office does for a list: a scope is opened, the page read by admin/lists.py, its JSON written.
"sql" is the statement that a list comes down to, alone. Each is asked as hq_admin for the whole chain, as the manager of
one store of fifty, and by a superuser, whom no policy binds, with the store as a plain condition: the same code,
statements and connection settings, and the same rows must be found (the names of other stores' members beside them are not
the store's to see). Asked in turn, a round after the other; a ratio is the median of those of the rounds, whose load both
sides share. "policy alone" names no store in its statement: nothing of ours asks so, it is shown to be known.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from bench.database import serving
from bench.load import DAY

if TYPE_CHECKING:
    from tables.access import Role
    from tables.scope import Connection

Who = Literal["hq", "store", "plain"]
ZONE = ZoneInfo("Asia/Shanghai")
STORE = 7
MOST_TIMES = 1.3
FULL_SIZE = 1_000_000
EXACT = 10_000  # rows, beyond which the back office estimates
# Who asks first pays for what the others find in memory.
TURNS: tuple[tuple[Who, ...], ...] = tuple(permutations(("hq", "store", "plain")))
PAGED = {"__readable": "true", "__order": "-id", "__page_size": "50", "__page": "1"}
COLUMN = {"member": "home_store", "purchase": "store", "send_log": "store", "points_entry": "store"}


@dataclass
class Case:
    """One list: by the screen (`what`, `params` of its request) or by SQL, where `{own}` is the store's condition."""

    name: str
    table: str
    what: str = "rows"
    params: dict[str, str] = field(default_factory=dict)
    sql: str = ""
    budget: float | None = MOST_TIMES
    times: dict[Who, list[float]] = field(default_factory=lambda: {"hq": [], "store": [], "plain": []})


@dataclass
class Desk:
    """Two connections: one as the product has it, one that no policy binds."""

    ours: "Connection"
    free: "Connection"


def _cases() -> list[Case]:
    screens = [
        case
        for table, filters in {
            "member": {"tier": "3"},
            "purchase": {"business_date": str(DAY)},
            "send_log": {"state": "failed"},
            "points_entry": {"business_date": str(DAY)},
        }.items()
        for case in (
            Case(f"screen {table}, page 1", table, params=PAGED),
            Case(f"screen {table}, filter", table, params={**PAGED, **filters}),
            Case(f"screen {table}, count", table, "count"),
            Case(f"screen {table}, count of filter", table, "count", filters),
        )
    ]
    return screens + [
        case
        for table in COLUMN
        for case in (
            Case(f"sql {table}, page 1", table, sql=f"SELECT id FROM {table} WHERE {{own}} ORDER BY id DESC LIMIT 50"),
            Case(f"sql {table}, count", table, sql=f"SELECT count(*) FROM {table} WHERE {{own}}"),
        )
    ] + [
        Case("policy alone: member, page 1", "member", sql="SELECT id FROM member WHERE {alone} ORDER BY id DESC LIMIT 50", budget=None),
        Case("policy alone: member, count", "member", sql="SELECT count(*) FROM member WHERE {alone}", budget=None),
        Case("scope, empty", "member", sql="SELECT 1", budget=None),
    ]  # fmt: skip


async def _asked(*, desk: Desk, case: Case, who: Who) -> tuple[float, object]:
    """Milliseconds and what was found."""
    from tables.scope import scope

    role: Role = "hq_admin" if who == "hq" else "store_manager"
    stores = () if who == "hq" else (STORE,)
    began = time.perf_counter()
    async with scope(role=role, stores=stores, connection=desk.free if who == "plain" else desk.ours) as connection:
        aside = time.perf_counter()
        if who == "plain":
            # The session's own user again, whom policies do not bind; what the baseline does not need is not timed.
            await connection.execute("SET LOCAL ROLE NONE")
        aside = time.perf_counter() - aside if who == "plain" else 0
        answered: bytes | list[object]
        answered = await _screen(case=case, role=role) if not case.sql else await _sql(case, who, connection)
    return (time.perf_counter() - began - aside) * 1000, _found(answered)


def _found(answered: bytes | list[object]) -> object:
    """Which rows, or how many; what is estimated is only large."""
    if not isinstance(answered, bytes):
        return answered
    content = json.loads(answered)
    return [row["id"] for row in content["rows"]] if "rows" in content else min(content["count"], EXACT)


async def _screen(*, case: Case, role: "Role") -> bytes:
    from admin.lists import answer
    from admin.registry import SCREENS

    return await answer(
        screen=SCREENS[case.table], screens=SCREENS, what=case.what, params=list(case.params.items()), role=role,
        language="zh", zone=ZONE,
    )  # fmt: skip


async def _sql(case: Case, who: Who, connection: "Connection") -> list[object]:
    own = f"{COLUMN[case.table]} = {STORE}"
    rows = await connection.fetch(
        case.sql.format(own="true" if who == "hq" else own, alone=own if who == "plain" else "true")
    )
    return [tuple(row) for row in rows]


async def measure(*, rounds: int) -> list[Case]:
    """Every case by everybody in each round; a first round that counts for nothing warms everyone up."""
    from bench.database import superuser
    from tables.scope import session

    table, free = _cases(), await superuser()
    try:
        async with session() as ours:
            desk = Desk(ours=ours, free=free)
            for name, own in COLUMN.items():
                # From the disk, the first to ask would be given up like any list that takes too long.
                await free.execute(f"SELECT sum(length(t::text)) FROM {name} t WHERE {own} = {STORE}")
            for number in range(rounds + 1):
                for case in table:
                    await _round(desk=desk, case=case, turn=TURNS[number % len(TURNS)], counts=number > 0)
                if number % 10 == 0:
                    print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
    finally:
        await free.close()
    return table


async def _round(*, desk: Desk, case: Case, turn: tuple[Who, ...], counts: bool) -> None:
    answers = {}
    for who in turn:
        ms, answers[who] = await _asked(desk=desk, case=case, who=who)
        if counts:
            case.times[who].append(ms)
    if answers["store"] != answers["plain"]:
        raise SystemExit(f"{case.name}: a store is answered otherwise than its own rows are")


def report(*, table: list[Case]) -> bool:
    """Prints the table; True when every budget is kept."""
    kept = True
    print(f"{'milliseconds: median (p95)':<40}{'HQ':>18}{'store':>18}{'without RLS':>18}{'store/without':>15}")
    for case in table:
        middle = {who: statistics.median(ms) for who, ms in case.times.items()}
        slow = {who: statistics.quantiles(ms, n=20)[-1] for who, ms in case.times.items()}
        ratio = statistics.median(
            store / plain for store, plain in zip(case.times["store"], case.times["plain"], strict=True)
        )
        good = case.budget is None or ratio <= case.budget
        kept = kept and good
        shown = "".join(f"{f'{middle[who]:.2f} ({slow[who]:.2f})':>18}" for who in ("hq", "store", "plain"))
        verdict = "" if case.budget is None else "kept" if good else "MISSED"
        print(f"{case.name:<40}{shown}{f'{ratio:.2f} ×':>15}  {verdict}")
    return kept


async def _ready(*, members: int) -> None:
    from bench.access_data import write_to_members
    from bench.admin_data import name_members
    from bench.load import ready

    steps: tuple[Callable[[], Awaitable[None]], ...] = (name_members, write_to_members)
    await ready(members=members)
    for step in steps:
        await step()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="a folder for the server's data, kept")
    parser.add_argument("--members", type=int, default=FULL_SIZE)
    parser.add_argument("--rounds", type=int, default=120)
    given = parser.parse_args()
    with serving(folder=given.work.resolve()):
        asyncio.run(_ready(members=given.members))
        table = asyncio.run(measure(rounds=given.rounds))
    return 0 if report(table=table) else 1


if __name__ == "__main__":
    sys.exit(main())
