"""/s/{code}/personal: a member's no to offers by what they buy, and its end, without a log-in and with one button."""

import httpx
import pytest

from tests import make
from tests.web.links_site import IPHONE, PREVIEW, clicks, consents, link
from web.pages.links_words import WAY_OUT

WORDS = WAY_OUT["zh"]


async def answers() -> list[tuple[bool, str]]:
    return [(granted, source) for _, _, granted, source, wording in await consents() if wording]


async def test_looking_changes_nothing_whoever_looks(web: httpx.AsyncClient) -> None:
    code = (await link()).code
    for agent in (IPHONE, PREVIEW):
        for page in ("personal", "optout"):
            answer = await web.get(f"/s/{code}/{page}", headers={"User-Agent": agent})
            assert (answer.status_code, WORDS["personal_refuse"] in answer.text) == (200, True)
            assert "张三" not in answer.text
            assert (await web.head(f"/s/{code}/{page}")).status_code == 200
    assert (await consents(), await clicks()) == ([], [])
    assert f'href="/s/{code}/personal"' in (await web.get(f"/s/{code}")).text, "the member's page leads there"


async def test_a_no_and_its_end_are_written_once_each_and_shown(web: httpx.AsyncClient) -> None:
    code = (await link()).code
    steps: tuple[tuple[str, list[bool]], ...] = (
        ("yes", []),
        ("no", [False]),
        ("no", [False]),
        ("yes", [False, True]),
        ("yes", [False, True]),
        ("no", [False, True, False]),
    )
    for choice, written in steps:
        answer = await web.post(f"/s/{code}/personal", data={"choice": choice})
        assert (answer.status_code, [granted for granted, _ in await answers()]) == (200, written)
        off = choice == "no"
        assert WORDS["personal_done_off" if off else "personal_done_on"] in answer.text
        looked = (await web.get(f"/s/{code}/optout")).text
        assert (WORDS["personal_allow"] in looked, WORDS["personal_refuse"] in looked) == (off, not off)
    assert {source for _, source in await answers()} == {"link"}
    assert await make.fetch("SELECT DISTINCT purpose, store FROM consent") == [
        {"purpose": "personalisation", "store": 1}
    ]
    assert (
        await make.value("SELECT count(*) FROM audit_log WHERE table_name = 'consent' AND role = 'regulars_visitor'")
        == 3
    )


async def test_a_no_is_newer_than_a_yes_from_a_clock_ahead(web: httpx.AsyncClient) -> None:
    await make.execute(
        "INSERT INTO consent (member, purpose, granted, source, text_version, at)"
        " VALUES (1, 'personalisation', true, 'till', '1', now() + interval '1 hour')"
    )
    await web.post(f"/s/{(await link()).code}/personal", data={"choice": "no"})
    assert await make.fetch("SELECT * FROM deed.not_personalised()") == [{"member": 1}]


@pytest.mark.parametrize("body", [b"", b"choice=", b"choice=all", b"choice=marketing", b"a=b&" * 100, b"\x00"])
async def test_a_form_that_chose_nothing_writes_nothing(web: httpx.AsyncClient, body: bytes) -> None:
    assert (await web.post(f"/s/{(await link()).code}/personal", content=body)).status_code == 400
    assert await consents() == []


async def test_only_the_code_of_ones_own_link_opens_it(web: httpx.AsyncClient) -> None:
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert (await web.post("/s/AAAAAAAAAA/personal", data={"choice": "no"}, headers=foreign)).status_code == 404
    shared = await web.post(f"/s/{(await link(member=None)).code}/personal", data={"choice": "no"})
    assert (shared.status_code, WORDS["nobody"] in shared.text, WORDS["personal_refuse"] in shared.text) == (
        200,
        True,
        False,
    )
    code = (await link()).code
    await make.execute("UPDATE member SET phone = NULL, erased_at = now()")
    assert WORDS["nobody"] in (await web.post(f"/s/{code}/personal", data={"choice": "no"})).text
    assert await consents() == []
