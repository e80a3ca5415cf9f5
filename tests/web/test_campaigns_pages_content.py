"""/campaigns: texts while they are written, versions, series, the live page and its buttons."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.settings import settings
from tests import make
from tests.admin.conftest import LogIn
from tests.web.campaigns_desk import EDIT, TEXT, begun, chain, page, press, words, written
from web.pages import (
    campaigns,
    campaigns_check,
    campaigns_content,
    campaigns_content_told,
    campaigns_content_words,
    campaigns_facts,
    campaigns_facts_words,
    campaigns_frame,
    campaigns_goal,
    campaigns_goal_words,
    campaigns_list_words,
    campaigns_live,
    campaigns_live_words,
    campaigns_look,
    campaigns_send,
    campaigns_send_told,
    campaigns_send_words,
    campaigns_steps,
    campaigns_test,
    campaigns_test_words,
    campaigns_words,
    frame,
)

AB = {
    **EDIT, "text_B": "{称呼}，您常买的{常买|水果}到货，11月28日见，{短链}", "landing_B": "", "share_A": "60", "share_B": "40",
    "later_A": "0", "later_B": "30", "kind_B": "qr",
}  # fmt: skip


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    await chain()


async def steps() -> list[dict[str, Any]]:
    return await make.fetch(
        "SELECT s.number, s.kind, f.number AS follows, s.sample::float8 AS sample, s.wait_minutes, s.days_before, s.text,"
        " ARRAY(SELECT v.label || ':' || v.share::float8 FROM campaign_variant v WHERE v.step = s.id ORDER BY v.label) AS versions"
        " FROM campaign_step s LEFT JOIN campaign_step f ON f.id = s.follows ORDER BY s.number"
    )


async def test_a_finding_is_marked_and_mended_with_one_press(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    path = await begun(client)
    bad = {**EDIT, "text_A": "全国最好的榴莲，11月28日到店{短链}"}
    look = (await press(client, f"{path}/content/look?label=A", 200, **bad)).text
    assert '<mark class="stop">最好</mark>' in look
    assert "《广告法》" in look
    assert re.search(r"\d+ 字 · 1 条", look)
    assert "【回头客】全国最好的榴莲" in words(look)
    shown = re.search(r"/s/([A-Za-z0-9]+)", words(look))
    assert shown is not None
    assert len(shown[1]) == await make.value("SELECT length(deed.link_code())"), (
        "an example is as long as the real message"
    )
    mend = re.search(r'name="do" value="(mend:A:\d+)"', look)
    assert mend is not None
    mended = (await press(client, f"{path}/content", 200, **bad, do=mend[1])).text
    assert "全国优选的榴莲" in mended
    assert await steps() == [], "it stores nothing"
    long = {**EDIT, "text_A": "榴莲" * 40}
    assert "再删 21 字就是 1 条" in words((await press(client, f"{path}/content/look?label=A", 200, **long)).text)
    for odd in ("mend:A:99", "mend:Z:x", "use:x", "drop_version:Q", "nonsense:1"):
        assert (await client.post(f"{path}/content", data={**bad, "do": odd})).status_code in {200, 303}


async def test_versions_their_shares_and_their_winner(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    path = await begun(client)
    more = (await press(client, f"{path}/content", 200, **EDIT, do="add_version")).text
    assert re.findall(r'name="share_(.)" value="(\d+)"', more) == [("A", "50"), ("B", "50")]
    for wrong, told in (
        ({"share_B": "50"}, "合计为 110%"), ({"share_B": "0"}, "1 到 99"), ({"text_B": " "}, "请填写短信内容"),
        ({"later_B": "-1"}, "0 到 9999"), ({"winner_by": "click", "sample": "100", "winner_wait": "1"}, "1 到 99"),
        ({"winner_by": "click", "sample": "20", "winner_wait": "99999"}, "1 分钟到 30 天"),
    ):  # fmt: skip
        answer = await press(client, f"{path}/content", 400, **{**AB, **wrong}, do="save")
        assert told in answer.text
        assert 'name="share_A" value="60"' in answer.text, "what was typed stays"
    assert await steps() == []
    won = {**AB, "winner_by": "purchase", "sample": "20", "winner_wait": "12", "winner_wait_unit": "hours"}
    await press(client, f"{path}/content", **won, do="save")
    tried, winner = await steps()
    assert (tried["versions"], tried["sample"]) == (["A:0.6", "B:0.4"], 0.2)
    assert (winner["kind"], winner["follows"], winner["wait_minutes"]) == ("winner", 1, 720)
    shown = words(await page(client, f"{path}/content?step=2"))
    assert "第 1 步之后 12 小时，把购买更好的版本发给其余会员" in shown
    await press(client, f"{path}/content", **EDIT, do="save")
    assert [(one["kind"], one["versions"], one["sample"]) for one in await steps()] == [("once", [], 1)]


async def test_series_reminders_and_what_follows_them(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    path = await begun(client)
    day = f"{datetime.now(settings().zone).date() + timedelta(days=10)}"
    series = {"day": day, "countdown_at": "10:00", "days_before": ["7", "3", "0"]}
    for wrong, told in (
        ({"day": "2020-02-30"}, "请填写日期"), ({"countdown_at": "25:00"}, "请填写时间"), ({"days_before": ["x"]}, "至少选一天"),
        ({"day": "2020-02-20"}, "已过去"), ({"day": "0001-01-01"}, "请填写日期"), ({"day": "9999-12-31"}, "请填写日期"),
    ):  # fmt: skip
        assert told in (await press(client, f"{path}/content", 400, **EDIT, **{**series, **wrong}, do="countdown")).text
    await press(client, f"{path}/content", **EDIT, **series, do="countdown")
    made = await steps()
    assert [(one["kind"], one["days_before"], one["text"]) for one in made] == [
        ("countdown", 7, f"还有7天：{TEXT}"), ("countdown", 3, f"还有3天：{TEXT}"), ("countdown", 0, f"就在今天：{TEXT}")
    ]  # fmt: skip
    second = {**EDIT, "step": "2", "text_A": made[1]["text"]}
    await press(client, f"{path}/content", **second, follow_wait="2", follow_wait_unit="days", do="follow")
    assert [(one["kind"], one["follows"], one["wait_minutes"]) for one in (await steps())[3:]] == [
        ("follow_up", 2, 2880)
    ]
    plain = {**second, "text_A": "11月28日到店"}
    assert "没有{短链}" in (await press(client, f"{path}/content", 400, **plain, follow_wait="2", do="follow")).text
    await press(client, f"{path}/content", **second, do="drop_step")
    assert [(one["number"], one["days_before"]) for one in await steps()] == [(1, 7), (2, 0)], "and who followed it"
    weekly = {"weekday": "2", "first": day, "weeks": "2", "weekly_at": "09:30"}
    await press(client, f"{path}/content", **EDIT, **weekly, do="weekly")
    assert [one["kind"] for one in await steps()] == ["countdown", "countdown", "weekly", "weekly"]
    assert "每周" in words(await page(client, f"{path}/content?step=3"))


async def test_a_copy_is_a_draft_of_its_own(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    path = await written(client)
    for name in ("周末榴莲 副本", "周末榴莲 副本 2"):
        copied = await press(client, f"{path}/copy")
        assert f'value="{name}"' in await page(client, copied.headers["location"])
    await press(client, f"{path}/goal", do="delete")
    assert await make.value("SELECT count(*) FROM campaign") == 2


async def test_the_live_page_tells_what_each_button_would_do(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    path = await written(client)
    now = datetime.now(UTC)
    await make.execute("UPDATE campaign SET state = 'sending', canary = 1000")
    await make.execute(
        "UPDATE campaign_step SET state = 'frozen', audience = 5000, frozen_at = $1, canary_state = 'waiting'", now
    )
    await make.execute(
        "INSERT INTO send_chunk (message_class, campaign, step, state, due_at, size, accepted, delivered, failed, handed_at)"
        " VALUES ('marketing', 1, 1, 'waiting', $1, 2000, 700, 600, 66, $1), ('marketing', 1, 1, 'held', $1, 2900, 0, 0, 0, NULL)", now
    )  # fmt: skip
    text = words(await page(client, f"{path}/live"))
    assert "名单 5,000 人" in text
    assert "已处理 766 / 4,900" in text
    assert "名单中不发送 100" in text
    assert "其余 2,900 条等 90% 的回执" in text
    assert "其余 4,134 条停在这里" in text
    assert "还有 4,134 条不再发送" in text
    assert "送达率 · 不低于 98%" in text
    part = await client.get(f"{path}/live?part=live&was=sending")
    assert "hx-refresh" not in part.headers
    assert "<html" not in part.text
    assert "hx-refresh" in (await client.get(f"{path}/live?part=live&was=scheduled")).headers
    await press(client, f"{path}/move", target="paused", back="live")
    assert "其余 4,134 条继续发送" in words(await page(client, f"{path}/live"))
    assert "状态已经改变" in (await press(client, f"{path}/move", 400, target="paused")).text
    assert "没有这个操作" in (await press(client, f"{path}/move", 400, target="scheduled")).text
    await press(client, f"{path}/move", target="cancelled", back="live")
    assert "活动已取消" in words(await page(client, f"{path}/live"))
    assert await make.value("SELECT count(*) FROM send_chunk WHERE state <> 'done'") == 0


async def test_the_pages_speak_the_languages_of_the_house(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (
        campaigns_words, campaigns_list_words, campaigns_goal_words, campaigns_content_words, campaigns_facts_words,
        campaigns_test_words, campaigns_send_words, campaigns_live_words,
    ):  # fmt: skip
        for told in vars(module).values():
            if isinstance(told, dict) and "zh" in told:
                assert set(told["zh"]) == set(told["en"]) or isinstance(told["zh"], tuple)
    english = settings().model_copy(update={"language": "en"})
    for module in (
        campaigns, campaigns_check, campaigns_content, campaigns_content_told, campaigns_facts, campaigns_frame, campaigns_goal,
        campaigns_live, campaigns_look, campaigns_send, campaigns_send_told, campaigns_steps, campaigns_test, frame,
    ):  # fmt: skip
        monkeypatch.setattr(module, "settings", lambda: english, raising=False)
    client = await log_in(role="hq_admin")
    path = await begun(client, name="Durian")
    edit = {**EDIT, "text_A": "{title_or_name}, {store} has new fruit on the 28th", "landing_A": ""}
    await press(client, f"{path}/content", **edit, do="next")
    await make.execute("UPDATE member SET name = 'Li'")
    for address in (
        "/campaigns",
        "/campaigns/new",
        *(f"{path}/{step}" for step in ("goal", "content", "send", "live", "check")),
    ):
        text = words(await page(client, address))
        for shipped in ("回头客", "拒收请回复R", "张女士"):
            text = text.replace(shipped, "")
        assert not re.search(r"[\u4e00-\u9fff]", text), (address, re.findall(r"[\u4e00-\u9fff]+", text))
