"""Whatever is said, tagged, taken and moved in whatever order: who has a sensitive tag or a place said yes to it last."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

import asyncpg
import pytest

from actions.consents import Answer, record
from rules.refusals import Refusal
from tables.scope import current, scope
from tests import make

START = make.noon(date(2031, 3, 3))
MEMBERS, STEPS = (1, 2), 40
NEEDS = ("health", "location", "children", None)
_GIVE = "SELECT given, unagreed FROM deed.tag_give($1, $2, $3, 'rule')"


@dataclass
class Oracle:
    """What the books should say: answers by member and purpose, tags by member, the purpose of each tag, who has a place."""

    said: dict[tuple[int, str], list[tuple[datetime, int, bool]]] = field(default_factory=dict)
    needs: dict[int, str | None] = field(default_factory=dict)
    tags: set[tuple[int, int]] = field(default_factory=set)
    placed: set[int] = field(default_factory=set)
    turn: int = 0

    def agrees(self, member: int, purpose: str | None) -> bool:
        answers = self.said.get((member, purpose or ""), [])
        return purpose is None or bool(answers and max(answers)[2])

    def says(self, member: int, purpose: str, *, granted: bool, at: datetime) -> None:
        self.turn += 1
        self.said.setdefault((member, purpose), []).append((at, self.turn, granted))
        self.forget()

    def forget(self) -> None:
        self.tags = {(member, tag) for member, tag in self.tags if self.agrees(member, self.needs[tag])}
        self.placed = {member for member in self.placed if self.agrees(member, "location")}


@dataclass
class Chain:
    """The chain beside its oracle; each step does one thing to both."""

    draw: Random
    oracle: Oracle
    now: datetime = START

    async def says(self) -> None:
        """An answer heard by staff, which is the newest whatever the clock says; or one brought along, of any day."""
        member, purpose = self.draw.choice(MEMBERS), self.draw.choice(NEEDS[:3])
        granted, at = self.draw.random() < 0.6, self.now + timedelta(minutes=self.draw.randint(-90, 5))
        if self.draw.random() < 0.5:
            async with scope(role="hq_admin"):
                answer = Answer(purpose=purpose, granted=granted, source="x", text_version="1")
                known = await record(member=member, store=1, answer=answer, now=at)
            answers = self.oracle.said.get((member, purpose), [])
            assert known is bool(answers and max(answers)[2] is granted)
            if not known:
                newest = max([at, *[one[0] for one in answers]])
                self.oracle.says(member, purpose, granted=granted, at=newest)
            return
        async with scope(role="job"):
            await current().execute(
                "INSERT INTO consent (member, purpose, granted, source, text_version, at) VALUES ($1, $2, $3, 'x', '1', $4)",
                member, purpose, granted, at,
            )  # fmt: skip
        self.oracle.says(member, purpose, granted=granted, at=at)

    async def tags(self) -> None:
        member, tag = self.draw.choice(MEMBERS), self.draw.randint(1, 4)
        may = self.oracle.agrees(member, self.oracle.needs[tag])
        assert may is await done(
            "INSERT INTO member_tag (member, tag) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            member,
            tag,
            empty=(member, tag) in self.oracle.tags,
        )
        if may:
            self.oracle.tags.add((member, tag))

    async def untags(self) -> None:
        member, tag = self.draw.choice(MEMBERS), self.draw.randint(1, 4)
        await done("DELETE FROM member_tag WHERE member = $1 AND tag = $2", member, tag)
        self.oracle.tags.discard((member, tag))

    async def gives(self) -> None:
        """The night."""
        tag = self.draw.randint(1, 4)
        able = {member for member in MEMBERS if self.oracle.agrees(member, self.oracle.needs[tag])}
        async with scope(role="job"):
            row = await current().fetchrow(_GIVE, list(MEMBERS), tag, self.now)
        fresh = {(member, tag) for member in able} - self.oracle.tags
        assert row is not None
        assert tuple(row) == (len(fresh), len(MEMBERS) - len(able))
        self.oracle.tags |= fresh

    async def means(self) -> None:
        """Head office says what a tag needs a yes to."""
        tag, purpose = self.draw.randint(1, 4), self.draw.choice(NEEDS)
        await done("UPDATE tag SET purpose = $2 WHERE id = $1", tag, purpose)
        self.oracle.needs[tag] = purpose
        self.oracle.forget()

    async def moves(self) -> None:
        member, lives = self.draw.choice(MEMBERS), self.draw.choice((None, 31))
        may = lives is None or self.oracle.agrees(member, "location")
        assert may is await done("UPDATE member SET latitude = $2, longitude = $2 WHERE id = $1", member, lives)
        if may:
            self.oracle.placed = (self.oracle.placed - {member}) | ({member} if lives else set())

    async def same(self) -> None:
        found = await make.fetch("SELECT member, tag FROM member_tag")
        assert {(row["member"], row["tag"]) for row in found} == self.oracle.tags
        assert {
            row["id"] for row in await make.fetch("SELECT id FROM member WHERE latitude IS NOT NULL")
        } == self.oracle.placed


async def done(sql: str, *values: object, empty: bool = False) -> bool:
    """Whether head office may; where nothing would be written (`empty`) the database is not asked."""
    if empty:
        return True
    try:
        async with scope(role="hq_admin"):
            await current().execute(sql, *values)
    except asyncpg.CheckViolationError:
        return False
    return True


@pytest.mark.parametrize("seed", range(3))
async def test_who_has_the_tag_said_yes_last(db: None, seed: int) -> None:
    await make.make_program()
    await make.make_store()
    for member in MEMBERS:
        await make.make_member(f"+861390000000{member}", store=1)
    draw = Random(seed)  # noqa: S311  no secret
    chain = Chain(draw, Oracle(needs={tag: NEEDS[tag - 1] for tag in range(1, 5)}))
    for tag, purpose in chain.oracle.needs.items():
        await make.execute("INSERT INTO tag (name, purpose) VALUES ($1, $2)", f"标签{tag}", purpose)
    steps: list[Callable[[], Awaitable[None]]] = [
        chain.says, chain.says, chain.tags, chain.tags, chain.gives, chain.moves, chain.untags, chain.means,
    ]  # fmt: skip
    for _ in range(STEPS):
        await chain.draw.choice(steps)()
        chain.now += timedelta(minutes=7)
        await chain.same()


async def test_what_is_no_answer_is_refused(db: None) -> None:
    await make.make_program()
    await make.make_member(store=await make.make_store())
    for said, code in (
        (Answer(purpose="sms", granted=True, source="x", text_version="1"), "unknown_purpose"),
        (Answer(purpose="health", granted=True, source="x", text_version=" "), "no_text_version"),
        (Answer(purpose="health", granted=False, source=" "), "no_source"),
        (Answer(purpose="health", granted=True, source="x" * 101, text_version="1"), "bad_text"),
    ):
        async with scope(role="hq_admin"):
            with pytest.raises(Refusal) as no:
                await record(member=1, store=1, answer=said, now=START)
        assert no.value.code == code
    assert await make.value("SELECT count(*) FROM consent") == 0
