"""One posting of points against its budgets (design §8): beside a bare insert and beside pgledger, within one run.

    python -m bench.ledger --work DIR [--pgledger FILE …] [--seconds 4] [--rounds 3]

Everything goes through asyncpg on 16 connections of one process, with durable commits. The product posts inside the scope
that it always uses; the bare insert is one row of (key, member, points) with a unique key, inside the same scope. FILE is
pgledger.sql of github.com/pgr0ss/pgledger: it is not part of this repository. Each round measures every kind in turn; a
kind's figure is the median of its rounds, a ratio is of medians.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import TypeAlias

import uvloop

MEMBERS, STORES, HOT, CONNECTIONS, BATCH = 100_000, 50, 10, 16, 1_000
DAY = date(2026, 8, 29)
Post: TypeAlias = Callable[[random.Random], Awaitable[int]]

PREPARE = f"""
INSERT INTO store (id, code, name, region, address, phone, opening_hours, kind, is_active)
SELECT n, 'S' || n, '店' || n, '', '', '', '', 'community', true FROM generate_series(1, {STORES}) n;
INSERT INTO tier (id, rank, name, quarterly_spend, earn_multiplier, benefits) VALUES (1, 1, '铜卡', 0, 1, '');
INSERT INTO points_policy (id, per_yuan, valid_days, round_expiry, hold_days, remind_days, remind_min_points, remind_every_days, statement,
                           code_away_from_home) VALUES (1, 1, 182, 'none', 0, '{{15,3}}', 100, 14, 'moved', false);
INSERT INTO member (id, phone, name, title, home_store, joined_on, tier, preferences, phone_status)
SELECT n, '+86139' || lpad(n::text, 8, '0'), '会员', '', n % {STORES} + 1, '{DAY}', 1, '{{}}', 'unknown' FROM generate_series(1, {MEMBERS}) n;
CREATE TABLE bench_bare (id bigserial PRIMARY KEY, key uuid NOT NULL UNIQUE, member bigint NOT NULL, points bigint NOT NULL,
                         at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON bench_bare (member);
ALTER TABLE bench_bare OWNER TO regulars_owner;
GRANT INSERT ON bench_bare TO regulars_job; GRANT USAGE ON SEQUENCE bench_bare_id_seq TO regulars_job;
"""
_BARE = "INSERT INTO bench_bare (key, member, points) VALUES ($1, $2, $3)"
_EARN = """
SELECT entry FROM deed.points_credit(ARRAY[ROW($1, $2, 'adjust', $3, 'adjust', $4, 'bench', NULL, NULL, $5, $5, $6)::deed.posting])
"""
_REDEEM = "SELECT entry FROM deed.redemption_post($1, $2, $3, ROW($4, NULL, NULL)::deed.wish, $5, NULL)"
_BULK = """
SELECT count(*) FROM deed.points_credit((SELECT array_agg(ROW(m, 1, 'adjust', 20, 'adjust', gen_random_uuid()::text, 'bench', NULL, NULL, $2, $2,
    $3)::deed.posting) FROM unnest($1::bigint[]) m))
"""
_TRANSFER = "SELECT id FROM pgledger_create_transfer($1, $2, $3)"
_ACCOUNTS = "SELECT (pgledger_create_account('member ' || n, 'PTS')).id FROM generate_series(1, $1::integer) n"


async def _prepare(pgledger: str | None) -> list[str]:
    """Fills the database; every member starts with 500 points. Returns pgledger's accounts."""
    from bench.database import superuser
    from tables.scope import scope

    connection = await superuser()
    accounts: list[str] = []
    try:
        await connection.execute(PREPARE)
        if pgledger is not None:
            await connection.execute(pgledger)
            accounts = [row[0] for row in await connection.fetch(_ACCOUNTS, MEMBERS)]
            await connection.execute(
                "GRANT ALL ON pgledger_accounts, pgledger_entries, pgledger_transfers, pgledger_accounts_view, pgledger_entries_view,"
                " pgledger_transfers_view TO regulars_app"
            )
        for low in range(1, MEMBERS, 5_000):
            async with scope(role="job") as job:
                for _ in range(2):
                    await job.fetchval(_BULK, list(range(low, low + 5_000)), DAY, date(2027, 2, 27))
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return accounts


async def _bare(draw: random.Random) -> int:
    from tables.scope import scope

    async with scope(role="job") as connection:
        await connection.execute(_BARE, uuid.UUID(int=draw.getrandbits(128)), draw.randint(1, MEMBERS), 20)
    return 1


def _posting(*, among: int, redeems: float) -> Post:
    """An earning, or a redemption at a till, of one of `among` members."""

    async def post(draw: random.Random) -> int:
        from tables.scope import scope

        member, store, key = draw.randint(1, among), draw.randint(1, STORES), f"{draw.getrandbits(96):x}"
        async with scope(role="job") as connection:
            if draw.random() < redeems:
                await connection.fetchval(_REDEEM, member, store, key, 10, DAY)
            else:
                await connection.fetchval(_EARN, member, store, 20, key, DAY, date(2027, 2, 27))
        return 1

    return post


async def _bulk(draw: random.Random) -> int:
    from tables.scope import scope

    low = draw.randint(1, MEMBERS - BATCH)
    async with scope(role="job") as connection:
        await connection.fetchval(_BULK, list(range(low, low + BATCH)), DAY, date(2027, 2, 27))
    return BATCH


def _transfer(accounts: list[str]) -> Post:
    async def transfer(draw: random.Random) -> int:
        from tables.scope import scope

        one, other = draw.sample(accounts, 2)
        # In a transaction of the same driver; pgledger knows no roles, so the scope's stays the log-in's.
        async with scope(role="job") as connection:
            await connection.execute("RESET ROLE")
            await connection.fetchval(_TRANSFER, one, other, 20)
        return 1

    return transfer


async def rate(post: Post, *, seconds: float, seed: int, clients: int = CONNECTIONS) -> float:
    """Postings a second of so many clients that never wait."""
    stop = time.monotonic() + seconds

    async def client(number: int) -> int:
        draw, done = random.Random(seed * 1_000 + number), 0
        while time.monotonic() < stop:
            done += await post(draw)
        return done

    begin = time.monotonic()
    done = sum(await asyncio.gather(*(client(number) for number in range(clients))))
    return done / (time.monotonic() - begin)


async def measure(*, pgledger: str | None, seconds: float, rounds: int) -> dict[str, float]:
    """Medians of each kind, in postings a second."""
    from bench.database import fresh_database
    from tables.scope import database

    await fresh_database()  # before there is a pool: Piccolo's migrations would go through it
    async with database(max_size=CONNECTIONS):
        accounts = await _prepare(pgledger)
        kinds: dict[str, Post] = {
            "bare insert in the scope": _bare,
            "earn and redeem, 70:30": _posting(among=MEMBERS, redeems=0.3),
            "earn": _posting(among=MEMBERS, redeems=0),
            "redeem": _posting(among=MEMBERS, redeems=1),
            "earn and redeem, ten hot members": _posting(among=HOT, redeems=0.3),
            f"bulk, {BATCH:,} a commit, 2 connections": _bulk,
        }
        if accounts:
            kinds["pgledger transfer"] = _transfer(accounts)
        found: dict[str, list[float]] = {name: [] for name in kinds}
        for turn in range(rounds + 1):
            for name, post in kinds.items():
                clients = 2 if post is _bulk else CONNECTIONS
                speed = await rate(
                    post, seconds=seconds if turn else 1, seed=turn * 100 + len(found[name]), clients=clients
                )
                if turn:  # the first round warms up
                    found[name].append(speed)
    return {name: statistics.median(speeds) for name, speeds in found.items()}


def show(*, found: dict[str, float]) -> bool:
    """Prints the table; True when every budget is kept."""
    bare, mix = found["bare insert in the scope"], found["earn and redeem, 70:30"]
    budgets = {
        "earn and redeem, 70:30": [(mix / bare, 0.5, "bare")],
        "earn and redeem, ten hot members": [(found["earn and redeem, ten hot members"] / mix, 0.9, "uniform")],
        f"bulk, {BATCH:,} a commit, 2 connections": [
            (found[f"bulk, {BATCH:,} a commit, 2 connections"] / bare, 3.0, "bare")
        ],
    }
    if "pgledger transfer" in found:
        budgets["earn and redeem, 70:30"].append((mix / found["pgledger transfer"], 2.0, "pgledger"))
    kept = True
    print(f"{'postings through the driver, durable':<42} {'a second':>9} {'/bare':>7}")
    for name, speed in found.items():
        said = [
            f"{ratio:.2f} × {to} (≥ {least}) {'kept' if ratio >= least else 'MISSED'}"
            for ratio, least, to in budgets.get(name, [])
        ]
        kept &= all(ratio >= least for ratio, least, _ in budgets.get(name, []))
        print(f"{name:<42} {speed:>9,.0f} {speed / bare:>6.2f}×  {', '.join(said)}")
    return kept


def main() -> None:
    """Fills an embedded server's database in DIR, measures, prints; exit 1 when a budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--pgledger", type=Path, nargs="*", default=[])
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    from bench.database import serving

    sql = "\n".join(path.read_text(encoding="utf-8") for path in given.pgledger) or None
    with serving(folder=given.work):
        found = uvloop.run(measure(pgledger=sql, seconds=given.seconds, rounds=given.rounds))
    sys.exit(0 if show(found=found) else 1)


if __name__ == "__main__":
    main()
