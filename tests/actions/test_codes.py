"""A code is asked for: how often, what leaves and what is kept of it."""

import re
from typing import Any

import pytest

from actions.codes import CodeAsked
from config.settings import settings
from gateways.protocol import Answer
from rules.codes import code_digits, code_key
from tests import make
from tests.actions.code_desk import (
    DAY,
    KEPT,
    MINUTE,
    NOW,
    SECOND,
    ask,
    codes,
    handed,
    read_out,
    sent,
    shop,
    spend,
    texts,
    verify,
    wrong,
)
from tests.pretend_gateway import PretendGateway

pytestmark = pytest.mark.usefixtures("db")

UNTIL = NOW + 5 * MINUTE


async def test_a_code_leaves_at_once_and_its_digits_are_not_kept() -> None:
    await shop()
    assert await ask() == CodeAsked(sent=True, until=UNTIL)
    gateway = await handed()
    digits = code_digits(key=code_key(secret=settings().secret), row=1)
    assert [(message.phone, message.text) for message in gateway.left] == [
        ("+8613900000001", KEPT.replace("******", digits))
    ]
    assert await texts() == [{
        "dedupe_key": "code:1", "message_class": "verification", "state": "accepted", "reason": None, "text": KEPT, "parts": 1,
        "phone": "+8613900000001", "store": 1, "scheduled_at": NOW, "send_before": UNTIL,
    }]  # fmt: skip
    assert await codes() == [(1, 0, None, UNTIL)]


async def everything() -> str:
    """All tables as text, without the fractions of seconds, which are six digits too."""
    names = await make.fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    told = " UNION ALL ".join(f"SELECT string_agg(t::text, '|') AS held FROM {row['name']} t" for row in names)
    held = "\n".join(str(row["held"]) for row in await make.fetch(told))
    return re.sub(r"\.\d{1,6}(?!\d)", "", held)


async def test_the_digits_are_in_no_table_and_in_no_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], data_dir: Any
) -> None:
    await shop()
    with caplog.at_level("DEBUG"):
        assert await spend(50) == "code_required"
        gateway = PretendGateway()
        gateway.ending = TimeoutError()
        digits = read_out(await handed(gateway))
        assert await verify(wrong(digits)) == "code_wrong"
        assert not isinstance(await spend(50, digits), str)
        assert await verify(digits, reference="1:other") == "code_expired"
    held = await everything()
    assert "******" in held
    assert "+8613900000001" in held
    server_logs = [path.read_text(errors="replace") for path in data_dir.rglob("*log*") if path.is_file()]
    for text in (held, caplog.text, *capfd.readouterr(), *server_logs):
        assert not re.search(rf"(?<!\d){digits}(?!\d)", text)


async def test_asked_again_within_a_minute_or_while_it_waits_nothing_more_leaves() -> None:
    await shop()
    known = CodeAsked(sent=False, until=UNTIL)
    await ask()
    assert await ask(NOW + 59 * SECOND) == known
    assert await ask(NOW + 2 * MINUTE) == known, "no worker has taken it yet"
    await handed(now=NOW + 2 * MINUTE)
    assert await ask(NOW + 2 * MINUTE) == CodeAsked(sent=True, until=UNTIL)
    assert [row["dedupe_key"] for row in await texts()] == ["code:1", "code:1:2"]


async def test_a_good_code_is_sent_again_with_the_same_digits_and_the_time_that_is_left() -> None:
    await shop()
    first = await sent()
    for n, later in enumerate((MINUTE, 3 * MINUTE), 2):
        assert await ask(NOW + later) == CodeAsked(sent=True, until=UNTIL)
        gateway = await handed(now=NOW + later + SECOND)
        assert read_out(gateway) == first
        assert f"{5 - later // MINUTE}分钟内有效" in gateway.left[0].text
        assert (await texts())[-1]["dedupe_key"] == f"code:1:{n}"
    assert len(await codes()) == 1


async def test_a_code_that_is_nearly_over_used_up_or_guessed_at_is_followed_by_another_one() -> None:
    await shop()
    first = await sent()
    later = NOW + 3 * MINUTE + SECOND
    assert await ask(later) == CodeAsked(sent=True, until=later + 5 * MINUTE)
    second = read_out(await handed(now=later))
    assert await verify(first, later) == 1, "the older one stays good for its time"
    assert await verify(second, later) == 2
    for n in range(1, 6):
        await verify(wrong(second, n), later)
    third = await sent(later + MINUTE)
    assert await verify(third, later + MINUTE) == 3
    assert not isinstance(await spend(50, third, later + MINUTE), str)
    assert await ask(later + MINUTE) == "too_many"
    assert await ask(later + 2 * MINUTE) == CodeAsked(sent=True, until=later + 7 * MINUTE)


async def test_a_code_is_for_one_store() -> None:
    await shop()
    await sent()
    assert await ask(NOW + 59 * SECOND, store=2) == "too_many"
    other = await sent(NOW + MINUTE, store=2)
    assert [code[0] for code in await codes()] == [1, 2]
    assert await verify(other, NOW + MINUTE, store=1) == "code_wrong"
    assert await verify(other, NOW + MINUTE, store=2) == 2


async def test_five_texts_in_24_hours_are_enough() -> None:
    await shop()
    for n in range(5):
        assert isinstance(await ask(NOW + n * MINUTE), CodeAsked)
        await handed(now=NOW + n * MINUTE)
    assert len(await codes()) == 2
    assert await ask(NOW + 6 * MINUTE) == "too_many"
    assert await ask(NOW + DAY - SECOND) == "too_many"
    assert isinstance(await ask(NOW + DAY), CodeAsked)
    await make.make_member("+8613900000002", store=1)
    assert isinstance(await ask(NOW + 6 * MINUTE, member=2), CodeAsked)


async def test_a_text_that_failed_may_be_asked_for_again_a_minute_later() -> None:
    await shop()
    await ask()
    gateway = PretendGateway()
    gateway.answer = lambda message: Answer(id=message.id, state="failed", error_class="rate")
    await handed(gateway)
    assert await ask(NOW + 59 * SECOND) == "too_many"
    assert await ask(NOW + MINUTE) == CodeAsked(sent=True, until=UNTIL)


@pytest.mark.parametrize("change", ["phone = NULL", "phone_status = 'invalid'", "phone = NULL, erased_at = now()"])
async def test_without_a_phone_that_works_there_is_no_code(change: str) -> None:
    await shop()
    await make.execute(f"UPDATE member SET {change}")
    assert await ask() == "code_unreachable"
    assert await spend(50) in {"code_unreachable", "unknown_member"}
    assert (await codes(), await texts()) == ([], [])


async def test_who_may_ask_and_verify_and_where() -> None:
    await shop()
    key = await make.value("INSERT INTO api_key (name, store, hash) VALUES ('t', 1, 'x') RETURNING id")
    assert isinstance(await ask(role="till", stores=(1,), key=key), CodeAsked)
    digits = read_out(await handed())
    assert await verify(digits, role="till", stores=(1,), key=key) == 1
    for role, stores, answer in (
        ("cashier", (2,), "foreign_store"), ("store_manager", (), "foreign_store"), ("hq_viewer", (1,), "not_allowed"),
        ("hq_marketing", (1,), "not_allowed"),
    ):  # fmt: skip
        assert await ask(role=role, stores=stores) == answer
        assert await verify(digits, role=role, stores=stores) == answer
    assert await verify(digits, role="hq_admin", stores=()) == 1
    assert await ask(member=99) == "unknown_member"
    assert await ask(NOW + MINUTE, store=99, role="hq_admin") == "unknown_store"
