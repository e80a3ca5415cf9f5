"""What people do with replies: their own stores' alone, each answer once, and none to who wants nothing."""

from typing import Any

import pytest

from actions.replies_staff import Written, answer_reply, settle_reply
from queries.replies import open_replies
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope
from tests import make
from tests.actions.reply_desk import ANNA, BERT, HOUR, NOBODY, NOW, open_shop, reply, told

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture
async def shop(db: None) -> None:
    """Reply 1 of member 1 in store 1, reply 2 of a stranger; staff 1 anna of store 1, 2 bo of store 2, 3 mia of headquarters."""
    await open_shop()
    await told("几点关门？")
    await told("你好", phone=NOBODY)
    await make.execute(
        "INSERT INTO staff (username, password, role, active, admin) VALUES ('anna', 'x', 'cashier', true, true),"
        " ('bo', 'x', 'cashier', true, true), ('mia', 'x', 'hq_marketing', true, true), ('vi', 'x', 'hq_viewer', true, true);"
        "INSERT INTO staff_store (staff, store) VALUES (1, 1), (2, 2)"
    )


async def answer(
    text: str = "九点", *, number: int = 1, role: Role = "cashier", form: str = "k", store: int = 1
) -> Written:
    stores = [store] if role in {"cashier", "store_manager"} else []
    async with scope(role=role, stores=stores, staff=1):
        return await answer_reply(reply=number, text=text, form=form, now=NOW + HOUR)


async def settle(deed: Any, *, number: int = 1, role: Role = "cashier", store: int = 1, **more: Any) -> None:
    async with scope(role=role, stores=[store] if role == "cashier" else [], staff=1):
        await settle_reply(reply=number, deed=deed, now=NOW + HOUR, **more)


async def test_an_answer_leaves_once_as_a_notice_and_ends_the_reply() -> None:
    written = await answer()
    assert not written.known
    [row] = await make.fetch("SELECT * FROM send_log WHERE id = $1", written.message)
    assert (row["text"], row["message_class"], row["state"], row["phone"]) == (
        "【果多多】九点",
        "notice",
        "queued",
        ANNA,
    )
    assert (row["member"], row["store"], row["next_at"], row["send_before"]) == (1, 1, NOW + HOUR, NOW + 25 * HOUR)
    kept = await reply()
    assert (kept["state"], kept["done_by"], kept["answer"]) == ("done", 1, written.message)
    assert await answer("另一句") == Written(message=written.message, known=True)
    assert (await answer("还有", form="k2")).message != written.message
    assert (await reply())["answer"] == written.message


async def test_an_answer_goes_to_the_members_number_of_today() -> None:
    await make.execute("UPDATE member SET phone = '+8613900000009' WHERE id = 1")
    written = await answer()
    assert await make.value("SELECT phone FROM send_log WHERE id = $1", written.message) == "+8613900000009"
    stranger = await answer(number=2, role="hq_admin")
    assert await make.value("SELECT phone FROM send_log WHERE id = $1", stranger.message) == NOBODY


async def test_other_stores_strangers_and_roles_are_refused() -> None:
    for more in ({"store": 2}, {"number": 2}, {"number": 99}):
        with pytest.raises(Refusal, match="not one of your stores"):
            await answer(**more)  # type: ignore[arg-type]
        with pytest.raises(Refusal, match="not one of your stores"):
            await settle("done", **more)  # type: ignore[arg-type]
    with pytest.raises(Refusal, match="Your role"):
        await answer(role="hq_viewer")
    with pytest.raises(Refusal) as no:
        await answer(number=99, role="hq_marketing")
    assert no.value.code == "unknown_reply"
    assert await make.value("SELECT count(*) FROM send_log") == 0
    assert (await reply())["state"] == "open"


async def test_nobody_is_answered_who_wants_nothing_or_cannot_be_reached() -> None:
    await told("全部退订", phone=BERT)
    await told("R", phone=NOBODY, at=NOW + HOUR)
    for number in (3, 4):
        with pytest.raises(Refusal) as no:
            await answer(number=number, role="hq_admin")
        assert no.value.code == "opted_out"
    await make.execute("UPDATE member SET phone_status = 'invalid' WHERE id = 1")
    with pytest.raises(Refusal) as no:
        await answer()
    assert no.value.code == "unreachable"
    # A no to marketing alone leaves a question answered.
    await make.execute("UPDATE member SET phone_status = 'valid' WHERE id = 1")
    await told("R", at=NOW + HOUR)
    assert not (await answer()).known


@pytest.mark.parametrize(
    ("text", "code"),
    [("  ", "empty_text"), ("【假】", "bracket_in_text"), ("{name}你好", "unknown_placeholder"), ("长" * 498, "too_long"),
     ("全国最佳，欢迎", "blocked_text")],
)  # fmt: skip
async def test_a_text_that_could_not_be_sent_is_refused_with_its_place(text: str, code: str) -> None:
    await make.execute("INSERT INTO blocked_word (word, source) VALUES ('最佳', '广告法第九条'), ('最高级', '')")
    with pytest.raises(Refusal) as no:
        await answer(text)
    assert no.value.code == code
    if code == "blocked_text":
        assert no.value.zh == "第 3 个字：短信不得含有“最佳”（广告法第九条）：请换一种说法。"
    assert await make.value("SELECT count(*) FROM send_log") == 0


async def test_a_reply_is_given_to_somebody_done_and_opened_again() -> None:
    await settle("assign", username=" mia ", note="请回电")
    kept = await reply()
    assert (kept["assigned_to"], kept["state"], kept["note"]) == (3, "open", "请回电")
    for wrong in ("bo", "vi", "nobody", ""):
        with pytest.raises(Refusal) as no:
            await settle("assign", username=wrong)
        assert no.value.code == "unknown_staff"
    await settle("done")
    kept = await reply()
    assert (kept["state"], kept["done_by"], kept["done_at"], kept["note"]) == ("done", 1, NOW + HOUR, "请回电")
    async with scope(role="hq_admin"):
        assert await open_replies() == 1
    await settle("reopen", role="hq_marketing")
    kept = await reply()
    assert (kept["state"], kept["done_by"], kept["done_at"], kept["assigned_to"]) == ("open", None, None, 3)
    async with scope(role="cashier", stores=[1]):
        assert await open_replies() == 1
