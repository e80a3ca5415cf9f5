"""Who still has room under the frequency rules: against the oracle of the contact rules, in its random worlds."""

from datetime import date, datetime
from random import Random

import pytest

from queries.budgets_week import room_this_week
from tables.scope import scope
from tests.conftest import _wiped
from tests.contact_oracle import Sent, World
from tests.contact_world import make_world, store_world


@pytest.mark.parametrize("seed", range(2))
async def test_who_has_room_is_who_the_rules_let_through(db: None, seed: int) -> None:
    """Room for one: another message today passes; room for two: and one more after it."""
    draw = Random(seed)  # noqa: S311  chosen, not secret
    seen: set[str] = set()
    for _ in range(8):
        await _wiped()
        world, at = make_world(draw)
        today = at.astimezone(world.zone).date()
        await store_world(world)
        expected = {1: [0, 0, 0], 2: [0, 0, 0]}
        for person in world.people.values():
            said = person.newest("marketing_sms")
            if person.phone and not person.invalid and not person.erased and said and said[0]:
                expected[1 + person.id % 2][_room(world, person.id, today)] += 1
        async with scope(role="job"):
            found = await room_this_week(today=today, zone=world.zone)
            one = await room_this_week(today=today, zone=world.zone, store=2)
        assert {row.store: [row.none, row.one, row.more] for row in found.stores} == {
            k: v for k, v in expected.items() if sum(v)
        }
        assert one.stores == tuple(row for row in found.stores if row.store == 2)
        assert found.members == found.none + found.one + found.more == sum(map(sum, expected.values()))
        seen |= {name for name in ("none", "one", "more") if getattr(found, name)}
    assert seen == {"none", "one", "more"}, "worlds without them prove nothing"


def _room(world: World, member: int, today: date) -> int:
    dawn = datetime.combine(today, datetime.min.time(), tzinfo=world.zone)
    ours = [
        Sent(id=10_000 + n, member=member, phone="", store=1, state="accepted", day=today, content=-n - 1)
        for n in range(2)
    ]
    for number, one in enumerate(ours):
        if world.too_much(one, today, dawn):
            world.sent = [other for other in world.sent if other not in ours]
            return number
        world.sent.append(one)
    world.sent = [other for other in world.sent if other not in ours]
    return 2
