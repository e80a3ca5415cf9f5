"""/s/{code}: what members see without a log-in, and what counts as a click."""

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import segno

from config.settings import Settings, settings
from tests import make
from tests.web.links_site import PREVIEW, clicks, link, now, phone
from web.pages import links
from web.pages.links_words import LANDING, NO, WAY_OUT

TEMPLATES = [path.read_text(encoding="utf-8") for path in Path(links.__file__).parent.glob("templates/link*.html")]


async def test_a_members_page_greets_offers_and_says_where(web: httpx.AsyncClient) -> None:
    code = (await link()).code
    answer = await web.get(f"/s/{code}")
    assert answer.status_code == 200
    for said in (
        "鲜果连锁", "张三女士，您好", "&lt;b&gt;榴莲&lt;/b&gt;\n8 折", "人民路店", "&lt;i&gt;人民路&lt;/i&gt; 1 号", "8:00–21:00",
        'href="tel:0215555"', f'href="/s/{code}/optout"',
    ):  # fmt: skip
        assert said in answer.text, said
    assert "139" not in answer.text
    assert await clicks() == [("phone", False)]


async def test_a_link_with_a_target_leads_there_and_says_nothing(web: httpx.AsyncClient) -> None:
    answer = await web.get(f"/s/{(await link(url='https://example.cn/?a=榴莲')).code}")
    assert (answer.status_code, answer.headers["location"]) == (302, "https://example.cn/?a=%E6%A6%B4%E8%8E%B2")
    assert answer.content == b""
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_p23_head_counts_for_nothing(web: httpx.AsyncClient) -> None:
    for made in (await link(), await link(url="https://example.cn")):
        got, looked = await web.get(f"/s/{made.code}"), await web.head(f"/s/{made.code}")
        assert (looked.status_code, looked.content) == (got.status_code, b"")
        assert looked.headers.get("location") == got.headers.get("location")
    assert (await web.head("/s/AAAAAAAAAA")).status_code == 404
    assert len(await clicks()) == 2


@pytest.mark.parametrize(
    "headers",
    [{"User-Agent": PREVIEW}, {"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"X-Moz": "prefetch"}, {"User-Agent": ""}],
)  # fmt: skip
async def test_p23_a_preview_sees_the_page_and_is_no_click(web: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await web.get(f"/s/{(await link()).code}", headers=headers)
    assert answer.status_code == 200
    assert [is_preview for _, is_preview in await clicks()] == [True]


async def test_p23_opened_as_soon_as_it_left_it_was_a_programme_whatever_it_calls_itself(
    web: httpx.AsyncClient,
) -> None:
    code = (await link()).code
    await make.execute("UPDATE send_log SET handed_at = $1", now())
    await web.get(f"/s/{code}")
    await make.execute("UPDATE send_log SET handed_at = $1", now() - timedelta(seconds=3))
    await web.get(f"/s/{code}")
    assert await clicks() == [("phone", True), ("phone", False)]


async def test_what_a_phone_glued_to_the_link_does_not_break_it(web: httpx.AsyncClient) -> None:
    assert (await web.get(f"/s/{(await link()).code}拒收请回复R")).status_code == 200


HOSTILE = [
    "x",
    "AAAAAAAAAA",
    "%00%00%00%00%00%00%00%00%00%00",
    "..etc..etc",
    "'%20OR%201=1--",
    "%ff%fe",
    "a" * 5_000,
    "%F0%9F%8D%89",
]


@pytest.mark.parametrize("code", HOSTILE)
async def test_foreign_and_hostile_codes_get_one_friendly_answer(web: httpx.AsyncClient, code: str) -> None:
    answers = [await web.get(f"/s/{code}"), await web.get(f"/s/{code}/optout")]
    answers.append(await web.post(f"/s/{code}/optout", data={"choice": "everything"}))
    for answer in answers:
        assert answer.status_code == 404
        assert answer.text == answers[0].text
        assert all(sentence in answer.text for told in NO[404] for sentence in told)
        assert "鲜果" not in answer.text
    assert await clicks() == []


async def test_a_link_that_is_over_says_so_and_still_lets_one_out(web: httpx.AsyncClient) -> None:
    code = (await link(expires_at=now() - timedelta(minutes=1))).code
    answer = await web.get(f"/s/{code}")
    assert answer.status_code == 410
    assert all(sentence in answer.text for told in NO[410] for sentence in told)
    for told in ("张三", "榴莲", "人民路", "鲜果"):
        assert told not in answer.text
    assert (await web.get(f"/s/{code}/optout")).status_code == 200
    assert await clicks() == []


async def test_who_guesses_is_not_listened_to_for_a_while(web: httpx.AsyncClient) -> None:
    code = (await link()).code
    for n in range(5):
        assert (await web.get(f"/s/AAAAAAAAA{n}")).status_code == 404
    for answer in (await web.get(f"/s/{code}"), await web.post(f"/s/{code}/optout", data={"choice": "fewer"})):
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 61
        assert NO[429][0][1] in answer.text
    async with phone("2001:db8::1") as other:
        assert (await other.get(f"/s/{code}")).status_code == 200


async def test_while_the_database_is_away_a_friendly_page_says_later(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(**_: object) -> None:
        raise OSError

    monkeypatch.setattr(links, "open_link", away)
    answer = await web.get("/s/AAAAAAAAAA")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert all(sentence in answer.text for told in NO[503] for sentence in told)


async def test_no_log_and_no_cache_holds_the_code(web: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    code = (await link()).code
    with caplog.at_level("DEBUG"):
        answers = [await web.get(f"/s/{code}"), await web.get(f"/s/{code}/optout"), await web.get("/s/AAAAAAAAAA")]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "<script" not in answer.text
        assert not re.search(r"(src|href)=\"(https?:)?//", answer.text)
    assert "/s/{code}" in caplog.text
    assert code not in caplog.text


async def test_the_pages_speak_the_language_of_the_house(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = Settings(data_dir=settings().data_dir, language="en")
    monkeypatch.setattr(links, "settings", lambda: english)
    await make.execute(
        "UPDATE chain SET name = 'Fruit'; UPDATE member SET name = 'Ann', title = '';"
        "UPDATE store SET name = 'People St', address = '1 People St'; UPDATE campaign_step SET landing = ''"
    )
    code = (await link()).code
    done = await web.post(f"/s/{code}/optout", data={"choice": "fewer"})
    for answer in (await web.get(f"/s/{code}"), await web.get(f"/s/{code}/optout"), done):
        assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"<style>.*?</style>", "", answer.text, flags=re.DOTALL))
    assert "Hello Ann" in (await web.get(f"/s/{code}")).text
    no = (await web.get("/s/x")).text
    assert no.index(NO[404][1][0]) < no.index(NO[404][0][0])


def test_words_stand_in_both_languages_and_not_in_templates() -> None:
    for words in (LANDING, WAY_OUT):
        assert set(words["zh"]) == set(words["en"])
    assert TEMPLATES
    assert not any(re.search(r"[\u4e00-\u9fff]|https?:|//\w", page) for page in TEMPLATES)


async def test_a_version_leads_where_it_says_with_a_code_for_the_counter(web: httpx.AsyncClient) -> None:
    made = await link()
    plain = await web.get(f"/s/{made.code}")
    assert "<svg" not in plain.text
    await make.execute(
        "INSERT INTO campaign_variant (step, label, share, text, landing, landing_kind) VALUES (1, 'A', 0.5, 't', '甲', 'page'),"
        " (1, 'B', 0.5, 't', '乙', 'qr'); UPDATE send_log SET variant = (SELECT id FROM campaign_variant WHERE label = 'B')"
    )
    page = (await web.get(f"/s/{made.code}")).text
    assert "乙" in page
    assert "榴莲" not in page
    assert (
        segno.make_qr(made.address, error="m").svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None)
        in page
    )
    assert LANDING["zh"]["show"] in page
    await make.execute(
        "UPDATE campaign_step SET winner = 'B';"
        "INSERT INTO campaign_step (campaign, number, kind, follows, winner_by, wait_minutes, text, landing, scheduled_at, send_before)"
        " SELECT campaign, 2, 'winner', id, 'click', 60, 't', '乙', scheduled_at, send_before FROM campaign_step WHERE id = 1;"
        "UPDATE send_log SET variant = NULL, step = 2; UPDATE short_link SET step = 2"
    )
    assert "<svg" in (await web.get(f"/s/{made.code}")).text, "the winner has the code of the version that won"
    await make.execute("UPDATE short_link SET step = 1; UPDATE send_log SET step = 1, variant = 2")
    await make.execute("UPDATE campaign_variant SET landing = ''")
    assert "榴莲" in (await web.get(f"/s/{made.code}")).text, "a version without a page of its own has the step's"
