"""Accounts at gateways: made, changed, sealed, loaded; one that cannot be used keeps no other from sending."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from actions.accounts import load_account
from actions.accounts_edit import change_account, pause_account, switch_account
from config.settings import settings
from queries.accounts import all_accounts
from rules.hooks import hook_token
from rules.refusals import Refusal
from rules.seals import seal, unseal
from tables.access import STAFF_ROLES, Role
from tables.scope import scope
from tests import make
from tests.actions.corner_account import added, corner, found_faults, kept, loaded

__all__ = ["corner"]

pytestmark = pytest.mark.usefixtures("db", "corner")

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
TODAY = date(2026, 3, 2)


async def refused(name: str, **change: Any) -> str:
    asked = {"given": {}, "fields": {}, **change}
    with pytest.raises(Refusal) as no:
        async with scope(role="hq_admin"):
            await change_account(name=name, **asked)
    return no.value.code


async def test_an_account_is_made_given_its_credentials_and_loaded() -> None:
    assert await added(rate=20, price=Decimal("0.045")) == ("username", "password")
    assert await make.value("SELECT count(*) FROM gateway_health") == 1
    assert await kept("username", "anna") == ("password",)
    assert await kept("password", "hunter2") == ()
    sealed = await make.value("SELECT credentials FROM gateway_account")
    assert unseal(secret=settings().secret, account="corner-1", sealed=sealed) == {
        "username": "anna",
        "password": "hunter2",
    }
    await make.execute(
        "INSERT INTO signature (account, text, state) VALUES (1, '鲜果里', 'filed'), (1, '水果', 'rejected');"
        "INSERT INTO gateway_template (account, code, text, state) VALUES (1, 'A', '甲', 'filed'), (1, 'B', '乙', 'draft')"
    )
    [account] = (await loaded()).values()
    assert (account.settings, account.credentials["password"]) == ({"url": "http://corner"}, "hunter2")
    assert (account.signatures, [(one.code, one.text) for one in account.texts]) == (("鲜果里",), [("A", "甲")])
    token = hook_token(secret=settings().secret, account="corner-1")
    assert account.reports_url == f"{settings().public_url}/hooks/corner-1/reports?token={token}"
    assert account.replies_url.endswith(f"/hooks/corner-1/replies?token={token}")
    assert "hunter2" not in repr(account)
    assert token not in repr(account)


async def test_one_that_cannot_be_used_is_left_out_and_shown() -> None:
    for name in ("good", "lacks", "foreign", "strange"):
        await added(name)
    for name in ("good", "foreign"):
        await kept("username", "anna", name)
        await kept("password", "x", name)
    other = settings().secret[::-1]
    sealed = seal(secret=other, account="foreign", credentials={"username": "a", "password": "b"})
    await make.execute("UPDATE gateway_account SET credentials = $1 WHERE name = 'foreign'", sealed)
    await make.execute("UPDATE gateway_account SET gateway = 'unheard' WHERE name = 'strange'")
    assert list(await loaded()) == ["good"]
    assert await found_faults() == {
        "lacks": "bad_account", "foreign": "credentials_unreadable", "strange": "bad_account",
    }  # fmt: skip
    # Entered again, they are this installation's.
    await kept("username", "anna", "foreign")
    assert await found_faults() == {"lacks": "bad_account", "foreign": "bad_account", "strange": "bad_account"}
    await kept("password", "b", "foreign")
    assert sorted(await loaded()) == ["foreign", "good"]


async def test_only_active_accounts_are_loaded_the_most_wanted_first() -> None:
    for name, priority in (("second", 2), ("first", 1), ("off", 1)):
        await added(name, "simulator", priority=priority)
    async with scope(role="hq_admin"):
        await switch_account(name="off", active=False)
    assert list(await loaded()) == ["first", "second"]
    async with scope(role="hq_admin"):
        assert (await load_account(name="off")).name == "off"


async def test_what_is_changed_is_judged_as_a_whole() -> None:
    await added(opens=None, closes=None)
    async with scope(role="hq_admin"):
        await change_account(
            name="corner-1", given={"line": "2", "url": "http://new"}, fields={"rate": 5, "charges_failed": True}
        )
        await change_account(name="corner-1", given={"line": ""}, fields={})
    [row] = await make.fetch("SELECT settings, rate, charges_failed FROM gateway_account")
    assert (json.loads(row["settings"]), row["rate"], row["charges_failed"]) == ({"url": "http://new"}, 5, True)
    assert await refused("corner-1", given={"url": ""}) == "missing_settings"
    assert await refused("corner-1", given={"password": "x"}) == "bad_settings"
    assert await refused("corner-1", fields={"rate": 0}) == "bad_rate"
    assert await refused("corner-1", fields={"opt_out_text": ""}) == "bad_opt_out_text"
    assert await refused("corner-1") == "missing"
    assert await refused("nobody", fields={"rate": 1}) == "unknown_account"
    with pytest.raises(ValueError, match="not a field"):
        async with scope(role="hq_admin"):
            await change_account(name="corner-1", given={}, fields={"credentials": "x"})


@pytest.mark.parametrize(
    ("name", "gateway", "code"),
    [("corner-1", "simulator", "name_taken"), ("New", "simulator", "bad_name"), ("new", "unheard", "unknown_gateway")],
)
async def test_what_cannot_be_made(name: str, gateway: str, code: str) -> None:
    await added()
    with pytest.raises(Refusal) as no:
        await added(name, gateway)
    assert no.value.code == code
    assert await make.value("SELECT count(*) FROM gateway_account") == 1


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [("token", "x", "unknown_credential"), ("username", "", "bad_credential"), ("username", "a\nb", "bad_credential")],
)
async def test_credentials_that_are_refused_leave_what_was(key: str, value: str, code: str) -> None:
    await added()
    await kept("username", "anna")
    before = await make.value("SELECT credentials FROM gateway_account")
    with pytest.raises(Refusal) as no:
        await kept(key, value)
    assert no.value.code == code
    assert await make.value("SELECT credentials FROM gateway_account") == before


async def test_paused_and_resumed_it_is_tried_at_once() -> None:
    await added("a", "simulator")
    await make.execute("UPDATE gateway_health SET failures = 7, down_until = '2026-03-02T05:00Z'")
    for paused, state in ((True, "paused"), (False, "on")):
        async with scope(role="hq_marketing"):
            await pause_account(name="a", paused=paused)
            [shown] = await all_accounts()
        assert shown.state(now=NOW, today=TODAY) == state
    assert await make.fetch("SELECT failures, down_until FROM gateway_health") == [{"failures": 0, "down_until": None}]
    with pytest.raises(Refusal):
        async with scope(role="hq_admin"):
            await pause_account(name="nobody", paused=True)
    actions = await make.fetch("SELECT table_name, role FROM audit_log WHERE table_name = 'gateway_health' ORDER BY id")
    assert [row["role"] for row in actions if row["role"] == "regulars_hq_marketing"] == ["regulars_hq_marketing"] * 2


async def test_the_audit_says_that_credentials_changed_and_not_to_what() -> None:
    await added()
    await kept("username", "anna")
    after = await make.value(
        "SELECT after FROM audit_log WHERE table_name = 'gateway_account' ORDER BY id DESC LIMIT 1"
    )
    assert json.loads(after)["credentials"] == "changed"


@pytest.mark.parametrize("role", [role for role in STAFF_ROLES if role != "hq_admin"])
async def test_nobody_but_the_administrator_reads_or_writes_accounts(role: Role) -> None:
    await added()
    await kept("username", "anna")
    for sql in (
        "SELECT credentials FROM gateway_account",
        "SELECT * FROM gateway_account",
        "UPDATE gateway_account SET rate = 1",
        "INSERT INTO gateway_account (name, gateway) VALUES ('x', 'simulator')",
        "INSERT INTO signature (account, text) VALUES (1, '水果')",
        "UPDATE contact_rule SET is_active = false",
        "SELECT deed.credentials_keep('corner-1', 'x')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with scope(role=role, stores=(1,)) as connection:
                await connection.execute(sql)
