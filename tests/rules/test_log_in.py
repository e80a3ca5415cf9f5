"""Limits on wrong log-ins: they bite, they end by themselves, and one person's mistakes are not another's."""

from datetime import UTC, datetime, timedelta

import pytest

from rules.log_in import ACCOUNT, ADDRESS, PAIR, Tries

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SHOP, HOME = "203.0.113.7", "198.51.100.9"


def wrong(tries: Tries, username: str, address: str = SHOP, *, times: int = 1, now: datetime = NOW) -> int:
    """How many of these were listened to."""
    return sum(tries.start(username=username, address=address, now=now) == 0 for _ in range(times))


def test_one_person_at_one_place_is_refused_until_the_time_is_over() -> None:
    tries = Tries()
    assert wrong(tries, "anna", times=10_000) == PAIR.most
    assert tries.start(username="ANNA", address=SHOP, now=NOW) == int(PAIR.within.total_seconds()) + 1
    later = NOW + PAIR.within
    assert wrong(tries, "anna", now=later - timedelta(seconds=1)) == 0
    assert wrong(tries, "anna", times=10_000, now=later) == PAIR.most


def test_one_bad_cashier_does_not_lock_the_shop_out() -> None:
    tries = Tries()
    for name in ("bao", "chen"):
        tries.start(username=name, address=SHOP, now=NOW)
        tries.right(username=name, address=SHOP)
    wrong(tries, "anna", times=10_000)
    assert wrong(tries, "dong") == 1, "a colleague who was never here"
    for number in range(1_000):
        wrong(tries, f"made-up-{number}")
    assert wrong(tries, "erin") == 0, "names without end from one place end"
    assert wrong(tries, "bao") == 1
    assert wrong(tries, "chen") == 1
    assert wrong(tries, "erin", now=NOW + ADDRESS.within) == 1


def test_a_name_tried_from_everywhere_is_closed_but_not_for_who_is_known() -> None:
    tries = Tries()
    tries.start(username="boss", address=HOME, now=NOW)
    tries.right(username="boss", address=HOME)
    heard = sum(wrong(tries, "boss", f"192.0.2.{number}") for number in range(200))
    assert heard == ACCOUNT.most
    assert wrong(tries, "boss", SHOP) == 0
    assert wrong(tries, "boss", HOME) == 1
    assert wrong(tries, "boss", SHOP, now=NOW + ACCOUNT.within) == 1


def test_a_network_of_ipv6_is_one_place_and_nonsense_is_one_too() -> None:
    tries = Tries()
    assert sum(wrong(tries, "anna", f"2001:db8::{number:x}") for number in range(1, 40)) == PAIR.most
    assert wrong(tries, "anna", "2001:db8:0:1::1") == 1
    assert sum(wrong(tries, "anna", text) for text in ["", "testclient", "x"] * 9) == PAIR.most


def test_right_ones_are_never_counted_and_what_is_kept_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rules.log_in._MOST_KEPT", 400)
    tries = Tries()
    for _ in range(500):
        assert tries.start(username="anna", address=SHOP, now=NOW) == 0
        tries.right(username="anna", address=SHOP)
        assert tries.start(username="bao", address=SHOP, now=NOW) == 0
        tries.undo(username="bao", address=SHOP)
    for number in range(300):
        tries.start(username=str(number), address=f"2001:db8:{number:x}::", now=NOW)
    assert len(tries._windows) == 400, "three for each try"
    assert "anna" not in str(tries)
