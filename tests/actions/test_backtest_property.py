"""Random weeks lived by the product, and programs played over them: they end where the ledger does, or would have."""

from datetime import date
from pathlib import Path
from random import Random

import pytest

from actions.backtest import Tried, try_program
from actions.program import read_program
from rules.backtest_tally import Tally
from rules.program import Program
from tables.scope import scope
from tests import make
from tests.actions.backtest_programs import drawn_program, settle_in
from tests.actions.backtest_weeks import DAY, Weeks, live_again
from tests.conftest import _wiped

SEEDS = (1, 2, 3)
TWINS = (11, 12)
DAYS = 45
FIRST_DAYS = (date(2028, 2, 10), date(2028, 8, 25), date(2028, 11, 20))
# What the ledger has words for.
KNOWN = ("issued", "redeemed", "expired", "taken_back", "brought", "alive", "debt", "members")


async def lived(seed: int, folder: Path, *, extends: bool = False) -> tuple[Weeks, Program]:
    draw = Random(seed)  # noqa: S311  chosen, not secret
    program = drawn_program(draw)
    await settle_in(program)
    weeks = Weeks(draw, draw.choice(FIRST_DAYS), folder, extends)
    await weeks.live(DAYS)
    kinds = {row["kind"] for row in await make.fetch("SELECT DISTINCT kind FROM points_entry")}
    assert {"earn", "redeem", "refund", "restore", "adjust"} <= kinds, "weeks without them prove nothing"
    return weeks, program


def equal(played: Tally, ledger: Tally) -> None:
    assert {name: getattr(played, name) for name in KNOWN} == {name: getattr(ledger, name) for name in KNOWN}


def is_the_ledger(tried: Tried) -> None:
    equal(tried.played_today, tried.ledger)
    assert tried.played_today.refused == 0
    assert tried.played_wanted == tried.played_today
    assert tried.changes == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_todays_program_played_over_random_weeks_is_the_ledger(db: None, seed: int, tmp_path: Path) -> None:
    weeks, _ = await lived(seed, tmp_path, extends=True)
    async with scope(role="hq_viewer"):
        program = await read_program()
    assert program is not None
    before = await make.digest()
    is_the_ledger(await try_program(program=program))
    half = weeks.today - weeks.draw.randint(5, 50) * DAY
    is_the_ledger(await try_program(program=program, since=half))
    is_the_ledger(await try_program(program=program, until=half))
    assert await make.digest() == before


@pytest.mark.parametrize("seed", TWINS)
async def test_another_program_tried_is_what_its_ledger_would_have_been(db: None, seed: int, tmp_path: Path) -> None:
    """The same deeds are done once more in a chain that has the other program from the first day on."""
    weeks, program = await lived(seed, tmp_path)
    other = drawn_program(weeks.draw)
    tried = await try_program(program=other)
    equal(tried.played_today, tried.ledger)
    await _wiped()
    await settle_in(other)
    refused = await live_again(weeks.script)
    again = await try_program(program=program)
    equal(tried.played_wanted, again.ledger)
    assert tried.played_wanted.refused == refused.total()
    assert tried.played_wanted != tried.played_today
