"""/campaigns/budget: a month by store, budgets set and taken away, whether the money is well spent, and the cost of a year."""

from datetime import timedelta
from decimal import Decimal

import pytest

from rules.calendar import add_months
from rules.months import month_name
from tables.access import Role
from tests import make
from tests.admin.conftest import LogIn
from tests.web.people_site import TODAY, chain, page, sent, words
from web.pages.campaigns_budget_words import WORDS

PATH = "/campaigns/budget"
MONTH = month_name(day=TODAY)
BUDGETS = "SELECT store, month, amount FROM sms_budget ORDER BY store NULLS FIRST, month NULLS FIRST"


@pytest.fixture(autouse=True)
async def site(db: None) -> None:
    """S1's campaign has cost ¥6 of an activity of ¥50, head office's ¥4, of which ¥1 went to a member of high value."""
    await chain()
    await make.execute(
        "INSERT INTO gateway_account (name, gateway, rate, price) VALUES ('first', 'simulator', 2000, 0.05)"
    )
    await make.execute("UPDATE campaign SET activity_budget = 50, content_kind = 'promotion' WHERE id = 2")
    await make.execute(
        "INSERT INTO campaign_step (campaign, text, scheduled_at, send_before) SELECT n, 'x', now(), now() + interval '1 day'"
        " FROM generate_series(1, 2) n ORDER BY n"
    )
    for campaign, member, cost in ((2, 1, "6"), (1, 3, "1"), (1, 4, "3")):
        await make.execute(
            "INSERT INTO send_log (campaign, step, member, store, message_class, dedupe_key, state, cost, parts, scheduled_at, created_at,"
            " handed_at, business_date) VALUES ($1, $1, $2, $3, 'marketing', $4, 'delivered', $5, 1, now(), now(), now(), $6)",
            campaign, member, 1 if member == 1 else 2, f"k{member}", Decimal(cost), TODAY,
        )  # fmt: skip
    quarter = TODAY.replace(month=(TODAY.month - 1) // 3 * 3 + 1, day=1)
    await make.execute("DELETE FROM member_habit")
    for member, purchases in ((1, 2), (3, 3)):
        await make.execute(
            "INSERT INTO member_habit (member, counted_on, quarter, quarter_purchases, year, year_spend, last_year_spend, basket)"
            " VALUES ($1, $2, $3, $4, $5, 0, 0, 0)",
            member, TODAY, quarter, purchases, TODAY.replace(month=1, day=1),
        )  # fmt: skip


async def test_head_office_sets_budgets_and_sees_what_is_left(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    for fields in (
        {"store": "", "every": "yes", "amount": "1,000"}, {"store": "1", "amount": "¥5.50"}, {"store": "2", "every": "yes", "amount": "20"},
        {"store": "2", "amount": "0"}, {"store": "2", "amount": ""},
    ):  # fmt: skip
        location = await sent(client, PATH, fields, month=MONTH, status=303)
    first = TODAY.replace(day=1)
    assert [tuple(row.values()) for row in await make.fetch(BUDGETS)] == [
        (None, None, Decimal(1000)), (1, first, Decimal("5.50")), (2, None, Decimal(20)),
    ]  # fmt: skip
    text = words(await page(client, location.split("#")[0]))
    assert "全连锁 ¥1,000.00 ¥10.00 ¥0.00 ¥990.00" in text
    assert "S1 S1 ¥5.50 ¥6.00 ¥0.00 超出 ¥0.50" in text
    assert "S2 S2 ¥20.00 ¥0.00 ¥0.00 ¥20.00" in text
    assert "已保存" in text
    other = words(await page(client, f"{PATH}?month={month_name(day=add_months(day=TODAY, months=-1))}"))
    assert "全连锁 ¥1,000.00 ¥0.00 ¥0.00 ¥1,000.00" in other
    assert "S1 S1 不限 ¥0.00" in other


async def test_a_wrong_budget_is_refused_where_it_was_typed(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    for amount in ("-1", "viel", "NaN", "1e9999", "0.001", "99999999999"):
        text = await sent(client, PATH, month=MONTH, store="1", amount=amount, status=400)
        assert "预算金额不正确" in text
        assert f'value="{amount}"' in text
    for fields in (
        {"month": "2026-13"},
        {"month": MONTH, "store": "9"},
        {"month": MONTH, "store": "x"},
        {"month": MONTH, "store": "9" * 30},
    ):
        await sent(client, PATH, {"amount": "1", **fields}, status=400)
    answer = await client.post(PATH, data={"token": "guess", "month": MONTH, "amount": "1"})
    assert (answer.status_code, "页面已过期" in answer.text) == (400, True)
    assert await make.fetch(BUDGETS) == []
    assert "2026-10" in await page(client, f"{PATH}?month=gestern", status=400)


async def test_two_figures_say_whether_the_money_is_well_spent(log_in: LogIn) -> None:
    client = await log_in(role="hq_marketing")
    assert "正在计算" in await page(client, PATH)
    figures = words(await page(client, f"{PATH}?part=more"), "figures")
    assert "花在高价值会员上 10% 低于 70%" in figures
    assert "短信占活动预算 12% 在合理范围内" in figures
    await make.execute("UPDATE campaign SET activity_budget = 40 WHERE id = 2")
    await make.execute("UPDATE member_habit SET quarter_purchases = 5")
    figures = words(await page(client, f"{PATH}?part=more"), "figures")
    assert "花在高价值会员上 70% 达标" in figures
    assert "短信占活动预算 15% 高于 12%" in figures
    before = await page(client, f"{PATH}?part=more&month={month_name(day=TODAY.replace(day=1) - timedelta(days=1))}")
    assert "本月还没有活动花费" in words(before, "figures")


async def test_promotions_are_judged_from_200_messages_up(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    await make.execute("UPDATE campaign SET content_kind = 'care' WHERE id = 1")
    assert "S1 1 1 100% 上限 30%" in words(await page(client, f"{PATH}?part=more"), "promotion")
    await make.execute(
        "INSERT INTO send_log (campaign, step, store, message_class, dedupe_key, state, scheduled_at, created_at, business_date)"
        " SELECT 2, 2, 1, 'marketing', 'more' || n, 'accepted', now(), now(), $1 FROM generate_series(1, 199) n",
        TODAY,
    )
    shares = words(await page(client, f"{PATH}?part=more"), "promotion")
    assert "S1 超过上限：请多发关怀、知识或服务内容。 200 200 100% 上限 30%" in shares
    assert "S2 2 0 0% 上限 30%" in shares


async def test_the_year_is_reckoned_from_the_chain_and_from_what_is_typed(log_in: LogIn) -> None:
    client = await log_in(role="hq_viewer")
    known = words(await page(client, f"{PATH}?part=more"), "calculator")
    assert "4 位会员，75% 同意，每月 2 条，每条计 1 条。" in known
    assert "全年费用 ¥3.60" in known
    asked = await page(client, f"{PATH}?members=10,000&consent_share=60&a_month=4&parts=1.2&price=0.045")
    assert "全年费用 ¥15,552.00 全年短信 288,000 计费条数 345,600 每位会员每年 ¥1.56" in words(asked, "calculator")
    for odd in (
        "members=viele",
        "consent_share=101",
        "parts=0",
        "price=-1",
        "a_month=NaN",
        "members=1.5",
        "price=1e999",
    ):
        wrong = words(await page(client, f"{PATH}?{odd}"), "calculator")
        assert "请填数字" in wrong
        assert "全年费用 ¥" not in wrong


@pytest.mark.parametrize("role", ["hq_marketing", "hq_viewer", "store_manager", "cashier"])
async def test_others_look_within_their_store_and_set_nothing(log_in: LogIn, role: Role) -> None:
    client = await log_in(role=role, stores=(2,) if role in {"store_manager", "cashier"} else ())
    await sent(client, PATH, month=MONTH, store="2", amount="1", status=403)
    assert await make.fetch(BUDGETS) == []
    text = await page(
        client,
        f"{PATH}?part=more" if role == "cashier" else f"{PATH}?a_month=1",
        status=403 if role == "cashier" else 200,
    )
    assert 'name="amount"' not in text
    if role == "store_manager":
        assert "S1" not in text
        assert "全连锁" not in text
        assert "2 位会员，100% 同意" in words(text, "calculator")
        assert "本月还没有活动花费" in words(text, "figures")


def test_the_words_are_the_same_in_both_languages() -> None:
    assert set(WORDS["zh"]) == set(WORDS["en"])
