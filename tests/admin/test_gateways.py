"""Accounts at gateways in the back office: credentials go in by a form and come out nowhere; what cannot be is refused."""

import json
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from admin.edits_gateways import _NEEDS
from config.settings import settings
from rules.seals import unseal
from tables.access import Role
from tests import make
from tests.admin.at_the_desk import send
from tests.admin.conftest import LogIn
from tests.admin.edit_as import add, change, many, refused, remove, small_chain

pytestmark = pytest.mark.usefixtures("chain")

KANNEL = '{"url": "http://127.0.0.1:13013/cgi-bin/sendsms", "from": "1069"}'
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
FORM = "通道密钥"


@pytest.fixture
async def chain(db: None) -> None:
    """Staff 1 and store 1, the account `kannel` with one credential."""
    await small_chain()
    assert await add("gateway_account", name="kannel", gateway="kannel", settings=KANNEL) == 1
    assert await filled(key="username", credential="anna") == "已保存 kannel 的 username；还缺少：password。"


async def filled(*, role: Role = "hq_admin", **typed: Any) -> str:
    asked = {"account": "kannel", "key": "password", "credential": "hunter2", **typed}
    return await send(FORM, role=role, stores=(), **asked)


async def credentials() -> dict[str, str]:
    sealed = await make.value("SELECT credentials FROM gateway_account")
    return unseal(secret=settings().secret, account="kannel", sealed=sealed)


async def test_the_form_takes_credentials_and_says_what_is_missing() -> None:
    assert await filled() == "已保存 kannel 的 password；所需密钥已齐。"
    assert await credentials() == {"username": "anna", "password": "hunter2"}
    mistakes: tuple[tuple[dict[str, Any], str], ...] = (
        ({"account": "nobody"}, "unknown_account"), ({"key": "token"}, "unknown_credential"), ({"credential": " "}, "missing"),
        ({"account": ""}, "missing"),
    )  # fmt: skip
    for wrong, code in mistakes:
        said = await filled(**wrong)
        assert said.startswith(f"{code}: "), said
        assert "hunter2" not in said
    assert await credentials() == {"username": "anna", "password": "hunter2"}


@pytest.mark.parametrize("role", ["hq_marketing", "hq_viewer", "store_manager", "cashier"])
async def test_nobody_else_may_use_it(role: Role) -> None:
    assert (await filled(role=role)).startswith("not_allowed")
    assert await credentials() == {"username": "anna"}


async def test_what_is_sealed_leaves_the_server_for_nobody(log_in: LogIn) -> None:
    sealed = await make.value("SELECT credentials FROM gateway_account")
    roles: tuple[Role, ...] = ("hq_admin", "hq_marketing", "hq_viewer")
    for role in roles:
        client = await log_in(role=role)
        for what in ("", "1/", "?__readable=true", "ids/", "schema/", "?__order=credentials", f"?credentials={sealed}"):
            answer = await client.get(f"/admin/api/tables/gateway_account/{what}")
            assert answer.status_code in {200, 400}, (role, what)
            assert sealed not in answer.text, (role, what)
        assert sealed not in (await client.get("/admin/api/tables/audit_log/")).text
    client = await log_in(role="hq_admin", username="other")
    row = (await client.get("/admin/api/tables/gateway_account/1/")).json()
    # As the screen does it: every field comes back.
    answer = await client.patch(
        "/admin/api/tables/gateway_account/1/", json={**row, "rate": 20, "classes": ["notice", "staff"]}
    )
    assert answer.status_code == 200, answer.text
    assert sealed not in answer.text
    assert await make.fetch("SELECT rate, classes, credentials FROM gateway_account") == [
        {"rate": 20, "classes": ["notice", "staff"], "credentials": sealed}
    ]


@pytest.mark.parametrize("role", ["hq_marketing", "hq_viewer", "store_manager", "cashier"])
async def test_nobody_else_edits_accounts_signatures_or_rules(log_in: LogIn, role: Role) -> None:
    await make.execute(
        "INSERT INTO contact_rule (kind, days) VALUES ('same_content', 90); INSERT INTO signature (account, text) VALUES (1, '水果')"
    )
    client = await log_in(role=role, stores=(1,) if role in {"store_manager", "cashier"} else ())
    before = await make.digest()
    for table, body in (
        ("gateway_account", {"rate": 1}),
        ("signature", {"text": "鲜果"}),
        ("contact_rule", {"days": 1}),
    ):
        answer = await client.patch(f"/admin/api/tables/{table}/1/", json=body)
        assert 400 <= answer.status_code < 500, (table, answer.text)
    assert await make.digest() == before


async def test_an_account_is_judged_before_the_database_does() -> None:
    for wrong, code in (
        ({"name": "Kannel 2"}, "bad_name"), ({"gateway": "unheard"}, "unknown_gateway"), ({"settings": "{}"}, "missing_settings"),
        ({"settings": "nonsense"}, "bad_settings"), ({"settings": '{"password": "x"}'}, "bad_settings"), ({"rate": 0}, "bad_rate"),
        ({"credentials": "x"}, "bad_value"), ({"classes": []}, "bad_class"), ({"opt_out_text": ""}, "bad_opt_out_text"),
        ({"opens": time(9)}, "bad_hours"), ({"price": Decimal(-1)}, "bad_price"), ({"classes": ["spam"]}, "bad_value"),
    ):  # fmt: skip
        asked: dict[str, Any] = {"name": "second", "gateway": "kannel", "settings": KANNEL, **wrong}
        assert (await refused(add("gateway_account", **asked))).code == code, wrong
    for fixed in many({"name": "new"}, {"gateway": "simulator"}, {"credentials": "x"}):
        assert (await refused(change("gateway_account", 1, **fixed))).code == "fixed", fixed
    assert (await refused(change("gateway_account", 1, settings='{"url": ""}'))).code == "missing_settings"
    assert await change("gateway_account", 1, opens=time(9), closes=time(20)) == {"opens": time(9), "closes": time(20)}
    assert (await refused(remove("gateway_account", 1))).zh == "通道账号不能删除：请停用。"


async def test_of_an_accounts_health_only_the_pause_is_edited(log_in: LogIn) -> None:
    client = await log_in(role="hq_marketing")
    row = (await client.get("/admin/api/tables/gateway_health/1/")).json()
    await make.execute("UPDATE gateway_health SET failures = 3, moments = ARRAY[now()], amounts = ARRAY[5]")
    answer = await client.patch("/admin/api/tables/gateway_health/1/", json={**row, "is_paused": True, "failures": 99})
    assert answer.status_code == 200, answer.text
    [health] = await make.fetch("SELECT is_paused, failures, amounts FROM gateway_health")
    assert health == {"is_paused": True, "failures": 3, "amounts": [5]}
    fixed = (await client.get("/admin/api/tables/gateway_health/schema/")).json()["extra"]["fixed"]
    assert {"failures", "balance", "moments"} <= set(fixed)
    assert "is_paused" not in fixed
    assert (await client.delete("/admin/api/tables/gateway_health/1/")).status_code in {403, 405, 422}
    listed = (await client.get("/admin/api/tables/gateway_health/?__readable=true")).json()["rows"]
    assert [one["account_readable"] for one in listed] == ["kannel"]


async def test_signatures_and_filed_texts() -> None:
    assert await add("signature", account=1, text="鲜果里", state="filed") == 1
    for wrong in ("果", "鲜 果", "【鲜果里】", "果" * 13):
        assert (await refused(add("signature", account=1, text=wrong, state="draft"))).code == "bad_value", wrong
    await make.execute("UPDATE gateway_account SET gateway = 'aliyun'")
    text: dict[str, Any] = {
        "account": 1,
        "code": "SMS_1",
        "text": "验证码${code}",
        "message_class": "verification",
        "state": "filed",
    }
    key = await add("gateway_template", **text)
    assert (
        await refused(add("gateway_template", **{**text, "code": "B", "text": "验证码{1}"}))
    ).code == "bad_vendor_text"
    assert (await refused(change("gateway_template", key, text="您好，拒收请回复R"))).code == "bad_vendor_text"
    assert (await refused(add("gateway_template", **{**text, "account": 9}))).code == "missing"


RULE: dict[str, Any] = {
    "opens": time(9),
    "closes": time(20),
    "most": 2,
    "days": 7,
    "share": Decimal("0.3"),
    "is_active": True,
}


async def test_a_rule_holds_what_its_kind_needs_and_nothing_else() -> None:
    for kind, needs in _NEEDS.items():
        key = await add("contact_rule", kind=kind, **RULE)
        [row] = await make.fetch("SELECT opens, closes, most, days, share FROM contact_rule WHERE id = $1", key)
        assert {name for name, value in row.items() if value is not None} == set(needs)
        for name in needs:
            said = await refused(add("contact_rule", kind=kind, **{**RULE, name: None}))
            assert said.code == "missing", (kind, name)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("hours", {"opens": time(7, 59)}), ("hours", {"closes": time(22, 1)}), ("hours", {"opens": time(20), "closes": time(9)}),
        ("hours", {"opens": time(9), "closes": time(9)}), ("frequency", {"most": 0}), ("frequency", {"days": 0}),
        ("frequency", {"days": 367}), ("frequency", {"store": 1}), ("same_content", {"days": -1}), ("complaints", {"share": Decimal(0)}),
        ("complaints", {"share": Decimal(1)}), ("promotion_share", {"share": Decimal("1.1")}), ("promotion_share", {"most": -1}),
        ("unheard", {}),
    ],
)  # fmt: skip
async def test_a_rule_that_makes_no_sense_never_reaches_the_database(kind: str, wrong: dict[str, Any]) -> None:
    said = await refused(add("contact_rule", kind=kind, **{**RULE, **wrong}))
    assert said.code in {"bad_value", "bad_hours"}
    assert await make.value("SELECT count(*) FROM contact_rule") == 0


async def test_a_store_may_have_narrower_hours() -> None:
    key = await add("contact_rule", kind="hours", store=1, **RULE)
    assert await change("contact_rule", key, closes=time(19)) == {"closes": time(19)}
    assert (await refused(change("contact_rule", key, closes=time(22, 30)))).code == "bad_hours"


async def test_a_blocked_word_has_a_source() -> None:
    key = await add("blocked_word", word=" 最佳 ", source="广告法")
    assert await make.value("SELECT word FROM blocked_word") == "最佳"
    assert (await refused(add("blocked_word", word="顶级", source=""))).code == "missing"
    assert (await refused(change("blocked_word", key, word=" "))).code == "missing"
    await remove("blocked_word", key)


async def test_a_campaign_is_written_as_a_draft_and_kept_once_it_has_begun() -> None:
    key = await add("campaign", name="会员日", content_kind="promotion", state="sending", reason="complaints")
    assert await make.fetch("SELECT state, reason, staff FROM campaign") == [
        {"state": "draft", "reason": None, "staff": 1}
    ]
    times = {"scheduled_at": NOW, "send_before": NOW + timedelta(hours=8)}
    step = await add("campaign_step", campaign=key, text="周三八折", state="frozen", audience=9, **times)
    assert await make.fetch("SELECT state, audience FROM campaign_step") == [{"state": "draft", "audience": None}]
    await make.execute("INSERT INTO blocked_word (word, source) VALUES ('最佳', '广告法')")
    wrongs = many({"text": "【店】"}, {"text": "最佳"}, {"text": "{nobody}"}, {"number": 0}, {"send_before": NOW})
    codes = ("bracket_in_text", "blocked_text", "unknown_placeholder", "bad_value", "bad_value")
    for wrong, code in zip(wrongs, codes, strict=True):
        assert (await refused(change("campaign_step", step, **wrong))).code == code, wrong
    assert (await refused(change("campaign_step", step, text=""))).code == "missing"
    assert (await refused(remove("campaign", key))).code == "in_use"
    await make.execute(
        "UPDATE campaign SET state = 'sending'; UPDATE campaign_step SET state = 'frozen', frozen_at = now()"
    )
    assert "圈定" in (await refused(change("campaign_step", step, text="周三七折"))).zh
    assert "已不是草稿" in (await refused(change("campaign", key, rhythm="event"))).zh
    assert await change("campaign", key, name="会员日三月") == {"name": "会员日三月"}
    assert (await refused(remove("campaign_step", step))).code == "bad_value"


async def test_the_send_log_is_found_by_campaign_account_and_fate(log_in: LogIn) -> None:
    await make.execute(
        "INSERT INTO campaign (name) VALUES ('一'), ('二');"
        "INSERT INTO campaign_step (campaign, text, scheduled_at, send_before)"
        " VALUES (1, 'x', now(), now() + '1 h'), (2, 'x', now(), now() + '1 h');"
        "INSERT INTO send_log (message_class, dedupe_key, campaign, step, state, reason, gateway, error_class) VALUES"
        " ('marketing', 'a', 1, 1, 'skipped', 'no_consent', NULL, NULL),"
        " ('marketing', 'b', 2, 2, 'failed', NULL, 'kannel', 'no_balance')"
    )
    client = await log_in(role="hq_viewer")
    for query, keys in (
        ("campaign=1", ["a"]), ("gateway=kannel", ["b"]), ("state=failed", ["b"]), ("reason=no_consent", ["a"]),
        ("error_class=no_balance", ["b"]),
    ):  # fmt: skip
        rows = (await client.get(f"/admin/api/tables/send_log/?{query}&__readable=true")).json()["rows"]
        assert [row["dedupe_key"] for row in rows] == keys, query
    assert (
        json.loads((await client.get("/admin/api/tables/send_log/1/?__readable=true")).text)["campaign_readable"]
        == "一"
    )
