"""/campaigns/{id}/results and /campaigns/results: what they say, to whom, and what they hand out."""

import csv
import re
from datetime import datetime
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from actions import results_file
from tables.access import STAFF_ROLES, Role
from tests import make, resulting
from tests.admin.conftest import LogIn
from tests.resulting import BEGINS, DAY
from web.pages import campaigns_results, results_words

PAGE = "/campaigns/1/results"
PATHS = (PAGE, f"{PAGE}.csv", f"{PAGE}.xlsx")
HQ = ("hq_admin", "hq_marketing", "hq_viewer")


@pytest.fixture
async def over(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A campaign of headquarters whose observation is over, looked at a month after it began."""
    await resulting.stored(resulting.imagined(seed=7))
    await make.execute("UPDATE campaign_variant SET text = '<b>甲</b>' WHERE label = 'A'")
    monkeypatch.setattr(campaigns_results, "clock", lambda: BEGINS + 30 * DAY)


def figures(page: str) -> str:
    """Without styles and tags."""
    return re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_results_are_for_head_office_and_for_the_stores_own(over: None, log_in: LogIn, role: Role) -> None:
    client = await log_in(role=role, stores=(2,))
    answers = [await client.get(path) for path in PATHS]
    wanted = 200 if role in HQ else 403 if role == "cashier" else 404
    assert [answer.status_code for answer in answers] == [wanted] * 3
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
    if wanted != 200:
        assert "双十一" not in answers[0].text
        return
    assert "双十一" in answers[0].text
    assert "script-src 'self'" in answers[0].headers["content-security-policy"]
    assert b"139000" not in b"".join(answer.content for answer in answers)
    assert b"\xe5\xbc\xa0\xe4\xb8\x89" not in b"".join(answer.content for answer in answers[:2])


async def test_a_store_manager_sees_the_results_of_their_own_campaign(over: None, log_in: LogIn) -> None:
    await make.execute("UPDATE campaign SET store = 2")
    assert (await (await log_in(role="store_manager", stores=(1,))).get(PAGE)).status_code == 404
    own = await (await log_in(role="store_manager", stores=(2,))).get(PAGE)
    hq = await (await log_in(role="hq_viewer")).get(PAGE)
    # Clicks, and what was bought at other stores, are in both.
    assert own.status_code == 200
    assert figures(own.text) == figures(hq.text)


async def test_the_page_says_what_came_of_it_and_how_sure_that_is(over: None, log_in: LogIn) -> None:
    text = (await (await log_in(role="hq_viewer")).get(PAGE)).text
    assert "截至 2026-12-02 10:00 · 观察期已结束" in text
    assert "可能是偶然" in text
    assert "95% 可能在" in text
    assert "第 1 步的版本" in text
    assert "&lt;b&gt;甲&lt;/b&gt;" in text
    assert "没有同意接收营销短信" in text
    assert "合计（按人）" in text


async def test_an_open_observation_and_nothing_at_all_are_told(
    over: None, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await log_in(role="hq_admin")
    monkeypatch.setattr(campaigns_results, "clock", lambda: BEGINS + 3 * DAY)
    assert re.search(r"观察期还有 [45] 天", (await client.get(PAGE)).text)
    await make.execute("INSERT INTO campaign (name) VALUES ('空')")
    assert "还没有短信发出" in (await client.get("/campaigns/2/results")).text
    assert (await client.get("/campaigns/3/results")).status_code == 404


async def test_the_files_hold_the_figures_of_the_page(over: None, log_in: LogIn) -> None:
    client = await log_in(role="hq_marketing")
    await make.execute("UPDATE store SET name = '=1+1' WHERE code = 'S1'")
    answer = await client.get(f"{PAGE}.csv")
    assert 'filename="campaign-1.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["层级"], row["名称"]) for row in rows[:7]] == [
        ("合计（按人）", "双十一"), ("步骤", "1"), ("版本", "1A"), ("版本", "1B"), ("步骤", "2"), ("门店", "S1 =1+1"), ("门店", "S2 S2"),
    ]  # fmt: skip
    assert int(rows[0]["人群"]) == 90 == int(rows[5]["人群"]) + int(rows[6]["人群"])
    assert int(rows[1]["发出"]) == int(rows[2]["发出"]) + int(rows[3]["发出"])
    book = load_workbook(BytesIO((await client.get(f"{PAGE}.xlsx")).content))
    assert book.sheetnames == ["概览", "明细", "未发送原因"]
    told = dict(book["概览"].iter_rows(min_row=2, values_only=True))
    assert (told["活动"], told["对照组人数"]) == ("双十一", 30)
    assert next(row[2] for row in book["明细"].iter_rows(min_row=2, values_only=True)) == 90


async def _chunks(at: datetime) -> None:
    await make.execute(
        "INSERT INTO campaign (name, content_kind, rhythm, store, state) VALUES ('周二新品', 'care', 'rhythm', 2, 'draft')"
    )
    for campaign, step, store, accepted, delivered in ((1, 1, 1, 300, 280), (2, None, 2, 100, 90)):
        await make.execute(
            "INSERT INTO send_chunk (message_class, campaign, step, store, state, due_at, handed_at, done_at, size, accepted, delivered)"
            " VALUES ('marketing', $1, $2, $3, 'done', $4, $4, $4, $5, $5, $6)",
            campaign, step, store, at, accepted, delivered,
        )  # fmt: skip


async def test_the_overview_lists_campaigns_and_what_they_do_to_the_chain(over: None, log_in: LogIn) -> None:
    await _chunks(BEGINS + 15 * DAY)
    page = figures((await (await log_in(role="hq_viewer")).get("/campaigns/results")).text)
    assert re.search(r"双十一.*300.*93\.3%", page, re.DOTALL)
    # 300 of 400 messages were promotion, all of them in one store.
    assert re.search(r"促销占比\s+75\.0%.*S1 100\.0%", page, re.DOTALL)
    assert re.search(r"节日活动.*固定节奏\s+0\.0%", page, re.DOTALL)
    row = await (await log_in(role="hq_admin")).get(f"{PAGE}?part=row")
    assert row.text.count("<td") == 4
    listed = await (await log_in(role="hq_marketing")).get("/campaigns/results.csv")
    rows = list(csv.DictReader(StringIO(listed.content.decode("utf-8-sig"))))
    assert [row["活动"] for row in rows] == ["周二新品", "双十一"]
    assert (rows[0]["结论"], rows[1]["人群"]) == ("没有对照组", "90")


async def test_a_store_managers_overview_is_of_their_store(over: None, log_in: LogIn) -> None:
    await _chunks(BEGINS + 15 * DAY)
    page = (await (await log_in(role="store_manager", stores=(2,))).get("/campaigns/results")).text
    assert "周二新品" in page
    assert "双十一" not in page
    assert "75.0%" not in page
    assert (await (await log_in(role="cashier", stores=(2,))).get("/campaigns/results")).status_code == 403


async def test_a_quiet_chain_has_an_overview_of_nothing(db: None, log_in: LogIn) -> None:
    assert "最近 90 天没有活动发出" in (await (await log_in(role="hq_admin")).get("/campaigns/results")).text


def test_every_word_is_in_both_languages() -> None:
    for words in (results_words.WORDS, results_file.WORDS):
        assert list(words["zh"]) == list(words["en"])
        for key, zh in words["zh"].items():
            assert set(re.findall(r"{\w+}", zh)) == set(re.findall(r"{\w+}", words["en"][key])), key
