"""From the queue through Aliyun and back: what left, the lost answer that was asked for, and each message's end."""

import json
from datetime import timedelta

import pytest

from actions.accounts import load_accounts
from actions.messages import ask_unsure, hand_over
from actions.reports import join_reports, take_reports
from config.settings import settings
from gateways.protocol import HookRequest
from gateways.registry import opened
from rules.seals import seal
from tables.scope import scope
from tests import make
from tests.actions.test_messages_fate import NOW
from tests.gateways.aliyun_site import KEY_ID, KEY_SECRET, AliyunSite
from tests.gateways.cloud_site import serving

pytestmark = pytest.mark.usefixtures("db")
TEXT = "您有${points}积分。"


async def _account(url: str) -> None:
    await make.execute("UPDATE gateway_account SET is_active = false")
    keys = {"access_key_id": KEY_ID, "access_key_secret": KEY_SECRET}
    sealed = seal(secret=settings().secret, account="ali", credentials=keys)
    account = await make.value(
        "INSERT INTO gateway_account (name, gateway, settings, credentials) VALUES ('ali', 'aliyun', $1, $2) RETURNING id",
        json.dumps({"endpoint": url}), sealed,
    )  # fmt: skip
    await make.execute("INSERT INTO signature (account, text, state) VALUES ($1, '回头客', 'filed')", account)
    await make.execute(
        "INSERT INTO gateway_template (account, code, text, state) VALUES ($1, 'SMS_1', $2, 'filed')", account, TEXT
    )


async def test_a_lost_answer_is_asked_for_and_every_message_gets_its_end() -> None:
    await make.make_program()
    store = await make.make_store()
    for n in range(1, 4):
        member = await make.make_member(f"+86139{n:08}", store=store)
        await make.execute(
            "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, text, state, attempts, scheduled_at, send_before)"
            " VALUES ($1, $2, $3, 'notice', $4, $5, 'queued', 0, $6, $7)",
            member, f"+86139{n:08}", store, f"test:{n}", f"【回头客】您有{n}积分。", NOW, NOW + timedelta(days=2),
        )  # fmt: skip
    async with serving(AliyunSite(now=NOW, templates={"SMS_1": TEXT}, signatures={"回头客"})) as site:
        await _account(site.url)
        async with scope(role="job"):
            gateway = opened(account=(await load_accounts())["ali"])
        site.faults = ["break"]
        await hand_over(worker="tester", clock=lambda: NOW, zone=make.ZONE, gateways={"ali": gateway})
        assert await _states() == ["unknown"] * 3
        later = site.now = NOW + timedelta(minutes=5)
        assert await ask_unsure(clock=lambda: later, gateway=gateway) == 3
        assert await _states() == ["accepted"] * 3
        push = [site.pushed(sent) for sent in site.left]
        push[1] |= {"success": False, "err_code": "MOBILE_IN_BLACK"}
    told = gateway.told_reports(request=HookRequest(query={}, headers={}, body=json.dumps(push).encode()), now=later)
    assert await take_reports(gateway="ali", reports=told, now=later) == 3
    await join_reports(now=later)
    assert await _states() == ["delivered", "failed", "delivered"]
    assert [sent.text for sent in site.left] == [f"【回头客】您有{n}积分。" for n in range(1, 4)]


async def _states() -> list[str]:
    return [row["state"] for row in await make.fetch("SELECT state FROM send_log ORDER BY id")]
