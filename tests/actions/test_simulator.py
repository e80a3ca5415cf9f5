"""Seasons of random deeds in a small chain, lived through by the product and by an oracle that shares no code with it.

`make soak` lives through 200 of them; `python -m tests.soak 1 SEED 60` tells the least story of a seed that fails.
"""

from pathlib import Path

import pytest

from tests.simulator import DisagreementError
from tests.simulator_season import Season

SEEDS = (1, 2, 3)
DAYS = 60


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_season_agrees_with_the_oracle(db: None, seed: int, tmp_path: Path) -> None:
    season = Season(seed)
    try:
        world = await season.live(tmp_path, DAYS)
    except DisagreementError as error:
        story = "\n".join([f"seed {seed}: {season.start}", *map(repr, season.deeds)])
        pytest.fail(f"{error}\n{story}")
    kinds = {entry.kind for member in world.shop.members.values() for entry in member.entries}
    assert {"earn", "redeem", "refund", "restore", "expire", "adjust"} <= kinds, "without them it proves nothing"
