"""Answers find their message, keywords are answered, machines are not, and whatever comes is kept."""

import pytest

from actions.replies import take_replies
from gateways.protocol import Inbound
from tables.scope import scope
from tests import make
from tests.actions.reply_desk import (
    ANNA,
    BERT,
    HOUR,
    MINUTE,
    NOBODY,
    NOW,
    SECRET,
    answers,
    message,
    open_shop,
    reply,
    told,
)

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture
async def shop(db: None) -> None:
    await open_shop()


async def test_the_same_reply_twice_is_one() -> None:
    await message()
    assert await told("R", "1") == 2
    after = await make.digest()
    assert await told("R", "1") == 0
    assert await make.digest() == after
    assert await told("R", gateway="other") == 1
    double = Inbound(gateway_reply_id="d", phone=ANNA, text="好", at=NOW)
    taken = await take_replies(gateway="g", replies=[double, double], now=NOW, zone=make.ZONE, secret=SECRET)
    assert taken == 1
    assert await take_replies(gateway="g", replies=[], now=NOW, zone=make.ZONE, secret=SECRET) == 0


async def test_an_answer_finds_the_newest_message_that_expects_one() -> None:
    await message(state="delivered", handed_at=NOW - 49 * HOUR, expects_reply=True)
    asked = await message(state="accepted", step=1, handed_at=NOW - 40 * HOUR, expects_reply=True, member=None, store=2)
    newer = await message(state="accepted", step=2, handed_at=NOW - HOUR)
    await told("1", "R", at=NOW)
    first, second = await reply(1), await reply(2)
    assert (first["kind"], first["send_log"], first["store"], first["state"]) == ("answer", asked, 2, "open")
    assert (second["kind"], second["send_log"], second["store"]) == ("opt_out", newer, 1)
    assert await answers() == []
    await told("1", phone=BERT)
    assert (await reply(3))["kind"] == "keyword"


async def test_a_keyword_is_answered_in_the_words_of_the_store_with_what_is_known() -> None:
    await make.execute(
        "INSERT INTO keyword_reply (keyword, store, text) VALUES ('1', 1, '本店{hours}，{address}，{phone}'), ('9', 2, '二店')"
    )
    assert await told("１、", "2", "9") == 3
    assert await answers() == ["【果多多】本店9:00–21:00，中山路 1 号，021-1", "【果多多】张三，铜卡，0分"]
    [row] = await make.fetch("SELECT * FROM send_log WHERE dedupe_key = 'reply:1'")
    assert (row["message_class"], row["state"], row["member"], row["phone"], row["store"]) == (
        "notice",
        "queued",
        1,
        ANNA,
        1,
    )
    assert (row["next_at"], row["send_before"]) == (NOW + MINUTE, NOW + MINUTE + 24 * HOUR)
    assert (await reply(1))["answer"] == row["id"]
    assert [(await reply(n))["state"] for n in (1, 2, 3)] == ["done", "done", "open"]
    assert (await reply(3))["kind"] == "other"


async def test_a_person_takes_over_where_a_keyword_says_so_or_cannot_be_filled() -> None:
    await told("3")
    assert await answers() == ["【果多多】已为您转人工。"]
    assert (await reply())["state"] == "open"
    await told("2", phone=NOBODY)
    assert ((await reply(2))["kind"], (await reply(2))["state"], (await reply(2))["answer"]) == (
        "keyword",
        "open",
        None,
    )
    await make.execute("UPDATE keyword_reply SET is_active = false")
    await told("1", phone=BERT)
    assert (await reply(3))["kind"] == "other"


async def test_two_machines_that_answer_each_other_fall_silent() -> None:
    for n in range(40):
        await told("1", at=NOW + n * 20 * MINUTE)
    assert len(await answers()) == 10
    hours = await make.fetch("SELECT created_at, scheduled_at AS at FROM send_log ORDER BY id")
    for row in hours:
        assert sum(row["at"] - HOUR < other["at"] <= row["at"] for other in hours) <= 3
    await told("1", "1", "1", "1", "1", phone=BERT)
    assert len(await answers()) == 13
    assert await make.value("SELECT count(*) FROM reply WHERE state = 'open'") == 32
    await told("1", at=NOW + 40 * HOUR)
    assert len(await answers()) == 14


@pytest.mark.parametrize("phone", ["1069012345678", "+86106901234567", "10086", "+8602112345678", "someone", ""])
async def test_no_machine_number_is_answered(phone: str) -> None:
    assert await told("3", phone=phone) == 1
    assert await answers() == []
    assert (await reply())["state"] == "open"


async def test_our_own_text_come_back_is_not_answered() -> None:
    await message(state="delivered", handed_at=NOW - 50 * HOUR, text="【果多多】1")
    await make.execute("UPDATE send_log SET created_at = $1", NOW - HOUR)
    await told("1")
    assert await answers() == []


async def test_ten_thousand_characters_half_emojis_and_nothing() -> None:
    texts = ["长" * 10_000, "\ud83d", "a\0b\ud83d\ude00", "", "🍉" * 40, "'; DROP TABLE reply; --"]
    assert await told(*texts, phone=BERT) == 6
    rows = [row["text"] for row in await make.fetch("SELECT text FROM reply ORDER BY id")]
    assert rows == [texts[0], "\ufffd", "ab😀", "", texts[4], texts[5]]
    assert await told("R" * 20_000, key="x" * 500) == 1
    assert len((await reply(7))["text"]) == 10_000
    assert {row["kind"] for row in await make.fetch("SELECT kind FROM reply")} == {"other"}


async def test_staff_see_replies_of_their_store_and_masked_roles_no_number() -> None:
    await told("你好")
    async with scope(role="cashier", stores=[1]) as connection:
        assert await connection.fetchval("SELECT phone_masked FROM reply") == "139****0001"
    async with scope(role="cashier", stores=[2]) as connection:
        assert await connection.fetchval("SELECT count(id) FROM reply") == 0
