"""The states of campaigns: each move by each role as a table, and random afternoons with an auditor."""

from itertools import product
from random import Random

import pytest

from actions.campaigns import Target, move
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope
from tests import make
from tests.actions.test_campaigns_freeze import NOON
from tests.campaigns_chaos import MOVES, Afternoon
from tests.conftest import _wiped

SEEDS = (0, 1, 7)
STATES = ("draft", "review", "scheduled", "sending", "paused", "finished", "cancelled", "stopped")
# Who asks, with the store that is theirs; the campaigns of stores are store 1's.
ASKS: tuple[tuple[Role, int | None], ...] = (
    ("hq_admin", None), ("hq_marketing", None), ("job", None), ("store_manager", 1), ("store_manager", 2), ("hq_viewer", None), ("cashier", 1),
)  # fmt: skip
ALLOWED: dict[Target, set[str]] = {
    "draft": {"review", "scheduled", "paused"},
    "review": {"draft"},
    "scheduled": {"draft", "review"},
    "paused": {"sending"},
    "sending": {"paused"},
    "cancelled": {"draft", "review", "scheduled", "sending", "paused"},
}
_CAMPAIGN = "INSERT INTO campaign (name, state, store, staff) VALUES ($1 || coalesce($2::bigint, 0), $1, $2::bigint, $3) RETURNING id"
_ALL = "SELECT c::text FROM campaign c ORDER BY id"


def expected(role: Role, own: int | None, state: str, target: Target, store: int | None) -> str:
    """What becomes of a move: done, or the code it is refused with."""
    leads = role in {"hq_admin", "hq_marketing", "job"}
    if role in {"hq_viewer", "cashier"}:
        return "not_allowed"
    if not leads and store != own:
        return "foreign_store"
    if target == "scheduled" and state in {"draft", "review"} and not leads:
        return "needs_approval"
    straight = state == "draft" and target == "scheduled" and store is not None
    return "done" if state in ALLOWED[target] and not straight else "not_now"


async def moved(role: Role, own: int | None, campaign: int, target: Target) -> str:
    try:
        async with scope(role=role, stores=[own] if own else [], staff=9):
            await move(campaign=campaign, target=target, now=NOON)
    except Refusal as refusal:
        return refusal.code
    return "done"


async def test_every_state_target_and_role(db: None) -> None:
    for store in ("S1", "S2"):
        await make.make_store(store)
    for number, role in ((1, "store_manager"), (9, "hq_admin")):
        await make.execute(
            "INSERT INTO staff (id, username, password, role, active) VALUES ($1, $2, '', $2, true)", number, role
        )
    campaigns = {
        (state, store): await make.value(_CAMPAIGN, state, store, 1 if store else 9)
        for state, store in product(STATES, (None, 1))
    }
    before = await make.fetch(_ALL)
    for (role, own), (place, campaign), target in product(ASKS, campaigns.items(), MOVES):
        found = await moved(role, own, campaign, target)
        assert found == expected(role, own, place[0], target, place[1]), (role, own, place, target)
        if found == "done":
            assert await make.value("SELECT state FROM campaign WHERE id = $1", campaign) == target
            await make.execute(
                "UPDATE campaign SET state = $2, approved_by = NULL, approved_at = NULL WHERE id = $1",
                campaign,
                place[0],
            )
    assert await make.fetch(_ALL) == before, "whoever was refused changed nothing"


async def test_nobody_approves_a_campaign_of_their_own(db: None) -> None:
    """A manager who came to headquarters meanwhile."""
    await make.make_store()
    await make.execute(
        "INSERT INTO staff (id, username, password, role, active) VALUES (1, 'li', '', 'store_manager', true), (2, 'wu', '', 'hq_admin', true)"
    )
    campaign = await make.value(_CAMPAIGN, "review", 1, 1)
    for staff, code in ((1, "own_approval"), (2, "")):
        try:
            async with scope(role="hq_marketing", staff=staff):
                await move(campaign=campaign, target="scheduled", now=NOON)
        except Refusal as refusal:
            assert refusal.code == code  # noqa: PT017
    assert await make.fetch("SELECT state, approved_by FROM campaign") == [{"state": "scheduled", "approved_by": 2}]


async def test_whatever_happens_nobody_gets_what_is_not_for_them(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actions.campaigns_freeze.BATCH", 4)
    seen: set[str] = set()
    for seed in SEEDS:
        await _wiped()
        afternoon = Afternoon(Random(seed))  # noqa: S311  chosen, not secret
        await afternoon.begin()
        await afternoon.live(18)
        await afternoon.close()
        seen |= afternoon.seen
    happened = {
        "died", "follow_up frozen", "winner frozen", "finished", "cancelled", "paused", "passed", "holdout", "too_late", "clicked", "accepted",
        "delivered",
    }  # fmt: skip
    assert happened <= seen, "afternoons in which little happens prove little"
