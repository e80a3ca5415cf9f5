"""What is left on the accounts is asked now and then."""

from decimal import Decimal

import pytest

from tasks.accounts import ask_all, ask_balances, nudge_balances
from tests import make
from tests.actions.corner_account import added, corner, kept

__all__ = ["corner"]

pytestmark = pytest.mark.usefixtures("db", "corner")


async def test_an_account_that_says_it_is_written_down_and_one_that_cannot_be_opened_keeps_no_other_from_it() -> None:
    for name in ("good", "lacks"):
        await added(name)
    for key in ("username", "password"):
        await kept(key, "anna", "good")
    await ask_all()
    rows = await make.fetch("SELECT balance, balance_at IS NOT NULL AS asked FROM gateway_health ORDER BY account")
    assert [tuple(row.values()) for row in rows] == [(Decimal("12.5"), True), (None, False)]


async def test_the_clock_wakes_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    monkeypatch.setattr(ask_balances, "send", lambda: woken.append("balances"))
    await nudge_balances()
    assert woken == ["balances"]
