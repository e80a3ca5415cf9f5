"""Tills at work when PostgreSQL stops at once or they are killed: what was acknowledged stays, the rest settles by its key."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config import embedded_postgres, processes, servers
from tests.tasks.crash_site import PROGRAM, REPOSITORY, Site

DEEDS = 120
MEMBERS = """
INSERT INTO store (code, name, region, address, phone, opening_hours, kind, is_active)
VALUES ('S1', 'S1', '', '', '', '', 'other', true);
INSERT INTO member (phone, name, title, home_store, joined_on, tier, preferences, phone_status)
SELECT '+8613900000' || (100 + n), '张三', '', 1, '2031-01-01', 1, '{}', 'unknown' FROM generate_series(1, 7) n
"""
# Every deed leaves one row under its key.
DONE = """
SELECT (SELECT count(*) FROM purchase) + (SELECT count(*) FROM points_entry WHERE kind = 'redeem') AS deeds,
    (SELECT sum(balance + pending - debt) FROM points_account) AS points
"""


def poster(site: Site) -> "subprocess.Popen[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGULARS_", "PG"))}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.tasks.poster", str(DEEDS)],
        cwd=REPOSITORY, env={**kept, "REGULARS_DATA_DIR": str(site.folder)}, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip


def stop_postgres(site: Site) -> None:
    """The immediate shutdown: no checkpoint, no word to the clients."""
    (postmaster,) = processes.found(title=embedded_postgres._postmaster(place=site.settings.place))
    os.kill(postmaster, signal.SIGQUIT)


def said(site: Site, *, until: int | None = None, fault: str = "") -> dict[int, str]:
    """What a till acknowledged, up to a deed during whose successors the fault comes."""
    acknowledged: dict[int, str] = {}
    with poster(site) as till:
        assert till.stdout is not None
        for line in till.stdout:
            number, what = line.split()
            acknowledged[int(number)] = what
            if int(number) == until:
                if fault == "postgres":
                    stop_postgres(site)
                else:
                    os.killpg(till.pid, signal.SIGKILL)
        assert (till.wait() == 0) is (until is None)
    return acknowledged


@pytest.fixture(scope="module")
async def site(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("tills")
    made = Site(migrated).copied(to=folder / "data")
    (folder / "program.toml").write_text(PROGRAM, encoding="utf-8")
    with made.served():
        await asyncio.to_thread(made.ran, "program", "apply", folder / "program.toml")
        async with made.connected() as connection:
            await connection.execute(MEMBERS)
    return made


@pytest.mark.parametrize("fault", ["postgres", "till"])
async def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(site: Site, fault: str, tmp_path: Path) -> None:
    shop = await asyncio.to_thread(site.copied, to=tmp_path / "data")
    with shop.served():
        acknowledged: dict[int, str] = {}
        for until in (DEEDS // 3, DEEDS * 2 // 3):
            now = await asyncio.to_thread(said, shop, until=until, fault=fault)
            # What was acknowledged before the fault is known after it.
            assert [now[number] for number in acknowledged if number in now] == ["known"] * len(
                set(acknowledged) & set(now)
            )
            acknowledged |= now
            servers.ensure(shop.settings)
        last = await asyncio.to_thread(said, shop)
        assert set(last) == set(range(DEEDS))
        assert all(last[number] == "known" for number in acknowledged)
        redeemed, refunded = len(range(2, DEEDS, 3)), len([n for n in range(4, DEEDS, 5) if n % 3 != 2])
        async with shop.connected() as connection:
            row = await connection.fetchrow(DONE)
        assert row is not None
        assert tuple(row) == (DEEDS, 100 * (DEEDS - redeemed - refunded) - 10 * redeemed - refunded)
        await asyncio.to_thread(shop.ran, "check")
