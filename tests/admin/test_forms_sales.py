"""The forms of sales with points spent on them, and of refunds: what happens, what is answered, what a second click does."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.settings import settings
from rules.codes import code_digits, code_key
from tests import make
from tests.admin.at_the_desk import OTHER, PHONE, earn, entries, send, today, two_counters

pytestmark = pytest.mark.usefixtures("counter")
SOLD: dict[str, Any] = {"phone": PHONE, "receipt_no": "A1", "amount": "58"}


@pytest.fixture
async def counter(db: None) -> None:
    await two_counters()


async def test_points_are_spent_on_a_sale_and_a_second_click_says_so_again() -> None:
    await earn(100)
    await make.execute("UPDATE points_policy SET point_value = 0.01")
    first = await send("记消费", **SOLD, points="４０")
    assert first.startswith("已记消费 ¥58.00，使用 40 积分（抵 ¥0.40），获得 58 积分。张三 现有 118 积分")
    again = await send("记消费", **SOLD, points="40")
    assert again.startswith("已记消费 ¥58.00，使用 40 积分（抵 ¥0.40），获得 58 积分（此前已记录，未重复）。")
    assert (await send("记消费", **SOLD)).startswith("conflict")
    assert (await send("记消费", **SOLD, points="30")).startswith("conflict")
    assert await entries() == [100, -40, 58]
    english = await send("record-a-sale", language="en", **{**SOLD, "receipt_no": "A2"}, points="10")
    assert english.startswith("Recorded ¥58.00, redeemed 10 points (worth ¥0.10), earned 58 points.")


async def test_a_reward_is_claimed_with_a_sale() -> None:
    await earn(200)
    assert "兑换“果篮”使用 50 积分，获得 58 积分。" in await send("记消费", **SOLD, reward="果篮")
    assert (await send("记消费", **{**SOLD, "receipt_no": "A2"}, reward="果篮")).startswith("out_of_stock")
    said = await send("记消费", **{**SOLD, "receipt_no": "A2"}, reward="十元")
    assert "兑换“十元”使用 30 积分（抵 ¥10.00），获得 58 积分。" in said
    assert await make.value("SELECT count(*) FROM purchase") == 3


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"points": "101"}, "insufficient_points"), ({"points": "0"}, "bad_amount"), ({"points": "ten"}, "bad_number"),
        ({"points": "5", "reward": "十元"}, "bad_amount"), ({"reward": "飞机"}, "unknown_reward"),
        ({"points": "5", "phone": ""}, "missing: 使用积分请填写会员手机号。"), ({"reward": "十元", "phone": " "}, "missing"),
    ],
)  # fmt: skip
async def test_what_cannot_be_spent_leaves_no_sale_either(typed: dict[str, Any], code: str) -> None:
    await earn(100)
    before = await make.digest()
    assert (await send("记消费", **{**SOLD, **typed})).startswith(code)
    assert await make.digest() == before


async def test_a_code_is_sent_where_one_is_needed_and_read_out() -> None:
    await earn(100)
    await make.execute("UPDATE points_policy SET redeem_code_from = 40")
    for number, form in enumerate(("记消费", "兑换"), start=1):
        typed: dict[str, Any] = {"phone": PHONE, "points": "40", **(SOLD if form == "记消费" else {"form": "k"})}
        await make.execute(
            "UPDATE send_log SET scheduled_at = scheduled_at - interval '5 minutes', state = 'delivered'"
        )
        assert (await send(form, **typed)).startswith("code_required: 验证码已发送至会员手机")
        assert await make.value("SELECT count(*) FROM points_entry WHERE kind = 'redeem'") == number - 1
        row = await make.value("SELECT max(id) FROM redemption_code")
        digits = code_digits(key=code_key(secret=settings().secret), row=row)
        wrong = "111111" if digits != "111111" else "222222"
        assert (await send(form, **typed, code=wrong)).startswith("code_wrong")
        assert await make.value("SELECT attempts FROM redemption_code WHERE id = $1", row) == 1
        assert "使用 40 积分" in await send(form, **typed, code=digits)
        assert "未重复" in await send(form, **typed, code=digits)
    assert await entries() == [100, -40, 58, -40]


async def test_all_that_is_left_is_refunded_and_a_second_click_says_so_again() -> None:
    await earn(100)
    await send("记消费", **SOLD, points="40")
    first = await send("退货", receipt_no="A1", form="k1")
    assert first.startswith("已退货 ¥58.00，扣回 58 积分，退还 40 积分。张三 现有 100 积分")
    again = await send("退货", receipt_no="A1", form="k1")
    assert again.startswith("已退货 ¥58.00，扣回 58 积分，退还 40 积分（此前已记录，未重复）。张三 现有 100 积分")
    assert await entries() == [100, -40, 58, 40, -58]
    before = await make.digest()
    assert (await send("退货", receipt_no="A1", form="k2")).startswith("refund_exceeds")
    assert (await send("退货", receipt_no="A1", form="k1", amount="5")).startswith("conflict")
    assert await make.digest() == before


async def test_two_clicks_at_once_refund_once() -> None:
    await send("记消费", **SOLD)
    await send("记消费", receipt_no="A2", amount="9")
    for receipt in ("A1", "A2"):
        said = await asyncio.gather(*(send("退货", receipt_no=receipt, form=receipt) for _ in range(4)))
        assert sum("未重复" in text for text in said) == 3, said
    assert await entries() == [58, -58]
    assert await make.value("SELECT array_agg(amount ORDER BY id) FROM purchase WHERE kind = 'refund'") == [-58, -9]


async def test_parts_are_refunded_under_numbers_of_their_own() -> None:
    await send("记消费", **SOLD)
    assert "已退货 ¥8.00，扣回 8 积分。" in await send("退货", receipt_no="A1", amount="8", refund_no="T1")
    assert "未重复" in await send("退货", receipt_no="A1", amount="8.00", refund_no=" T1 ", form="other")
    assert (await send("退货", receipt_no="A1", amount="50.01", refund_no="T2")).startswith("refund_exceeds")
    english = await send("refund", language="en", receipt_no="A1", amount="20", refund_no="T2")
    assert english.startswith("Refunded ¥20.00, took 20 points back. 张三 has 30 points")
    rows = await make.fetch(
        "SELECT receipt_no, amount, points, store, source FROM purchase WHERE kind = 'refund' ORDER BY id"
    )
    assert [(row["receipt_no"], row["amount"], row["points"]) for row in rows] == [
        ("T1", Decimal(-8), -8), ("T2", Decimal(-20), -20),
    ]  # fmt: skip
    assert {row["store"] for row in rows} == {1}
    assert await make.value("SELECT array_agg(DISTINCT staff) FROM points_entry WHERE kind = 'refund'") == [1]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"receipt_no": ""}, "missing: 请填写小票号。"), ({"receipt_no": "A9"}, "unknown_receipt"), ({"amount": "0"}, "bad_amount"),
        ({"amount": "-1"}, "bad_amount"), ({"amount": "all"}, "bad_money"), ({"amount": "59"}, "refund_exceeds"),
        ({"sold_at": "S2"}, "unknown_receipt"), ({"sold_at": "S9"}, "unknown_store"), ({"store": "S2"}, "unknown_store"),
        ({"refund_no": "x" * 65}, "bad_receipt"),
    ],
)  # fmt: skip
async def test_a_refund_that_makes_no_sense_leaves_nothing(typed: dict[str, Any], code: str) -> None:
    await send("记消费", **SOLD)
    before = await make.digest()
    assert (await send("退货", **{"receipt_no": "A1", **typed})).startswith(code)
    assert await make.digest() == before


async def test_one_store_refunds_what_another_one_sold_and_shows_nothing_of_its_member() -> None:
    await make.sell("B1", at=datetime.now(UTC) - timedelta(minutes=1), amount="30", member=2, store=2)
    assert (await send("退货", receipt_no="B1")).startswith("unknown_receipt")
    said = await send("退货", receipt_no="B1", sold_at=" s2 ", form="k1")
    assert said == "已退货 ¥30.00，扣回 30 积分。"
    assert "张三 现有 0 积分" in await send(
        "退货", role="hq_admin", stores=(), store="S1", sold_at="S2", receipt_no="B1", form="k1"
    )
    [row] = await make.fetch("SELECT store, business_date FROM purchase WHERE kind = 'refund'")
    assert row == {"store": 1, "business_date": today()}
    assert (await send("查会员", phone=OTHER)).endswith("现有 0 积分，铜卡。")


async def test_a_refund_of_nobodys_sale_moves_no_points() -> None:
    await send("记消费", receipt_no="A1", amount="58")
    assert await send("退货", receipt_no="A1") == "已退货 ¥58.00，未关联会员，积分无变动。"
    assert await entries() == []


@pytest.mark.parametrize("role", ["hq_viewer", "hq_marketing"])
async def test_who_may_not_refund(role: Any) -> None:
    await send("记消费", **SOLD)
    assert (await send("退货", role=role, stores=(), receipt_no="A1", store="S1")).startswith("not_allowed")
    assert (await send("退货", stores=(2,), receipt_no="A1", store="S1", sold_at="S1")).startswith("unknown_store")
