"""What nobody may read in logs or figures, planted in every place of a request; and phones guessed at where other stores' people are."""

import json
import logging
from urllib.parse import urlencode

import httpx
import pytest
from structlog.testing import capture_logs

from tables.access import Role
from tables.staff import Staff
from tests import make
from tests.admin.conftest import LogIn, the_app
from tests.admin.two_stores import two_stores
from tests.web.browsers import browser

PHONE, NAME, SECRET = "13912345678", "欧阳秘密", "geheim-geheim-4711"
HERE, THERE = "13900000001", "13900000002"
SAID = {"Authorization": f"Bearer {SECRET}", "Referer": f"http://x/{PHONE}", "User-Agent": SECRET}
PLACES = (
    ("GET", f"/admin/api/tables/member/?phone={PHONE}&name={NAME}"), ("GET", f"/admin/api/tables/{NAME}/{PHONE}/"),
    ("POST", "/admin/api/forms/查会员/"), ("POST", "/admin/public/login/"), ("POST", "/admin/api/change-password/"),
    ("GET", f"/audit?member={PHONE}&username={NAME}"), ("POST", f"/account/factor/{SECRET}"), ("POST", "/account/factor/begin"),
    ("GET", f"/api/v1/members/{PHONE}"), ("POST", "/api/v1/members"), ("POST", f"/hooks/{NAME}/reports?token={SECRET}&phone={PHONE}"),
    ("GET", f"/s/{SECRET}"), ("POST", f"/s/{SECRET}/optout"), ("GET", f"/{NAME}/{PHONE}/{SECRET}"),
    ("POST", f"/campaigns/new?name={NAME}"), ("PATCH", "/admin/api/tables/member/1/"), (PHONE, "/messages"),
)  # fmt: skip


async def test_no_log_and_no_metric_holds_what_was_sent(
    log_in: LogIn, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Staff, "_pbkdf2_iteration_count", 1)
    await two_stores()
    client = await log_in(role="hq_admin")
    body = {"phone": PHONE, "name": NAME, "username": NAME, "password": SECRET, "token": SECRET, "mfa_code": SECRET}
    caplog.set_level(logging.DEBUG)
    with capture_logs() as lines:
        for method, path in PLACES:
            for content in (json.dumps(body), urlencode(body)):
                answer = await client.request(method, path, headers=SAID, content=content)
                assert answer.status_code < 500, (method, path)
    assert len([line for line in lines if line["event"] == "request"]) == 2 * len(PLACES)
    figures = (await client.get("/metrics")).text
    logged = repr(lines) + "".join(record.getMessage() for record in caplog.records if record.name != "httpx") + figures
    assert [secret for secret in (PHONE, NAME, SECRET, client.cookies["id"]) if secret in logged] == []


UNFAIR = (
    {"phone": "1390000"}, {"phone": "0002"}, {"phone": THERE[:-1]}, {"phone": f"{THERE}%"}, {"phone": "_" * 11},
    {"phone": THERE[:-1], "phone__match": "starts"}, {"phone": THERE[:-1], "phone__match": "contains"},
    {"phone__operator": "gt", "phone": THERE}, {"phone__operator": "lt", "phone": THERE}, {"phone__operator": "ne", "phone": THERE},
    {"__order": "phone"}, {"__order": "-phone"},
    {"phone__operator": "is_not_null"}, {"phone_masked": "139"}, {"__order": "phone_masked"}, {"__visible_fields": "phone", "phone": "139"},
)  # fmt: skip


@pytest.mark.parametrize("role", ["hq_marketing", "hq_viewer", "cashier"])
async def test_a_masked_role_learns_no_digit_by_filter_sort_count_or_picker(log_in: LogIn, role: Role) -> None:
    await two_stores()
    client = await log_in(role=role, stores=(1,) if role == "cashier" else ())
    everything = (await client.get("/admin/api/tables/member/count/")).json()["count"]
    for what in ("", "count/", "ids/"):
        for asked in UNFAIR:
            answer = await client.get(f"/admin/api/tables/member/{what}", params=asked)
            if answer.status_code == 400:
                continue
            told = answer.json()
            found = told.get("count", len(told.get("rows", told)))
            assert found in {0, everything}, (what, asked, "a digit more or less changes the answer")
            assert "1390000000" not in answer.text


async def test_somebody_elses_number_is_refused_alike_whoever_has_it(log_in: LogIn) -> None:
    """A manager who types a number into the file of an own member hears that it is taken, and by nobody in particular."""
    await two_stores()
    client = await log_in(role="store_manager", stores=(1,))
    before = await make.digest()
    answers = [
        await client.patch("/admin/api/tables/member/1/", json={"phone": f"+86{phone}"})
        for phone in (THERE, HERE, PHONE)
    ]
    for answer in answers:
        assert 400 <= answer.status_code < 500 or answer is answers[1], answer.text
        assert not any(said in answer.text for said in ("S2", "#2", "duplicate", "member_phone")), answer.text
    assert answers[0].text == answers[2].text
    assert {table: one for table, one in (await make.digest()).items() if table != "audit_log"} == {
        table: one for table, one in before.items() if table != "audit_log"
    }


async def test_strangers_hear_nothing_of_who_has_a_number(log_in: LogIn) -> None:
    await two_stores()
    async with browser(the_app()) as client:
        for path in (
            "/api/v1/members/{}",
            "/members/{}/points",
            "/admin/api/tables/member/?phone={}",
            "/audit?member={}",
        ):
            said = [await client.get(path.format(phone)) for phone in (HERE, PHONE)]
            assert said[0].status_code == said[1].status_code, path
            assert _without_id(said[0]) == _without_id(said[1]), path


def _without_id(answer: httpx.Response) -> str:
    return answer.text.replace(answer.headers["x-request-id"], "")
