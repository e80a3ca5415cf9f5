"""/messages: what each role sees, pausing an account, and that the page runs nothing but its own script."""

import re
from datetime import date, timedelta

import httpx
import pytest

from config.settings import Settings, settings
from rules.standing import REASONS
from tables.access import STAFF_ROLES, STORE_ROLES, Role
from tests import make
from tests.admin.conftest import LogIn
from web.pages import frame, live, messages, messages_words
from web.pages.messages import MAY_PAUSE
from web.pages.messages_words import WORDS

PAUSE = "/messages/accounts/first"


@pytest.fixture(autouse=True)
async def shop(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noon. Two stores, an account, a campaign that leaves, one waiting notice of each store, a failure, a reply."""
    now = make.noon(date(2026, 11, 22))
    monkeypatch.setattr(messages, "_now", lambda: now)
    for code in ("S1", "S2"):
        await make.make_store(code)
    await make.execute("INSERT INTO gateway_account (name, gateway, rate) VALUES ('first', 'simulator', 2000)")
    await make.execute("INSERT INTO campaign (name, state, created_at) VALUES ('<b>双十一</b>', 'sending', now())")
    await make.execute(
        "INSERT INTO send_chunk (message_class, state, due_at, handed_at, campaign, store, gateway, size, accepted, delivered, unknown)"
        " SELECT 'marketing', 'waiting', $1, $1, 1, 1 + n % 2, 'first', 5000, 1234, 1000, 3 FROM generate_series(1, 2) n",
        now - timedelta(minutes=1),
    )
    await make.execute(
        "INSERT INTO send_log (message_class, dedupe_key, store, scheduled_at, created_at)"
        " SELECT 'notice', 'test:' || n, n, $1, now() FROM generate_series(1, 2) n",
        now + timedelta(hours=1),
    )
    await make.execute(
        "INSERT INTO send_log (message_class, dedupe_key, store, state, error_class, handed_at, created_at)"
        " VALUES ('notice', 'failed', 1, 'failed', 'dead_number', $1, now())",
        now,
    )
    await make.execute(
        "INSERT INTO reply (gateway, gateway_reply_id, phone, store, text, kind, said_at, at)"
        " VALUES ('first', '1', '+8613912345678', 1, '<i>R</i>', 'opt_out', $1, $1)",
        now,
    )


async def page(client: httpx.AsyncClient, path: str = "/messages") -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def part(text: str, name: str) -> str:
    """A section of the page as plain words, one space between them."""
    found = re.search(rf'<section id="{name}".*?</section>', text, re.DOTALL)
    return "" if found is None else " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


async def test_head_office_sees_everything(log_in: LogIn) -> None:
    text = await page(await log_in(role="hq_viewer"))
    assert "待发送 7,528 暂不能发 2" in part(text, "total")
    assert "今日已提交 2,468 今日送达 2,000 今日失败 0 结果未知 6" in part(text, "total")
    assert re.search(r"2 未到发送时间 通知 · 13:00 起", part(text, "waiting"))
    assert "&lt;b&gt;双十一&lt;/b&gt; 发送中 已处理 2,474 / 10,000" in part(text, "campaigns")
    assert re.search(r"first 营销 · 通知 · 验证码 · 员工 正常 0 上限 2,000 0 / 2 0 2,468", part(text, "accounts"))
    assert "S1 S1 3,764 1 0 1,234" in part(text, "stores")
    assert "1 空号或停机" in part(text, "failures")
    assert re.search(
        r"待处理回复 1 今日回复 1 今日退订 1 .* 139\*\*\*\*5678 &lt;i&gt;R&lt;/i&gt; 退订营销", part(text, "replies")
    )
    assert "13912345678" not in text


@pytest.mark.parametrize("role", STORE_ROLES)
async def test_a_store_sees_its_own_figures_and_no_account(log_in: LogIn, role: Role) -> None:
    text = await page(await log_in(role=role, stores=(2,)))
    assert "待发送 3,764 暂不能发 1" in part(text, "total")
    assert part(text, "accounts") == ""
    assert "S2" in part(text, "stores")
    assert "S1" not in part(text, "stores")
    assert part(text, "failures").endswith("今天没有失败。")
    assert part(text, "replies").endswith("还没有回复。")
    assert "/simulator" not in text


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_head_office_pauses_and_resumes_and_it_is_written_down(log_in: LogIn, role: Role) -> None:
    client, may = await log_in(role=role), role in MAY_PAUSE
    text = await page(client)
    assert ('value="yes"' in text) is may
    answer = await client.post(PAUSE, data={"token": "t", "paused": "yes"})
    assert answer.status_code == (303 if may else 403)
    assert await make.value("SELECT is_paused FROM gateway_health") is may
    if may:
        assert answer.headers["location"] == "/messages"
        assert "已暂停" in part(await page(client), "accounts")
        assert "通道已暂停（first）" in part(await page(client), "waiting")
        await client.post(PAUSE, data={"token": "t", "paused": "no"})
        assert not await make.value("SELECT is_paused FROM gateway_health")
        staff = await make.fetch(
            "SELECT staff FROM audit_log WHERE table_name = 'gateway_health' AND action = 'update' ORDER BY id"
        )
        assert [row["staff"] for row in staff] == [1, 1]


async def test_a_form_of_elsewhere_pauses_nothing(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    for token in ({}, {"token": ""}, {"token": "guess"}, {"token": "é"}):
        answer = await client.post(PAUSE, data={**token, "paused": "yes"})
        assert (answer.status_code, "页面已过期" in answer.text) == (400, True)
    client.cookies.delete("csrftoken")
    assert (await client.post(PAUSE, data={"token": "", "paused": "yes"})).status_code == 400
    assert not await make.value("SELECT is_paused FROM gateway_health")


async def test_an_account_that_is_not_there_is_refused_in_words(log_in: LogIn) -> None:
    answer = await (await log_in(role="hq_admin")).post("/messages/accounts/gone", data={"token": "t", "paused": "yes"})
    assert (answer.status_code, "gone" in answer.text) == (400, True)


async def test_who_is_not_logged_in_goes_to_the_log_in(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    client.cookies.clear()
    for answer in (await client.get("/messages"), await client.post(PAUSE, data={"token": "t"})):
        assert (answer.status_code, answer.headers["location"]) == (302, "/admin/#/login/")


async def test_a_page_without_the_cookie_brings_one_that_fits_its_forms(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    client.cookies.delete("csrftoken")
    answer = await client.get("/messages")
    token = re.search(r'name="token" value="([^"]+)"', answer.text)
    assert token is not None
    assert f"csrftoken={token[1]};" in answer.headers["set-cookie"]
    client.cookies.set("csrftoken", token[1])
    assert (await client.post(PAUSE, data={"token": token[1], "paused": "yes"})).status_code == 303


async def test_the_part_that_renews_itself_is_the_one_of_the_page(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    whole, again = await page(client), await page(client, "/messages?part=live")
    assert again.strip() in whole
    assert "<script" not in again


async def test_the_browser_runs_the_pages_own_script_alone(log_in: LogIn) -> None:
    answer = await (await log_in(role="hq_admin")).get("/messages")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]+=*'; connect-src 'self'$", policy)
    assert re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL) == [live.SCRIPT]
    assert answer.headers["cache-control"] == "no-store"


async def test_the_page_speaks_the_languages_of_the_house(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for words in vars(messages_words).values():
        if isinstance(words, dict) and "zh" in words:
            assert set(words["zh"]) == set(words["en"])
    assert set(messages_words.REASONS["zh"]) == set(REASONS)
    english = Settings(data_dir=settings().data_dir, language="en")
    for module in (messages, frame):
        monkeypatch.setattr(module, "settings", lambda: english)
    text = await page(await log_in(role="hq_admin"))
    assert WORDS["en"]["title"] in text
    assert re.findall(r"[\u4e00-\u9fff]+", re.sub(r"<(script|style)>.*?</\1>", "", text, flags=re.DOTALL)) == ["双十一"]


async def test_what_a_restore_holds_is_said_to_all_and_released_by_head_office(log_in: LogIn) -> None:
    await make.execute(
        "INSERT INTO restoration (restored_at, backup_at, business_date) VALUES ($1, $2, '2026-11-22')",
        messages._now(), messages._now() - timedelta(days=1),
    )  # fmt: skip
    for role in STAFF_ROLES:
        client = await log_in(role=role, username=f"held-{role}", stores=(1,) if role in STORE_ROLES else ())
        text = await page(client)
        assert "2026-11-22 12:00 从 2026-11-21 12:00 的备份恢复" in part(text, "hold")
        assert ('action="/messages/release"' in text) is (role == "hq_admin")
        for form in ({}, {"token": "t"}):
            answer = await client.post("/messages/release", data=form)
            released = await make.value("SELECT released_at IS NOT NULL FROM restoration")
            assert released is (answer.status_code == 303) is (role == "hq_admin" and bool(form)), (role, form)
        await make.execute("UPDATE restoration SET released_at = NULL, released_by = NULL")
    await make.execute("DELETE FROM restoration")
    assert part(await page(client), "hold") == ""
