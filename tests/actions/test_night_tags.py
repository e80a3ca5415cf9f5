"""Tags by rule and counts of segments, night by night."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from actions.night import close_nights, run_step
from actions.night_frame import Night, Step
from actions.night_steps import STEPS
from queries.invariants import check_all
from tables.scope import Connection
from tests import make

pytestmark = pytest.mark.usefixtures("db")

DAY = timedelta(days=1)
LAST = date(2026, 9, 30)  # the last day of a quarter
TAGS = Step(**vars(next(step for step in STEPS if step.job == "tags")))


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    """Store 1 with members 1, 2, 3; member n bought n times this quarter."""
    await make.make_program()
    await make.make_store()
    for member in (1, 2, 3):
        await make.make_member(f"+861390000000{member}", store=1)
        for number in range(member):
            await make.sell(f"{member}-{number}", at=make.noon(LAST - (10 + number) * DAY), member=member)


async def tag(name: str, rule: str | None) -> int:
    key: int = await make.value("INSERT INTO tag (name, rule) VALUES ($1, $2) RETURNING id", name, rule)
    return key


async def night(day: date, *, again: bool = False) -> None:
    await close_nights(through=day, now=make.night_time(day), zone=make.ZONE, again=again)


async def given(name: str) -> dict[int, tuple[str, date, str | None]]:
    """Who has a tag: from where, since which day in the shops, and why."""
    rows = await make.fetch(
        "SELECT x.member, x.source, x.since, x.because FROM member_tag x JOIN tag t ON t.id = x.tag WHERE t.name = $1",
        name,
    )
    return {row["member"]: (row["source"], row["since"].astimezone(make.ZONE).date(), row["because"]) for row in rows}


async def counts(job: str, day: date) -> dict[str, int]:
    rows = await make.fetch(
        "SELECT j.key, j.value::bigint AS number FROM job_run r, jsonb_each_text(counts) j WHERE job = $1 AND business_date = $2",
        job, day,
    )  # fmt: skip
    return {row["key"]: row["number"] for row in rows if not row["key"].endswith("_ms")}


async def test_a_rule_gives_and_takes_and_leaves_alone_what_was_given_by_hand() -> None:
    key = await tag("高频", "本季消费次数 >= 2")
    await make.execute("INSERT INTO member_tag (member, tag, source) VALUES (1, $1, 'manual'), (3, $1, 'manual')", key)
    by_hand = (await given("高频"))[1]
    await night(LAST - 2 * DAY)
    why = ("rule", LAST - DAY, "本季消费次数 >= 2 次")
    assert await given("高频") == {1: by_hand, 2: why, 3: by_hand}
    assert await counts("tags", LAST - 2 * DAY) == {"given": 1}
    await make.sell("more", at=make.noon(LAST - DAY), member=2)
    await night(LAST - DAY)
    assert (await given("高频"))[2] == why, "since the first day on"
    before = await make.digest()
    await night(LAST - DAY, again=True)
    assert await make.digest() == before
    await night(LAST)  # today is the first day of a new quarter
    assert await given("高频") == {1: by_hand, 3: by_hand}
    assert await counts("tags", LAST) == {"taken": 1}
    assert await make.value("SELECT counted_on FROM tag") == LAST
    assert await check_all(progress=lambda *_: None) == []


async def test_a_rule_may_build_on_a_tag_of_the_same_night_and_on_a_segment() -> None:
    await make.execute("INSERT INTO segment (name, rule) VALUES ('常客', '累计消费次数 >= 2')")
    await tag("甲", '属于人群 "常客"')
    await tag("乙", '有标签 "甲" 且 累计消费次数 >= 3')
    await night(LAST)
    assert set(await given("甲")) == {2, 3}
    assert set(await given("乙")) == {3}
    assert await make.fetch("SELECT members, counted_on FROM segment") == [{"members": 2, "counted_on": LAST}]


async def test_a_rule_that_cannot_be_read_any_more_is_passed_over_and_counted() -> None:
    await tag("附近", "距 S9 3公里内")
    await tag("糊涂", "本季消费 大概 1000")
    good = await tag("好", "累计消费次数 >= 3")
    for name, rule in (("坏", '有标签 "没有"'), ("好", "累计消费次数 >= 1")):
        await make.execute("INSERT INTO segment (name, rule) VALUES ($1, $2)", name, rule)
    await night(LAST)
    assert await counts("tags", LAST) == {"broken": 2, "given": 1}
    assert await counts("segments", LAST) == {"broken": 1, "segments": 1}
    assert await make.fetch("SELECT id FROM tag WHERE counted_on = $1", LAST) == [{"id": good}]
    assert await make.fetch("SELECT name, members FROM segment ORDER BY name") == [
        {"name": "坏", "members": None}, {"name": "好", "members": 3},
    ]  # fmt: skip


async def test_a_night_killed_between_two_commits_goes_on_where_it_was() -> None:
    await tag("甲", "累计消费次数 >= 1")
    await tag("乙", "累计消费次数 >= 2")
    tonight = Night(business_date=LAST, now=make.night_time(LAST), zone=make.ZONE)
    calls = 0

    async def killed(connection: Connection, part: Night, members: list[int]) -> dict[str, int]:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise OSError
        return await TAGS.work(connection, part, members)

    with pytest.raises(OSError):  # noqa: PT011  the plug is pulled
        await run_step(step=replace(TAGS, members_a_commit=1, work=killed), night=tonight)
    assert len(await given("甲")) == 2
    await run_step(step=TAGS, night=tonight)
    assert (set(await given("甲")), set(await given("乙"))) == ({1, 2, 3}, {2, 3})
    assert await counts("tags", LAST) == {"given": 5}


async def test_a_new_rule_waits_for_a_night_or_for_the_last_one_repeated() -> None:
    await night(LAST)
    await tag("新", "累计消费次数 >= 3")
    await night(LAST, again=True)
    assert set(await given("新")) == {3}


async def test_a_tag_that_needs_a_yes_goes_to_who_said_it_alone_and_with_a_no() -> None:
    key = await tag("常购药", "累计消费次数 >= 1")
    await make.execute("UPDATE tag SET purpose = 'health'")
    await make.agree(2, "health")
    await make.agree(3, "health", granted=False)
    await night(LAST)
    assert (set(await given("常购药")), await counts("tags", LAST)) == ({2}, {"given": 1, "unagreed": 2})
    before = await make.digest()
    await night(LAST, again=True)
    assert await make.digest() == before
    await make.agree(1, "health")
    await make.agree(2, "health", granted=False)
    assert await given("常购药") == {}
    await make.execute("UPDATE tag SET counted_on = NULL WHERE id = $1", key)
    await night(LAST, again=True)
    assert set(await given("常购药")) == {1}
