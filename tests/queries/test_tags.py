"""Why a member has a tag: each condition in words, whether it holds, and the member's own figure."""

from datetime import date, timedelta

import pytest

from actions.night import close_nights
from queries.tags import tag_story
from tables.scope import scope
from tests import make

pytestmark = pytest.mark.usefixtures("db")

DAY = timedelta(days=1)
LAST = date(2026, 5, 2)
RULE = '本季消费次数 >= 3 且 近90天买过品类 "水果" 至少2次 且 非 200天未消费 且 (等级 = "铜卡" 或 买过品类 "水果" 至少3次 任意7天内)'


@pytest.fixture
async def member(db: None) -> None:
    """Member 1, who bought four times, with a tag by rule, one by hand, and one whose rule says nothing any more."""
    await make.make_program()
    await make.make_member(store=await make.make_store())
    await make.execute("INSERT INTO category (name) VALUES ('水果')")
    for ago, category in ((20, "水果"), (10, "水果"), (3, "水果"), (2, None)):
        await make.sell(f"{ago}", at=make.noon(LAST - ago * DAY), lines=[(category, "50"), (category, "-1")])
    await make.execute(
        "INSERT INTO tag (name, rule) VALUES ('常客', $1), ('坏', '有标签 \"没有\"'), ('手', NULL)", RULE
    )
    await make.execute(
        "INSERT INTO member_tag (member, tag, source, since) VALUES (1, 3, 'manual', $1), (1, 2, 'rule', $1)",
        make.noon(LAST - DAY),
    )
    await close_nights(through=LAST, now=make.night_time(LAST), zone=make.ZONE)


async def test_each_part_of_a_rule_is_told_with_what_the_member_has(member: None) -> None:
    async with scope(role="job"):
        zh = await tag_story(member=1, today=LAST + DAY, zone=make.ZONE)
        en = await tag_story(member=1, today=LAST + DAY, zone=make.ZONE, language="en")
    first = zh[0]
    assert (first.tag, first.source, first.since.astimezone(make.ZONE).date()) == ("常客", "rule", date(2026, 5, 3))
    assert first.because is not None
    assert "本季消费次数 >= 3 次" in first.because
    assert [(fact.words, fact.holds, fact.value) for fact in first.facts] == [
        ("本季消费次数 >= 3 次", True, "4 次"),
        ('近 90 天买过品类 "水果" 至少 2 次', True, "3 次"),
        ("非 200天未消费", True, "2026-04-30"),
        ('等级 = "铜卡"', True, "铜卡"),
        ('买过品类 "水果" 至少 3 次 于任意 7 天内', False, "1 次"),
    ]
    assert en[0].facts[0].words.startswith("quarter purchases >= 3")
    assert en[0].facts[0].value is not None
    assert en[0].facts[0].value.startswith("4")
    assert {story.tag: (story.source, list(story.facts)) for story in zh[1:]} == {
        "手": ("manual", []), "坏": ("rule", []),
    }  # fmt: skip
