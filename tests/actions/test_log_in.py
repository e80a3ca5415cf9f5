"""Wrong log-ins are counted for all web processes together, as the rule says, and by each alone while Redis is away."""

import random
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from redis.asyncio import Redis

from actions import log_in as desk
from actions.log_in import KNOWN_FOR, SharedTries
from actions.night import close_nights
from config.settings import settings
from rules.log_in import ACCOUNT, ADDRESS, PAIR, Tries
from tests import make

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SHOP, HOME = "203.0.113.7", "198.51.100.9"


@pytest.fixture
async def redis(server: None) -> AsyncIterator[Redis]:
    async with Redis.from_url(settings().redis_url, decode_responses=True) as client:
        yield client


def room() -> str:
    return f"log_in_{secrets.token_hex(8)}"


async def wrong(tries: SharedTries, username: str, address: str = SHOP, *, times: int = 1) -> int:
    """How many of these were listened to."""
    waits = [await tries.start(username=username, address=address, now=NOW) for _ in range(times)]
    return waits.count(0)


async def test_processes_count_together_and_a_restart_forgets_nothing(server: None) -> None:
    one, other = (SharedTries(room=(shared := room())), SharedTries(room=shared))
    assert await wrong(one, "anna", times=PAIR.most - 1) + await wrong(other, "ANNA", times=5) == PAIR.most
    begun_anew = SharedTries(room=shared)
    assert 0 < await begun_anew.start(username="anna", address=SHOP, now=NOW) <= PAIR.within.total_seconds() + 1
    assert await wrong(begun_anew, "anna", HOME) == 1
    await wrong(one, "bao", times=PAIR.most - 1)
    await other.start(username="bao", address=SHOP, now=NOW)
    await other.right(username="bao", address=SHOP)
    assert await wrong(one, "bao", times=PAIR.most - 1) == PAIR.most - 1, "what went wrong before is forgiven"
    for number in range(ADDRESS.most):
        await wrong(one, f"made-up-{number}")
    assert await wrong(one, "chen") == 0, "the shop is closed to strangers"
    assert await wrong(begun_anew, "bao") == 1, "but not to who was known there before the restart"


async def test_together_they_answer_as_the_rule_does(server: None) -> None:
    chance, rule, shared = random.Random(7), Tries(), room()  # noqa: S311  the same on every machine
    processes = [SharedTries(room=shared) for _ in range(3)]
    refused = 0
    for _ in range(220):
        who = {"username": chance.choice("abc"), "address": chance.choice([SHOP, SHOP, SHOP, HOME])}
        wait = rule.start(**who, now=NOW)
        assert bool(await chance.choice(processes).start(**who, now=NOW)) == bool(wait), who
        refused += bool(wait)
        end = None if wait else chance.choices(["undo", "right", None], [4, 1, 20])[0]
        if end is not None:
            getattr(rule, end)(**who)
            await getattr(chance.choice(processes), end)(**who)
    assert 50 < refused < 170


async def test_every_count_ends_by_itself_and_names_nobody(redis: Redis) -> None:
    shared = room()
    tries = SharedTries(room=shared)
    await wrong(tries, "anna")
    await tries.right(username="anna", address=SHOP)
    await wrong(tries, "bao", HOME)
    ends = {key: await redis.pttl(key) / 1000 for key in await redis.keys(f"{shared}:*")}
    assert len(ends) == 6, "two addresses, two names, one pair and one who is known"
    assert sum(0 < end <= PAIR.within.total_seconds() for end in ends.values()) == 3
    assert all(0 < end <= ACCOUNT.within.total_seconds() or "known" in key for key, end in ends.items())
    assert [round(end / 3600) for key, end in ends.items() if "known" in key] == [KNOWN_FOR.days * 24]
    assert not [key for key in ends for said in ("anna", "bao", SHOP, HOME) if said in key]


async def test_while_redis_is_away_each_goes_by_what_it_has_seen(server: None, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = SharedTries(room=room())
    assert await wrong(tries, "anna", times=PAIR.most - 2) == PAIR.most - 2
    away = SimpleNamespace(redis_url="unix:///nowhere/redis.sock", secret=settings().secret)
    monkeypatch.setattr(desk, "settings", lambda: away)
    assert await wrong(tries, "anna", times=10) == 2
    await tries.start(username="bao", address=SHOP, now=NOW)
    await tries.right(username="bao", address=SHOP)
    assert await wrong(tries, "bao", times=2 * PAIR.most) == PAIR.most


async def test_the_night_forgets_log_ins_that_nobody_has_used_for_thirty_days(db: None) -> None:
    await make.make_program()
    await make.execute(
        "INSERT INTO session (token, user_id, seen_at, opened_at, address, browser, expiry_date, max_expiry_date)"
        " SELECT days, 1, $1::timestamptz - make_interval(days => days), $1, '203.0.113.7', 'Edge', now(), now()"
        " FROM unnest(ARRAY[0, 29, 31, 400]) days",
        make.night_time(NOW.date()),
    )
    await close_nights(through=NOW.date(), now=make.night_time(NOW.date()), zone=make.ZONE)
    assert [row["token"] for row in await make.fetch("SELECT token FROM session ORDER BY id")] == ["0", "29"]
