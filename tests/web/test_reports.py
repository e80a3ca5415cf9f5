"""/settlement and /forecast: who may look, what they show, and what they hand out."""

import csv
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook

from actions import forecast_file, settlement_file
from config.settings import Settings, settings
from rules.calendar import add_months
from tables.access import STAFF_ROLES, Role
from tests import make
from tests.admin.conftest import LogIn
from tests.settling import buy, open_shops, refund, spend
from web.pages import forecast, frame, settlement

TEMPLATES = Path(frame.__file__).parent / "templates"
MONTH = date(2026, 3, 1)
PATHS = ("/settlement", "/settlement.csv", "/settlement.xlsx", "/forecast", "/forecast.csv")
MAY = {
    "/settlement": {"hq_admin", "hq_viewer"},
    "/forecast": {"hq_admin", "hq_marketing", "hq_viewer", "store_manager"},
}


@pytest.fixture
async def spent(db: None) -> None:
    """In March 2026 store 1 owes store 2 60 points, and store 3 owes store 1 50; one store has an odd name."""
    await open_shops(members=2, point_value=Decimal("0.01"), valid_days=7300)
    await make.execute("UPDATE store SET name = '<b>四</b>&店' WHERE id = 3")
    await buy("A", store=1, day=MONTH, amount=100)
    await spend("r", store=2, day=MONTH, points=60)
    await buy("B", store=3, day=MONTH, amount=50)
    await refund("a", store=1, day=MONTH, sold_at=1, of="A")
    await buy("C", store=2, day=MONTH, amount=1500, member=2)


async def got(client: httpx.AsyncClient, path: str) -> httpx.Response:
    return await client.get(path)


def cells(page: str, table: str) -> list[list[str]]:
    """The rows of a table of the page, as text."""
    body = re.search(rf'<table id="{table}">(.*?)</table>', page, re.DOTALL)
    assert body is not None
    rows = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL)
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


@pytest.mark.parametrize("role", STAFF_ROLES)
@pytest.mark.parametrize("path", PATHS)
async def test_each_role_gets_the_page_or_a_no_in_both_languages(
    spent: None, log_in: LogIn, role: Role, path: str
) -> None:
    answer = await got(await log_in(role=role, stores=(2,)), f"{path}?month=2026-03")
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    if role in MAY[path.partition(".")[0]]:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 403
        assert answer.headers["content-type"].startswith("text/html")
        assert re.search(r"仅限总部.*for (head office|store managers|head office and)", answer.text, re.DOTALL)
        assert "60" not in re.sub(r"<style>.*</style>", "", answer.text, flags=re.DOTALL)


@pytest.mark.parametrize("path", PATHS)
async def test_who_is_not_logged_in_goes_to_the_log_in(spent: None, log_in: LogIn, path: str) -> None:
    client = await log_in(role="hq_admin")
    client.cookies.clear()
    answer = await got(client, path)
    assert (answer.status_code, answer.headers["location"]) == (302, "/admin/#/login/")


async def test_the_settlement_shows_net_and_matrix(spent: None, log_in: LogIn) -> None:
    page = (await got(await log_in(role="hq_viewer"), "/settlement?month=2026-03")).text
    assert cells(page, "nets") == [
        ["门店", "应收积分", "应付积分", "净额积分", "净额金额"],
        ["S1S1", "50", "60", "−10", "−¥0.10"],
        ["S2S2", "60", "0", "60", "¥0.60"],
        ["S3&lt;b&gt;四&lt;/b&gt;&amp;店", "0", "50", "−50", "−¥0.50"],
        ["合计", "110", "110", "0", "¥0.00"],
    ]
    matrix = cells(page, "matrix")
    assert [row[1:] for row in matrix[1:]] == [
        ["0", "60", "0", "60"], ["0", "0", "0", "0"], ["50", "0", "0", "50"], ["50", "60", "0", "110"],
    ]  # fmt: skip
    assert "1 积分 = ¥0.01" in page
    assert 'href="/settlement?month=2026-02"' in page
    assert 'href="/settlement.xlsx?month=2026-03"' in page
    assert "尚未结束" not in page


async def test_a_month_that_is_not_said_is_the_last_one_that_ended(spent: None, log_in: LogIn) -> None:
    client, today = await log_in(role="hq_admin"), datetime.now(UTC).astimezone(settings().zone).date()
    last = add_months(day=today.replace(day=1), months=-1)
    assert f'value="{last:%Y-%m}"' in (await got(client, "/settlement")).text
    this = (await got(client, f"/settlement?month={today:%Y-%m}")).text
    assert "尚未结束" in this
    assert "没有跨店使用的积分" in this


@pytest.mark.parametrize("month", ["2026-13", "nonsense", "<b>", "2026-03-01", "0000-01", "2026-03\x00"])
async def test_what_is_no_month_is_told_so(spent: None, log_in: LogIn, month: str) -> None:
    answer = await (await log_in(role="hq_admin")).get("/settlement", params={"month": month})
    assert answer.status_code == 400
    assert "月份格式不正确" in answer.text
    assert "This is not a month" in answer.text
    assert "<b>" not in answer.text


async def test_the_files_say_what_the_page_says(spent: None, log_in: LogIn) -> None:
    client = await log_in(role="hq_viewer")
    text = await got(client, "/settlement.csv?month=2026-03")
    assert 'filename="settlement-2026-03.csv"' in text.headers["content-disposition"]
    rows = list(csv.DictReader(StringIO(text.content.decode("utf-8-sig"))))
    assert [(row["应付门店编号"], row["应收门店编号"], row["积分"], row["金额（元）"]) for row in rows] == [
        ("S1", "S2", "60", "0.60"), ("S3", "S1", "50", "0.50"),
    ]  # fmt: skip
    book = load_workbook(BytesIO((await got(client, "/settlement.xlsx?month=2026-03")).content))
    assert [row[5] for row in book["各店净额"].iter_rows(min_row=2, values_only=True)] == [-10, 60, -50, 0]


async def test_a_matrix_too_wide_for_paper_stays_on_the_screen(
    spent: None, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    client = await log_in(role="hq_admin")
    assert "打印时省略" not in (await got(client, "/settlement?month=2026-03")).text
    monkeypatch.setattr(settlement, "WIDE", 2)
    page = (await got(client, "/settlement?month=2026-03")).text
    assert "打印时省略" in page
    assert '<section class="screen">' in page


async def test_without_a_value_the_page_says_that_it_shows_points_alone(spent: None, log_in: LogIn) -> None:
    await make.execute("UPDATE points_policy SET point_value = NULL")
    page = (await got(await log_in(role="hq_admin"), "/settlement?month=2026-03")).text
    assert "未设置积分价值" in page
    assert "¥" not in page


async def test_the_forecast_shows_months_and_stores(spent: None, log_in: LogIn) -> None:
    page = (await got(await log_in(role="hq_marketing"), "/forecast")).text
    times = {row[0]: row[1:5] for row in cells(page, "times")}
    assert times["合计"] == ["1,500", "0", "1,500", "1"]
    assert len(times) == 16
    (later,) = [name for name in times if "及以后" in name]
    assert times[later] == ["1,500", "0", "1,500", "1"]
    assert [row[0] for row in cells(page, "stores")] == ["门店", "S2S2", "合计"]


async def test_a_manager_sees_the_points_of_their_own_stores_alone(spent: None, log_in: LogIn) -> None:
    await buy("D", store=4, day=MONTH, amount=777, member=2)
    mine = await log_in(role="store_manager", stores=(4,))
    other = await log_in(role="store_manager", stores=(1,))
    page = (await got(mine, "/forecast")).text
    assert "仅含您所属门店" in page
    assert [row[0] for row in cells(page, "stores")] == ["门店", "S4S4", "合计"]
    assert "1,500" not in page
    assert "没有有效积分" in (await got(other, "/forecast")).text
    text = (await got(mine, "/forecast.csv")).content.decode("utf-8-sig")
    assert "777" in text
    assert "S2" not in text
    assert "777" not in (await got(other, "/forecast.csv")).content.decode("utf-8-sig")


@pytest.mark.parametrize(
    ("role", "paths"),
    [
        (
            "hq_admin",
            ["/campaigns", "/messages", "/settlement", "/forecast", "/audit", "/staff", "/account", "/simulator"],
        ),
        ("hq_viewer", ["/campaigns", "/messages", "/settlement", "/forecast", "/audit", "/account", "/simulator"]),
        ("hq_marketing", ["/campaigns", "/messages", "/forecast", "/account", "/simulator"]),
        ("store_manager", ["/campaigns", "/messages", "/forecast", "/staff", "/account"]),
        ("cashier", ["/messages", "/account"]),
    ],
)
async def test_the_menu_links_what_a_role_may_open(db: None, log_in: LogIn, role: Role, paths: list[str]) -> None:
    await open_shops()
    await make.execute("INSERT INTO gateway_account (name, gateway) VALUES ('simulator', 'simulator')")
    client = await log_in(role=role, stores=(1,))
    links = (await client.get("/admin/api/links/")).json()
    assert list(links.values()) == paths
    assert [(await client.get(path)).status_code for path in paths] == [200] * len(paths)


async def test_the_pages_speak_the_language_of_the_house(
    spent: None, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    english = Settings(data_dir=settings().data_dir, language="en")
    for module in (settlement, forecast, frame):
        monkeypatch.setattr(module, "settings", lambda: english)
    client = await log_in(role="hq_admin")
    for path, title in (
        ("/settlement?month=2026-03", "Settlement between stores"),
        ("/forecast", "Points that will expire"),
    ):
        page = (await got(client, path)).text.replace("四", "").replace("店", "")
        assert title in page
        assert not re.search(r"[\u4e00-\u9fff]", page)


@pytest.mark.parametrize("words", [settlement.WORDS, forecast.WORDS, settlement_file.WORDS, forecast_file.WORDS])
def test_everything_is_said_in_both_languages(words: dict[str, dict[str, str]]) -> None:
    assert set(words["zh"]) == set(words["en"])
    assert all(words["zh"].values())
    assert all(words["en"].values())


@pytest.mark.parametrize("name", ["report.html", "settlement.html", "forecast.html", "refused.html"])
def test_the_templates_hold_no_words_of_their_own_and_ask_no_other_host(name: str) -> None:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    # The names of fonts are nobody's words.
    assert not re.search(r"[\u4e00-\u9fff]", text)
    assert not re.search(r"https?:|//\w|<script", text)
