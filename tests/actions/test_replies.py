"""A no acts at once, in the whole chain; who comes back is welcome; nothing is done twice."""

import pytest

from rules.suppression import phone_hmac
from tests import make
from tests.actions.reply_desk import (
    ANNA,
    BERT,
    HOUR,
    MINUTE,
    NOBODY,
    NOW,
    SECRET,
    agrees,
    chunk,
    consents,
    message,
    open_shop,
    reply,
    states,
    told,
)

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture
async def shop(db: None) -> None:
    await open_shop()


async def test_p21_a_no_stops_all_marketing_of_the_chain_at_once_and_nothing_else() -> None:
    await agrees()
    mine, others = await chunk(3), await chunk(1)
    for place in (mine, mine, others, None):
        await message(chunk=place, store=2)
    await message(2, phone=BERT, chunk=mine)
    await message(message_class="notice")
    await message(message_class="verification")
    assert await told("ｒ。") == 1
    skipped = ("skipped", "opted_out")
    assert await states() == [skipped] * 4 + [("queued", None)] * 3
    assert await consents() == [(1, "marketing_sms", True), (1, "marketing_sms", False)]
    [no] = await make.fetch("SELECT source, text_version, store, at FROM consent WHERE NOT granted")
    assert no == {"source": "reply", "text_version": "r", "store": 1, "at": NOW + MINUTE}
    counts = await make.fetch("SELECT size, skipped FROM send_chunk ORDER BY id")
    assert counts == [{"size": 3, "skipped": 2}, {"size": 1, "skipped": 1}]
    kept = await reply()
    assert (kept["kind"], kept["state"], kept["member"], kept["store"], kept["done_at"]) == (
        "opt_out",
        "done",
        1,
        1,
        NOW + MINUTE,
    )
    assert await make.value("SELECT count(*) FROM suppression") == 0


async def test_everything_stops_notices_too_with_what_is_in_them() -> None:
    await message()
    notice = await message(message_class="notice")
    await message(message_class="verification")
    await make.execute(
        "INSERT INTO notice (member, kind, reference, business_date, send_before, send_log, state)"
        " VALUES (1, 'statement', 'r', '2031-03-31', '2031-04-02T00:00Z', $1, 'queued')", notice
    )  # fmt: skip
    await told("请全部退订，谢谢")
    assert await states() == [("skipped", "opted_out")] * 2 + [("queued", None)]
    assert await consents() == [(1, "marketing_sms", False), (1, "notice_sms", False)]
    assert await make.fetch("SELECT state, reason FROM notice") == [{"state": "skipped", "reason": "opted_out"}]


async def test_what_may_have_left_already_is_unknown_and_never_offered_again() -> None:
    await message(chunk=await chunk(1), gateway="simulator", handed_at=NOW - HOUR)
    await told("TD退订")
    assert await states() == [("unknown", None)]
    assert await make.fetch("SELECT skipped, unknown FROM send_chunk") == [{"skipped": 0, "unknown": 1}]


async def test_fewer_is_a_wish_of_the_member() -> None:
    await make.execute('UPDATE member SET preferences = \'{"lang": "zh"}\' WHERE id = 1')
    await message()
    await told("少发点")
    assert (
        await make.value("SELECT preferences ->> 'fewer' || (preferences ->> 'lang') FROM member WHERE id = 1")
        == "truezh"
    )
    assert await states() == [("queued", None)]
    assert (await reply())["state"] == "done"


async def test_who_comes_back_gets_all_that_was_stopped() -> None:
    await told("全部退订")
    await told("恢复订阅", at=NOW + HOUR)
    assert (await consents())[2:] == [(1, "marketing_sms", True), (1, "notice_sms", True)]
    await told("START", phone=BERT)
    assert (await consents())[4:] == [(2, "marketing_sms", True)]


async def test_what_is_told_in_the_wrong_order_means_what_was_said_last() -> None:
    await told("START", at=NOW + HOUR)
    await told("R", at=NOW, key="late")
    assert await consents() == [(1, "marketing_sms", True)]
    await told("R", phone=BERT, at=NOW + HOUR)
    await told("START", phone=BERT, at=NOW, key="late too")
    assert (await consents())[1:] == [(2, "marketing_sms", False)]
    # Another account's clock may be wrong: then a no is a no.
    await told("R", at=NOW, key="late", gateway="other")
    assert (await consents())[-1] == (1, "marketing_sms", False)
    assert await told("R", "START", phone=BERT, at=NOW + 2 * HOUR) == 2
    assert (await consents())[-1] == (2, "marketing_sms", True)


async def test_a_no_is_newer_than_a_yes_of_a_clock_that_is_ahead() -> None:
    await agrees(at=NOW + HOUR)
    await told("R")
    newest = "SELECT granted FROM consent WHERE member = 1 ORDER BY at DESC, id DESC LIMIT 1"
    assert await make.value(newest) is False


async def test_a_strangers_no_is_kept_without_the_number() -> None:
    assert await told("退订", phone="13999999999") == 1
    [row] = await make.fetch("SELECT phone_hmac, source, since FROM suppression")
    assert row == {"phone_hmac": phone_hmac(secret=SECRET, phone=NOBODY), "source": "reply", "since": NOW + MINUTE}
    assert (await reply())["state"] == "done"
    await told("START", phone=NOBODY, at=NOW + HOUR)
    assert (await reply(2))["state"] == "open"
    await told("R", phone=NOBODY, at=NOW + 2 * HOUR)
    assert await make.fetch("SELECT since FROM suppression") == [{"since": NOW + 2 * HOUR + MINUTE}]
    assert await consents() == []


async def test_a_no_from_a_number_that_a_member_gave_up_is_a_strangers() -> None:
    await agrees()
    await make.execute("UPDATE member SET phone = $1 WHERE id = 1", NOBODY)
    await told("R", phone=ANNA)
    assert await make.value("SELECT phone_hmac FROM suppression") == phone_hmac(secret=SECRET, phone=ANNA)
    assert await consents() == [(1, "marketing_sms", True)]
