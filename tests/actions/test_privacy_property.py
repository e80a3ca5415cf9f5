"""Forgetting a member: not a byte of name or number stays anywhere, and the books are as true as before."""

import random
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import tests.conftest as suite
from actions.privacy import Erased, erase
from config.settings import settings as house
from queries.invariants import check_all
from tables.scope import scope
from tests import make
from tests.actions.privacy_dump import dump, spellings
from tests.actions.privacy_world import HOUR, NOW, books, join, live, open_chain

SURNAMES, GIVEN = "欧阳司马诸葛上官", "澜泓婕珂璟鑫淼焱"


async def forgotten(who: str) -> Erased:
    async with scope(role="hq_admin", staff=1):
        return await erase(who=who, secret=house().secret, now=NOW + 2 * HOUR)


async def broken() -> list[str]:
    return [finding.name for finding in await check_all(progress=lambda *_: None) if finding.rows]


@dataclass(frozen=True)
class Person:
    """Somebody with a life that chance draws: `seed` says what happens to them, and in which order."""

    phone: str
    name: str
    agrees: bool
    seed: int


PEOPLE = st.lists(
    st.builds(
        Person,
        phone=st.integers(13_000_000_000, 19_999_999_999).map(str),
        name=st.builds(lambda *parts: "".join(parts), *[st.sampled_from(SURNAMES)] * 2, *[st.sampled_from(GIVEN)] * 3)
        | st.sampled_from(["Zoë Ångström-Li", "O'Neil Xu", "欧阳 Ming{}，"]),
        agrees=st.booleans(),
        seed=st.integers(0, 2**32),
    ),
    min_size=3, max_size=3, unique_by=(lambda one: one.phone, lambda one: one.name),
)  # fmt: skip


@settings(
    max_examples=2,
    phases=(Phase.generate,),
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(people=PEOPLE)
async def test_not_a_byte_is_left_in_a_dump_of_everything_and_the_books_are_true(
    db: None, people: list[Person]
) -> None:
    await suite._wiped()
    await open_chain()
    ids = {}
    for one in people:
        ids[one] = await join(phone=one.phone, name=one.name, agrees=one.agrees)
        await live(ids[one], phone=one.phone, name=one.name, chance=random.Random(one.seed))  # noqa: S311  nothing secret
    # Of all tables: one about people that deeds do not know of as such is found out here.
    await make.execute(
        await make.value("SELECT 'ANALYZE ' || string_agg(tablename, ', ') FROM pg_tables WHERE schemaname = 'public'")
    )
    before, held = await books(), await dump(samples=True)
    assert all(len(left(held, [one])) >= 2 for one in people), "there is something to forget"
    assert await broken() == []
    gone, here = people[:-1], people[-1]
    for one in gone:
        assert not (await forgotten(one.phone)).known
    assert left(await dump(), gone) == []
    async with scope(role="job") as connection:
        await connection.fetchval("SELECT deed.retention_sweep($1, 1000)", NOW + 3 * HOUR)
    held = await dump(samples=True)
    assert left(held, gone) == [], "the planner has samples of the columns"
    assert here.phone in held
    assert await books() == before
    assert await broken() == []
    again = await make.digest()
    assert all([(await forgotten(f"#{ids[one]}")).known for one in gone])
    assert await make.digest() == again


def left(held: str, gone: list[Person]) -> list[str]:
    """The spellings of people that are in a dump, with what stands around them."""
    found = [(told, held.find(told)) for one in gone for told in sorted(spellings(phone=one.phone, name=one.name))]
    return [f"{told}: …{held[max(0, at - 150) : at + 60]}" for told, at in found if at >= 0]
