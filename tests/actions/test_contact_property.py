"""The contact rules against an oracle of their own, in random worlds: caps, windows, hours, consents, refusals."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random

import pytest

from rules.campaigns import content_of
from tests import make
from tests.campaigning import drafted, frozen, outcomes
from tests.conftest import _wiped
from tests.contact_oracle import Sent, World
from tests.contact_world import asked, make_world, store_world

SEEDS = range(3)
WORLDS = 12


def told(world: World, send: int) -> str:
    """All that a verdict about one message rests on."""
    member = next(one.member for one in world.sent if one.id == send)
    mine = [one for one in world.sent if one.member == member]
    return "\n".join(map(str, [*world.rules, world.people[member], *mine]))


@pytest.mark.parametrize("seed", SEEDS)
async def test_random_messages_are_judged_as_by_the_oracle(db: None, seed: int) -> None:
    draw = Random(seed)  # noqa: S311  chosen, not secret
    seen: Counter[str | None] = Counter()
    for number in range(WORLDS):
        await _wiped()
        world, at = make_world(draw)
        await store_world(world)
        expected = {one.id: world.verdict(one, at) for one in world.sent if one.state == "queued"}
        found = await asked(world, at)
        for send, verdict in expected.items():
            assert found.get(send, (None, None)) == verdict, (
                f"message {send} of world {number} at {at}\n{told(world, send)}"
            )
        assert found.keys() <= expected.keys(), "what does not wait any more is not judged"
        seen.update(reason or ("waits" if wait else None) for reason, wait in expected.values())
    reasons = {"frequency_cap", "same_content", "opted_out", "no_consent", "too_late", "quiet_hours", "waits", None}
    assert reasons <= seen.keys(), "worlds without them prove nothing"


@pytest.mark.parametrize("seed", range(2))
async def test_random_audiences_are_judged_as_by_the_oracle(db: None, seed: int) -> None:
    draw = Random(seed)  # noqa: S311  chosen, not secret
    seen: Counter[str] = Counter()
    for number in range(8):
        await _wiped()
        world, at = make_world(draw)
        await store_world(world)
        await make.execute("SELECT setval('send_log_id_seq', 1000)")
        for wave in range(2):
            seen += await _frozen_as_expected(world, at, name=f"{number}:{wave}", plain=draw.random() < 0.5)
    assert {"queued", "frequency_cap", "opted_out", "no_consent"} <= seen.keys(), "audiences without them prove nothing"


async def _frozen_as_expected(world: World, at: datetime, *, name: str, plain: bool) -> Counter[str]:
    """One more campaign for everybody, whose text is the next one's too."""
    text, until = "好", at + timedelta(days=3)
    rhythm = None if plain else "rhythm"
    expected: dict[int, str] = {}
    planned = []
    for person in world.people.values():
        opens = world.opens_at(at, 1 + person.id % 2)
        when = opens or at
        one = Sent(
            id=1000 + len(world.sent), member=person.id, phone=person.phone, store=1 + person.id % 2, send_before=until,
            content=content_of(text=text), plain=plain, scheduled_at=at, day=when.astimezone(world.zone).date(),
        )  # fmt: skip
        expected[person.id] = world.verdict(one, when, asked=at)[0] or "queued"
        if expected[person.id] == "queued":
            planned.append(one)
    if all(reason == "quiet_hours" for reason in expected.values()) or world.opens_at(at, 0) is None:
        return Counter()
    step = await drafted(name, at=at, text=text, until=until, rhythm=rhythm, zone=world.zone)
    await frozen(step, now=at, zone=world.zone)
    assert await outcomes(name) == expected, f"{at} {world.rules}"
    world.sent += planned
    return Counter(expected.values())
