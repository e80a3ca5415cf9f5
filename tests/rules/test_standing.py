"""How an account stands, and why a message still waits."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rules.standing import AccountFacts, open_hours, why_it_waits
from tests.make import ZONE

NOON = datetime(2026, 11, 22, 12, tzinfo=ZONE)
WELL = AccountFacts(name="a", classes=["marketing", "notice"])
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, "ok"),
        ({"is_active": False, "is_paused": True}, "off"),
        ({"is_usable": False, "is_paused": True}, "unusable"),
        ({"is_paused": True, "valid_until": date(2026, 1, 1)}, "paused"),
        ({"valid_until": date(2026, 11, 21)}, "licence_over"),
        ({"valid_until": date(2026, 11, 22)}, "ok"),
        ({"balance": Decimal(0)}, "no_balance"),
        ({"balance": Decimal("0.01")}, "ok"),
        ({"down_until": NOON + SECOND}, "down"),
        ({"down_until": NOON}, "ok"),
        ({"opens": time(12), "closes": time(13)}, "ok"),
        ({"opens": time(9), "closes": time(12)}, "outside_hours"),
    ],
)
def test_the_gravest_trouble_is_told(facts: dict[str, Any], state: str) -> None:
    assert replace(WELL, **facts).state(now=NOON.astimezone(UTC), zone=ZONE) == state


def why(message_class: str, *accounts: AccountFacts, gateway: str | None = None) -> tuple[str, str | None]:
    return why_it_waits(message_class=message_class, gateway=gateway, accounts=accounts, now=NOON, zone=ZONE)


def test_the_first_account_that_may_carries_it() -> None:
    paused, second = replace(WELL, is_paused=True), replace(WELL, name="b")
    assert why("notice", paused, second) == ("ready", "b")
    assert why("notice", paused, second, gateway="a") == ("paused", "a")
    assert why("notice", paused, replace(second, down_until=NOON + SECOND)) == ("paused", "a")
    assert why("notice", replace(WELL, is_active=False)) == ("no_account", None)
    assert why("verification", WELL) == ("no_account", None)


def test_near_the_operators_limit_it_is_the_rate() -> None:
    limited = replace(WELL, rate=100)
    assert why("marketing", replace(limited, used=79)) == ("ready", "a")
    assert why("marketing", replace(limited, used=80)) == ("rate", "a")


def test_what_is_said_at_once_asks_for_no_hours_of_an_account() -> None:
    early = AccountFacts(name="a", classes=["notice", "verification"], opens=time(9), closes=time(12))
    assert why("verification", early) == ("ready", "a")
    assert why("notice", early) == ("outside_hours", "a")


def test_of_several_hours_the_strictest_win() -> None:
    rules = [(None, time(8), time(21)), (7, time(10), time(20))]
    assert open_hours(rules=rules, store=None, local=time(9))
    assert not open_hours(rules=rules, store=7, local=time(9, 59))
    assert open_hours(rules=rules, store=7, local=time(10))
    assert not open_hours(rules=rules, store=7, local=time(20))
    assert not open_hours(rules=[], store=None, local=time(21))
    assert open_hours(rules=[], store=None, local=time(8))
