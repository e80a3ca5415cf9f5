"""The forms of replies and complaints, the inbox as each role sees it, and what a keyword's row must keep."""

import pytest

from tables.access import Role
from tests import make
from tests.admin.at_the_desk import NOBODY, OTHER, PHONE, send, two_counters
from tests.admin.conftest import LogIn
from tests.admin.edit_as import add, change, refused

pytestmark = pytest.mark.usefixtures("counter")


@pytest.fixture
async def counter(db: None) -> None:
    """Replies 1 and 2 of the members of stores 1 and 2; a campaign that wrote to both."""
    await two_counters()
    await make.execute(
        "INSERT INTO chain (name, signature, phone) VALUES ('果多多', '果多多', '');"
        "INSERT INTO staff_store (staff, store) VALUES (1, 1);"
        "INSERT INTO campaign (name, state) VALUES ('三月', 'sending');"
        "INSERT INTO campaign_step (campaign, text, scheduled_at, send_before) VALUES (1, '问', now(), now() + interval '1 day');"
        "INSERT INTO contact_rule (kind, share) VALUES ('complaints', 0.3)"
    )
    for n in (1, 2):
        await make.execute(
            f"INSERT INTO reply (gateway, gateway_reply_id, phone, member, store, text, said_at, at)"
            f" VALUES ('simulator', 'r{n}', '+861390000000{n}', {n}, {n}, '几点关门', now(), now());"
            f"INSERT INTO send_log (member, phone, store, message_class, dedupe_key, state, campaign, step, handed_at)"
            f" VALUES ({n}, '+861390000000{n}', {n}, 'marketing', 'k{n}', 'delivered', 1, 1, now())"
        )


async def state(number: int = 1) -> tuple[str, int | None, str]:
    [row] = await make.fetch("SELECT state, assigned_to, note FROM reply WHERE id = $1", number)
    return row["state"], row["assigned_to"], row["note"]


async def test_a_member_is_answered_once_a_form() -> None:
    first = await send("回复会员", reply="#1", text="九点关门", form="k1")
    assert first == "已答复上行 1，短信（发送记录 3）即将发出。"
    assert "未重复" in await send("回复会员", reply="1", text="九点关门", form="k1")
    assert await make.fetch("SELECT text, message_class FROM send_log WHERE id > 2") == [
        {"text": "【果多多】九点关门", "message_class": "notice"}
    ]
    assert (await state())[0] == "done"
    english = await send("answer-a-member", language="en", reply="1", text="At nine", form="k2")
    assert english == "Reply 1 is answered: message 4 leaves now."


async def test_what_makes_no_answer_is_refused() -> None:
    assert await send("回复会员", text="好") == "missing: 请填写上行短信编号。"
    assert await send("回复会员", reply="1") == "missing: 请填写答复内容。"
    assert (await send("回复会员", reply="x", text="好")).startswith("bad_number")
    assert (await send("回复会员", reply="9" * 30, text="好")).startswith("bad_")
    assert (await send("回复会员", reply="1", text="【假】")).startswith("bracket_in_text")
    assert (
        await send("回复会员", role="hq_admin", stores=(), reply="99", text="好")
        == "unknown_reply: 没有该编号的上行短信：请核对编号。"
    )
    assert await make.value("SELECT count(*) FROM send_log") == 2


async def test_another_stores_reply_is_nobodys_here() -> None:
    for number in ("2", "99"):
        assert (await send("回复会员", reply=number, text="好")).startswith("foreign_store")
        assert (await send("处理回复", role="store_manager", reply=number)).startswith("foreign_store")
    assert await state(2) == ("open", None, "")
    assert "已答复" in await send("回复会员", role="hq_marketing", stores=(), reply="2", text="好")


async def test_a_reply_is_settled() -> None:
    assert await send("处理回复", reply="1", deed="指派", note="稍后回电") == "上行 1 已指派给 anna。"
    assert await state() == ("open", 1, "稍后回电")
    assert await send("处理回复", reply="1") == "上行 1 已处理。"
    assert await state() == ("done", 1, "稍后回电")
    assert await send("settle-a-reply", language="en", reply="1", deed="Reopen") == "Reply 1 is open again."
    assert (await send("处理回复", reply="1", deed="assign", username="bo")).startswith("unknown_staff")
    assert await send("处理回复", reply="1", deed="删除") == "bad_value: 处理方式请填写：完成、指派或重开。"
    assert await state() == ("open", 1, "稍后回电")


async def test_a_complaint_is_recorded_and_over_the_line_the_campaign_stops() -> None:
    first = await send("登记投诉", role="store_manager", phone=PHONE, note="太多")
    assert first == "已登记投诉 1。活动“三月”已提交 2 条，1 人投诉。"
    assert "未重复" in await send("登记投诉", role="store_manager", phone=PHONE, note="太多")
    assert (await send("登记投诉", role="store_manager", phone=OTHER)).startswith("foreign_store")
    second = await send("登记投诉", role="hq_admin", stores=(), source="通道", message="2")
    assert second == "已登记投诉 2。活动“三月”已提交 2 条，2 人投诉，超过投诉红线：活动已停止，未发出的已取消。"
    none = await send("record-a-complaint", role="hq_admin", language="en", source="other", phone=NOBODY)
    assert none == "Complaint 3 is recorded. It is about no campaign."
    assert (await send("登记投诉", role="hq_admin", source="报纸", phone=PHONE)).startswith("bad_value")
    assert (await send("登记投诉", role="hq_admin")).startswith("missing")
    assert (await send("登记投诉", role="hq_admin", phone="12")).startswith("bad_phone")
    assert await make.value("SELECT state FROM campaign") == "stopped"


@pytest.mark.parametrize("role", ["cashier", "hq_marketing", "hq_viewer"])
async def test_masked_roles_see_no_number_and_find_replies_by_the_whole_one(log_in: LogIn, role: Role) -> None:
    await send("登记投诉", role="hq_admin", phone=PHONE)
    client = await log_in(role=role, stores=(1,) if role == "cashier" else ())
    for table in ("reply", "complaint"):
        address = f"/admin/api/tables/{table}/"
        rows = (await client.get(address, params={"__readable": "true"})).json()["rows"]
        assert {row["phone"] for row in rows} <= {"139****0001", "139****0002"}
        found = (await client.get(address, params={"phone": PHONE})).json()["rows"]
        assert [row["member"] for row in found] == [1]
        assert (await client.get(address, params={"phone": "1390000"})).status_code == 400


async def test_the_inbox_is_filtered_by_state_kind_store_and_who_has_it(log_in: LogIn) -> None:
    await send("处理回复", reply="1", deed="指派")
    client = await log_in(role="hq_admin")
    for wanted, params in (
        ([2, 1], {"state": "open"}), ([], {"kind": "opt_out"}), ([2], {"store": "2"}), ([1], {"assigned_to": "1"}),
        ([], {"said_at": "2020-01-01"}),
    ):  # fmt: skip
        rows = (await client.get("/admin/api/tables/reply/", params=params)).json()["rows"]
        assert [row["id"] for row in rows] == wanted, params
    assert (await client.patch("/admin/api/tables/reply/1/", json={"state": "done"})).status_code == 405
    assert (await client.delete("/admin/api/tables/reply/1/")).status_code == 405


async def test_a_keyword_has_one_answer_that_can_be_filled() -> None:
    key = await add("keyword_reply", keyword=" １ ", text="{store}：{hours}")
    assert await make.value("SELECT keyword FROM keyword_reply") == "1"
    assert (await refused(add("keyword_reply", keyword="ＴＤ", text="好"))).code == "keyword_taken"
    assert (await refused(change("keyword_reply", key, keyword="退订。"))).zh.startswith("这个词已用于退订或恢复订阅")
    said = await refused(change("keyword_reply", key, text="{name}您好"))
    assert said.zh.startswith("第 1 个字：这里没有 {name}。可用的有 {title_or_name}、")
    await make.execute("INSERT INTO blocked_word (word, source) VALUES ('最佳', '广告法')")
    assert (await refused(change("keyword_reply", key, text="最佳"))).code == "blocked_text"
    assert (await refused(add("keyword_reply", keyword="2", text=" "))).code == "missing"
    assert await change("keyword_reply", key, for_staff=True, store=1) == {"for_staff": True, "store": 1}


async def test_a_keyword_twice_is_told_in_words(log_in: LogIn) -> None:
    client = await log_in(role="hq_marketing")
    body = {"keyword": "vip", "store": None, "text": "好", "for_staff": False, "is_active": True}
    assert (await client.post("/admin/api/tables/keyword_reply/", json=body)).status_code == 201
    again = await client.post("/admin/api/tables/keyword_reply/", json={**body, "keyword": "ＶＩＰ"})
    assert (again.status_code, again.json()["zh"]) == (422, "已有这个关键词的回复：请修改那一条。")
