"""Rules of segments in the database, against a plain evaluation of each member; and what they are refused for there."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from queries.audience import members_of
from queries.segments import audience_of, counted, looked_at
from rules.refusals import Refusal
from rules.segments import parse
from rules.segments_fields import FIELDS
from rules.segments_tree import Compare, conditions
from tables.scope import scope
from tests import make
from tests.queries.segments_facts import BEFORE, spend
from tests.queries.segments_oracle import Town
from tests.queries.segments_people import STORES, TODAY, at, town
from tests.queries.segments_settled import settle

pytestmark = pytest.mark.usefixtures("db")

RULES = """
90天未消费 | 30天内消费过 | no purchase for 1 day | 首次消费 60天内 | 从未消费 | 最近消费日期 >= 2027-01-01
首次消费日期 < 2027-02-21 | 本季消费次数 >= 3 | 本季消费次数 = 0 | 上季消费次数 > 1 | 上季消费次数 <= 2
本年消费次数 介于 1 和 3 | 累计消费次数 属于 (0, 3, 4) | purchases not in (0, 1) | 本季消费 >= 100 | 本季消费 = 0
本季消费 > 0 | 本季消费 < 100 | 上季消费 >= 100 | 上季消费 <= 0 | 上季消费 介于 -50 和 250 | 上季消费 != 100
上季消费 属于 (100, 200) | 本年消费 >= 250 | 本年消费 < 250 | 去年消费 >= 100 | 去年消费 = 0 | 累计消费 > 300 | 累计消费 < 0
客单价 <= 50 | 客单价 != 100 | 本年消费排名 <= 10 | 本年消费排名 介于 3 和 6 | 本年消费排名 > 20 | year rank != 4
买过 品类 "热带水果" | 没买过 商品 "D1" | 买过商品 "青菜" | 买过 品类 热带水果 至少 2 次
近 30 天买过 品类 "热带水果" 至少 2 次 | 买过品类 "蔬菜" 近 7 天 | 买过 品类 "热带水果" 至少 3 次 于任意 7 天
近 60 天买过 品类 "热带水果" 至少 2 次 于任意 2 天 | 买过品类 "蔬菜" 于任意 3 天 | 等级 = "金卡" | 等级 >= 银卡
等级 != 银卡 | 等级 介于 铜卡 和 银卡 | 等级 不属于 (铜卡, 金卡) | 积分 >= 100 | 积分 = 0 | 积分 < 99
积分 属于 (50, 149, 199) | 30天内到期积分 >= 100 | 30天内到期积分 < 100 | 1天内到期积分 = 0 | 29天内到期积分 介于 50 和 99
points expiring within 31 days != 100 | 有标签 "榴莲爱好者" | 无标签 "宝妈" | 生日在本月 | 生日在下月 | 生日在 1 天内
生日在 7 天内 | 生日在 366 天内 | 生日月份 = 3 | 生日月份 不属于 (2, 3) | 入会 30天内 | 入会日期 >= 2027-01-29
入会日期 介于 2026-11-30 和 2027-01-29 | 门店 = S1 | 门店 属于 (S1, 大学店) | 门店 != 山里店 | 门店类型 = 学校
store kind not in (school, "other") | 区域 = "江东" | 区域 不属于 (江西) | 距 S1 3公里内 | 距 江边店 1.2 公里内
within 0 km of S1 | 距本店 3公里内 | 距 S2 30 km 内 | 常来星期 = 6 | 常来星期 属于 (6, 7) | 常来时段 介于 17 和 20
常来时段 = 0 | 常来日 <= 5 | 平均间隔 > 30 | 平均间隔 <= 30 | 间隔变化 >= 1.5 | 间隔倍数 >= 2 | 间隔倍数 < 0.5 | 收到过短信
收到过短信 近 30 天 | 收到过短信 活动 "问候" | 收到过短信 至少 2 次 | 点击过短信 | 未点击短信 近 60 天
点击过短信 活动 "双十一" 近 90 天 | 点击过短信 至少 2 次 | 回复过短信 | 未回复短信 活动 "问候" | 回复过短信 近 30 天
响应时间 <= 60 分钟 | 响应时间 > 60 | 响应时间 <= 5 | 群发后消费 | 接受过 促销 | 接受过 关怀 近 60 天 | 接受过 知识
想要 商品 "榴莲" | 收藏 品类 "热带水果" | 收藏 | 想要 近 30 天 | 同意 营销短信 | 未同意 健康信息 | 同意 合作方
属于人群 "高价值" | 不属于人群 "高价值" | 称呼 = 女士 | 称呼 != "女士" | 称呼 属于 (女士, 先生) | 被推荐入会
"""
EACH = [rule.strip() for line in RULES.strip().splitlines() for rule in line.split("|")]


async def meant(text: str, *, store: int | None = None) -> set[int]:
    audience = await audience_of(text=text, today=TODAY, zone=make.ZONE, store=store)
    found = await members_of(audience=audience)
    assert len(found) == len(set(found)), text
    return set(found)


def mixed(draw: Random) -> str:
    parts = [f"{'非 ' * draw.randint(0, 1)}({one})" for one in draw.sample(EACH, 3)]
    return f"({parts[0]} {draw.choice('且或')} {parts[1]}) {draw.choice('且或')} {parts[2]}"


async def test_each_rule_its_contrary_and_mixtures_mean_whom_plain_python_means() -> None:
    people = town(seed=2027)
    await settle(people=people)
    book, draw = Town(people), Random(7)  # noqa: S311  people, not keys
    telling = 0
    async with scope(role="job"):
        for text in ("", *EACH, *(f"非 ({one})" for one in EACH), *(mixed(draw) for _ in range(40))):
            store = draw.choice([None, None, None, 1])
            expected = book.meant(text=text, store=store)
            assert await meant(text, store=store) == expected, text
            telling += 0 < len(expected) < len(people) / 2
    assert telling > len(EACH), "most rules tell people apart"
    compared = {one.field for text in EACH for one in conditions(rule=parse(text=text)) if isinstance(one, Compare)}
    assert compared == set(FIELDS), "every field is asked for"


async def test_what_a_page_shows_of_a_segment() -> None:
    people = town(seed=3)
    await settle(people=people)
    book = Town(people)
    now = at(TODAY, 12)
    expected = book.meant(text="本季消费 < 100")
    yes = book.meant(text="同意 营销短信")
    async with scope(role="job"):
        audience = await audience_of(text="本季消费 < 100", today=TODAY, zone=make.ZONE)
        view = await looked_at(audience=audience, today=TODAY, now=now)
        assert await counted(audience=audience) == view.members
    of = {one.id: one for one in people}
    assert (view.members, view.as_of) == (len(expected), at(TODAY - timedelta(days=1), 0))
    assert view.reachable == len({one for one in expected & yes if one % 9})
    assert {(share.code, share.members) for share in view.stores} == {
        (row[1], len([one for one in expected if of[one].store == row[0]])) for row in STORES
    }
    assert [share.members for share in view.stores] == sorted((share.members for share in view.stores), reverse=True)
    assert len(view.sample) == 8
    assert {one.id for one in view.sample} <= expected
    for one in view.sample:
        assert (one.last_quarter_spend, one.phone_masked) == (spend(of[one.id], BEFORE), f"139****{one.id:04}")
        assert (one.store, one.last_purchase_on) == (
            f"S{of[one.id].store}", of[one.id].sales[-1].day if of[one.id].sales else None
        )  # fmt: skip


REFUSED = (
    ('有标签 "榴莲爱好"', "unknown_tag", "Character 5: “榴莲爱好” is no tag: did you mean “榴莲爱好者”?"),
    ('积分>5 且 没买过 品类 "热带果"', "unknown_category", "Character 15: “热带果” is no category: did you mean “热带水果”?"),
    ('买过商品 "D9"', "unknown_product", "Character 6: “D9” is no product: did you mean “D2”?"),
    ("门店 属于 (S1, S9)", "unknown_store", "Character 12: “S9” is no store: did you mean “S3”?"),
    ("距 S4 3公里内", "unknown_store", "Character 3: “S4” is no store: did you mean"),
    ("距 S3 3公里内", "no_place", "Character 3: “S3” is a store whose place is not known"),
    ('区域 = "华南"', "unknown_region", "Character 6: “华南” is no region: there are 江东, 江西."),
    ("等级 >= 银", "unknown_tier", "Character 7: “银” is no tier: did you mean “银卡”?"),
    ('点击过短信 活动 "双十二"', "unknown_campaign", "Character 10: “双十二” is no campaign: did you mean “双十一”?"),
    ('属于人群 "高价"', "unknown_segment", "Character 6: “高价” is no segment: did you mean “高价值”?"),
    ('属于人群 "套娃"', "nested_segment", "Character 6: “套娃” names a segment itself, and only one level may be"),
    ('属于人群 "坏了"', "broken_segment", "Character 6: “坏了” is a segment whose own rule must be mended first: Character 5: “没有了”"),
    ("有标签 \"'; DROP TABLE member; --\"", "unknown_tag", "Character 5: “'; DROP TABLE member; --” is no tag"),
)  # fmt: skip


async def test_names_that_are_not_there_are_refused_with_the_nearest() -> None:
    await settle(people=town(seed=1)[:20])
    for text, code, sentence in REFUSED:
        async with scope(role="job"):
            with pytest.raises(Refusal) as caught:
                await audience_of(text=text, today=TODAY, zone=make.ZONE)
        assert (caught.value.code, caught.value.en[: len(sentence)]) == (code, sentence)


async def test_no_word_of_a_rule_stands_in_the_statement() -> None:
    await settle(people=town(seed=1)[:20])
    text = (
        '有标签 "榴莲爱好者" 且 称呼 = "\' OR 1=1 --" 且 买过品类 "热带水果" 且 点击过短信 活动 "双十一" 且 积分 >= 777'
    )
    async with scope(role="job"):
        audience = await audience_of(text=text, today=TODAY, zone=make.ZONE, store=1)
    statement = audience.tables + audience.condition
    assert [word for word in ("榴莲", "OR 1=1", "热带", "双十一", "777", "2027") if word in statement] == []
    assert {"' OR 1=1 --", 777} <= {value for value in audience.values if not isinstance(value, list)}
    assert replace(audience, values=()).values == ()
