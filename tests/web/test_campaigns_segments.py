"""/campaigns/segments: who sees which numbers, saving, renaming and deleting without a rule losing what it names."""

import re

import pytest

from tables.access import Role
from tests import make
from tests.admin.conftest import LogIn
from tests.web.people_site import EVIL, chain, page, sent, typed, words

LIST, NEW = "/campaigns/segments", "/campaigns/segments/new"


@pytest.fixture(autouse=True)
async def site(db: None) -> None:
    await chain()
    await make.execute("UPDATE campaign SET rule = '属于人群 \"常客\"' WHERE id = 2")


async def ids() -> dict[str, int]:
    return {row["name"]: row["id"] for row in await make.fetch("SELECT id, name FROM segment")}


async def test_head_office_sees_rules_in_words_numbers_and_uses(log_in: LogIn) -> None:
    text = words(await page(await log_in(role="hq_marketing"), LIST))
    assert re.search(r"常客 30天内消费过 1,234 \d\d-\d\d 夜间统计 活动“一店活动”", text)
    assert "坏了 天天都来 – 今晚起统计人数 未使用" in text
    assert "新建人群" in text


async def test_a_manager_reads_and_counts_own_members_alone(log_in: LogIn) -> None:
    client = await log_in(role="store_manager", stores=(2,))
    known = await ids()
    text = await page(client, LIST)
    assert "1,234" not in text
    assert "活动“一店活动”" not in text
    assert "新建人群" not in text
    assert words(await page(client, f"{LIST}/{known['常客']}/count")) == "2"
    assert words(await page(client, f"{LIST}/{known['坏了']}/count")) == "–"
    one = f"{LIST}/{known['常客']}"
    assert "<textarea" not in await page(client, one)
    for store in ("", "1", "2", "999"):
        look = words(await sent(client, one, rule="", store=store), "counts")
        assert "符合的会员 2 可发营销短信 2" in look
    for path in (NEW, one):
        await sent(client, path, act="save", name="我的", rule="从未消费", status=403)
    await page(client, NEW, status=403)
    await sent(client, f"{one}/delete", status=403)
    assert set(await ids()) == set(known)


async def test_a_segment_is_made_changed_and_counted_for_a_store(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    for fields in ({"name": "", "rule": "从未消费"}, {"name": "常客", "rule": "从未消费"}, {"name": "空", "rule": ""},
                   {"name": "x" * 61, "rule": "从未消费"}, {"name": "长", "rule": "从未消费", "note": "长" * 201}):  # fmt: skip
        text = await sent(client, NEW, fields, act="save", status=400)
        assert 'class="error"' in text
        assert f'value="{fields["name"]}"' in text
    saved = await sent(client, NEW, act="save", name=EVIL, note="<i>备注</i>", rule="30天内消费过", status=303)
    text = await page(client, saved)
    assert EVIL not in text
    assert "<i>" not in text
    assert typed(text) == "30天内消费过"
    one = saved.split("?")[0]
    assert "符合的会员 2 " in words(await sent(client, one, rule="30天内消费过", store="2", name=EVIL), "counts")
    await make.execute("UPDATE segment SET members = 7, counted_on = '2026-01-01' WHERE name = $1", EVIL)
    await sent(client, one, act="save", name="改名", rule="30天内消费过", status=303)
    assert await make.value("SELECT members FROM segment WHERE name = '改名'") == 7
    await sent(client, one, act="save", name="改名", rule="7天内消费过", status=303)
    assert await make.value("SELECT members FROM segment WHERE name = '改名'") is None
    assert await make.value("SELECT note FROM segment WHERE name = '改名'") == ""


async def test_what_is_used_keeps_its_name_and_stays(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    used = f"{LIST}/{(await ids())['常客']}"
    refused = words(await sent(client, f"{used}/delete", status=400))
    assert "人群“常客”正被活动“一店活动”使用" in refused
    assert "请保留原名" in await sent(client, used, act="save", name="新名", rule="从未消费", status=400)
    assert "引用自己" in await sent(client, used, act="save", name="常客", rule='属于人群 "常客"', status=400)
    outer = await sent(client, NEW, act="save", name="外层", rule='属于人群 "常客" 且 积分 >= 1', status=303)
    assert "规则有误" in await sent(client, used, act="save", name="常客", rule='属于人群 "外层"', status=400)
    inner = await sent(client, NEW, act="save", name="内层", rule="从未消费", status=303)
    assert "请直接写出条件" in await sent(client, used, act="save", name="常客", rule='属于人群 "内层"', status=400)
    await sent(client, f"{inner.split('?')[0]}/delete", status=303)
    await sent(client, f"{outer.split('?')[0]}/delete", status=303)
    assert set(await ids()) == {"常客", "坏了"}
    await make.execute("UPDATE campaign SET rule = '' WHERE id = 2")
    assert await sent(client, f"{used}/delete", status=303) == LIST


@pytest.mark.parametrize(("role", "status"), [("hq_viewer", 200), ("cashier", 403)])
async def test_others_read_or_see_nothing(log_in: LogIn, role: Role, status: int) -> None:
    client = await log_in(role=role, stores=(1,) if role == "cashier" else ())
    one = f"{LIST}/{(await ids())['常客']}"
    for path in (LIST, one, f"{one}/count"):
        assert "<textarea" not in await page(client, path, status=status)
    await sent(client, NEW, act="save", name="x", rule="从未消费", status=403)
    await sent(client, f"{one}/delete", status=403)


async def test_a_form_of_elsewhere_and_an_unknown_segment(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    one = (await ids())["常客"]
    for path in (NEW, f"{LIST}/{one}", f"{LIST}/{one}/delete"):
        answer = await client.post(path, data={"token": "guess", "act": "save", "name": "x", "rule": "从未消费"})
        assert (answer.status_code, "页面已过期" in answer.text) == (400, True)
    for path in (f"{LIST}/99999", f"{LIST}/{1 << 70}"):
        await page(client, path, status=404)
        await sent(client, path, status=404, act="save", name="x", rule="从未消费")


async def test_who_refused_to_be_chosen_by_behaviour_is_told_beside_the_count(log_in: LogIn) -> None:
    await make.execute(
        "INSERT INTO consent (member, purpose, granted, source, text_version, at) VALUES (3, 'personalisation', false, 't', '1', now())"
    )
    client = await log_in(role="hq_marketing")
    look = words(await sent(client, NEW, rule="30天内消费过"), "counts")
    assert "符合的会员 3 可发营销短信 2" in look
    assert "1 人拒绝个性化，发送时不含。" in look
    look = words(await sent(client, NEW, rule="门店 = S2"), "counts")
    assert "符合的会员 2 可发营销短信 2" in look
    assert "拒绝个性化" not in look
