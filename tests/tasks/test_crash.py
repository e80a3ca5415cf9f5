"""Long commands whose PostgreSQL is killed under them, or who are killed themselves: the same command again ends the same.

The same means every table of night_facts.FACTS, without ids and times of running.
"""

import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from actions.night import newest_due
from queries.invariants import NIGHT_JOBS
from tables.scope import Connection
from tests.make import ZONE, Till
from tests.tasks.crash_site import PROGRAM, Hold, Site
from tests.tasks.night_facts import MEMBERS, fill

STORE = (
    "INSERT INTO store (code, name, region, address, phone, opening_hours, kind, is_active)"
    " VALUES ('S1', 'S1', '', '', '', '', 'other', true)"
)
NIGHT_MEMBERS, IN_THE_SECOND_CHUNK = 5_100, 5_050
YESTERDAY = newest_due(now=datetime.now(ZONE), zone=ZONE)
FIRST = YESTERDAY - timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Story:
    """A command, what it finds, and two moments in its life."""

    words: tuple[str, ...]
    prepare: Callable[[Connection], Awaitable[None]]
    file: Callable[[Till], Till] | None
    holds: tuple[Hold, Hold]


def phone(n: int) -> str:
    return f"{13900000000 + n}"


def account(member: int) -> str:
    return f"SELECT 1 FROM points_account WHERE member = {member} FOR UPDATE"


def claim(job: str, day: date) -> str:
    """Keeps a job of a night from being begun."""
    return f"INSERT INTO job_run (job, business_date, state, started_at) VALUES ('{job}', '{day}', 'running', now())"


async def some_members(connection: Connection, *, number: int) -> None:
    await connection.execute(MEMBERS, number, FIRST)


def six_thousand(till: Till) -> Till:
    """One receipt a second of another member each; every second half of them is new to us."""
    for n in range(6_000):
        till.sale(
            f"R{n}",
            at=datetime(FIRST.year, FIRST.month, FIRST.day, 9, tzinfo=ZONE) + timedelta(seconds=n),
            phone=phone(n + 1),
        )
    return till


async def short_lived(connection: Connection) -> None:
    """Points that end within the week, and one member known before."""
    await connection.execute("UPDATE points_policy SET valid_days = 3, remind_days = '{1}'")
    await some_members(connection, number=1)


def a_week(till: Till) -> Till:
    """Sixty members buy every day; the one known before only on the sixth."""
    for ago in range(8):
        at = datetime.combine(FIRST + timedelta(days=ago), datetime.min.time(), tzinfo=ZONE) + timedelta(hours=12)
        for n in range(2, 62):
            till.sale(f"R{ago}-{n}", at=at, phone=phone(n), amount=str(20 + n))
        if ago == 5:
            till.sale("R5-1", at=at, phone=phone(1))
    return till


async def an_evening(connection: Connection) -> None:
    """Two nights are open."""
    await fill(connection=connection, members=NIGHT_MEMBERS, day=YESTERDAY - timedelta(days=1), jobs=NIGHT_JOBS)


PURCHASES = "SELECT count(*) FROM purchase"
EXPIRIES = "SELECT count(*) FROM points_entry WHERE kind = 'expire'"
TOLD = "SELECT count(*) FROM job_run WHERE job = 'notices' AND state = 'done'"
STORIES = {
    "import": Story(
        words=("import", "purchases"),
        prepare=partial(some_members, number=3_000),
        file=six_thousand,
        holds=(
            Hold(lock=account(1_500), progress=PURCHASES, expected=1_000),
            Hold(lock=account(2_500), progress=PURCHASES, expected=2_000),
        ),
    ),
    "replay": Story(
        words=("replay",),
        prepare=short_lived,
        file=a_week,
        holds=(
            Hold(lock=claim("tiers", FIRST + timedelta(days=3)), progress=EXPIRIES, expected=60),
            Hold(lock=account(1), progress=PURCHASES, expected=5 * 60),
        ),
    ),
    "nightly": Story(
        words=("nightly", "--date", str(YESTERDAY)),
        prepare=an_evening,
        file=None,
        holds=(
            Hold(lock=account(IN_THE_SECOND_CHUNK), progress=EXPIRIES, expected=5_000),
            Hold(lock=claim("notices", YESTERDAY), progress=TOLD, expected=2),
        ),
    ),
}


@dataclass(kw_only=True)
class Prepared:
    """A story's beginning, ready to be copied, and what it comes to when nobody disturbs it."""

    site: Site
    story: Story
    words: tuple[str | Path, ...]
    undisturbed: dict[str, Any]


@pytest.fixture(scope="module")
def bare(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A folder with a program and a store."""
    folder = tmp_path_factory.mktemp("b")
    program = folder / "program.toml"
    program.write_text(PROGRAM, encoding="utf-8")
    site = Site(migrated).copied(to=folder / "d")
    site.ran("program", "apply", program)
    return site


@pytest.fixture(scope="module", params=STORIES)
async def prepared(request: pytest.FixtureRequest, bare: Site, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The story's own beginning, and the undisturbed end."""
    story, folder = STORIES[request.param], tmp_path_factory.mktemp("p")
    site = bare.copied(to=folder / "d")
    with site.served():
        async with site.connected() as connection:
            await connection.execute("SET role = regulars_owner")
            await connection.execute(STORE)
            await story.prepare(connection)
    words: tuple[str | Path, ...] = story.words
    if story.file is not None:
        words = (*words, story.file(Till(folder / "purchases.csv")).save())
    quiet = site.copied(to=folder / "q")
    with quiet.served():
        quiet.ran(*words)
        return Prepared(site=site, story=story, words=words, undisturbed=await quiet.facts())


@pytest.mark.parametrize("kill_postgres", [True, False], ids=["PostgreSQL", "command"])
async def test_killed_twice_and_started_again_it_ends_the_same(
    prepared: Prepared, tmp_path: Path, *, kill_postgres: bool
) -> None:
    site = prepared.site.copied(to=tmp_path / "d")
    with site.served():
        for hold in prepared.story.holds:
            code, said = await site.crashed(*prepared.words, hold=hold, kill_postgres=kill_postgres)
            if kill_postgres:
                assert code == 1, said
                assert said.rstrip().endswith("run the command again."), said
            else:
                assert code == -signal.SIGKILL
        site.ran(*prepared.words)
        assert await site.facts() == prepared.undisturbed
