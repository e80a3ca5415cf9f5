"""The form with which staff write down what a member agrees to, and the edits that ask for it."""

from decimal import Decimal
from typing import Any

import pytest

from tests import make
from tests.admin.at_the_desk import NOBODY, OTHER, PHONE, send, two_counters
from tests.admin.edit_as import add, change, refused

pytestmark = pytest.mark.usefixtures("counter")


@pytest.fixture
async def counter(db: None) -> None:
    await two_counters()
    await make.execute("INSERT INTO tag (name, purpose) VALUES ('有宝宝', 'children')")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "已登记：同意“不满十四周岁儿童的信息（监护人同意）”。"),
        ({"purpose": "健康"}, "已登记：同意“健康信息”。"),
        ({"purpose": "partner", "answer": "不同意", "text_version": ""}, "已登记：不同意“与合作方共享”。"),
        ({"answer": "撤回", "text_version": ""}, "已登记：不同意“不满十四周岁儿童的信息（监护人同意）”。需要此项同意的标签已立即删除。"),
        ({"phone": "#1"}, "已登记：同意“不满十四周岁儿童的信息（监护人同意）”。"),
        ({"answer": ""}, "bad_answer: 请填写会员的答复：同意 或 不同意。"),
        ({"text_version": ""}, "no_text_version: 同意须注明会员看到的条款版本：请填写条款版本。"),
        ({"source": ""}, "no_source: 请注明会员在哪里表示的，如 柜台口头。"),
        ({"purpose": "短信"}, "unknown_purpose: 没有这个用途：可填写 营销短信、"),
        ({"phone": OTHER}, "unknown_member: 这不是您门店的会员：请由其归属门店或总部登记。"),
        ({"phone": "#2"}, "unknown_member: 这不是您门店的会员"),
        ({"phone": NOBODY}, "unknown_member: "),
        ({"store": "S2"}, "unknown_store: "),
    ],
)  # fmt: skip
async def test_a_cashier_writes_down_an_answer(typed: dict[str, str], said: str) -> None:
    form: dict[str, Any] = {"phone": PHONE, "purpose": "儿童信息", "answer": "同意", "text_version": "3", **typed}
    assert (await send("会员授权", **form)).startswith(said)
    assert await make.value("SELECT count(*) FROM consent") == (said[:3] == "已登记")
    if said[:3] == "已登记":
        assert (await send("会员授权", **form)).startswith("会员此前的答复相同")


async def test_tags_and_places_are_refused_with_what_to_ask() -> None:
    place: dict[str, Any] = {"latitude": Decimal(31), "longitude": Decimal(121)}
    no = await refused(add("member_tag", member=1, tag=1))
    assert (no.code, "“会员授权”表单" in no.zh) == ("no_consent", True)
    no = await refused(change("member", 1, **place))
    assert (no.code, "位置信息" in no.zh) == ("no_consent", True)
    for purpose in ("children", "location"):
        await send("会员授权", phone=PHONE, purpose=purpose, answer="同意", text_version="3")
    await add("member_tag", member=1, tag=1)
    await change("member", 1, **place)
    assert (await refused(change("tag", 1, purpose="partner"))).code == "bad_value"
    await change("tag", 1, purpose="health")
    assert await make.value("SELECT count(*) FROM member_tag") == 0, "nobody agreed to that"
