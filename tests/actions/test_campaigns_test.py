"""Test sends: colleagues get what a member would, with a link that opens; nobody else does, and nothing counts for the campaign."""

import re
from datetime import date, timedelta

import pytest

from actions import campaigns_test
from actions.campaigns_edit import drop_campaign
from actions.links import open_link
from config.settings import settings
from rules.links import Visitor
from rules.refusals import Refusal
from tables.scope import scope
from tests import make
from tests.campaigning import DAY, URL, consent, drafted

pytestmark = pytest.mark.usefixtures("db")
NOW = make.noon(date(2031, 3, 31))
TEXT = "{称呼}您好，{门店}会员日，{常买|水果}满50元减10元，见{短链}{退订}"


async def world() -> tuple[int, int]:
    """A step, and a member who would get it; two colleagues with a phone (1, 2), one without (3), one who has left (4)."""
    await make.make_program()
    store = await make.make_store()
    await make.execute("UPDATE store SET name = '人民路店'")
    member = await make.make_member(store=store)
    await make.execute("UPDATE member SET name = '王强', title = '先生'")
    await consent(member, at=NOW - timedelta(days=1))
    await make.execute("INSERT INTO chain (name, signature) VALUES ('鲜果连锁', '鲜果')")
    await make.execute("INSERT INTO gateway_account (name, gateway) VALUES ('own', 'bridge')")
    for n, phone, active in (
        (1, "+8613700000001", True),
        (2, "+8613700000002", True),
        (3, None, True),
        (4, "+8613700000004", False),
    ):
        await make.execute(
            "INSERT INTO staff (id, username, password, active, role, phone) VALUES ($1, $2, 'x', $3, 'hq_marketing', $4)",
            n, f"staff{n}", active, phone,
        )  # fmt: skip
    return await drafted("会员日", at=NOW, text=TEXT), member


async def send(step: int, *staff: int, member: int | None = None, label: str | None = None, seconds: int = 0) -> int:
    return await campaigns_test.test_send(
        campaign=1, step=step, label=label, staff=staff, member=member, now=NOW + timedelta(seconds=seconds), zone=make.ZONE,
        secret=settings().secret, public_url=URL,
    )  # fmt: skip


async def texts() -> list[tuple[str, str]]:
    rows = await make.fetch("SELECT phone, text FROM send_log ORDER BY id")
    return [(row["phone"], row["text"]) for row in rows]


async def test_colleagues_get_what_a_member_would_and_the_link_opens() -> None:
    step, member = await world()
    await make.execute("UPDATE campaign_step SET landing = '榴莲八折'")
    assert [one.id for one in await campaigns_test.colleagues(store=None)] == [1, 2]
    assert await send(step, 2, 1, 1, member=member) == 2
    [(phone, text), (_, other)] = await texts()
    assert phone == "+8613700000001"
    assert text == other
    found = re.fullmatch(
        r"【鲜果】王强先生您好，人民路店会员日，水果满50元减10元，见https://sms\.example/s/(\w{10})拒收请回复R", text
    )
    assert found
    opened = await open_link(code=found[1], visitor=None, now=NOW + timedelta(days=6))
    assert opened
    assert (opened.offer, opened.personal) == ("榴莲八折", False)
    over = await open_link(code=found[1], visitor=None, now=NOW + timedelta(days=8))
    assert over
    assert over.is_over
    rows = await make.fetch("SELECT campaign, step, member, message_class, state FROM send_log")
    assert {tuple(row.values()) for row in rows} == {(None, None, None, "staff", "queued")}
    assert await send(step, 1, member=member) == 0, "a form that comes twice is sent once"
    assert await send(step, 1, member=member, seconds=1) == 1


async def test_without_a_member_who_would_get_it_somebody_is_made_up() -> None:
    step, member = await world()
    await consent(member, granted=False, at=NOW)
    await send(step, 1, member=member)
    await send(step, 1, seconds=1)
    assert {text[:16] for _, text in await texts()} == {"【鲜果】张女士您好，人民路店会员"}


async def test_a_version_is_sent_by_its_label() -> None:
    step, _ = await world()
    for label, text in (("A", "甲{姓名}"), ("B", "乙{姓名}")):
        await make.execute(
            "INSERT INTO campaign_variant (step, label, share, text) VALUES ($1, $2, 0.5, $3)", step, label, text
        )
    await send(step, 1, label="B")
    await send(step, 1)
    assert [text for _, text in await texts()] == ["【鲜果】乙张丽拒收请回复R", "【鲜果】甲张丽拒收请回复R"]
    with pytest.raises(Refusal, match="A, B") as caught:
        await send(step, 1, label="C")
    assert caught.value.code == "unknown_version"


async def test_the_link_of_a_test_opens_its_version_and_outlives_its_draft() -> None:
    step, _ = await world()
    await make.execute(
        "INSERT INTO campaign_variant (step, label, share, text, landing, landing_kind) VALUES"
        " ($1, 'A', 0.5, '甲{短链}', '甲的优惠', 'page'), ($1, 'B', 0.5, '乙{短链}', '乙的优惠', 'qr')",
        step,
    )
    for label in ("B", "A", None):
        await send(step, 1, label=label)
    codes = [text.split("/s/")[1][:10] for _, text in await texts()]
    opened = [await open_link(code=code, visitor=None, now=NOW + DAY) for code in codes]
    assert [(one.offer, one.landing_kind) for one in opened if one] == [
        ("乙的优惠", "qr"),
        ("甲的优惠", "page"),
        ("甲的优惠", "page"),
    ]
    await open_link(code=codes[0], visitor=Visitor(device="phone", is_preview=False), now=NOW + DAY)
    async with scope(role="hq_marketing", staff=1):
        await drop_campaign(campaign=1)
    assert await make.value("SELECT count(*) FROM campaign") == 0
    left = await open_link(code=codes[0], visitor=None, now=NOW + DAY)
    assert left
    assert (left.offer, left.chain) == ("", "鲜果连锁")


@pytest.mark.parametrize(
    ("staff", "code"), [((), "no_staff"), ((1, 3), "no_phone"), ((1, 4), "no_phone"), ((99,), "no_phone")]
)
async def test_who_cannot_get_one_is_told_and_nobody_gets_it(staff: tuple[int, ...], code: str) -> None:
    step, _ = await world()
    with pytest.raises(Refusal) as caught:
        await send(step, *staff)
    assert caught.value.code == code
    assert await texts() == []
    assert await make.value("SELECT count(*) FROM short_link") == 0


async def test_what_could_not_be_sent_is_not_tested() -> None:
    step, _ = await world()
    for text, code in (("", "empty_text"), ("国家级", "blocked_text"), ("字" * 495, "too_long")):
        await make.execute("INSERT INTO blocked_word (word) VALUES ('国家级') ON CONFLICT DO NOTHING")
        await make.execute("UPDATE campaign_step SET text = $1", text)
        with pytest.raises(Refusal) as caught:
            await send(step, 1)
        assert caught.value.code == code
    with pytest.raises(Refusal) as caught:
        await send(step + 1, 1)
    assert caught.value.code == "unknown_step"
    async with scope(role="hq_marketing") as connection:
        with pytest.raises(Exception, match="permission denied"):
            await connection.execute("SELECT deed.test_send('{1}', NULL, 'k', 'x', now())")
