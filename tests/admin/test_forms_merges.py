"""The form that merges two files: it shows both before it does anything, and only to who may see all of both."""

from datetime import UTC, datetime
from typing import Any

import pytest

from admin.registry import SCREENS
from config.settings import settings
from queries.audit import Search, audit_lines
from tables.scope import scope
from tests import make
from tests.admin.at_the_desk import NOBODY, OTHER, PHONE, earn, send, two_counters
from web.pages.audit_told import Teller

pytestmark = pytest.mark.usefixtures("counter")
SLUG = "合并会员"


@pytest.fixture
async def counter(db: None) -> None:
    await two_counters()
    await earn(300, member=1)
    await earn(58, member=2)


async def test_both_files_are_shown_before_anything_happens_and_one_is_left_after() -> None:
    before = await make.digest()
    shown = await send(SLUG, role="hq_admin", phone=PHONE, other=OTHER)
    assert shown.startswith(
        "将保留：会员 1 张三，139****0001，300 积分，铜卡，1 张小票共 ¥300.00。"
        "将并入后停用：会员 2 张三，139****0002，58 积分，铜卡，1 张小票共 ¥58.00。"
    )
    assert (await send(SLUG, role="hq_admin", phone=PHONE, other=OTHER, confirm="好")).startswith("not_confirmed")
    assert (await send(SLUG, role="hq_admin", phone=PHONE, other="#1")).startswith("same_member")
    assert await make.digest() == before
    done = await send(SLUG, role="hq_admin", phone=PHONE, other=OTHER, confirm="合并")
    assert done.startswith("会员 2 已并入会员 1：转入 58 积分、1 张小票，0 条待发短信不再发送。张三 现有 358 积分")
    # A second click finds nobody any more.
    assert (await send(SLUG, role="hq_admin", phone=PHONE, other=OTHER, confirm="合并")).startswith("unknown_member")
    assert (await send(SLUG, role="hq_admin", phone=PHONE, other="#2", confirm="合并")).startswith("foreign_member")


async def test_a_manager_merges_members_of_the_own_stores_alone() -> None:
    asked: list[dict[str, Any]] = [
        {"other": OTHER},
        {"other": OTHER, "confirm": "合并"},
        {"other": "#2"},
        {"other": f"#{'9' * 18}"},
    ]
    for typed in asked:
        assert (await send(SLUG, role="store_manager", phone=PHONE, **typed)).startswith("foreign_member")
    assert (await send(SLUG, role="store_manager", phone=NOBODY, other=OTHER)).startswith("unknown_member")
    assert (await send(SLUG, role="cashier", phone=PHONE, other=OTHER)).startswith("not_allowed")
    said = await send(
        "merge-members", role="store_manager", stores=(1, 2), language="en", phone=PHONE, other="#2", confirm="Merge"
    )
    assert said.startswith("Member 2 is merged into member 1: 58 points and 1 receipts came over, 0 waiting messages")


async def test_who_merged_whom_is_a_sentence_of_the_log() -> None:
    await send(SLUG, role="hq_admin", phone=PHONE, other=OTHER, confirm="合并")
    told = {}
    for member in (1, 2):
        async with scope(role="hq_admin"):
            lines, _ = await audit_lines(search=Search(member=member), below=None)
        teller = Teller(screens=SCREENS, names={}, language="zh", zone=settings().zone, now=datetime.now(UTC))
        told[member] = [teller.line(line).sentence for line in lines]
    assert told[1][0] == "总部管理员 anna 把会员 #2 并入会员 #1"
    assert [said for said in told[2] if "手机号" in said and "已并入" in said]
