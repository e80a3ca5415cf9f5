"""Many tills at the same moment: nothing is recorded or spent twice, and nobody is told something else."""

import asyncio
from collections import Counter
from typing import Any

import asyncpg
import httpx
import pytest

from actions import tills_purchases
from queries.invariants import check_all
from tests import make
from tests.web.api.conftest import Shops
from tests.web.api.tills import told

MANY = 32


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


async def fine() -> None:
    assert await check_all(progress=lambda *_: None) == []


@pytest.mark.parametrize("phone", ["13900000001", None])
@pytest.mark.parametrize("spread", [False, True])
async def test_one_purchase_sent_by_many_is_recorded_once(shops: Shops, phone: str | None, *, spread: bool) -> None:
    tills = (shops.s1, shops.hq) if spread else (shops.s1,)
    answers = await asyncio.gather(
        *(
            tills[n % len(tills)].buy(
                member_phone=phone, lines=[{"sku": "new", "category": "new", "quantity": "1", "amount": "9"}]
            )
            for n in range(MANY)
        )
    )
    assert statuses(answers) == {201: 1, 200: MANY - 1}
    assert len({answer.content for answer in answers}) == 1
    assert await make.value("SELECT count(*) FROM purchase") == 1
    await fine()


async def test_many_purchases_of_one_member_each_tell_the_balance_after_it(shops: Shops) -> None:
    answers = await asyncio.gather(*(shops.s1.buy(f"R{n}", amount="10") for n in range(MANY)))
    assert statuses(answers) == {201: MANY}
    assert sorted(answer.json()["balance"] for answer in answers) == [10 * n for n in range(1, MANY + 1)]
    await fine()


async def test_many_purchases_of_many_members_go_together(shops: Shops, monkeypatch: pytest.MonkeyPatch) -> None:
    await make.execute(
        "INSERT INTO member (phone, name, home_store, joined_on, tier) SELECT '+86137' || lpad(n::text, 8, '0'), '', 1, '2020-01-01', 1"
        f" FROM generate_series(1, {MANY}) n"
    )
    sets: list[int] = []
    real = tills_purchases.post

    async def counted(**said: Any) -> Any:
        sets.append(len(said["receipts"]))
        return await real(**said)

    monkeypatch.setattr(tills_purchases, "post", counted)
    answers = await asyncio.gather(
        *(shops.hq.buy(f"R{n}", store=f"S{n % 2 + 1}", member_phone=f"137{n:08}") for n in range(1, MANY + 1))
    )
    assert statuses(answers) == {201: MANY}
    assert all(answer.json()["balance"] == 100 for answer in answers)
    assert sum(sets) == MANY
    assert len(sets) <= 3
    await fine()


async def test_among_those_that_go_together_each_has_its_own_fate(shops: Shops) -> None:
    await shops.s1.buy("R0")
    answers = await asyncio.gather(
        shops.s1.buy("R1"), shops.s1.buy("R0", amount="5"), shops.s1.buy("R2", member_phone="13900000009"),
        shops.s1.buy("R3", member_phone=None), shops.s1.buy("R4", store="S2"), shops.s1.buy("R0"),
        shops.s1.buy("R5", member_phone="13900000002"),
    )  # fmt: skip
    assert [answer.status_code for answer in answers] == [201, 409, 404, 201, 403, 200, 201]
    await fine()


async def test_what_cannot_be_posted_together_is_posted_one_by_one(
    shops: Shops, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tills_purchases.post

    async def clumsy(**said: Any) -> Any:
        if len(said["receipts"]) > 1:
            raise asyncpg.DeadlockDetectedError
        return await real(**said)

    monkeypatch.setattr(tills_purchases, "post", clumsy)
    phones = ("13900000001", "13900000002", None, None)
    answers = await asyncio.gather(*(shops.s1.buy(f"R{n}", member_phone=phone) for n, phone in enumerate(phones)))
    assert statuses(answers) == {201: 4}

    async def broken(**_: Any) -> Any:
        raise asyncpg.DeadlockDetectedError

    monkeypatch.setattr(tills_purchases, "post", broken)
    assert told(await shops.s1.buy("R9")) == (503, "unavailable")


async def test_two_tills_never_spend_the_last_points_twice(shops: Shops) -> None:
    await shops.s1.buy(amount="40")
    answers = await asyncio.gather(*((shops.s1, shops.s2, shops.hq)[n % 3].redeem(f"X{n}") for n in range(MANY)))
    assert statuses(answers) == {201: 1, 422: MANY - 1}
    assert {told(answer)[1] for answer in answers if answer.status_code == 422} == {"insufficient_points"}
    assert await make.value("SELECT balance FROM points_account WHERE member = 1") == 10
    await fine()


async def test_one_redemption_sent_by_many_is_posted_once(shops: Shops) -> None:
    await shops.s1.buy()
    answers = await asyncio.gather(*(shops.s1.redeem() for _ in range(MANY)))
    assert statuses(answers) == {201: 1, 200: MANY - 1}
    assert len({answer.content for answer in answers}) == 1


async def test_one_purchase_with_points_spent_is_recorded_once(shops: Shops) -> None:
    await shops.s1.buy(amount="40")
    answers = await asyncio.gather(*(shops.s1.buy("R2", redeem={"points": 30}) for _ in range(MANY)))
    assert statuses(answers) == {201: 1, 200: MANY - 1}
    assert len({answer.content for answer in answers}) == 1
    more = await asyncio.gather(*(shops.s1.buy(f"S{n}", amount="0", redeem={"points": 60}) for n in range(MANY)))
    assert statuses(more) == {201: 1, 422: MANY - 1}
    assert await make.value("SELECT count(*) FROM purchase") == 3
    await fine()


async def test_one_reference_for_two_members_is_a_conflict_for_one(shops: Shops) -> None:
    await shops.s1.buy()
    await shops.s1.buy("R2", member_phone="13900000002")
    answers = await asyncio.gather(*(shops.s1.redeem(member_phone=f"1390000000{n}") for n in (1, 2)))
    assert sorted(statuses(answers)) == [201, 409]


async def test_one_refund_sent_by_many_is_posted_once(shops: Shops) -> None:
    await shops.s1.buy()
    answers = await asyncio.gather(*(shops.s1.refund(amount="10") for _ in range(MANY)))
    assert statuses(answers) == {201: 1, 200: MANY - 1}
    assert len({answer.content for answer in answers}) == 1
    more = await asyncio.gather(*(shops.s1.refund(refund_no=f"G{n}", amount="50") for n in range(4)))
    assert statuses(more) == {201: 1, 422: 3}
    await fine()


async def test_one_member_is_born_once(shops: Shops) -> None:
    answers = await asyncio.gather(
        *(
            (shops.s1, shops.hq)[n % 2].post("members", {"phone": "13900000007", "home_store": "S1"})
            for n in range(MANY)
        )
    )
    assert statuses(answers) == {201: 1, 200: MANY - 1}
    assert await make.value("SELECT count(*) FROM send_log") == 1


async def test_purchases_refunds_and_redemptions_in_each_others_way(shops: Shops) -> None:
    phones = ("13900000001", "13900000002")
    for n in range(4):
        await shops.s1.buy(f"R{n}", member_phone=phones[n % 2], amount="50")
    batch = [shops.s1.receipt(f"B{n}", member_phone=phones[n % 2 - 1], amount="3") for n in range(9)]
    deeds = [
        *(shops.s2.buy(f"S{n}", member_phone=phones[n % 2], amount="7") for n in range(8)),
        *(shops.s1.refund(f"R{n}", f"F{n}") for n in range(4)),
        *(shops.hq.redeem(f"X{n}", member_phone=phones[n % 2], points=5) for n in range(8)),
        shops.hq.post("purchases/batch", {"purchases": batch}),
    ]  # fmt: skip
    answers = await asyncio.gather(*deeds)
    assert set(statuses(answers)) <= {200, 201, 422}
    await fine()
