"""Messages leave: which, when, what they say, and what stays behind with its reason."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from actions.messages import HandedOver
from actions.night import close_nights
from queries.invariants import check_all
from queries.messages import hand_overs_due
from tests import make
from tests.pretend_gateway import PretendGateway, handed
from tests.shipped_templates import ship_templates

pytestmark = pytest.mark.usefixtures("db")

D = date(2031, 3, 31)
NEXT = D + timedelta(days=1)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=make.ZONE)


async def due(now: datetime) -> bool:
    return await hand_overs_due(now=now, zone=make.ZONE, most=1) == 1


async def shop(members: int = 1) -> None:
    await make.make_program()
    store = await make.make_store()
    for n in range(members):
        await make.make_member(f"+86139{n + 1:08}", store=store)
    await ship_templates()


async def a_full_night() -> None:
    """Member 1 owes to the night of D: a rank, 150 points that end 15 days later, a statement."""
    await shop()
    await make.sell("A", at=make.noon(D - timedelta(days=45)), amount="150")
    await make.sell("B", at=make.noon(D), amount="600")
    await close_nights(through=D, now=make.night_time(D), zone=make.ZONE)


async def queue(
    member: int | None = 1, *, kind: str = "welcome", message_class: str = "notice", text: str | None = None,
    scheduled_at: datetime | None = None, send_before: datetime | None = None, key: str = "", payload: str = "{}",
) -> int:  # fmt: skip
    """A message with one notice in it (without a text of its own), as a deed would leave it at noon of D."""
    send: int = await make.value(
        "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, text, state, attempts, scheduled_at, send_before)"
        " VALUES ($1, '+8613900000001', 1, $2, $3, $4, 'queued', 0, $5, $6) RETURNING id",
        member, message_class, key or f"{kind}:{member}", text, scheduled_at or make.noon(D),
        send_before or make.noon(D + timedelta(days=2)),
    )  # fmt: skip
    if text is None:
        await make.execute(
            "INSERT INTO notice (member, kind, reference, business_date, send_before, payload, send_log, state)"
            " SELECT member, $2, $2, $3, send_before, $4, id, 'queued' FROM send_log WHERE id = $1",
            send, kind, D, payload,
        )  # fmt: skip
    return send


async def row(send: int = 1) -> dict[str, Any]:
    return (await make.fetch("SELECT * FROM send_log WHERE id = $1", send))[0]


async def notices() -> dict[str, tuple[str, str | None]]:
    rows = await make.fetch("SELECT kind, state, reason FROM notice")
    return {row["kind"]: (row["state"], row["reason"]) for row in rows}


async def test_the_notices_of_a_night_leave_as_one_text_at_eight() -> None:
    await a_full_night()
    gateway = PretendGateway()
    assert not await due(at(NEXT, 7, 59))
    assert await handed(gateway, now=at(NEXT, 7, 59)) == HandedOver()
    assert await due(at(NEXT, 8))
    assert await handed(gateway, now=at(NEXT, 8)) == HandedOver(taken=1, accepted=1)
    (message,) = gateway.left
    assert message.phone == "+8613900000001"
    assert message.text == (
        "【回头客】张三您好，恭喜您升级为银卡，有效期至6月30日。您有150积分将在14天后（4月15日）到期，请留意使用。"
        "3月积分：获得600，使用0，到期0，月末余额750。"
    )
    sent = await row()
    assert (sent["state"], sent["gateway_message_id"], sent["gateway"]) == ("accepted", "g1", "pretend")
    assert (sent["text"], sent["parts"], sent["attempts"]) == (message.text, 2, 1)
    assert sent["handed_at"] == at(NEXT, 8)
    assert set((await notices()).values()) == {("queued", None)}
    assert not await due(at(NEXT, 9))
    assert await handed(gateway, now=at(NEXT, 9)) == HandedOver()
    assert await check_all(progress=lambda *_: None) == []


async def test_days_count_from_leaving_and_what_is_too_late_by_then_stays_out() -> None:
    await a_full_night()
    gateway = PretendGateway()
    assert await handed(gateway, now=at(NEXT, 21)) == HandedOver()
    assert (await handed(gateway, now=at(D + timedelta(days=9), 10))).accepted == 1
    assert gateway.left[0].text == "【回头客】张三您好，您有150积分将在6天后（4月15日）到期，请留意使用。"
    assert await notices() == {
        "points_expiring": ("queued", None), "tier_up": ("skipped", "too_late"), "statement": ("skipped", "too_late"),
    }  # fmt: skip


@pytest.mark.parametrize("swept", [True, False])
async def test_after_its_time_a_message_never_leaves(swept: bool) -> None:  # noqa: FBT001
    await a_full_night()
    gateway = PretendGateway()
    late = at(D + timedelta(days=15), 13)
    if swept:
        await make.execute("SELECT deed.sends_sweep($1)", late)
        assert not await due(late)
    else:
        assert await due(late)
        assert await handed(gateway, now=late) == HandedOver(taken=1, skipped=1)
    assert gateway.offers == 0
    assert ((await row())["state"], (await row())["reason"]) == ("skipped", "too_late")
    assert set((await notices()).values()) == {("skipped", "too_late")}


@pytest.mark.parametrize(
    ("message_class", "leaves"), [("verification", 1), ("staff", 1), ("notice", 0), ("marketing", 0)]
)
async def test_what_is_said_at_once_does_not_wait_for_the_morning(message_class: str, leaves: int) -> None:
    await shop()
    await make.execute(
        "INSERT INTO consent (member, purpose, granted, text_version) VALUES (1, 'marketing_sms', true, '1')"
    )
    await queue(message_class=message_class, text="【回头客】验证码 1234")
    gateway = PretendGateway()
    assert (await handed(gateway, now=at(NEXT, 3))).accepted == leaves
    assert [message.text for message in gateway.left] == ["【回头客】验证码 1234"] * leaves
    assert (await handed(gateway, now=at(NEXT, 8))).accepted == 1 - leaves


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE member SET phone = NULL, erased_at = now() WHERE id = 1", "erased"),
        ("UPDATE member SET phone = NULL WHERE id = 1", "no_phone"),
        ("UPDATE member SET phone_status = 'invalid' WHERE id = 1", "invalid_phone"),
        ("UPDATE template SET is_active = false WHERE kind = 'welcome'", "no_template"),
        ("DELETE FROM template WHERE kind = 'welcome'", "no_template"),
        ("UPDATE template SET text = '您好{nobody}' WHERE kind = 'welcome'", "no_template"),
        ("UPDATE send_log SET send_before = scheduled_at", "too_late"),
        ("UPDATE notice SET kind = 'points_expiring', payload = '{\"on\": 5}'", "bad_payload"),
    ],
)
async def test_what_may_not_leave_stays_with_its_reason_and_holds_up_nobody(change: str, reason: str) -> None:
    await shop(members=2)
    await queue()
    await make.execute(change)
    await queue(
        2, kind="statement", payload='{"month": "2031-03", "earned": 1, "redeemed": 0, "expired": 0, "balance": 1}'
    )
    gateway = PretendGateway()
    assert await handed(gateway, now=at(D, 13)) == HandedOver(taken=2, accepted=1, skipped=1)
    skipped = await row()
    assert (skipped["state"], skipped["reason"], skipped["attempts"]) == ("skipped", reason, 0)
    kind = "points_expiring" if reason == "bad_payload" else "welcome"
    assert (await notices())[kind] == ("skipped", reason)
    assert [message.id for message in gateway.left] == [2]


async def test_a_template_that_is_off_leaves_its_notice_out_of_the_text() -> None:
    await a_full_night()
    await make.execute("UPDATE template SET is_active = false WHERE kind IN ('tier_up', 'statement')")
    gateway = PretendGateway()
    await handed(gateway, now=at(NEXT, 8))
    assert gateway.left[0].text == "【回头客】张三您好，您有150积分将在14天后（4月15日）到期，请留意使用。"
    assert (await notices())["tier_up"] == ("skipped", "no_template")
    assert (await notices())["points_expiring"] == ("queued", None)


async def test_signature_and_service_phone_are_the_chains() -> None:
    await shop()
    await make.execute("UPDATE chain SET signature = '果多多', phone = '400-800-1234'")
    await queue()
    gateway = PretendGateway()
    await handed(gateway, now=at(D, 13))
    assert (
        gateway.left[0].text
        == "【果多多】张三您好，您已成为本店会员，当前等级铜卡。消费时报手机号即可积分。客服400-800-1234"
    )


async def test_without_a_chain_row_the_product_signs() -> None:
    await shop()
    await make.execute("DELETE FROM chain")
    await queue()
    gateway = PretendGateway()
    await handed(gateway, now=at(D, 13))
    assert gateway.left[0].text.startswith("【回头客】张三您好")


async def test_a_notice_follows_the_member_to_a_new_number_a_code_does_not() -> None:
    await shop()
    await queue()
    await queue(key="code", message_class="verification", text="1234")
    await make.execute("UPDATE member SET phone = '+8613700000002'")
    gateway = PretendGateway()
    while (await handed(gateway, now=at(D, 13))).more:
        pass
    assert {message.id: message.phone for message in gateway.left} == {1: "+8613700000002", 2: "+8613900000001"}
    assert (await row())["phone"] == "+8613700000002"


async def test_a_chunk_is_no_larger_than_asked_and_the_oldest_leave_first() -> None:
    await shop(members=3)
    for member in (1, 2, 3):
        await queue(member, scheduled_at=at(D, 12 - member))
    gateway = PretendGateway()
    first = await handed(gateway, now=at(D, 13), limit=2)
    assert (first.taken, first.accepted) == (2, 2)
    assert sorted(message.id for message in gateway.left) == [2, 3]
    assert (await handed(gateway, now=at(D, 13), limit=2)).taken == 1
    assert len(gateway.left) == 3


async def test_a_message_before_its_time_stays_and_one_without_a_time_is_due_at_once() -> None:
    await shop()
    await queue(scheduled_at=at(D, 14))
    gateway = PretendGateway()
    assert await handed(gateway, now=at(D, 13, 59)) == HandedOver()
    assert (await handed(gateway, now=at(D, 14))).accepted == 1
    await make.execute(
        "INSERT INTO send_log (phone, message_class, dedupe_key, text, created_at) VALUES ('+8613900000001', 'staff', 'x', 'x', $1)",
        at(D, 15),
    )
    assert (await handed(gateway, now=at(D, 15))).accepted == 1
