"""Attacks on who is logged in already: cookies, sessions, forms of other sites, addresses to go to; and what browsers are told."""

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from litestar.routes import HTTPRoute

from tests import make
from tests.admin.conftest import LogIn, the_app
from tests.web.browsers import browser
from tests.web.test_guards import HOOKS, LINKS
from web.requests import RequestLog

TOKEN = {"token": "t"}


@pytest.mark.parametrize("cookie", ["x", "' OR 1=1 --", "a" * 5_000, "%00", "é", "1", "pbkdf2_sha256", '"'])
async def test_forged_cookies_open_nothing(log_in: LogIn, cookie: str) -> None:
    await log_in(role="hq_admin")
    stored = await make.value("SELECT token FROM session")
    async with browser() as client:
        for given in (cookie, stored):
            headers = {b"cookie": f"csrftoken=t; id={given}".encode()}
            assert (await client.get("/admin/api/tables/staff/", headers=headers)).status_code == 401
            assert (await client.get("/account", headers=headers)).headers["location"] == "/admin/#/login/"


ENDED = {
    "idle": "UPDATE session SET seen_at = now() - interval '8 hours'",
    "too old": "UPDATE session SET opened_at = now() - interval '7 days'",
    "over": "UPDATE session SET expiry_date = localtimestamp - interval '1 day'",
    "shorter rule": "UPDATE chain SET idle_hours = 1; UPDATE session SET seen_at = now() - interval '61 minutes'",
    "left": "UPDATE staff SET active = false; UPDATE staff SET active = true",
    "other role": "UPDATE staff SET role = 'store_manager'",
    "other password": "UPDATE staff SET password = 'pbkdf2_sha256$1$a$c'",
    "moved": "DELETE FROM staff_store",
    "other store": "UPDATE staff_store SET store = 2",
}


@pytest.mark.parametrize("what", ENDED)
async def test_a_log_in_ends_at_once(log_in: LogIn, what: str) -> None:
    await make.execute("INSERT INTO chain (id, name, signature, phone) VALUES (1, 'x', 'xx', '')")
    await make.make_store("S2"), await make.make_store("S1")
    client = await log_in(role="cashier", stores=(1,))
    assert (await client.get("/admin/api/user/")).status_code == 200
    await make.execute(ENDED[what])
    assert (await client.get("/admin/api/user/")).status_code == 401
    assert (await client.get("/messages")).headers["location"] == "/admin/#/login/"


async def test_work_keeps_a_log_in_and_a_page_that_renews_itself_does_not(log_in: LogIn) -> None:
    client = await log_in(role="hq_viewer")
    back = "UPDATE session SET seen_at = now() - interval '7 hours'"
    age = "SELECT now() - seen_at FROM session"
    await make.execute(back)
    await client.get("/messages?part=live")
    assert await make.value(age) > timedelta(hours=6)
    await client.get("/messages")
    assert await make.value(age) < timedelta(minutes=1)
    await make.execute(back)
    await client.get("/admin/api/user/")
    assert await make.value(age) < timedelta(minutes=1)


def _posts() -> list[str]:
    routes = [route for route in the_app().app.routes if isinstance(route, HTTPRoute)]  # type: ignore[attr-defined]
    own = {route for route in routes if "POST" in route.methods and not route.path.startswith("/api/")}
    return sorted(route.path_format for route in own if route.path not in LINKS | HOOKS)


async def test_no_page_takes_a_form_that_another_site_sent(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    await make.execute("INSERT INTO chain (id, name, signature, phone) VALUES (1, 'x', 'xx', '')")
    before, posts = await make.digest(), _posts()
    assert len(posts) > 10
    forged: list[tuple[dict[str, str], dict[str, str]]] = [
        ({}, {}), ({"token": "x"}, {}), ({"token": ""}, {}),
        (TOKEN, {"origin": "https://evil.example"}), (TOKEN, {"origin": "null"}), (TOKEN, {"origin": "http://localhost.evil.example"}),
        (TOKEN, {"origin": "http://["}),
    ]  # fmt: skip
    for path in posts:
        for fields, headers in forged:
            answer = await client.post(
                path.format(campaign=1, account="x", segment=1, store=1), data=fields, headers=headers
            )
            assert 400 <= answer.status_code < 500, (path, fields, headers, answer.status_code)
    assert await make.digest() == before


async def test_nobody_is_sent_where_the_request_says(db: None) -> None:
    async with browser() as client:
        for path in ("/", "/messages", "/account", "/admin"):
            answer = await client.get(
                path, params={"next": "https://evil.example", "nextURL": "//evil.example"},
                headers={"x-forwarded-host": "evil.example"},
            )  # fmt: skip
            assert answer.headers["location"] in {"/admin/", "/admin/#/login/"}


ANSWERS = ("/", "/admin/", "/admin/regulars/screen.js", "/admin/api/user/", "/account", "/healthz", "/api/openapi.json",
           "/api/v1/members/1", "/s/nothing", "/nothing", "/campaigns")  # fmt: skip


@pytest.mark.parametrize("https", [False, True])
async def test_every_answer_tells_browsers_what_they_may_do(log_in: LogIn, *, https: bool) -> None:
    known = await log_in(role="hq_admin")
    stock = the_app()
    app = RequestLog(stock.app, metrics=stock.metrics, https=https)
    async with browser(app) as client:
        client.cookies.set("id", known.cookies["id"])
        client.cookies.delete("csrftoken")
        for path in ANSWERS:
            answer = await client.get(path)
            told = answer.headers
            assert told["x-content-type-options"] == "nosniff", path
            assert told["referrer-policy"] in {"same-origin", "no-referrer"}, path
            policy = told["content-security-policy"]
            assert "frame-ancestors 'none'" in policy, path
            assert "default-src 'self'" in policy or "default-src 'none'" in policy, path
            assert "unsafe-eval" not in policy, path
            scripts = next((part for part in policy.split(";") if "script-src" in part), "")
            assert "unsafe-inline" not in scripts, path
            assert ("strict-transport-security" in told) is https, path
            assert all(len(told.get_list(name)) == 1 for name in ("content-security-policy", "referrer-policy")), path
            for cookie in told.get_list("set-cookie"):
                [morsel] = SimpleCookie(cookie).values()
                assert morsel["samesite"].lower() == "lax", path
                assert bool(morsel["secure"]) is https, path
