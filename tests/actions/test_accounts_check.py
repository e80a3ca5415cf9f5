"""What is missing of an account, what is left on it, which one is there at a start; and phones that said no elsewhere."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from actions.accounts import ensure_account
from actions.accounts_check import asked_balance, keep_balance, keep_balances, troubles
from actions.accounts_edit import pause_account, switch_account
from actions.suppress import read_phones, suppress
from config.settings import settings
from gateways.protocol import Account
from rules.refusals import Refusal
from tables.scope import scope
from tests import make
from tests.actions.corner_account import added, corner

__all__ = ["corner"]

pytestmark = pytest.mark.usefixtures("db", "corner")

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
TODAY = date(2026, 3, 2)


async def test_what_is_missing_is_told_one_by_one() -> None:
    await added(valid_until=date(2026, 3, 1))
    await make.execute("INSERT INTO signature (account, text) VALUES (1, '鲜果里')")
    async with scope(role="hq_admin"):
        await pause_account(name="corner-1", paused=True)
        await switch_account(name="corner-1", active=False)
        found = [no.code for no in await troubles(name="corner-1", today=TODAY)]
    assert found == ["bad_account", "is_off", "is_paused", "licence_over", "no_signature"]
    with pytest.raises(Refusal):
        async with scope(role="hq_admin"):
            await troubles(name="nobody", today=TODAY)


async def test_the_balance_is_asked_and_a_failure_tells_no_credential() -> None:
    good, bad = (
        Account(name="c", gateway="corner", settings={"url": "x"}, credentials={"username": name, "password": "x"})
        for name in ("anna", "nobody")
    )
    assert await asked_balance(account=good) == "12.50"
    await added("c", low_balance=Decimal("12.51"))
    assert await keep_balances(accounts=[bad, good], now=NOW) == 1
    assert await make.fetch("SELECT balance, balance_at FROM gateway_health") == [
        {"balance": Decimal("12.5"), "balance_at": NOW}
    ]
    assert await keep_balance(account=good, now=NOW) == (Decimal("12.50"), True)
    with pytest.raises(Refusal) as no:
        await asked_balance(account=bad)
    assert no.value.code == "gateway_silent"
    assert "nobody" not in str(no.value)


async def test_the_gateway_that_the_settings_name_is_there_and_the_unused_simulator_off() -> None:
    await make.execute("INSERT INTO gateway_account (name, gateway) VALUES ('simulator', 'simulator')")
    await ensure_account(gateway="simulator")
    assert await make.fetch("SELECT name, is_active FROM gateway_account") == [{"name": "simulator", "is_active": True}]
    for _ in range(2):
        await ensure_account(gateway="kannel")
        assert await make.fetch("SELECT name, is_active FROM gateway_account ORDER BY id") == [
            {"name": "simulator", "is_active": False}, {"name": "kannel", "is_active": True},
        ]  # fmt: skip
    # Whoever switches it on means it.
    async with scope(role="hq_admin"):
        await switch_account(name="simulator", active=True)
    await ensure_account(gateway="kannel")
    assert await make.value("SELECT is_active FROM gateway_account WHERE name = 'simulator'")


async def test_a_simulator_that_has_sent_stays_on() -> None:
    await make.execute("INSERT INTO gateway_account (name, gateway) VALUES ('simulator', 'simulator')")
    await make.execute(
        "INSERT INTO send_log (phone, message_class, dedupe_key, state, gateway)"
        " VALUES ('+8613900000001', 'staff', 'k', 'accepted', 'simulator')"
    )
    await ensure_account(gateway="kannel")
    assert await make.value("SELECT is_active FROM gateway_account WHERE name = 'simulator'")


async def test_a_no_from_elsewhere_is_kept_without_the_phone_and_ends_an_earlier_yes() -> None:
    await make.make_program()
    member = await make.make_member("+8613900000001", store=await make.make_store())
    await make.execute(
        "INSERT INTO consent (member, purpose, granted, source, text_version, at) VALUES ($1, 'marketing_sms', true, 'form', '1', $2)",
        member, datetime(2026, 3, 1, tzinfo=UTC),
    )  # fmt: skip
    phones, refused_lines = read_phones(lines=["139 0000 0001", "", "+86-13900000002", "12345", "13900000002"])
    assert (phones, refused_lines) == (["+8613900000001", "+8613900000002", "+8613900000002"], [4])
    for new in (2, 0):
        async with scope(role="hq_admin"):
            assert await suppress(phones=phones, source=" 12321 ", secret=settings().secret, now=NOW) == new
    rows = await make.fetch("SELECT phone_hmac, source, since FROM suppression")
    assert [(row["source"], row["since"]) for row in rows] == [("12321", NOW)] * 2
    assert not any("1390000" in row["phone_hmac"] for row in rows)
    newest = await make.fetch("SELECT granted, source FROM consent ORDER BY id")
    assert [(row["granted"], row["source"]) for row in newest] == [(True, "form"), (False, "12321")]
    with pytest.raises(Refusal) as no:
        async with scope(role="hq_admin"):
            await suppress(phones=phones, source=" ", secret=settings().secret, now=NOW)
    assert no.value.code == "bad_source"
