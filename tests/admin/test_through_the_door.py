"""Forms and edits through the whole back office: what arrives on the screen, and what stays after a no."""

from typing import Any

import pytest

from tests import make
from tests.admin.conftest import LogIn
from tests.admin.edit_as import many
from tests.admin.two_stores import two_stores

API = "/admin/api"


async def test_a_form_answers_and_its_refusal_keeps_the_look_up(log_in: LogIn) -> None:
    here, _ = await two_stores()
    client = await log_in(role="cashier", stores=(here,))
    typed = {"phone": "13900000001", "receipt_no": "N1", "amount": "58"}
    done = await client.post(f"{API}/forms/记消费/", json=typed)
    assert done.status_code == 200
    assert done.json()["custom_form_success"].startswith("已记消费 ¥58.00")
    before = await make.value("SELECT count(*) FROM member_lookup")
    refused = await client.post(f"{API}/forms/兑换/", json={"phone": "13900000002", "points": "999", "form": "k"})
    assert refused.status_code == 422
    assert refused.json()["code"] == "insufficient_points"
    assert refused.json()["custom_form_error"] == refused.json()["zh"]
    assert await make.value("SELECT count(*) FROM member_lookup") == before + 1
    assert await make.value("SELECT count(*) FROM points_entry WHERE reference = '1:k'") == 0


async def test_a_refused_form_field_is_told_in_our_words(log_in: LogIn) -> None:
    here, _ = await two_stores()
    client = await log_in(role="cashier", stores=(here,))
    answer = await client.post(
        f"{API}/forms/开通会员/", json={"phone": "13900000009", "name": "x", "birthday": "gestern"}
    )
    assert answer.status_code == 422
    assert answer.json()["zh"].startswith("“生日”")


async def test_a_list_of_forms_holds_what_the_role_may_use(log_in: LogIn) -> None:
    here, _ = await two_stores()
    client = await log_in(role="cashier", stores=(here,))
    grouped: dict[str, list[dict[str, Any]]] = (await client.get(f"{API}/forms/grouped/")).json()["grouped"]
    counter = ["记消费", "退货", "兑换", "撤销兑换", "开通会员", "查会员"]
    assert [form["slug"] for form in grouped["柜台"]] == counter
    for role, more in (("hq_admin", {"调整积分", "延长有效期"}), ("store_manager", {"调整积分"})):
        client = await log_in(role=role, stores=(here,) if role == "store_manager" else ())
        grouped = (await client.get(f"{API}/forms/grouped/")).json()["grouped"]
        assert {form["slug"] for form in grouped["柜台"]} == {*counter, *more}
    schema = (await client.get(f"{API}/forms/退货/schema/")).json()
    assert schema["properties"]["sold_at"]["title"] == "消费门店编码（不填为本店）"


@pytest.mark.parametrize("verb", ["post", "patch", "delete"])
async def test_a_refused_edit_says_why_in_both_languages_and_changes_nothing(log_in: LogIn, verb: str) -> None:
    await two_stores()
    client = await log_in(role="hq_admin")
    cases: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
        "post": (("store/", {"code": "S1", "name": "x"}), ("member/", {"home_store": 1, "tier": 1}), ("tag/", {"name": "宝妈"})),
        "patch": (("tier/2/", {"quarterly_spend": "99999"}), ("staff/1/", {"active": False}), ("member/1/", {"tier": 2})),
        "delete": (("tier/1/", {}), ("store/1/", {}), ("purchase/1/", {})),
    }  # fmt: skip
    before = await make.digest()
    for path, body in cases[verb]:
        answer = await client.request(verb.upper(), f"{API}/tables/{path}", json=body)
        assert answer.status_code in {405, 422}, (path, answer.text)
        assert {"code", "zh", "en", "custom_form_error"} <= set(answer.json()), path
    after = await make.digest()
    assert {name for name in after if after[name] != before[name]} <= {"session"}


async def test_what_the_screen_sends_back_unchanged_is_taken(log_in: LogIn) -> None:
    await two_stores()
    client = await log_in(role="hq_admin")
    for case in many({"name": "张女士"}, {"title": "女士"}):
        row = (await client.get(f"{API}/tables/member/1/")).json()
        answer = await client.patch(f"{API}/tables/member/1/", json={**row, **case})
        assert answer.status_code == 200, answer.text
    assert await make.fetch("SELECT name, title, phone FROM member WHERE id = 1") == [
        {"name": "张女士", "title": "女士", "phone": "+8613900000001"}
    ]
