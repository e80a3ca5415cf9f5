"""Every request has an id, one line and one count; none of them holds what the client wrote into its address."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from httpx import ASGITransport, AsyncClient
from litestar import Litestar, Request, asgi, get
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Stream
from litestar.types import ASGIApp, Receive, Scope, Send

from web.metrics import Metrics
from web.requests import RequestLog, internal_error

PHONE = "+8613912345678"
LOG = structlog.get_logger("test")


@get("/api/v1/members/{phone:str}")
async def member(phone: FromPath[str]) -> dict[str, str]:
    LOG.info("looked up")
    return {"phone": phone}


@get("/who")
async def who(request: Request[Any, Any, State]) -> None:
    request.scope["staff"] = SimpleNamespace(staff=7, name="张三")  # type: ignore[typeddict-unknown-key]


@get("/broken")
async def broken() -> None:
    raise ValueError("nobody expected this")


@get("/half")
async def half() -> Stream:
    async def halves() -> AsyncIterator[str]:
        yield "one"
        raise ValueError("in the middle")

    return Stream(halves())


@asgi("/admin/", is_mount=True, copy_scope=True)
async def panel(scope: Scope, receive: Receive, send: Send) -> None:
    structlog.contextvars.bind_contextvars(staff=8)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """What is logged, with what is bound at that moment."""
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as captured:
        yield captured


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def application(metrics: Metrics) -> ASGIApp:
    app = Litestar(
        [member, who, broken, half, panel],
        exception_handlers={500: internal_error},
        openapi_config=None,
        logging_config=None,
    )
    return RequestLog(app, metrics=metrics)


@asynccontextmanager
async def client_of(app: ASGIApp) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]  # ASGI twice
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
async def client(metrics: Metrics) -> AsyncIterator[AsyncClient]:
    async with client_of(application(metrics)) as client:
        yield client


def told(lines: list[Any]) -> list[Any]:
    return [line for line in lines if line["event"] == "request"]


def text(metrics: Metrics) -> str:
    return metrics.exposition(figures=None, pool=None).decode()


async def test_one_line_with_template_status_and_time(client: AsyncClient, lines: list[Any], metrics: Metrics) -> None:
    answer = await client.get(f"/api/v1/members/{PHONE}?name=张三")
    assert answer.status_code == 200
    inner, line = lines
    assert inner["request"] == line["request"] == answer.headers["x-request-id"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/api/v1/members/{phone}", 200)
    assert line["milliseconds"] >= 0
    assert set(line) == {"event", "log_level", "request", "method", "route", "status", "milliseconds"}
    assert 'regulars_http_requests_total{method="GET",route="/api/v1/members/{phone}",status="2xx"} 1.0' in text(
        metrics
    )
    assert 'regulars_http_request_seconds_count{method="GET",route="/api/v1/members/{phone}",status="2xx"} 1.0' in text(
        metrics
    )


@pytest.mark.parametrize(
    "path", [f"/nothing/{PHONE}", "/administer/13912345678", f"/admin/api/other/{PHONE}/", "/admin/a/b/c/d"]
)
async def test_what_no_route_answers_is_not_told(
    client: AsyncClient, lines: list[Any], metrics: Metrics, path: str
) -> None:
    await client.get(path)
    assert told(lines)[0]["route"] == "unmatched"
    assert "1391234" not in str(lines) + text(metrics)


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/admin", "/admin/"),
        ("/admin/", "/admin/"),
        ("/admin/assets/index-1.js", "/admin/assets/{file}/"),
        ("/admin/api/tables/", "/admin/api/tables/"),
        ("/admin/api/tables/grouped/", "/admin/api/tables/grouped/"),
        (f"/admin/api/tables/member/?phone={PHONE}", "/admin/api/tables/{table}/"),
        ("/admin/api/tables/member/count/", "/admin/api/tables/{table}/count/"),
        (f"/admin/api/tables/member/{PHONE}/", "/admin/api/tables/{table}/{row}/"),
        ("/admin/api/forms/find-a-member/", "/admin/api/forms/{form}/"),
        ("/admin/api/forms/find-a-member/schema/", "/admin/api/forms/{form}/schema/"),
        ("/admin/public/login/", "/admin/public/login/"),
    ],
)
async def test_the_panel_has_templates_of_its_own(
    client: AsyncClient, lines: list[Any], path: str, template: str
) -> None:
    assert (await client.get(path)).status_code == 200
    assert told(lines)[0]["route"] == template


async def test_who_asks_is_told_by_number(client: AsyncClient, lines: list[Any]) -> None:
    await client.get("/who")
    await client.get("/admin/")
    await client.get(f"/api/v1/members/{PHONE}")
    assert [line.get("staff") for line in told(lines)] == [7, 8, None]
    assert "张三" not in str(lines)


@pytest.mark.parametrize("given", ["till-7-000001", "0af7651916cd43dd8448eb211c80319c"])
async def test_a_good_id_is_kept(client: AsyncClient, given: str) -> None:
    answer = await client.get("/who", headers={"X-Request-ID": given})
    assert answer.headers.get_list("x-request-id") == [given]


@pytest.mark.parametrize(
    "given", ["short", "x" * 65, "no spaces here", "line\tbreak-12", "13912345678", "tel-139-1234-5678", ""]
)
async def test_another_is_replaced(client: AsyncClient, lines: list[Any], given: str) -> None:
    answer = await client.get("/who", headers={"X-Request-ID": given})
    made = answer.headers["x-request-id"]
    assert len(made) == 32
    assert made != given
    assert told(lines)[0]["request"] == made


async def test_two_requests_have_two_ids_and_leave_none_behind(client: AsyncClient, lines: list[Any]) -> None:
    with structlog.contextvars.bound_contextvars(outside=1):
        for _ in range(2):
            await client.get("/who")
        assert structlog.contextvars.get_contextvars() == {"outside": 1}
    first, second = told(lines)
    assert first["request"] != second["request"]


async def test_a_method_nobody_knows_makes_no_series(client: AsyncClient, lines: list[Any], metrics: Metrics) -> None:
    await client.request("ZHANGSAN", "/who")
    assert told(lines)[0]["method"] == "other"
    assert "ZHANGSAN" not in text(metrics)


async def test_an_accident_is_told_once_and_answered_plainly(
    client: AsyncClient, lines: list[Any], metrics: Metrics
) -> None:
    answer = await client.get("/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    assert set(body) == {"code", "zh", "en", "request"}
    assert (body["code"], body["request"]) == ("internal", answer.headers["x-request-id"])
    accident, line = lines
    assert (accident["event"], accident["log_level"], accident["request"]) == (
        "request failed",
        "error",
        body["request"],
    )
    assert "nobody expected this" in str(accident["exc_info"])
    assert "nobody" not in answer.text
    assert (line["route"], line["status"]) == ("/broken", 500)
    assert 'route="/broken",status="5xx"} 1.0' in text(metrics)


async def test_an_accident_outside_of_litestar_too(lines: list[Any], metrics: Metrics) -> None:
    async def worse(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("before anything was sent")

    async with client_of(RequestLog(worse, metrics=metrics)) as client:
        answer = await client.get("/anything")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert [line["event"] for line in lines] == ["request failed", "request"]


async def test_an_accident_in_the_middle_of_an_answer_is_told_once(metrics: Metrics, lines: list[Any]) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: Any = {
        "type": "http", "method": "GET", "path": "/half", "raw_path": b"/half", "query_string": b"", "headers": [],
        "root_path": "", "scheme": "http", "server": ("test", 80), "client": ("test", 1), "asgi": {"version": "3.0"},
    }  # fmt: skip
    await application(metrics)(scope, receive, send)
    assert [message["status"] for message in sent if message["type"] == "http.response.start"] == [200]
    assert [line["event"] for line in lines] == ["request failed", "request"]
