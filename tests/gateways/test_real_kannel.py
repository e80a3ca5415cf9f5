"""The real Kannel of Debian with its fake operator: what leaves, what comes back, and what happens while we are down."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from actions.accounts import load_accounts
from actions.accounts_edit import add_account, keep_credential
from actions.campaigns import move
from actions.campaigns_due import freeze_due
from actions.messages import hand_over
from actions.reports import join_reports
from config.settings import settings
from gateways.kannel import Kannel
from gateways.protocol import Account, HookRequest, Message
from rules.campaigns_plan import StepPlan, VariantPlan
from rules.hooks import hook_token
from tables.scope import scope
from tests import make
from tests.actions.test_campaigns_versions import plan
from tests.admin.conftest import the_app
from tests.gateways.front_door import FrontDoor, front_door
from tests.gateways.kannel_site import INSTALLED, OURS, PASSWORD, PATIENCE, USERNAME, KannelSite, kannel, whole
from tests.waiting import until

pytestmark = pytest.mark.skipif(not INSTALLED, reason="needs the packages kannel and kannel-extras")

NOW = datetime(2040, 1, 1, tzinfo=UTC)  # after all that Kannel tells
HOUR = timedelta(hours=1)
ANNA, BERT = "+8613900000001", "+8613900000002"
LONG = "【回头客】" + "王姐您好，今天的草莓很新鲜，会员价十五元一盒😀；" * 6 + "拒收请回复R"


@pytest.fixture(scope="module")
async def door() -> AsyncIterator[FrontDoor]:
    async with front_door() as opened:
        yield opened


@pytest.fixture(scope="module")
async def site(door: FrontDoor, token: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[KannelSite]:
    folder: Path = tmp_path_factory.mktemp("kannel")
    async with kannel(folder, replies_url=f"{door.url}/hooks/line1/replies?token={token}") as running:
        yield running


@pytest.fixture(scope="module")
def token() -> str:
    return hook_token(secret=settings().secret, account="line1")


@pytest.fixture(autouse=True)
def quiet(door: FrontDoor) -> None:
    """Nothing was told yet."""
    door.asked.clear()
    door.status, door.app = 200, None


def account(site: KannelSite, door: FrontDoor, *, password: str = PASSWORD) -> Account:
    return Account(
        name="line1",
        gateway="kannel",
        settings={"url": site.url, "from": OURS},
        credentials={"username": USERNAME, "password": password},
        reports_url=f"{door.url}/hooks/line1/reports?token=a",
    )


def hook(query: dict[str, str]) -> HookRequest:
    return HookRequest(query=query, headers={}, body=b"")


async def test_a_long_chinese_text_leaves_once_as_written_and_is_reported(site: KannelSite, door: FrontDoor) -> None:
    before = len(site.got())
    async with Kannel(account(site, door)) as gateway:
        (answer,) = await gateway.send(messages=[Message(id=41, phone=ANNA, text=LONG)], now=NOW)
        assert (answer.state, answer.gateway_message_id) == ("accepted", "k-41")
        (told,) = await door.until_told("reports", most=1, id="41")
        (report,) = gateway.told_reports(request=hook(told), now=NOW)
        await gateway.send(messages=[Message(id=42, phone=ANNA, text="last")], now=NOW)
    *parts, last = (await site.until_got(before + 4))[before:]
    assert (len(parts), last.text) == (3, "last")
    assert {(part.sender, part.receiver) for part in parts} == {(OURS, ANNA)}
    assert whole(parts) == LONG
    assert (report.message, report.state, report.gateway_message_id) == (41, "delivered", "k-41")
    assert datetime.now(UTC) - timedelta(minutes=1) < report.at <= datetime.now(UTC) + timedelta(seconds=1)


async def test_what_is_written_arrives_letter_by_letter(site: KannelSite, door: FrontDoor) -> None:
    texts = ["[Regulars] €5 off & more: 100%", " 【回头客】\n第二行 %T%b%% +&= 😀 ", "【回头客】" + "一" * 65]
    before = len(site.got())
    async with Kannel(account(site, door)) as gateway:
        for number, text in enumerate(texts):
            await gateway.send(messages=[Message(id=50 + number, phone=BERT, text=text)], now=NOW)
            await site.until_got(before + number + 1)
    assert [part.text for part in site.got()[before:]] == texts
    for number in range(3):
        await door.until_told("reports", most=1, id=str(50 + number))


async def test_replies_come_with_their_phone_and_are_not_answered_by_kannel(site: KannelSite, door: FrontDoor) -> None:
    before = len(site.got())
    site.say(phone=ANNA, text="R")
    await site.say_wide(phone=BERT.removeprefix("+86"), text="　退订，谢谢😀")
    site.say(phone="8613900000003", text="1 & 2 = 100% +")
    told = await door.until_told("replies", most=3)
    gateway = Kannel(account(site, door))
    replies = [gateway.told_replies(request=hook(query), now=NOW)[0] for query in told]
    assert {(reply.phone, reply.text) for reply in replies} == {
        (ANNA, "R"), (BERT, "　退订，谢谢😀"), ("+8613900000003", "1 & 2 = 100% +"),
    }  # fmt: skip
    assert len({reply.gateway_reply_id for reply in replies}) == 3
    async with gateway:
        await gateway.send(messages=[Message(id=60, phone=ANNA, text="x")], now=NOW)
    assert [part.text for part in (await site.until_got(before + 1))[before:]] == ["x"]


async def test_news_are_told_again_when_we_are_back_and_nothing_is_sent_meanwhile(
    site: KannelSite, door: FrontDoor
) -> None:
    before = len(site.got())
    door.status = 503
    async with Kannel(account(site, door)) as gateway:
        await gateway.send(messages=[Message(id=70, phone=ANNA, text="x")], now=NOW)
    site.say(phone=ANNA, text="退订")
    await door.until_told("replies", most=1)
    await door.until_told("reports", most=1, id="70")
    door.status = 200
    first, *_, again = await door.until_told("replies", most=2)
    assert first == again, "the same reply under the same number"
    await door.until_told("reports", most=2, id="70")
    assert [part.text for part in (await site.until_got(before + 1))[before:]] == ["x"]


async def test_a_wrong_password_is_the_accounts_fault(site: KannelSite, door: FrontDoor) -> None:
    before = len(site.got())
    async with Kannel(account(site, door, password=PASSWORD[1:])) as gateway:
        (answer,) = await gateway.send(messages=[Message(id=80, phone=ANNA, text="x")], now=NOW)
    assert (answer.state, answer.error_class) == ("elsewhere", "gateway_down")
    assert len(site.got()) == before


async def open_shop(site: KannelSite) -> None:
    """Anna wants to hear from us; the only account is this Kannel."""
    await make.make_program()
    await make.make_member(ANNA, store=await make.make_store())
    await make.execute(
        "INSERT INTO consent (member, purpose, granted, source, text_version, store, at)"
        " VALUES (1, 'marketing_sms', true, 'form', '1', 1, now() - interval '3 days')"
    )
    async with scope(role="hq_admin"):
        given = {"url": site.url, "from": OURS}
        await add_account(name="line1", gateway="kannel", given=given, fields={"is_international": True})
        for key, value in (("username", USERNAME), ("password", PASSWORD)):
            missing = await keep_credential(name="line1", key=key, value=value)
    assert missing == ()


async def queue(text: str, *, message_class: str = "marketing", at: datetime) -> int:
    send: int = await make.value(
        "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, text, state, scheduled_at, send_before)"
        " VALUES (1, $1, 1, $2, gen_random_uuid()::text, $3, 'queued', $4, $5) RETURNING id",
        ANNA, message_class, text, at, at + timedelta(hours=6),
    )  # fmt: skip
    return send


async def leave(door: FrontDoor, *, now: datetime) -> None:
    """One round of a worker through the account as it is in the tables."""
    async with scope(role="job"):
        loaded = (await load_accounts())["line1"]
    here = loaded.reports_url.replace(settings().public_url, door.url)
    line1 = Kannel(replace(loaded, reports_url=here))
    await hand_over(worker="tester", clock=lambda: now, zone=make.ZONE, gateways={"line1": line1})


def newest_noon() -> datetime:
    today = make.noon(datetime.now(make.ZONE).date())
    return today if today < datetime.now(UTC) else today - timedelta(days=1)


async def until_reported(send: int) -> None:
    async def delivered() -> bool:
        await join_reports(now=datetime.now(UTC))
        return bool(await make.value("SELECT state = 'delivered' FROM send_log WHERE id = $1", send))

    await until(delivered, seconds=PATIENCE, what="the report at its message")


async def until_refused() -> None:
    async def heard() -> bool:
        return bool(
            await make.value("SELECT count(*) = 1 FROM consent WHERE NOT granted AND purpose = 'marketing_sms'")
        )

    await until(heard, seconds=PATIENCE, what="the opt-out")


async def test_from_the_queue_to_the_phone_and_back_and_no_is_kept(db: None, site: KannelSite, door: FrontDoor) -> None:
    """Long Chinese text, report, R, opt-out, next send skipped: through the engine, Kannel and our own addresses."""
    door.app = the_app()
    before, now = len(site.got()), newest_noon()
    await open_shop(site)
    first = await queue(LONG.removesuffix("拒收请回复R"), at=now)
    await leave(door, now=now)
    assert whole((await site.until_got(before + 3))[before:]) == LONG
    await until_reported(first)
    [row] = await make.fetch("SELECT parts, attempts, gateway, gateway_message_id FROM send_log")
    assert row == {"parts": 3, "attempts": 1, "gateway": "line1", "gateway_message_id": f"k-{first}"}

    waiting = await queue("【回头客】草莓又到了", at=now + HOUR)
    site.say(phone=ANNA, text="R")
    await until_refused()
    [said] = await make.fetch("SELECT kind, state, member, send_log FROM reply")
    assert said == {"kind": "opt_out", "state": "done", "member": 1, "send_log": first}

    later = await queue("【回头客】西瓜也到了", at=now + HOUR)
    notice = await queue("【回头客】您的积分快到期了", message_class="notice", at=now + HOUR)
    for _ in range(2):
        await leave(door, now=now + HOUR)
    fates = await make.fetch("SELECT id, state, reason FROM send_log WHERE id = ANY ($1) ORDER BY id", [waiting, later])
    assert [(row["state"], row["reason"]) for row in fates] == [("skipped", "opted_out")] * 2
    parts = (await site.until_got(before + 4))[before + 3 :]
    assert [part.text for part in parts] == ["【回头客】您的积分快到期了"]
    await until_reported(notice)


async def test_a_campaign_of_two_versions_arrives_as_planned(db: None, site: KannelSite, door: FrontDoor) -> None:
    door.app = the_app()
    before, now = len(site.got()), newest_noon()
    await open_shop(site)
    said = tuple(
        VariantPlan(label=label, share=Decimal("0.5"), text=f"{{称呼}}，{fruit}到店，{{常买|水果}}九折，详情{{短链}}")
        for label, fruit in (("A", "榴莲"), ("B", "草莓"))
    )
    step = StepPlan(text="A", scheduled_at=now, send_before=now + HOUR, variants=said)
    await plan(step, rule="从未消费 且 同意营销短信")
    async with scope(role="hq_admin"):
        await move(campaign=1, target="scheduled", now=now)
    assert await freeze_due(now=now, zone=make.ZONE, secret=settings().secret, public_url="https://x.example") == 1
    await leave(door, now=now)
    arrived = whole((await site.until_got(before + 1))[before:])
    assert re.fullmatch(r"【回头客】.+，(榴莲|草莓)到店，水果九折，详情https://x\.example/s/\w+拒收请回复R", arrived)
    await until_reported(1)
    assert await make.value("SELECT text FROM send_log") == arrived
