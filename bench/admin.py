"""The admin's lists at scale against their budgets (design §8), and against Django's admin on the same data in one run.

    python -m bench.admin --work DIR [--members N] [--rounds N]

DIR is filled by bench/load.py (once) and its members are given names. Everything in process, no HTTP, 50 rows a page, one
connection each. Ours: what one page of the screen costs, count and rows, each in a scope of its own as the door opens it,
up to the JSON that the stock screen draws; Django's includes its HTML. Rounds are interleaved; a time is the median,
p95 is over all of ours. Searches take another member each round, deep pages another page. "ledger of one phone" is for
us three requests: the picker finds the member, then count and rows. "plain/" and "tuned/" say how many times longer
Django takes; surnames have no budget against it, and filters have none at all: they are shown to be known.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from bench.database import serving

if TYPE_CHECKING:
    from bench.admin_django import Pages
    from tables.access import Role

ZONE = ZoneInfo("Asia/Shanghai")
OURS_A_ROUND = 5
P95_MS, PLAIN_TIMES, TUNED_TIMES, DEEP_TIMES = 25, 20, 2, 1.5
STORE = 7
FULL_SIZE = 1_000_000
# What takes Django seconds is not measured in every round.
SLOW_MS, SLOW_ROUNDS = 2_000, 3


@dataclass
class Wanted:
    """Whom a round looks for, and how many pages further than the deep page it pages."""

    member: int
    phone: str
    name: str
    further: int


Params = Callable[[Wanted], dict[str, str]]


@dataclass
class Case:
    """`ours`: parameters of the screen; `django`: those of its change list, None where it has no answer. `like`: the case
    that a deep page is measured against. `budgets`: which of design §8 it is held to.
    """

    name: str
    table: str
    ours: Params
    django: Params | None
    budgets: str = ""
    like: str | None = None
    picks: bool = False
    role: "Role" = "hq_admin"
    times: dict[str, list[float]] = field(default_factory=lambda: {"ours": [], "plain": [], "tuned": []})


def _deep(row: int, key: str) -> Params:
    return lambda wanted: {key: str(row // 50 + 1 + wanted.further)}


def _chain(*, members: int) -> list[Case]:
    """As hq_admin, beside Django."""
    deep, far = members * 3 // 4, members * 5
    first, entry = "members page 1", "points_entry"
    return [
        Case(first, "member", lambda _: {}, lambda _: {}, "p95 plain tuned"),
        Case("members deep", "member", _deep(deep, "__page"), _deep(deep, "p"), "p95 plain tuned deep", like=first),
        Case("full phone", "member", lambda w: {"phone": w.phone}, lambda w: {"q": w.phone}, "p95 plain"),
        Case("phone tail (6)", "member", lambda w: {"phone": w.phone[-6:]}, lambda w: {"q": w.phone[-6:]}, "p95 plain"),
        Case("name", "member", lambda w: {"name": w.name}, lambda w: {"q": w.name}, "p95 plain"),
        Case("surname", "member", lambda w: {"name": w.name[0]}, lambda w: {"q": w.name[0]}, "p95"),
        Case("members of a tier", "member", lambda _: {"tier": "3"}, lambda _: {"tier__id__exact": "3"}, "p95"),
        Case("ledger page 1", entry, lambda _: {}, lambda _: {}, "p95 plain tuned"),
        Case("ledger deep", entry, _deep(far, "__page"), _deep(far, "p"), "p95 plain tuned deep", like="ledger page 1"),
        Case("ledger of one phone", entry, lambda w: {"member": str(w.member)}, lambda w: {"q": w.phone}, "p95 plain tuned", picks=True),
    ]  # fmt: skip


def cases(*, members: int) -> list[Case]:
    """As hq_admin beside Django, then as the manager of one store of fifty."""
    chain = _chain(members=members)
    deep = {"member": members // 50 * 3 // 4, "points_entry": members // 10}
    return chain + [
        Case(
            f"store: {one.name}", one.table, one.ours if one.like is None else _deep(deep[one.table], "__page"), None,
            "p95 deep" if one.like else one.budgets[:3],
            like=one.like and f"store: {one.like}", picks=one.picks, role="store_manager",
        )
        for one in chain
    ]  # fmt: skip


async def _ours(*, case: Case, wanted: Wanted) -> float:
    """Milliseconds of the requests that the screen makes for one page."""
    from admin.lists import answer
    from admin.registry import SCREENS
    from tables.scope import scope

    filters = {key: value for key, value in case.ours(wanted).items() if not key.startswith("__")}
    paged = {"__readable": "true", "__order": "-id", "__page_size": "50", "__page": "1", **case.ours(wanted)}
    asked = [(case.table, "count", filters), (case.table, "rows", paged)]
    if case.picks:
        asked.insert(0, ("member", "ids", {"search": wanted.phone, "limit": "6"}))
    began = time.perf_counter()
    for table, what, params in asked:
        async with scope(role=case.role, stores=() if case.role == "hq_admin" else (STORE,)):
            await answer(
                screen=SCREENS[table], screens=SCREENS, what=what, params=list(params.items()), role=case.role,
                language="zh", zone=ZONE,
            )  # fmt: skip
    return (time.perf_counter() - began) * 1000


def _django(*, pages: "Pages", admin: str, case: Case, wanted: Wanted) -> None:
    if case.django is None or (admin == "tuned" and "tail" in case.name):
        return
    if len(case.times[admin]) >= SLOW_ROUNDS and statistics.median(case.times[admin]) > SLOW_MS:
        return
    began = time.perf_counter()
    pages.render(admin=admin, table=case.table, params=case.django(wanted))
    case.times[admin].append((time.perf_counter() - began) * 1000)


async def _wanted(*, members: int, rounds: int) -> list[tuple[Wanted, Wanted]]:
    """For each round somebody of the chain and somebody of the store."""
    from bench.database import superuser

    chance = random.Random(20260829)
    connection = await superuser()
    try:
        own = await connection.fetch("SELECT id, phone, name FROM member WHERE home_store = $1 ORDER BY id", STORE)
        found = []
        for number in range(rounds):
            anyone = await connection.fetch(
                "SELECT id, phone, name FROM member WHERE id = $1", chance.randint(1, members)
            )
            pair = [
                (row["id"], row["phone"].removeprefix("+86"), row["name"]) for row in (anyone[0], chance.choice(own))
            ]
            found.append((Wanted(*pair[0], number), Wanted(*pair[1], number)))
        return found
    finally:
        await connection.close()


async def measure(*, members: int, rounds: int, pages: "Pages") -> list[Case]:
    """Every case once in each round, ours several times; a first round that counts for nothing warms everyone up."""
    from tables.scope import database

    table = cases(members=members)
    # Django keeps a connection for each thread: this is its one.
    alone = partial(asyncio.get_running_loop().run_in_executor, ThreadPoolExecutor(max_workers=1))
    async with database(max_size=1):
        for number, (anyone, own) in enumerate(await _wanted(members=members, rounds=rounds + 1)):
            for case in table:
                wanted = own if case.role == "store_manager" else anyone
                for admin in ("plain", "tuned"):
                    await alone(partial(_django, pages=pages, admin=admin, case=case, wanted=wanted))
                case.times["ours"] += [await _ours(case=case, wanted=wanted) for _ in range(OURS_A_ROUND)]
                if number == 0:
                    case.times = {name: [] for name in case.times}
            print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
    return table


def _missed(*, case: Case, p95: float, ratios: dict[str, float | None], full_size: bool) -> list[str]:
    """The budgets of the case that its figures miss; the ratio to plain Django is one of size."""
    plain, tuned, deep = ratios["plain"], ratios["tuned"], ratios["deep"]
    found = {
        "p95": p95 <= P95_MS,
        "plain": not full_size or plain is None or plain >= PLAIN_TIMES,
        "tuned": tuned is None or tuned >= TUNED_TIMES,
        "deep": deep is None or deep <= DEEP_TIMES,
    }
    return [name for name in case.budgets.split() if not found[name]]


def report(*, table: list[Case], full_size: bool) -> bool:
    """Prints the table; True when every budget is kept."""
    middle = {case.name: {who: statistics.median(ms) for who, ms in case.times.items() if ms} for case in table}
    kept = True
    print(f"{'page':<28}{'plain':>10}{'tuned':>10}{'ours':>8}{'p95':>8}{'plain/':>12}{'tuned/':>12}{'/page 1':>8}")
    for case in table:
        ms = middle[case.name]
        p95 = statistics.quantiles(case.times["ours"], n=20)[-1]
        ratios: dict[str, float | None] = {
            who: ms[who] / ms["ours"] if who in ms else None for who in ("plain", "tuned")
        }
        ratios["deep"] = ms["ours"] / middle[case.like]["ours"] if case.like else None
        missed = _missed(case=case, p95=p95, ratios=ratios, full_size=full_size)
        kept = kept and not missed
        django = [f"{ms[who]:.0f} ms" if who in ms else "" for who in ("plain", "tuned")]
        shown = [f"{ratio:,.1f} ×" if ratio is not None else "" for ratio in ratios.values()]
        verdict = (
            f"MISSED: {', '.join(missed)}"
            if missed
            else f"kept: {', '.join(case.budgets.split())}"
            if case.budgets
            else ""
        )
        print(
            f"{case.name:<28}{django[0]:>10}{django[1]:>10}{ms['ours']:>8.1f}{p95:>8.1f}"
            f"{shown[0]:>12}{shown[1]:>12}{shown[2]:>8}  {verdict}"
        )
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="a folder for the server's data, kept")
    parser.add_argument("--members", type=int, default=FULL_SIZE)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    with serving(folder=given.work.resolve()):
        from bench.admin_data import name_members
        from bench.admin_django import Pages, configure
        from bench.load import ready
        from config.settings import settings

        asyncio.run(ready(members=given.members))
        asyncio.run(name_members())
        place = parse_qs(urlsplit(settings().owner_dsn).query)
        configure(host=place["host"][0], port=place["port"][0])
        table = asyncio.run(measure(members=given.members, rounds=given.rounds, pages=Pages()))
    return 0 if report(table=table, full_size=given.members >= FULL_SIZE) else 1


if __name__ == "__main__":
    sys.exit(main())
