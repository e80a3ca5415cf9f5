"""How many codes are sent: to one phone, and because of one address."""

from datetime import timedelta
from typing import Any

import pytest

from actions.codes import CodeAsked
from tests import make
from tests.actions.code_desk import DAY, MINUTE, NOW, SECOND, ask, codes, handed, read_out, shop, spend, texts

pytestmark = pytest.mark.usefixtures("db")

HOUR = timedelta(hours=1)
TILL: dict[str, Any] = {"address": "192.0.2.7"}


async def test_the_limits_are_the_phones_whoever_has_it() -> None:
    await shop()
    await make.make_member("+8613900000002", store=1)
    for n in range(5):
        await ask(NOW + n * MINUTE)
        await handed(now=NOW + n * MINUTE)
    await make.execute(
        "UPDATE member SET phone = NULL WHERE id = 1; UPDATE member SET phone = '+8613900000001' WHERE id = 2"
    )
    assert await ask(NOW + 9 * MINUTE, member=2) == "too_many"
    assert isinstance(await ask(NOW + DAY + 4 * MINUTE, member=2), CodeAsked)


async def test_a_member_with_a_new_phone_gets_the_good_code_there() -> None:
    await shop()
    await ask()
    first = read_out(await handed())
    await make.execute("UPDATE member SET phone = '+8613900000009'")
    assert await ask(NOW + SECOND) == CodeAsked(sent=True, until=NOW + 5 * MINUTE)
    gateway = await handed(now=NOW + SECOND)
    assert (gateway.left[-1].phone, read_out(gateway)) == ("+8613900000009", first)
    assert [row["dedupe_key"] for row in await texts()] == ["code:1", "code:1:2"]


async def many(count: int, *, store: int = 1) -> None:
    """Codes that were asked for at the till, each by another member, and not read out."""
    await make.execute(
        "INSERT INTO member (phone, name, home_store, joined_on, tier)"
        " SELECT '+86138' || lpad(n::text, 8, '0'), '', $2, '2026-01-01', (SELECT min(id) FROM tier) FROM generate_series(1, $1) n",
        count, store,
    )  # fmt: skip
    for row in await make.fetch("SELECT id FROM member WHERE phone LIKE '+86138%' ORDER BY id"):
        assert isinstance(await ask(member=row["id"], store=store, **TILL), CodeAsked)


async def test_twenty_codes_that_nobody_used_are_enough_from_one_address_in_one_store() -> None:
    await shop()
    await many(20)
    assert await ask(**TILL) == "too_many"
    assert len(await codes()) == 20
    assert isinstance(await ask(address="192.0.2.8"), CodeAsked), "another address"


async def test_another_store_behind_the_same_address_is_not_held_up() -> None:
    await shop()
    await many(20)
    assert isinstance(await ask(store=2, **TILL), CodeAsked)


async def test_an_hour_later_the_address_may_ask_again() -> None:
    await shop()
    await many(20)
    assert await ask(NOW + HOUR - SECOND, **TILL) == "too_many"
    assert isinstance(await ask(NOW + HOUR, **TILL), CodeAsked)


async def test_codes_that_were_used_hold_up_no_busy_store() -> None:
    await shop()
    await many(20)
    entry = await spend(1)
    assert not isinstance(entry, str)
    await make.execute("UPDATE redemption_code SET entry = $1 WHERE id = 1", entry.entry)
    assert isinstance(await ask(**TILL), CodeAsked)
    assert await ask(NOW + MINUTE, member=99, **TILL) == "unknown_member"


async def test_where_no_address_is_known_none_is_counted() -> None:
    await shop()
    await many(20)
    await make.execute("UPDATE redemption_code SET address = NULL")
    assert isinstance(await ask(), CodeAsked)
    assert await make.value("SELECT count(*) FROM redemption_code WHERE address IS NOT NULL") == 0


async def test_the_same_code_again_is_nothing_new_for_the_address() -> None:
    await shop()
    assert isinstance(await ask(**TILL), CodeAsked)
    await handed()
    await many(19)
    assert await ask(NOW + MINUTE, **TILL) == CodeAsked(sent=True, until=NOW + 5 * MINUTE)
