"""Phone guessing with a till's key: no question about somebody else's member is free, whatever else is wrong with it."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests import make
from tests.web.api.conftest import Shops
from tests.web.api.tills import Till, told

FOREIGN, NOBODY = "13900000002", "13900000009"
Guess = Callable[[Till, str], Awaitable[httpx.Response]]
# Each asks about a member and leaves nothing behind.
GUESSES: dict[str, Guess] = {
    "a card": lambda till, phone: till.get(f"members/{phone}"),
    "too few points": lambda till, phone: till.redeem(member_phone=phone, points=1_000_000),
    "a reward that is not there": lambda till, phone: till.redeem(member_phone=phone, reward="x"),
    "a code that nobody sent": lambda till, phone: till.redeem(member_phone=phone, code="123456"),
    "a receipt that is somebody's": lambda till, phone: till.buy("R1", member_phone=phone),
    "points on a receipt": lambda till, phone: till.buy("R9", member_phone=phone, redeem={"points": 1_000_000}),
    "a code on a receipt": lambda till, phone: till.buy(
        "R9", member_phone=phone, redeem={"points": 30, "code": "123456"}
    ),
    "a referrer of a known member": lambda till, phone: till.post(
        "members", {"phone": "13900000001", "referrer_phone": phone}
    ),
    "a referrer of nobody": lambda till, phone: till.post("members", {"phone": "12", "referrer_phone": phone}),
}


async def looked() -> int:
    return int(await make.value("SELECT coalesce(sum(weight), 0) FROM member_lookup"))


@pytest.mark.parametrize("guess", GUESSES.values(), ids=GUESSES)
async def test_each_question_is_counted_and_ends(shops: Shops, guess: Guess) -> None:
    assert (await shops.s1.buy()).status_code == 201
    before = await make.digest()
    await guess(shops.s1, FOREIGN)
    assert await looked() == 1
    await guess(shops.s1, NOBODY)
    assert await looked() == 4
    await make.execute("INSERT INTO member_lookup (api_key, weight, at) VALUES (1, 60, now())")
    answers = [await guess(shops.s1, phone) for phone in (FOREIGN, NOBODY)]
    assert [told(answer) for answer in answers] == [(429, "too_many")] * 2
    assert answers[0].content == answers[1].content
    after = await make.digest()
    assert {name for name in after if after[name] != before[name]} == {"member_lookup"}


async def test_a_batch_is_no_way_around(shops: Shops) -> None:
    await shops.s1.buy()
    await make.execute("INSERT INTO member_lookup (api_key, weight, at) VALUES (1, 59, now())")
    guesses = [shops.s1.receipt("R1", member_phone=phone) for phone in (FOREIGN, FOREIGN, NOBODY)]
    results = (await shops.s1.post("purchases/batch", {"purchases": guesses})).json()["results"]
    assert [one["status"] for one in results].count(429) >= 1
    again = (await shops.s1.post("purchases/batch", {"purchases": guesses})).json()["results"]
    assert [one["status"] for one in again] == [429] * 3


async def test_own_members_and_what_is_done_stay_free(shops: Shops) -> None:
    await shops.s1.buy()
    await shops.s1.redeem(points=1_000_000)
    await shops.s1.buy("R1", amount="7")
    said: dict[str, Any] = {"member_phone": FOREIGN}
    assert (await shops.s1.buy("R2", **said)).status_code == 201
    assert (await shops.s1.redeem(**said)).status_code == 201
    assert await looked() == 0
