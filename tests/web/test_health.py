"""The three probes over HTTP: lives, can work, how it does."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar
from litestar.datastructures import State

from actions.health import seen
from config.piccolo_conf import DB
from tables.scope import owner
from tests.make import execute, make_member, make_program, make_store
from web.health import healthz, metrics, readyz
from web.metrics import Metrics
from web.requests import RequestLog

PHONE = "+8613912345678"


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    counted = Metrics()
    app = Litestar(
        [healthz, readyz, metrics], state=State({"metrics": counted}), openapi_config=None, logging_config=None
    )
    transport = ASGITransport(RequestLog(app, metrics=counted))  # type: ignore[arg-type]  # ASGI twice
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
async def no_database(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens where the database should be."""
    monkeypatch.setattr(DB, "pool", None)
    monkeypatch.setattr(DB, "config", {"dsn": "postgresql://regulars_app:secret@127.0.0.1:1/regulars"})


async def alive() -> None:
    await seen(process="worker", now=datetime.now(UTC))
    await seen(process="clock", now=datetime.now(UTC))


async def test_a_living_process_says_so_without_a_database(no_database: None, client: AsyncClient) -> None:
    answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


async def test_ready(db: None, client: AsyncClient) -> None:
    await alive()
    answer = await client.get("/readyz")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["status"] == "ready"
    assert [set(check) for check in body["checks"]] == [{"name", "ok", "zh", "en"}] * 7


async def test_a_restore_that_holds_sending_is_told_and_keeps_the_pages_open(db: None, client: AsyncClient) -> None:
    await alive()
    await execute("INSERT INTO restoration (restored_at, backup_at, business_date) VALUES (now(), now(), current_date)")
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"][-1]["name"]) == (200, "sending")
    assert "放行" in answer.json()["checks"][-1]["zh"]
    assert "regulars_sending_held 1.0" in (await client.get("/metrics")).text


async def test_not_ready_says_why_in_both_languages(db: None, client: AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    body = answer.json()
    assert body["status"] == "not ready"
    worker = next(check for check in body["checks"] if check["name"] == "worker")
    assert not worker["ok"]
    assert "后台任务进程" in worker["zh"]
    assert "The worker" in worker["en"]


async def test_without_a_database_it_answers_and_keeps_the_address(no_database: None, client: AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert [check["name"] for check in answer.json()["checks"] if check["ok"]] == ["redis"]
    assert "secret" not in answer.text
    scraped = await client.get("/metrics")
    assert scraped.status_code == 200
    assert "regulars_database_up 0.0" in scraped.text
    assert "regulars_messages_open" not in scraped.text
    assert 'regulars_http_requests_total{method="GET",route="/readyz",status="5xx"} 1.0' in scraped.text


async def test_metrics_are_text_without_a_person(db: None, client: AsyncClient) -> None:
    await make_program()
    await make_member(PHONE, store=await make_store())
    await alive()
    await client.get(f"/nothing/{PHONE}?name=张三")
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    for line in (
        "regulars_database_up 1.0",
        'regulars_messages_open{state="queued"} 0.0',
        "regulars_messages_overdue_seconds 0.0",
        "regulars_jobs_failed 0.0",
        'regulars_heartbeat_age_seconds{process="worker"}',
        'regulars_pool_connections{state="most"} 8.0',
        'regulars_http_requests_total{method="GET",route="unmatched",status="4xx"} 1.0',
        "process_resident_memory_bytes",
    ):
        assert line in answer.text
    assert "regulars_nights_behind_days" not in answer.text
    # Without the figures: seconds with many digits hold any three of them now and then.
    labels = [line.rpartition(" ")[0] for line in answer.text.splitlines()]
    assert not [label for label in labels if "139" in label]
    assert "张三" not in answer.text


async def test_metrics_tell_of_accounts_and_of_what_comes_back(db: None, client: AsyncClient) -> None:
    await execute("INSERT INTO gateway_account (name, gateway, rate) VALUES ('first', 'simulator', 50)")
    text = (await client.get("/metrics")).text
    for line in (
        'regulars_account_messages{account="first",state="unknown"} 0.0',
        'regulars_account_paused{account="first"} 0.0',
        'regulars_account_down{account="first"} 0.0',
        'regulars_account_failures{account="first"} 0.0',
        'regulars_account_pace{account="first"} 0.0',
        'regulars_account_rate_limit{account="first"} 50.0',
        "regulars_replies_open 0.0",
        "regulars_complaints_day 0.0",
        "regulars_campaigns_sending 0.0",
        "regulars_reports_waiting 0.0",
        "regulars_sending_held 0.0",
        "regulars_erasures_open 0.0",
    ):
        assert line in text
    assert "regulars_account_balance{" not in text, "nobody has told it yet"


async def test_a_database_that_hangs_holds_up_no_scrape(
    db: None, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.health.SCRAPE_SECONDS", 0.2)
    async with owner() as connection:
        await connection.execute("BEGIN; LOCK TABLE heartbeat IN ACCESS EXCLUSIVE MODE")
        answer = await client.get("/metrics")
    assert (answer.status_code, "regulars_database_up 0.0" in answer.text) == (200, True)


async def test_each_application_counts_for_itself() -> None:
    first, second = Metrics(), Metrics()
    first.answered(method="GET", route="/", status=200, seconds=0.1)
    assert 'route="/"' in first.exposition(figures=None, pool=None).decode()
    assert 'route="/"' not in second.exposition(figures=None, pool=None).decode()
