"""/campaigns: the wizard's steps over HTTP, as head office and as a store manager, and what others may not do."""

import re
from pathlib import Path

import pytest

from tests import make
from tests.admin.conftest import LogIn
from tests.web.campaigns_desk import EDIT, GOAL, TEXT, begun, chain, page, press, times, words, written
from web.pages import campaigns_test

STEPS = ("goal", "content", "people", "check?part=report", "check", "test", "send", "live")


@pytest.fixture(autouse=True)
async def shop(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody_woken() -> None:
        """There is no worker here."""

    monkeypatch.setattr(campaigns_test, "hand_over_soon", nobody_woken)
    await chain()


async def state(campaign: str) -> str:
    return str(await make.value("SELECT state FROM campaign WHERE id = $1", int(campaign.rsplit("/", 1)[1])))


async def test_head_office_goes_from_an_idea_to_a_tried_text(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    await make.execute("UPDATE staff SET phone = '+8613700137000'")
    assert "还没有活动" in words(await page(client, "/campaigns"))
    wrong = (await press(client, "/campaigns/new", 400, **{**GOAL, "budget": "八百", "attribution_days": "0"})).text
    assert "请填写金额" in wrong
    assert "1 到 90" in wrong
    assert 'value="周末榴莲"' in wrong, "the form keeps what was typed"
    path = await begun(client)
    bad = (await press(client, f"{path}/content", 400, **{**EDIT, "text_A": "{称呼，今天有货"}, do="next")).text
    assert "大括号不成对" in bad
    await press(client, f"{path}/content", **EDIT, do="next")
    assert "6" in words(await page(client, f"{path}/check?part=report"))
    assert (await press(client, f"{path}/check")).headers["location"] == f"{path}/test"
    tests = await page(client, f"{path}/test")
    assert re.search(r"会员，金枕榴莲11月28日到店，会员价每斤29元，详情\S+/s/\w+拒收请回复R", words(tests))
    sent = await press(client, f"{path}/test", step="1", staff="1")
    assert sent.headers["location"].endswith("sent=1")
    assert "排队中" in words(await page(client, sent.headers["location"]))
    assert "至少选择一位" in (await press(client, f"{path}/test", 400, step="1")).text


async def test_head_office_settles_the_times_and_schedules(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    path = await written(client)
    await press(client, f"{path}/test", do="next")
    assert "发给全部会员：6 位会员，6 条短信" in words(await page(client, f"{path}/send?part=summary"))
    past = await press(client, f"{path}/send", 400, **times(days=-1), do="schedule")
    assert "发送时间已过" in past.text
    odd = await press(client, f"{path}/send", 400, **{**times(), "from_1": "0001-01-01T00:00"}, do="schedule")
    assert "请填写日期和时间" in odd.text
    night = {
        **times(),
        "from_1": times()["from_1"].replace("10:00", "22:30"),
        "until_1": times()["until_1"].replace("20:00", "23:30"),
    }
    assert "不在允许联系会员的时段" in (await press(client, f"{path}/send", 400, **night, do="schedule")).text
    assert await state(path) == "draft"
    await press(client, f"{path}/send", **{**times(), "holdout": "10", "canary": "1000"}, do="schedule")
    assert await state(path) == "scheduled"
    assert await make.fetch("SELECT holdout::text, canary, text FROM campaign c JOIN campaign_step s ON s.campaign = c.id") == [
        {"holdout": "0.100", "canary": 1000, "text": TEXT}
    ]  # fmt: skip
    assert "已排期" in words(await page(client, "/campaigns?show=scheduled"))
    await press(client, f"{path}/send", do="back")
    assert await state(path) == "draft"


async def test_what_nobody_may_send_is_stopped_at_the_check_and_at_the_button(log_in: LogIn) -> None:
    client = await log_in(role="hq_marketing")
    path = await begun(client)
    assert "请先填写“内容”" in words(await page(client, f"{path}/check?part=report"))
    await press(client, f"{path}/content", **{**EDIT, "text_A": "全国最好的榴莲，今天每斤29元"}, do="next")
    assert "最好" in (await press(client, f"{path}/check", 400)).text
    assert "最好" in (await press(client, f"{path}/send", 400, **times(), do="schedule")).text
    await make.execute("UPDATE campaign SET rule = '没有这个词 且'")
    assert "现在还不能发送" in (await press(client, f"{path}/send", 400, **times(), do="schedule")).text
    assert await state(path) == "draft"


async def test_a_store_manager_hands_in_and_head_office_approves(log_in: LogIn) -> None:
    manager, hq = await log_in(role="store_manager", stores=(1,)), await log_in(role="hq_marketing")
    form = await page(manager, "/campaigns/new")
    assert "S1" in form
    assert "S2" not in form
    for store in ("", "2", "99"):
        answer = await press(manager, "/campaigns/new", 400, **{**GOAL, "store": store})
        assert "请选择一项" in answer.text
    path = await written(manager, store="1")
    sentence = words(await page(manager, f"{path}/send?part=summary"))
    assert "3 位会员" in sentence, "their own store's members alone"
    await press(manager, f"{path}/send", **times(), do="schedule", status=400)
    assert await state(path) == "draft"
    await press(manager, f"{path}/send", **times(), do="submit")
    assert await state(path) == "review"
    assert "批准并排期" not in await page(manager, f"{path}/send")
    assert (await press(manager, f"{path}/send", 400, do="approve")).status_code == 400
    assert await state(path) == "review"
    assert "批准并排期" in await page(hq, f"{path}/send")
    await press(hq, f"{path}/send", do="approve")
    assert await state(path) == "scheduled"
    await press(manager, f"{path}/move", target="cancelled", back="send")
    assert await state(path) == "cancelled"


async def test_another_stores_campaign_is_not_there(log_in: LogIn) -> None:
    hq, manager = await log_in(role="hq_admin"), await log_in(role="store_manager", stores=(2,))
    for path in (
        await written(hq, store="1"),
        await written(hq, name="总部"),
        "/campaigns/99",
        f"/campaigns/{1 << 70}",
    ):
        for step in STEPS:
            assert "不存在" in await page(manager, f"{path}/{step}", 404)
        for deed in ("goal", "content", "content/look?label=A", "check", "test", "send", "move", "copy"):
            await press(
                manager, f"{path}/{deed}", 404, **{**GOAL, **EDIT, **times()}, target="cancelled", do="schedule"
            )
    assert "周末榴莲" not in await page(manager, "/campaigns")
    assert await make.value("SELECT count(*) FROM campaign WHERE state = 'draft'") == 2


@pytest.mark.parametrize(("role", "reads"), [("hq_viewer", True), ("cashier", False)])
async def test_others_read_at_most_and_change_nothing(log_in: LogIn, role: str, reads: bool) -> None:  # noqa: FBT001
    hq, other = await log_in(role="hq_admin"), await log_in(role=role, stores=(1,) if role == "cashier" else ())
    path = await written(hq, store="1")
    before = await make.fetch("SELECT * FROM campaign, campaign_step")
    for step in STEPS:
        text = await page(other, f"{path}/{step}", 200 if reads else 403)
        assert (
            not re.search(r"<button(?! type=.button.)[^>]*>(保存|下一步|发送测试|排期发送|批准)", text)
            or "<fieldset disabled>" in text
        )
    assert "新建活动" not in words(await page(other, "/campaigns", 200 if reads else 403))
    for deed in ("goal", "content", "check", "test", "send", "move", "copy"):
        await press(other, f"{path}/{deed}", 403, **{**GOAL, **EDIT, **times()}, target="cancelled", do="delete")
    await press(other, "/campaigns/new", 403, **GOAL)
    assert await make.fetch("SELECT * FROM campaign, campaign_step") == before


async def test_a_form_of_elsewhere_does_nothing(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    path = await written(client)
    before = await make.fetch("SELECT * FROM campaign, campaign_step")
    deeds = ("goal", "content", "content/look?label=A", "check", "test", "send", "move", "copy")
    for deed in ("/campaigns/new", *(f"{path}/{one}" for one in deeds)):
        for token in ("", "guess", "é"):
            answer = await press(
                client, deed, 400, **{**GOAL, **EDIT, **times(), "token": token}, target="cancelled", do="delete"
            )
            assert "页面已过期" in answer.text
    assert "无法保存" in (await press(client, "/campaigns/new", 400, **{**GOAL, "name": "a\0b"})).text
    assert await make.fetch("SELECT * FROM campaign, campaign_step") == before


async def test_names_and_texts_cannot_write_the_page(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    await make.execute("UPDATE store SET name = $1", evil)
    await make.execute("UPDATE member SET name = $1", evil[:40])
    path = await begun(client, name=evil[:60])
    edit = {**EDIT, "text_A": f"{{称呼}}最好{evil}，{{常买|<b>果</b>}}", "landing_A": f"</textarea>{evil}"}
    await press(client, f"{path}/content", **edit, do="save")
    await press(client, f"{path}/content", 200, **edit, do="add_version")
    await press(client, f"{path}/content/look?label=A", 200, **edit)
    for address in ("/campaigns", *(f"{path}/{step}" for step in STEPS)):
        text = await page(client, address)
        scripts = re.findall(r"<script(.*?)>(.*?)</script>", text, re.DOTALL)
        assert all(not body and "/campaigns/static/" in source for source, body in scripts)
        assert "<img" not in text
        assert "<b>果" not in text


async def test_pages_run_our_own_files_alone(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    answer = await client.get("/campaigns/new")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    files = re.findall(r'(?:href|src)="(/campaigns/static/[^"]+)"', answer.text)
    assert len(files) == 3
    for file in files:
        got = await client.get(file)
        assert (got.status_code, "immutable" in got.headers["cache-control"]) == (200, True)
    assert (await client.get("/campaigns/static/frame.py")).status_code == 404
    client.cookies.delete("id")
    assert (await client.get(files[0])).status_code == 302


def test_the_templates_hold_no_words_of_their_own_and_ask_no_other_host() -> None:
    folder = Path(campaigns_test.__file__).parent
    for path in [
        *folder.joinpath("templates").glob("campaigns*.html"),
        *folder.parent.joinpath("static").glob("campaigns.*"),
    ]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"[\u4e00-\u9fff]", text), path.name
        assert not re.search(r"https?://|[\"'(]//\w| on\w+=", text), path.name
