"""Whatever is sent to whatever we serve, by whomever: an answer that is no error of ours and gives nothing away.

The small version of `python -m tests.fuzz`.
"""

import logging
import re
from datetime import datetime

import httpx
import pytest

from tables.access import STORE_ROLES, Role
from tests import make
from tests.admin.conftest import LogIn, the_app
from tests.admin.two_stores import two_stores
from tests.fuzz import SMALL, Told, asked, described, round_of
from tests.fuzz_judging import faults
from tests.fuzz_requests import page
from tests.fuzz_sending import Answer, Sent
from tests.fuzz_values import Odd
from tests.fuzz_world import FOREIGN, world

# `make soak` takes all tables.
TABLES = ("points_promotion",)


@pytest.fixture(autouse=True)
def _few_lines(caplog: pytest.LogCaptureFixture) -> None:
    """A line for each of a thousand requests takes longer than some of them."""
    caplog.set_level(logging.WARNING, logger="request")


async def test_whatever_comes_is_answered_and_reads_change_nothing(db: None) -> None:
    told = Told()
    await round_of(app=the_app(), seed=20261122, many=SMALL, told=told)
    assert told.faults == []
    assert len(told.operations) > 80
    # Not only refusals: some of what is asked is shown, and some of what is sent is done.
    assert told.statuses[200] > 40
    assert told.statuses[303] > 3


async def test_schemathesis_finds_nothing_in_the_descriptions(db: None) -> None:
    told = Told()
    await described(app=the_app(), tables=TABLES, examples=1, told=told)
    assert told.faults == []
    assert len(told.operations) == 11 * len(TABLES) + 7


@pytest.mark.parametrize("role", STORE_ROLES)
async def test_no_form_of_a_page_reaches_another_stores_rows(db: None, role: Role) -> None:
    found, told, odd = await world(the_app()), Told(), Odd(1)
    before = await make.digest()
    numbered = [one for one in found.routes if one.method == "POST" and re.search(r"\{(campaign|member)", one.path)]
    for route in numbered:
        sent = page(odd, found, route, place="2")
        answer = await asked(found=found, role=role, sent=sent, told=told)
        assert answer.status in {400, 403, 404}, (route, answer)
    assert told.faults == []
    assert len(numbered) > 5
    assert await make.digest() == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/campaigns/nine", 404),
        ("/campaigns/calendar?part=other", 200),
        ("/campaigns/segments/new?store=nine", 400),
        ("/members/9223372036854775808/export.zip", 404),
        ("/admin/regulars/%00", 404),
        ("/admin/public/translations/%00/", 404),
        ("/hooks/x/y", 404),
    ],
)
async def test_a_wrong_address_is_told_in_both_languages(log_in: LogIn, path: str, status: int) -> None:
    client = await log_in(role="hq_admin")
    answer = await client.get(path)
    assert (answer.status_code, judged(answer)) == (status, [])


@pytest.mark.parametrize("path", ["/messages/accounts/%00", "/campaigns/calendar", "/admin/api/tables/gateway_health/"])
async def test_what_cannot_be_kept_or_sent_there_is_told_in_both_languages(log_in: LogIn, path: str) -> None:
    client = await log_in(role="hq_admin")
    form = {"headers": {"content-type": "application/x-www-form-urlencoded"}, "content": "token=t"}
    answer = await client.post(path, **({"json": {"failures": 1}} if path.startswith("/admin") else form))
    assert 400 <= answer.status_code < 500
    assert judged(answer) == []


async def test_a_time_without_a_zone_is_the_shops_and_one_of_no_calendar_is_refused(log_in: LogIn) -> None:
    await two_stores()
    client = await log_in(role="hq_admin")
    step, at = "/admin/api/tables/campaign_step/1/", "SELECT scheduled_at FROM campaign_step WHERE id = 1"
    assert (await client.patch(step, json={"scheduled_at": "2026-03-04T09:30:00"})).status_code == 200
    assert await make.value(at) == datetime(2026, 3, 4, 9, 30, tzinfo=make.ZONE)
    hours = await client.patch("/admin/api/tables/contact_rule/1/", json={"opens": "09:30:00+14:00"})
    assert (hours.status_code, hours.json()["opens"]) == (200, "09:30:00")
    for never in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01"):
        answer = await client.patch(step, json={"scheduled_at": never})
        assert (answer.status_code, judged(answer)) == (422, [])


async def test_a_body_that_is_not_utf_8_is_refused_whatever_it_says_it_is(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    for kind in ("application/json", "x"):
        answer = await client.put(
            "/admin/api/tables/tag/1/", content="{}".encode("utf-16"), headers={"content-type": kind}
        )
        assert (answer.status_code, answer.json()["code"], judged(answer)) == (400, "bad_request", [])


async def test_the_panels_own_no_is_json_by_its_header_too(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    answer = await client.delete("/admin/api/tables/tier/99/")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
    assert answer.json()["code"] == "not_found"


def judged(answer: httpx.Response) -> list[str]:
    kind = answer.headers.get("content-type", "").encode()
    told = Answer(status=answer.status_code, headers={b"content-type": kind}, body=answer.content)
    return faults(role=None, sent=Sent(method="GET", path=b"", template=""), answer=told)


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (500, "application/json", '{"code": "internal", "zh": "x", "en": "x"}'),
        (404, "application/json", '{"detail": "Not Found"}'),
        (400, "text/plain", "No"),
        (200, "text/html", "Traceback (most recent call last)"),
        (200, "application/json", f'{{"name": "{FOREIGN}"}}'),
    ],
)
def test_the_judge_sees_what_is_wrong(status: int, kind: str, body: str) -> None:
    answer = Answer(status=status, headers={b"content-type": kind.encode()}, body=body.encode())
    assert len(faults(role="cashier", sent=Sent(method="GET", path=b"/", template="/"), answer=answer)) == 1
