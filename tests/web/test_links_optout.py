"""/s/{code}/optout: a member's no to our texts, without a log-in and with one button."""

import httpx
import pytest

from tests import make
from tests.web.links_site import IPHONE, PREVIEW, clicks, consents, link
from web.pages.links_words import WAY_OUT


async def test_looking_at_the_way_out_refuses_nothing(web: httpx.AsyncClient) -> None:
    code = (await link()).code
    for agent in (IPHONE, PREVIEW):
        answer = await web.get(f"/s/{code}/optout", headers={"User-Agent": agent})
        assert answer.status_code == 200
        assert answer.text.count("<button") == 2, "one for texts, one for recommendations"
        assert "张三" not in answer.text, "a link that was passed on tells no name here"
    assert (await web.head(f"/s/{code}/optout")).status_code == 200
    assert (await consents(), await clicks()) == ([], [])


@pytest.mark.parametrize(
    ("choice", "purposes"), [("marketing", ["marketing_sms"]), ("everything", ["marketing_sms", "notice_sms"])]
)
async def test_one_button_refuses_at_once_and_again_changes_nothing(
    web: httpx.AsyncClient, choice: str, purposes: list[str]
) -> None:
    await make.execute(
        "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, state, next_at, business_date)"
        " VALUES (1, '+8613900000001', 1, 'marketing', 'other', 'queued', now(), current_date)"
    )
    code = (await link()).code
    for _ in range(2):
        answer = await web.post(f"/s/{code}/optout", data={"choice": choice})
        assert answer.status_code == 200
        assert WAY_OUT["zh"][f"done_title_{choice}"] in answer.text
        assert WAY_OUT["zh"]["back"] in answer.text
    assert [(who, purpose, granted, source) for who, purpose, granted, source, _ in await consents()] == [
        (1, purpose, False, "link") for purpose in purposes
    ]
    assert all(version for *_, version in await consents())
    waiting = await make.fetch("SELECT state, reason FROM send_log WHERE dedupe_key = 'other'")
    assert waiting == [{"state": "skipped", "reason": "opted_out"}]


async def test_fewer_is_a_wish_and_no_withdrawal(web: httpx.AsyncClient) -> None:
    await make.execute('UPDATE member SET preferences = \'{"language": "zh"}\'')
    code = (await link()).code
    answer = await web.post(f"/s/{code}/optout", data={"choice": "fewer"})
    assert WAY_OUT["zh"]["done_fewer"] in answer.text
    assert await make.value("SELECT preferences ->> 'fewer' FROM member") == "true"
    assert await make.value("SELECT preferences ->> 'language' FROM member") == "zh"
    assert await consents() == []
    assert (
        await make.value("SELECT role FROM audit_log WHERE table_name = 'member' ORDER BY id DESC")
        == "regulars_visitor"
    )


async def test_who_refused_before_does_not_get_offers_back_by_a_wish_for_less(web: httpx.AsyncClient) -> None:
    code = (await link()).code
    await web.post(f"/s/{code}/optout", data={"choice": "marketing"})
    answer = await web.post(f"/s/{code}/optout", data={"choice": "fewer"})
    assert WAY_OUT["zh"]["done_marketing"] in answer.text
    assert WAY_OUT["zh"]["done_fewer"] not in answer.text
    assert [granted for _, _, granted, *_ in await consents()] == [False]
    assert await make.value("SELECT preferences ->> 'fewer' FROM member") == "true"


@pytest.mark.parametrize("body", [b"", b"choice=", b"choice=all", b"choice=\xff&" * 20, b"a=b&" * 100, b"\x00"])
async def test_a_form_that_chose_nothing_is_asked_again(web: httpx.AsyncClient, body: bytes) -> None:
    code = (await link()).code
    answer = await web.post(f"/s/{code}/optout", content=body)
    assert answer.status_code == 400
    assert WAY_OUT["zh"]["unclear"] in answer.text
    assert await consents() == []


async def test_a_body_that_is_too_long_is_not_read(web: httpx.AsyncClient) -> None:
    answer = await web.post(f"/s/{(await link()).code}/optout", content=b"choice=marketing&" + b"a" * 2_000)
    assert answer.status_code == 413
    assert await consents() == []


async def test_a_form_of_another_site_needs_the_code_which_is_the_key(web: httpx.AsyncClient) -> None:
    """No token stands beside the code: a foreign page that had it could do no more than whoever holds it."""
    foreign = {"Origin": "https://evil.example", "Referer": "https://evil.example/", "Sec-Fetch-Site": "cross-site"}
    assert (await web.post("/s/AAAAAAAAAA/optout", data={"choice": "everything"}, headers=foreign)).status_code == 404
    assert await consents() == []
    for page in (f"/s/{(await link()).code}", f"/s/{(await link()).code}/optout"):
        headers = (await web.get(page)).headers
        assert headers["referrer-policy"] == "no-referrer", "no other site is told the code"
        assert "access-control-allow-origin" not in headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
