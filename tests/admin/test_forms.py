"""The counter's forms: what happens, what is answered, and what a second click does."""

import asyncio
from datetime import date
from typing import Any

import pytest

from admin.forms import allowed, forms
from tables.access import Role
from tests import make
from tests.admin.at_the_desk import NOBODY, OTHER, PHONE, earn, entries, send, today, two_counters

SLUGS = {
    "zh": ["记消费", "退货", "兑换", "撤销兑换", "调整积分", "开通会员", "查会员", "延长有效期", "通道密钥", "回复会员", "处理回复", "登记投诉",
        "更换手机号", "释放号码", "注销会员", "合并会员", "会员授权", "申请注销", "撤回注销申请", "处理注销申请", "查看手机号"],
    "en": [
        "record-a-sale", "refund", "redeem", "cancel-a-redemption", "adjust-points", "open-a-membership", "look-up-a-member",
        "extend-points", "gateway-credentials", "answer-a-member", "settle-a-reply", "record-a-complaint", "change-a-number",
        "release-a-number", "erase-a-member", "merge-members", "record-a-consent", "ask-for-erasure", "withdraw-a-request",
        "decide-on-a-request", "see-a-phone",
    ],
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("counter")


@pytest.fixture
async def counter(db: None) -> None:
    await two_counters()


async def test_names_titles_and_groups_are_in_the_panels_language() -> None:
    for language in ("zh", "en"):
        made = forms(language=language)
        assert [form.slug for form in made] == SLUGS[language]
        assert len({form.form_group for form in made[:8]}) == 1
    model = forms(language="zh")[0].pydantic_model.model_json_schema()
    assert model["properties"]["receipt_no"]["title"] == "小票号"
    assert all("$ref" not in str(form.pydantic_model.model_json_schema()) for form in forms(language="zh"))


async def test_who_may_use_which_form() -> None:
    everything = set(SLUGS["zh"])
    expected: dict[Role, set[str]] = {
        "hq_admin": everything - {"查看手机号"},
        "store_manager": everything - {"延长有效期", "通道密钥", "注销会员", "处理注销申请", "查看手机号"},
        "cashier": everything
        - {"调整积分", "延长有效期", "通道密钥", "登记投诉", "更换手机号", "释放号码", "注销会员", "合并会员", "处理注销申请"},
        "hq_viewer": {"查会员", "查看手机号"}, "hq_marketing": {"回复会员", "处理回复"},
    }  # fmt: skip
    for role, slugs in expected.items():
        assert {slug for slug in everything if allowed(slug=slug, role=role)} == slugs, role
        for zh, en in zip(SLUGS["zh"], SLUGS["en"], strict=True):
            assert allowed(slug=zh, role=role) == allowed(slug=en, role=role)
            if zh not in slugs:
                assert (await send(zh, role=role)).startswith("not_allowed"), (role, zh)
    assert not allowed(slug="unheard-of", role="hq_admin")


async def test_a_sale_earns_and_a_second_click_says_so_again() -> None:
    typed: dict[str, Any] = {"phone": PHONE, "receipt_no": "A1", "amount": "１，２５８.00", "category": "水果"}
    first = await send("记消费", **typed)
    assert first.startswith("已记消费 ¥1,258.00，获得 1,258 积分。张三 现有 1,258 积分，铜卡")
    again = await send("记消费", **typed)
    assert "获得 1,258 积分（此前已记录，未重复）。" in again
    assert await entries() == [1258]
    assert (await send("记消费", **{**typed, "amount": "5"})).startswith("conflict")
    assert await make.value("SELECT count(*) FROM purchase") == 1


async def test_two_clicks_at_once_record_one_sale() -> None:
    typed: dict[str, Any] = {"phone": PHONE, "receipt_no": "A1", "amount": "58"}
    said = await asyncio.gather(*(send("记消费", **typed) for _ in range(4)))
    assert sum("未重复" in text for text in said) == 3, said
    assert await entries() == [58]


async def test_a_sale_says_what_is_missing_to_the_next_tier_and_what_ends() -> None:
    await make.execute("UPDATE points_policy SET valid_days = 30")
    said = await send("记消费", phone=PHONE, receipt_no="A1", amount="58.50")
    assert "再消费 ¥441.50 升银卡。" in said
    assert said.endswith("有 58 积分到期。")
    english = await send("record-a-sale", language="en", phone=PHONE, receipt_no="A2", amount="1.50")
    assert english.startswith("Recorded ¥1.50, earned 1 points. 张三 has 59 points, 铜卡, ¥440.00 more reach 银卡.")


async def test_a_sale_without_a_member_of_nothing_or_of_another_day() -> None:
    assert "不积分" in await send("记消费", receipt_no="A1", amount="58")
    assert (await send("记消费", receipt_no="A2", amount="58", category="电器")).startswith("unknown_category")
    assert (await send("记消费", receipt_no="A2", amount="fifty")).startswith("bad_money")
    assert (await send("记消费", receipt_no="A2")).startswith("missing")
    assert (await send("记消费", amount="58")).startswith("missing")
    assert (await send("记消费", receipt_no="A2", amount="58", purchased_at="2199-01-01 12:00")).startswith(
        "future_date"
    )
    assert (await send("记消费", receipt_no="A2", amount="58", purchased_at="gestern")).startswith(
        "bad_instant: 看不懂"
    )
    assert "获得 0 积分" in await send("记消费", phone=PHONE, receipt_no="A3", amount="58", category="香烟")
    await send("记消费", phone=PHONE, receipt_no="A4", amount="58", purchased_at="2026/3/2 23:30")
    assert await make.value("SELECT business_date FROM purchase WHERE receipt_no = 'A4'") == date(2026, 3, 2)


async def test_the_store_comes_from_the_log_in_or_is_asked_for() -> None:
    typed: dict[str, Any] = {"receipt_no": "A1", "amount": "5"}
    assert await send("记消费", role="hq_admin", stores=(), **typed) == "store_missing: 请填写门店编码：可填写 S1、S2。"
    assert (await send("记消费", stores=(1, 2), **typed)).startswith("store_missing")
    assert (await send("记消费", stores=(), **typed)).startswith("store_missing: 您还没有所属门店")
    assert await send("记消费", stores=(1,), store="S2", **typed) == "unknown_store: 您没有这家门店：可填写 S1。"
    assert "已记消费" in await send("记消费", role="hq_admin", stores=(), store=" s2 ", **typed)
    assert await make.value("SELECT store FROM purchase") == 2


async def test_a_redemption_happens_once_a_form() -> None:
    await earn(200)
    typed: dict[str, Any] = {"phone": PHONE, "reward": "果篮", "form": "k1"}
    first = await send("兑换", **typed)
    assert first.startswith("已兑换“果篮”，使用 50 积分，兑换单号 ")
    assert "现有 150 积分" in first
    assert "未重复" in await send("兑换", **typed)
    assert (await send("兑换", **{**typed, "form": "k2"})).startswith("out_of_stock")
    assert "（抵 ¥10.00），使用 30 积分" in await send("兑换", phone=PHONE, reward="十元", form="k3")
    assert "使用 20 积分" in await send("兑换", phone=PHONE, points="２０")
    assert await send("兑换", phone=PHONE, reward="飞机") == "unknown_reward: 没有该兑换项：可填写 十元、果篮。"
    assert (await send("兑换", phone=PHONE, points="101")).startswith("insufficient_points")
    assert (await send("兑换", phone=PHONE)).startswith("bad_amount")
    assert await entries() == [200, -50, -30, -20]


async def test_the_newest_redemption_is_cancelled_and_a_second_click_spares_the_one_before() -> None:
    await earn(200)
    await send("兑换", phone=PHONE, points="10", form="k1")
    await send("兑换", phone=PHONE, reward="果篮", form="k2")
    first, second = [
        row["id"] for row in await make.fetch("SELECT id FROM points_entry WHERE kind = 'redeem' ORDER BY id")
    ]
    assert (await send("撤销兑换", phone=PHONE)).startswith(
        f"已撤销兑换“果篮”（单号 {second}），退回 50 积分。张三 现有 190 积分"
    )
    assert "此前已撤销，未重复" in await send("撤销兑换", phone=PHONE)
    assert await entries() == [200, -10, -50, 50]
    assert f"（单号 {first}），退回 10 积分" in await send("撤销兑换", phone=PHONE, number=str(first))
    assert (await send("撤销兑换", phone=OTHER, number=str(first))).startswith("unknown_redemption")
    assert (await send("撤销兑换", phone=PHONE, stores=(2,))).startswith("unknown_redemption")
    assert await entries() == [200, -10, -50, 50, 10]


async def test_points_are_adjusted_with_a_reason_within_limits() -> None:
    typed: dict[str, Any] = {"phone": PHONE, "points": "50", "reason": "投诉补偿", "form": "k1"}
    assert (await send("调整积分", role="store_manager", **typed)).startswith("已增加 50 积分。张三 现有 50 积分")
    assert "未重复" in await send("调整积分", role="store_manager", **typed)
    assert (await send("调整积分", role="store_manager", **{**typed, "points": "-20", "form": "k2"})).startswith(
        "已扣减 20 积分"
    )
    assert (await send("调整积分", role="store_manager", **{**typed, "points": "501", "form": "k3"})).startswith(
        "over_limit"
    )
    assert (await send("调整积分", role="store_manager", **{**typed, "reason": " ", "form": "k4"})).startswith(
        "no_reason"
    )
    assert (await send("调整积分", role="store_manager", **{**typed, "points": "x", "form": "k5"})).startswith(
        "bad_number"
    )
    assert await entries() == [50, -20]


async def test_a_membership_opens_with_the_answers_given() -> None:
    typed: dict[str, Any] = {
        "phone": NOBODY,
        "name": "王芳",
        "title": "王女士",
        "birthday": "1990-05-01",
        "marketing_sms": True,
    }
    assert (await send("开通会员", **typed)).startswith("已开通会员。王芳 现有 0 积分，铜卡")
    [member] = await make.fetch("SELECT home_store, joined_on, birthday FROM member WHERE name = '王芳'")
    assert member == {"home_store": 1, "joined_on": today(), "birthday": date(1990, 5, 1)}
    consents = await make.fetch("SELECT purpose, granted, store, staff FROM consent ORDER BY purpose")
    assert [(row["purpose"], row["granted"]) for row in consents] == [("marketing_sms", True)]
    assert {(row["store"], row["staff"]) for row in consents} == {(1, 1)}
    again = await send("开通会员", **{**typed, "marketing_sms": False})
    assert again.startswith("该手机号此前已是会员，未重复开通")
    assert await make.value("SELECT count(*) FROM consent") == 1
    assert (await send("开通会员", phone="123", name="x")).startswith("bad_phone")
    assert (await send("开通会员", phone="13900000008", name=" ")).startswith("no_name")
    assert (await send("开通会员", phone="13900000008", name="李", referrer="13900000077")).startswith("unknown_member")
    assert (await send("开通会员", phone="13900000008", name="李", referrer=PHONE)).startswith("已开通会员")
    assert await make.value("SELECT referred_by FROM member WHERE name = '李'") == 1


async def test_a_member_is_looked_up_and_a_miss_is_kept_and_counted() -> None:
    await earn(200)
    assert (await send("查会员", phone="139 0000 0001")).startswith("139****0001：张三 现有 200 积分，铜卡")
    stranger = await send("查会员", phone=OTHER)
    assert stranger == "139****0002：张* 现有 0 积分，铜卡。"
    assert (await send("查会员", phone=NOBODY)).startswith("unknown_member")
    assert (await send("兑换", phone=NOBODY, points="1")).startswith("unknown_member")
    assert [row["weight"] for row in await make.fetch("SELECT weight FROM member_lookup ORDER BY id")] == [1, 3, 3]
    assert (await send("查会员", phone="")).startswith("bad_phone")
    assert "张三" in await send("查会员", role="hq_viewer", stores=(), phone=OTHER)


async def test_a_refused_form_keeps_what_it_looked_up_and_nothing_else() -> None:
    before = await make.digest()
    assert (await send("兑换", phone=OTHER, points="5")).startswith("insufficient_points")
    assert (await send("记消费", phone=OTHER, receipt_no="A1", amount="-5")).startswith("bad_amount")
    after = await make.digest()
    assert {name for name in after if after[name] != before[name]} == {"member_lookup"}
    assert await make.value("SELECT count(*) FROM member_lookup") == 2


async def test_a_member_of_another_store_is_served_and_shown_in_part() -> None:
    said = await send("记消费", phone=OTHER, receipt_no="A1", amount="58")
    assert said == "已记消费 ¥58.00，获得 58 积分。张* 现有 58 积分，铜卡。"
    assert OTHER not in said


async def test_what_the_tier_brings_is_told_of_own_members() -> None:
    await make.execute("UPDATE tier SET benefits = E'免费送货。\n生日果切一份' WHERE rank = 1")
    assert (await send("查会员", phone=PHONE)).endswith("等级权益：免费送货；生日果切一份。")
    english = await send("look-up-a-member", language="en", phone=PHONE)
    assert english.endswith(" Benefits: 免费送货；生日果切一份.")
    assert (await send("查会员", phone=OTHER)).endswith("现有 0 积分，铜卡。")
