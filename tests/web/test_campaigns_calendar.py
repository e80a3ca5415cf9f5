"""/campaigns/calendar: what is planned for whom by month and week, collisions before they happen, and the room that is left."""

from datetime import datetime, time, timedelta

import pytest

from config.settings import settings
from queries.calendar_collisions import collisions
from tables.access import Role
from tables.scope import scope
from tests import make
from tests.admin.conftest import LogIn
from tests.web.people_site import EVIL, TODAY, chain, page, words
from web.pages.campaigns_calendar_words import WORDS
from web.pages.campaigns_frame import clock

PATH = "/campaigns/calendar"
SOON = TODAY + timedelta(days=3)
WEEK = f"{PATH}?view=week&at={SOON}"
AT = datetime.combine(SOON, time(10), tzinfo=settings().zone)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
async def site(db: None) -> None:
    """In the week of SOON: head office's campaign on it, S1's on the same day, S2's far later; one message in seven days."""
    await chain()
    await make.execute("DELETE FROM contact_rule")
    await make.execute("INSERT INTO contact_rule (kind, most, days) VALUES ('frequency', 1, 7)")
    for campaign, at in ((1, AT), (2, AT + timedelta(hours=2)), (3, AT + 40 * DAY)):
        await make.execute(
            "INSERT INTO campaign_step (campaign, text, scheduled_at, send_before) VALUES ($1, 'x', $2, $3)",
            campaign,
            at,
            at + DAY,
        )
    await make.execute("UPDATE campaign SET rule = '30天内消费过' WHERE id = 1")
    await make.execute("ALTER TABLE campaign DISABLE TRIGGER USER")
    await make.execute("UPDATE campaign SET state = 'scheduled' WHERE id IN (1, 3)")
    await make.execute("ALTER TABLE campaign ENABLE TRIGGER USER")


async def test_a_week_tells_when_whose_and_about_how_many(log_in: LogIn) -> None:
    client = await log_in(role="hq_viewer")
    text = await page(client, WEEK)
    assert EVIL not in text
    grid = words(text, "grid")
    assert f"{EVIL} 10:00 · 已排期 全部门店" in grid
    assert "一店活动 12:00 · 草稿 S1" in grid
    assert "二店活动" not in grid
    assert "约" not in grid
    counted = words(await page(client, f"{WEEK}&part=grid"))
    assert f"{EVIL} 10:00 · 已排期 全部门店 约 3 人" in counted
    assert "一店活动 12:00 · 草稿 S1 约 2 人" in counted
    assert "新建活动" not in text


async def test_a_month_holds_whole_weeks_and_today(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    text = await page(client, PATH)
    assert text.count('aria-current="date"') == 1
    assert text.count("<td") % 7 == 0
    february = words(await page(client, f"{PATH}?at=2027-02-15"))
    assert "2027年2月" in february
    assert "这段时间没有计划。 新建活动" in february
    assert "2028-02-28 至 2028-03-05" in words(await page(client, f"{PATH}?view=week&at=2028-02-29"))
    for odd in ("1999-01-01", "9999-12-31"):
        await page(client, f"{PATH}?at={odd}")
    assert "2026-11-22" in await page(client, f"{PATH}?at=gestern", status=400)


async def test_collisions_are_told_once_with_a_day_that_is_free(log_in: LogIn) -> None:
    text = words(await page(await log_in(role="hq_admin"), f"{WEEK}&part=collisions"))
    async with scope(role="job"):
        free = (await collisions(campaigns=[2], now=clock(), zone=settings().zone))[2][0].free_day
    assert free is not None
    assert free >= SOON + 7 * DAY
    assert "1 人会超过频次 7 天内最多 1 条" in text
    assert "同一天" in text
    assert f"建议改到 {free.month}月{free.day}日" in text
    assert text.count("建议改到") == 1
    assert "核对" not in text
    later = words(await page(await log_in(role="hq_admin"), f"{PATH}?view=week&at={SOON + 40 * DAY}&part=collisions"))
    assert "没有撞期" in later


async def test_a_manager_sees_own_plans_and_no_name_of_others(log_in: LogIn) -> None:
    client = await log_in(role="store_manager", stores=(1,))
    text = words(await page(client, f"{WEEK}&part=all"))
    assert "一店活动 12:00 · 草稿 S1 约 2 人" in text
    assert EVIL not in text
    assert "与“其他门店或总部的活动”同一天" in text
    assert "1 人会超过频次" in text
    assert "同意营销的会员 1 " in text
    assert "S2" not in text


async def test_the_room_of_this_week(log_in: LogIn) -> None:
    client = await log_in(role="hq_marketing")
    before = words(await page(client, f"{PATH}?part=room"))
    assert "同意营销的会员 3 还可收 2 条及以上 0 还可收 1 条 3 本周已满 0" in before
    await make.execute(
        "INSERT INTO send_log (member, store, message_class, dedupe_key, state, scheduled_at, created_at, handed_at, business_date)"
        " VALUES (3, 2, 'marketing', 'x', 'delivered', now(), now(), now(), $1)",
        TODAY,
    )
    after = words(await page(client, f"{PATH}?part=room"))
    assert "还可收 1 条 2 本周已满 1" in after
    assert "S2 0 1 1" in after


@pytest.mark.parametrize("role", ["cashier"])
async def test_a_cashier_sees_nothing(log_in: LogIn, role: Role) -> None:
    await page(await log_in(role=role, stores=(1,)), PATH, status=403)


def test_the_words_are_the_same_in_both_languages() -> None:
    assert set(WORDS["zh"]) == set(WORDS["en"])
