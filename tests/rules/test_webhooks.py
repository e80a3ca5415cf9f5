"""Where messages may go, and what an answer means."""

from datetime import UTC, datetime

import pytest

from admin.webhooks import ERRORS, STATES
from admin.webhooks import EVENTS as SHOWN
from rules.refusals import Refusal
from rules.webhooks import EVENTS, WAITS, ErrorClass, Fate, Said, check_url, fate

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        "https://erp.example",
        "https://erp.example:8443/hook?token=a%20b",
        "https://连锁.example/推送",
        "https://192.0.2.7/hook",
        "http://localhost:8080/hook",
        "http://127.0.0.1/hook",
        "http://127.9.9.9/hook",
        "http://10.1.2.3/hook",
        "http://172.31.0.1/hook",
        "http://192.168.1.5:81/hook",
        "http://[::1]:80/hook",
        "http://[fd00::5]/hook",
        "HTTPS://ERP.EXAMPLE/",
    ],
)
def test_these_addresses_are_told(url: str) -> None:
    check_url(url=url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "erp.example/hook",
        "ftp://erp.example",
        "https://",
        "https:///hook",
        "http://erp.example/hook",
        "http://8.8.8.8/hook",
        "http://localhost.example/hook",
        "http://127.0.0.1.example/hook",
        "http://2130706433/hook",
        "http://0.0.0.0/hook",
        "http://169.254.169.254/latest",
        "http://172.32.0.1/hook",
        "http://[::ffff:8.8.8.8]/hook",
        "http://[fe80::1]/hook",
        "https://me:secret@erp.example/hook",
        "https://erp.example/hook#part",
        "https://erp.example:99999/hook",
        "https://erp.example:x/hook",
        "https://erp.example/a b",
        "https://erp.example/a\nb",
        "https://erp.example\\@evil.example/",
        "https://[::1/hook",
        "file:///etc/passwd",
        "https://erp.example/" + "x" * 500,
    ],
)
def test_these_are_not(url: str) -> None:
    with pytest.raises(Refusal) as no:
        check_url(url=url)
    assert no.value.code == "bad_url"
    assert "secret" not in str(no.value)


@pytest.mark.parametrize(
    ("status", "state"), [(199, "queued"), (200, "sent"), (204, "sent"), (299, "sent"), (300, "queued")]
)
def test_two_hundred_is_a_yes_and_nothing_else(status: int, state: str) -> None:
    assert fate(said=Said(status=status), tries=1, now=NOW).state == state


def test_the_eighth_no_is_the_last() -> None:
    for tries, wait in enumerate(WAITS, 1):
        again = fate(said=Said(status=500), tries=tries, now=NOW)
        assert again == Fate(state="queued", next_at=NOW + wait, error="bad_answer")
    for tries in (8, 9, 50):
        assert fate(said=Said(error="timeout"), tries=tries, now=NOW) == Fate(state="failed", error="timeout")


def test_gone_is_the_last_at_once() -> None:
    assert fate(said=Said(status=410), tries=1, now=NOW) == Fate(state="failed", error="gone")


def test_who_is_busy_or_away_is_left_alone_and_who_dislikes_one_message_is_not() -> None:
    assert all(Said(status=status).silences for status in (410, 429, 502, 503, 504))
    assert Said(error="unreachable").silences
    assert not any(Said(status=status).silences for status in (200, 204, 302, 400, 404, 422, 500))


def test_the_screen_knows_every_word_that_is_stored() -> None:
    assert set(SHOWN) == set(EVENTS)
    assert set(ERRORS) == set(ErrorClass.__args__)  # type: ignore[attr-defined]
    assert set(STATES) == {"queued", "sent", "failed"}
