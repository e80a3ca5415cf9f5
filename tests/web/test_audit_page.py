"""/audit: sentences of what was done, for head office alone, found by member, person, table, deed and day."""

import re
from datetime import date
from html import unescape

import httpx
import pytest

from actions.campaigns import move_campaign
from config.settings import settings
from tables.scope import scope
from tables.staff import Staff
from tests import make
from tests.admin.conftest import Browser, LogIn
from tests.admin.two_stores import two_stores
from web.pages.audit_words import WORDS

API = "/admin/api/tables"
_SENTENCE = re.compile(r'<span class="said">(.*?)</span>')


def sentences(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [unescape(said) for said in _SENTENCE.findall(answer.text)]


async def read(client: httpx.AsyncClient, **asked: str) -> list[str]:
    return sentences(await client.get("/audit", params=asked))


async def test_what_people_did_reads_like_sentences_and_is_found(log_in: LogIn) -> None:
    await two_stores()
    hq = await log_in(role="hq_admin", username="laoban")
    manager = await log_in(role="store_manager", stores=(1,), username="dianzhang")
    await make.execute("INSERT INTO tag (name) VALUES ('<b>x</b>')")
    assert (await hq.patch(f"{API}/reward/1/", json={"points": 60})).status_code == 200
    assert (await manager.patch(f"{API}/member/1/", json={"name": "张女士"})).status_code == 200
    assert (await manager.post(f"{API}/member_tag/", json={"member": 1, "tag": 2})).status_code == 201
    assert (await hq.get(f"{API}/member/", params={"__page_size": "1000"})).status_code == 200
    await manager.post("/admin/api/forms/查会员/", json={"phone": "13900000002"})
    newest = await read(hq)
    assert newest[:6] == [
        "店长 dianzhang 按手机号查询了他店的会员 #2",
        "总部管理员 laoban 导出了会员，共 2 行",
        "店长 dianzhang 新增了会员标签“宝妈”（会员 #1）",
        "店长 dianzhang 把会员 #1 的姓名从张三改为张女士",
        "总部管理员 laoban 把兑换项“果篮”的所需积分从50改为60",
        "系统新增了标签“<b>x</b>”",
    ]
    assert await read(hq, member="13900000001", username="dianzhang") == [newest[2], newest[3]]
    assert await read(hq, member="#2", action="lookup") == [newest[0], "系统按手机号查询了他店的会员 #2"]
    assert await read(hq, table="reward", since="2026-01-01", action="update") == [newest[4]]
    assert await read(hq, until="2026-01-01") == await read(hq, username="nobody") == []
    text = (await hq.get("/audit")).text
    assert not any(broken in text for broken in ("<b>x</b>", "built-in", "object at"))


async def test_a_move_of_a_campaign_tells_who_moved_it(log_in: LogIn) -> None:
    await two_stores()
    await make.execute("UPDATE campaign SET state = 'sending' WHERE id = 1")
    hq, _ = await log_in(role="hq_admin"), await log_in(role="hq_marketing", username="yingxiao")
    async with scope(role="hq_marketing", staff=2):
        await move_campaign(name="会员日1", target="paused", now=make.noon(date(2026, 3, 4)))
    assert await read(hq, table="campaign", username="yingxiao") == [
        "总部营销 yingxiao 把群发活动“会员日1”的状态从发送中改为已暂停"
    ]


async def test_head_office_alone_reads_it_and_a_viewer_no_phone_and_no_staff_file(log_in: LogIn) -> None:
    await two_stores()
    hq, viewer = await log_in(role="hq_admin"), await log_in(role="hq_viewer")
    await make.execute("UPDATE member SET phone = '+8613900000003' WHERE id = 1")
    await make.execute("UPDATE staff SET phone = '+8613900000004' WHERE id = 1")
    assert "13900000001" in (await hq.get("/audit")).text
    seen = await viewer.get("/audit")
    assert not re.search(r"1390000000\d", seen.text)
    assert any("会员 #1" in said for said in sentences(seen))
    assert len(await read(viewer, member="13900000003")) == len(await read(hq, member="1")) > 0
    for role in ("hq_marketing", "store_manager", "cashier"):
        other = await log_in(role=role, stores=(1,) if role in {"store_manager", "cashier"} else ())
        assert (await other.get("/audit")).status_code == 403


async def test_pages_follow_each_other_without_a_gap_or_a_double(log_in: LogIn) -> None:
    await two_stores()
    client = await log_in(role="hq_admin")
    # Lines and look-ups of the same instant, several pages of them.
    await make.execute(
        "INSERT INTO audit_log (action, table_name, row_id, at) SELECT 'update', 'tag', n, to_timestamp(n / 7) FROM generate_series(1, 230) n;"
        "INSERT INTO member_lookup (member, weight, at) SELECT NULL, 3, to_timestamp(n / 7) FROM generate_series(1, 40) n"
    )
    path, seen, pages = "/audit?until=2000-01-01", 0, 0
    while path:
        answer = await client.get(path)
        seen, pages = seen + len(sentences(answer)), pages + 1
        older = re.search(r'href="(/audit\?[^"]*before=[^"]*)">更早', answer.text)
        path = unescape(older[1]) if older else ""
    assert (seen, pages) == (270, 3)


@pytest.mark.parametrize("asked", [
    {"before": "x"}, {"before": "1-99999999999999999999"}, {"before": f"{10**30}-1"}, {"since": "gestern"},
    {"member": "1390000000000000"}, {"username": "a\0"},
])  # fmt: skip
async def test_a_search_that_makes_no_sense_is_refused_with_a_sentence(log_in: LogIn, asked: dict[str, str]) -> None:
    client = await log_in(role="hq_admin")
    assert (await client.get("/audit", params=asked)).status_code == 400


async def test_many_rows_within_the_hour_are_an_alarm_however_they_are_cut(
    log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_stores()
    monkeypatch.setitem(vars(settings()), "export_alarm", 5)
    client = await log_in(role="hq_admin", username="laoban")
    for _ in range(3):
        assert 'role="alert"' not in (await client.get("/audit")).text
        assert (await client.get(f"{API}/purchase/", params={"__page_size": "101"})).status_code == 200
    # An empty page takes nothing away.
    assert (await client.get(f"{API}/purchase/", params={"__page_size": "101", "__page": "2"})).status_code == 200
    assert await read(client, action="export_large") == [
        "总部管理员 laoban 大量导出了消费单，共 2 行；一小时内合计 6 行"
    ]
    assert 'role="alert"' in (await client.get("/audit")).text
    assert "regulars_exports_large_week 1.0" in (await client.get("/metrics")).text


@pytest.mark.filterwarnings("ignore:If running sessions in production")
async def test_log_ins_and_log_outs_are_told_without_what_was_typed(log_in: LogIn) -> None:
    await two_stores()
    hq = await log_in(role="hq_admin", username="laoban")
    await log_in(role="cashier", stores=(1,), username="shouyin")
    await make.execute(
        "UPDATE staff SET password = $1 WHERE username = 'shouyin'", Staff.hash_password("dui-de-mima-1", iterations=1)
    )
    known = {"headers": {"X-CSRFToken": "t"}, "cookies": {"csrftoken": "t"}}
    async with Browser(transport=hq._transport, base_url="http://localhost", **known) as door:  # type: ignore[arg-type]
        for name, password in (("shouyin", "cuo-de-mima-9"), ("meiyou", "cuo-de-mima-9"), ("shouyin", "dui-de-mima-1")):
            await door.post("/admin/public/login/", json={"username": name, "password": password})
        await door.post("/admin/public/logout/", json={})
    assert (await read(hq, table="staff", action="update"))[-1] == "系统修改了员工“shouyin”的密码"
    assert await read(hq, table="staff", action="login_failed") == ["有人用员工“shouyin”的用户名登录失败"]
    assert (await read(hq))[:3] == [
        "收银员 shouyin 退出了登录",
        "收银员 shouyin 登录了系统",
        "有人用员工“shouyin”的用户名登录失败",
    ]
    assert "mima" not in str(await make.fetch("SELECT a::text FROM audit_log a"))


async def test_a_full_phone_is_shown_to_a_masked_role_one_at_a_time_and_never_unseen(log_in: LogIn) -> None:
    await two_stores()
    hq = await log_in(role="hq_admin")
    cashier = await log_in(role="cashier", stores=(1,), username="shouyin")

    async def see(member: str, reason: str = "顾客落下雨伞") -> httpx.Response:
        return await cashier.post("/admin/api/forms/查看手机号/", json={"member": member, "reason": reason})

    shown = await see("#1")
    assert "13900000001" in shown.json()["custom_form_success"]
    for member, reason in (("2", "x"), ("99", "x"), ("1", " "), ("x", "x"), ("9" * 30, "x")):
        refused = await see(member, reason)
        assert refused.status_code == 422
        assert "1390000" not in refused.text
    assert await read(hq, action="reveal") == ["收银员 shouyin 查看了会员 #1 的完整手机号"]
    assert "顾客落下雨伞" in (await hq.get("/audit?action=reveal")).text
    for _ in range(19):
        await see("1")
    over = await see("1")
    assert (over.json()["code"], "1390000" in over.text) == ("too_many", False)
    other = await hq.post("/admin/api/forms/查看手机号/", json={"member": "1", "reason": "x"})
    assert (other.status_code >= 400, "1390000" in other.text) == (True, False)


async def test_the_page_speaks_english_where_the_house_does(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    await two_stores()
    hq = await log_in(role="hq_admin", username="boss")
    assert (await hq.patch(f"{API}/reward/1/", json={"points": 60})).status_code == 200
    monkeypatch.setitem(vars(settings()), "language", "en")
    sentence = "HQ administrator boss changed Points of “果篮” (Rewards) from 50 to 60"
    assert (await read(hq, table="reward"))[0] == sentence
