"""The forms of wishes to be forgotten: a shop files one, head office is told which wait and decides."""

import re
from datetime import timedelta
from typing import Any

import pytest

from rules.erasures import due_on
from tests import make
from tests.admin.at_the_desk import NOBODY, OTHER, PHONE, send, today, two_counters
from tests.admin.conftest import LogIn

pytestmark = pytest.mark.usefixtures("counter")


@pytest.fixture
async def counter(db: None) -> None:
    await two_counters()


async def decide(**typed: Any) -> str:
    return await send("处理注销申请", role="hq_admin", stores=(), **typed)


async def test_a_shop_files_it_and_may_take_it_back() -> None:
    day = due_on(asked=today())
    until = f"总部最迟 {day.year}年{day.month}月{day.day}日 答复，其间不再发送营销短信。"
    assert await send("申请注销", phone=PHONE, proof="证件") == f"已登记注销申请 1（会员 #1）：{until}"
    assert await send("申请注销", phone=PHONE) == f"该会员已有待处理的注销申请 1：{until}"
    assert (await send("申请注销", phone=OTHER)).startswith("not_your_member")
    assert (await send("申请注销", phone=NOBODY)).startswith("unknown_member")
    assert (await send("申请注销", phone=PHONE, proof="看着像")).startswith("bad_value")
    assert (await send("申请注销", phone=PHONE, note="长" * 201)).startswith("too_long")
    assert (await send("撤回注销申请", phone=OTHER)).startswith("nothing_open")
    assert await send("撤回注销申请", phone=PHONE) == "注销申请 1 已撤回，会员资料保留。"
    assert (await send("撤回注销申请", phone=PHONE)).startswith("nothing_open")


async def test_head_office_is_told_which_wait_and_decides_each() -> None:
    assert await decide() == "没有待处理的注销申请。"
    await send("申请注销", phone=PHONE)
    await send("申请注销", stores=(2,), phone=OTHER)
    await make.execute("UPDATE erasure_request SET due_on = $1 WHERE id = 2", today() - timedelta(days=2))
    left = (due_on(asked=today()) - today()).days
    assert await decide() == f"待处理的注销申请：2（会员 #2，S2，已超期 2 天）；1（会员 #1，S1，剩余 {left} 天）。"
    assert (await decide(request="1")).startswith("not_confirmed")
    assert (await decide(request="1", decision="拒绝")).startswith("missing")
    assert await decide(request="#2", decision="拒绝", reason="非本人") == "注销申请 2 已拒绝，门店可见原因。"
    assert (await decide(request="2", decision="注销")).startswith("nothing_open")
    assert (await decide(request="99", decision="注销")).startswith("nothing_open")
    assert re.match("会员 1 已注销，个人资料已清除；0 条待发短信不再发送。", await decide(request="1", decision="注销"))
    assert await make.value("SELECT array_agg(phone ORDER BY id) FROM member") == [None, f"+86{OTHER}"]


async def test_the_audit_tells_it_as_sentences_and_each_shop_lists_its_own(log_in: LogIn) -> None:
    await send("申请注销", phone=PHONE)
    await send("申请注销", stores=(2,), phone=OTHER)
    await decide(request="2", decision="拒绝", reason="非本人")
    hq, cashier = await log_in(role="hq_admin"), await log_in(role="cashier", stores=(2,))
    said = re.findall(r'<span class="said">(.*?)</span>', (await hq.get("/audit?table=erasure_request")).text)
    assert said == [
        "总部管理员 anna 修改了注销申请 #2 的处理状态、拒绝原因、处理时间、处理人（会员 #2）",
        "收银员 anna 新增了注销申请 #2（会员 #2）", "收银员 anna 新增了注销申请 #1（会员 #1）",
    ]  # fmt: skip
    rows = (await cashier.get("/admin/api/tables/erasure_request/")).json()["rows"]
    assert [(row["member"], row["state"], row["reason"]) for row in rows] == [(2, "refused", "非本人")]
