"""Step 3 of the wizard: whom a rule reaches, what is wrong with it and where, words and form in step, and who may do what."""

import re

import pytest

from config.settings import Settings, settings
from tables.access import Role
from tests import make
from tests.admin.conftest import LogIn
from tests.web.people_site import EVIL, TODAY, chain, page, sent, typed, words
from web.pages import (
    campaigns_budget,
    campaigns_calendar,
    campaigns_editor_look,
    campaigns_frame,
    campaigns_people,
    campaigns_segments,
    frame,
)
from web.pages.campaigns_people_words import DATES, OPERATORS, WORDS

HQ, FIRST, SECOND = ("/campaigns/1/people", "/campaigns/2/people", "/campaigns/3/people")
RULE = "SELECT rule, reached FROM campaign WHERE id = $1"


@pytest.fixture(autouse=True)
async def site(db: None) -> None:
    await chain()


async def test_a_rule_is_said_counted_and_split_with_masked_people(log_in: LogIn) -> None:
    client = await log_in(role="hq_marketing")
    text = await sent(client, HQ, rule="30天内消费过 且 本季消费次数 >= 0")
    look = words(text, "look")
    quarter = (TODAY.month - 1) // 3 * 3
    assert f"本季 = {TODAY.year}年{quarter + 1}–{quarter + 3}月" in look
    assert "符合的会员 3 可发营销短信 3" in look
    assert re.search(r"按归属门店 S2 2 S1 1", look)
    assert "139****0003" in look
    assert EVIL in look
    assert "13900000003" not in text
    assert EVIL not in text
    assert "铜卡" in look


async def test_the_count_comes_after_the_words(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    opened = await page(client, HQ)
    assert "正在统计人数" in words(opened, "counts")
    at_once = await sent(client, HQ, live=True, by="text", rule="从未消费")
    assert "正在统计人数" in words(at_once, "counts")
    assert "从未消费" in words(at_once, "look")
    assert "符合的会员 1 " in words(await sent(client, HQ, live=True, by="count", rule="从未消费"), "counts")
    assert "符合的会员 4 " in words(await sent(client, HQ, live=True, by="count", rule=""), "counts")
    assert "请放宽条件" in words(await sent(client, HQ, rule="积分 >= 99999"), "counts")


MISTAKES = (
    ('30天内消费过 且 有标签 "榴莲爱好"', "榴莲爱好", '30天内消费过 且 有标签 "榴莲爱好者"'),
    ("有标签 榴莲爱好", "榴莲爱好", '有标签 "榴莲爱好者"'),
    ("30天内消费過", "消费過", "30天内消费过"),
    ("积分 >= 很多", "很多", None),
    ('属于人群 "常客们" 或 从未消费', "常客们", '属于人群 "常客" 或 从未消费'),
)


async def test_a_mistake_is_marked_where_it_is_and_mended_by_one_press(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    for rule, marked, mended in MISTAKES:
        text = await sent(client, HQ, rule=rule, live=True, by="text")
        assert words(text, "mistake").replace(" ", "") == rule.replace(" ", "")
        assert re.findall(r"<mark>(.*?)</mark>", text) == [marked]
        assert ('value="mend"' in text) is (mended is not None)
        again = await sent(client, HQ, rule=rule, act="mend", live=True)
        assert typed(again) == (mended or rule)
        assert ("<mark>" in again) is (mended is None)
        assert "规则有误" in await sent(client, HQ, rule=rule, act="save", status=400)
    assert (await make.fetch(RULE, 1))[0]["rule"] == ""


async def test_the_form_writes_the_words_and_the_words_open_the_form(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    added = await sent(
        client, HQ, act="add", rule="从未消费", kind_0="never_bought", was_0="never_bought", join_0="and"
    )
    assert typed(added) == "从未消费 且 90天未消费"
    rows = {
        "kind_0": "never_bought",
        "join_0": "and",
        "kind_1": "tag",
        "was_1": "idle",
        "join_1": "or_not",
        "v0_1": "90",
    }
    other_kind = await sent(client, HQ, rows, live=True, by="rows", rule="从未消费")
    assert "第 2 行（有标签）" in words(other_kind, "rows")
    assert typed(other_kind) == "从未消费"
    rows |= {"was_1": "tag", "v0_1": "榴莲爱好者"}
    assert (
        typed(await sent(client, HQ, rows, live=True, by="rows", rule="从未消费")) == '从未消费 或 无标签 "榴莲爱好者"'
    )
    assert typed(await sent(client, HQ, rows, act="drop:0", rule="")) == '无标签 "榴莲爱好者"'
    from_words = await sent(client, HQ, rows, live=True, by="text", rule="上季消费 介于 100 和 2,000")
    assert re.findall(r'name="v\d_0"[^>]*value="([^"]*)"', from_words) == ["100", "2000"]
    assert "请直接修改上面的文字" in await sent(client, HQ, rule="(从未消费 或 被推荐) 且 积分 >= 1")


async def test_saving_keeps_the_rule_and_goes_on(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    assert await sent(client, HQ, act="save", rule=" 30天内消费过 ", status=303) == "/campaigns/1/check"
    assert (await make.fetch(RULE, 1)) == [{"rule": "30天内消费过", "reached": 3}]
    assert typed(await page(client, HQ)) == "30天内消费过"
    # Without a script rows alone are changed, and saved at once.
    rows = {"drawn": "30天内消费过", "kind_0": "purchase", "was_0": "purchase", "v0_0": "7"}
    await sent(client, HQ, rows, act="save", rule="30天内消费过", status=303)
    assert (await make.fetch(RULE, 1))[0]["rule"] == "7天内消费过"
    await sent(client, HQ, act="save", rule="", status=303)
    assert (await make.fetch(RULE, 1))[0]["rule"] == ""
    assert typed(await sent(client, HQ, act="pick:常客", rule="从未消费")) == '属于人群 "常客"'
    assert typed(await sent(client, HQ, act="pick:", rule="从未消费")) == ""


async def test_a_rule_becomes_a_segment(log_in: LogIn) -> None:
    client = await log_in(role="hq_marketing")
    for name in ("", "常客", "带“引号”"):
        text = await sent(client, HQ, act="keep", rule="从未消费", segment_name=name, status=400)
        assert f'value="{name}"' in text
    await sent(client, HQ, act="keep", rule="从未消费", segment_name="新面孔", status=303)
    assert await make.value("SELECT rule FROM segment WHERE name = '新面孔'") == "从未消费"


async def test_a_manager_reaches_the_own_store_and_sees_no_number_of_the_chain(log_in: LogIn) -> None:
    client = await log_in(role="store_manager", stores=(1,))
    text = await sent(client, FIRST, rule="")
    assert "符合的会员 2 可发营销短信 1" in words(text, "counts")
    assert "0003" not in text
    assert "1,234" not in text
    assert 'value="keep"' not in text
    await sent(client, FIRST, act="save", rule='有标签 "榴莲爱好者"', status=303)
    await sent(client, FIRST, act="keep", rule="从未消费", segment_name="我的", status=400)
    for path in (HQ, SECOND):
        await page(client, path, status=404)
        await sent(client, path, act="save", rule="", status=404)
    assert await make.value("SELECT count(*) FROM segment") == 2


@pytest.mark.parametrize(("role", "seen"), [("hq_viewer", 200), ("cashier", 403)])
async def test_who_may_not_write_gets_no_form(log_in: LogIn, role: Role, seen: int) -> None:
    client = await log_in(role=role, stores=(1,) if role == "cashier" else ())
    text = await page(client, HQ, status=seen)
    assert "<textarea" not in text
    assert 'name="act" value="save"' not in text
    for act in ("save", "keep"):
        await sent(client, HQ, act=act, rule="从未消费", segment_name="x", status=403)
    assert (await make.fetch(RULE, 1))[0]["rule"] == ""
    if seen == 200:
        assert "符合的会员 4 " in words(await sent(client, HQ, live=True, by="count", rule=""), "counts")


async def test_a_campaign_that_has_begun_only_shows_its_people(log_in: LogIn) -> None:
    await make.execute("ALTER TABLE campaign DISABLE TRIGGER USER")
    await make.execute("UPDATE campaign SET state = 'sending' WHERE id = 1")
    await make.execute("ALTER TABLE campaign ENABLE TRIGGER USER")
    client = await log_in(role="hq_admin")
    assert "<textarea" not in await page(client, HQ)
    assert "草稿" in await sent(client, HQ, act="save", rule="从未消费", status=400)


async def test_a_form_of_elsewhere_changes_nothing(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    for token in ("", "guess"):
        answer = await client.post(HQ, data={"token": token, "act": "save", "rule": "从未消费"})
        assert (answer.status_code, "页面已过期" in answer.text) == (400, True)
    assert (await make.fetch(RULE, 1))[0]["rule"] == ""


HOSTILE = (
        "'; DROP TABLE member; --", "1=1 OR true", EVIL, '有标签 "' + EVIL + '2"', "(" * 900, "非 " * 600, "从未消费 且 " * 200,
        "长" * 2_001, "积分 >= " + "9" * 300, "\u202e从未消费", "门店 = \"S1' OR '1'='1\"", "💥" * 400, '有标签 "', "%s {0} $1 \\",
    )  # fmt: skip


async def test_hostile_rules_get_a_sentence(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    for rule in HOSTILE:
        text = await sent(client, HQ, rule=rule, act="save", status=400)
        assert "规则有误" in text
        assert EVIL not in text
    assert (await make.fetch(RULE, 1))[0]["rule"] == ""
    assert await make.value("SELECT count(*) FROM member") == 4


async def test_the_pages_speak_english_where_the_house_does(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    english = Settings(data_dir=settings().data_dir, language="en")
    for module in (
        frame, campaigns_frame, campaigns_people, campaigns_segments, campaigns_calendar, campaigns_budget, campaigns_editor_look,
    ):  # fmt: skip
        monkeypatch.setattr(module, "settings", lambda: english)
    await make.execute("UPDATE campaign SET name = 'c' || id")
    await make.execute(
        "UPDATE segment SET name = 's' || id, rule = CASE name WHEN '常客' THEN '30天内消费过 且 客单价 >= 1' ELSE 'points >= 1' END"
    )
    await make.execute("UPDATE tag SET name = 't' || id")
    await make.execute("UPDATE tier SET name = 't' || id")
    await make.execute("UPDATE member SET name = 'm'")
    client = await log_in(role="hq_admin")
    one = await make.value("SELECT id FROM segment WHERE rule LIKE 'points%'")
    rule = "last_quarter_spend >= 0 or points between 1 and 2 or birthday within 7 days"
    texts = [await page(client, path) for path in (
        HQ, "/campaigns/segments", f"/campaigns/segments/{one}", "/campaigns/calendar?part=all", "/campaigns/calendar?view=week&part=all",
        "/campaigns/budget?a_month=1",
    )]  # fmt: skip
    texts += [await sent(client, HQ, rule=said) for said in (rule, "no purchase for 90 dys", "points >= many")]
    for text in texts:
        assert re.findall(r"[\u4e00-\u9fff]+", re.sub(r"女士、先生", "", text)) == [], text
    assert "birthday within 7 days" in words(texts[-3], "look")


def test_the_words_are_the_same_in_both_languages() -> None:
    for told in (WORDS, OPERATORS, DATES):
        assert set(told["zh"]) == set(told["en"])
