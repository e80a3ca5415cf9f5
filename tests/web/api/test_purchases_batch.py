"""POST /api/v1/purchases/batch: what a till kept while it was offline."""

import asyncio
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from queries.invariants import check_all
from tests import make
from tests.web.api.conftest import Shops
from tests.web.api.tills import NOW, Till, told

LONG_AGO = date(2020, 3, 2)


async def send(till: Till, *receipts: dict[str, Any]) -> httpx.Response:
    return await till.post("purchases/batch", {"purchases": receipts})


async def results(till: Till, *receipts: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await send(till, *receipts)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    assert [one["receipt_no"] for one in found] == [one["receipt_no"] for one in receipts]
    return found


async def test_each_is_answered_as_if_it_had_come_alone(shops: Shops) -> None:
    till = shops.s1
    found = await results(
        till,
        till.receipt("A", amount="10"),
        till.receipt("B", amount="20", member_phone="13900000002"),
        till.receipt("C", amount="30", member_phone=None),
    )
    assert [one["status"] for one in found] == [201, 201, 201]
    assert [one["earned"] for one in found] == [10, 20, 0]
    assert [one["balance"] for one in found] == [10, 20, None]
    alone = await till.buy("A", amount="10")
    assert alone.status_code == 200
    assert {**alone.json(), "receipt_no": "A", "status": 201} == found[0]


async def test_the_same_batch_again_is_known(shops: Shops) -> None:
    batch = [shops.s1.receipt(f"R{n}", amount=str(n)) for n in range(20)]
    first = await results(shops.s1, *batch)
    await shops.s1.redeem(points=50)
    again = await results(shops.s1, *batch)
    assert again == [{**one, "status": 200} for one in first]
    assert await make.value("SELECT count(*) FROM purchase") == 20


def bad_ones(till: Till) -> list[tuple[dict[str, Any], int, str]]:
    """Receipts that are refused, with what is said of each."""
    return [
        (till.receipt("phone", member_phone="123"), 422, "bad_phone"),
        (till.receipt("nobody", member_phone="13900000009", lines=[{"sku": "no", "quantity": 1, "amount": 1}]), 404, "unknown_member"),
        (till.receipt("amount", amount="1.234"), 422, "bad_amount"),
        (till.receipt("time", purchased_at="soon"), 400, "malformed"),
        (till.receipt("late", purchased_at="2199-01-01T00:00:00Z"), 422, "future_date"),
        (till.receipt("x" * 65), 400, "malformed"),
        (till.receipt("there", store="S2"), 403, "foreign_store"),
        (till.receipt("nowhere", store="S9"), 404, "unknown_store"),
        (till.receipt("other", amount="3"), 409, "conflict"),
        (till.receipt("sku", lines=[{"sku": "a\u0000", "quantity": 1, "amount": 1}]), 400, "malformed"),
    ]  # fmt: skip


async def test_a_bad_receipt_leaves_the_others_alone(shops: Shops) -> None:
    till, bad = shops.s1, bad_ones(shops.s1)
    await till.buy("known", amount="1")
    await till.buy("other", amount="2")
    good = (till.receipt("first"), till.receipt("known", amount="1"), till.receipt("last"))
    found = await results(till, good[0], *(one for one, _, _ in bad), *good[1:])
    assert [one["status"] for one in found] == [201, *(status for _, status, _ in bad), 200, 201]
    for one, (_, status, code) in zip(found[1:-2], bad, strict=True):
        assert set(one) == {"receipt_no", "type", "title", "status", "detail", "detail_zh", "code"}
        assert (one["status"], one["code"]) == (status, code)
    assert await make.fetch("SELECT receipt_no FROM purchase ORDER BY id") == [
        {"receipt_no": number} for number in ("known", "other", "first", "last")
    ]
    assert await make.value("SELECT count(*) FROM product") == 0
    assert await make.value("SELECT sum(weight) FROM member_lookup") == 3
    assert await check_all(progress=lambda *_: None) == []


async def test_they_are_taken_in_the_order_of_their_times(shops: Shops) -> None:
    """Silver on the second day, by what was bought on the first: 1.2 points a yuan."""
    await make.execute(
        "INSERT INTO job_run (job, business_date, state, started_at) VALUES ('check', $1, 'done', now())",
        LONG_AGO - timedelta(days=9),
    )
    days = [make.noon(LONG_AGO + timedelta(days=n)) for n in (1, 0)]
    found = await results(
        shops.s1,
        shops.s1.receipt("second", amount="100", purchased_at=days[0].isoformat()),
        shops.s1.receipt("first", amount="500", purchased_at=days[1].isoformat()),
    )
    assert [one["earned"] for one in found] == [120, 500]


async def test_late_receipts_are_taken_though_their_nights_are_closed(shops: Shops) -> None:
    await make.execute(
        "INSERT INTO job_run (job, business_date, state, started_at) VALUES ('check', current_date - 1, 'done', now())"
    )
    days = [make.noon(LONG_AGO + timedelta(days=n)).isoformat() for n in (0, 1, 1)]
    found = await results(shops.s1, *(shops.s1.receipt(f"R{n}", purchased_at=at) for n, at in enumerate(days)))
    assert [(one["status"], one["earned"], one["balance"]) for one in found] == [(201, 100, 0)] * 3


async def test_a_receipt_that_stands_there_twice_is_recorded_once(shops: Shops) -> None:
    till = shops.s1
    found = await results(
        till, till.receipt("R"), till.receipt("R"), till.receipt("R", amount="5"),
        till.receipt("R", purchased_at="2020-03-02T10:00:00+08:00"), till.receipt("Q", member_phone=None), till.receipt("Q", member_phone=None),
    )  # fmt: skip
    # The oldest time comes first, so that it is the one that is recorded.
    assert [one["status"] for one in found] == [409, 409, 409, 201, 201, 200]
    assert await make.value("SELECT count(*) FROM purchase") == 2


async def test_a_partner_sends_for_all_stores(shops: Shops) -> None:
    hq = shops.hq
    assert [one["status"] for one in await results(hq, *(hq.receipt("R", store=store) for store in ("S1", "S2")))] == [
        201,
        201,
    ]
    assert await make.fetch("SELECT store FROM purchase ORDER BY id") == [{"store": 1}, {"store": 2}]


async def test_new_products_and_new_members_bonus_in_one_batch(shops: Shops) -> None:
    await make.execute("UPDATE points_policy SET newcomer_points = 5, referrer_points = 7")
    await make.execute("UPDATE member SET referred_by = 1 WHERE id = 2")
    till = shops.s1
    line = [{"sku": "N1", "category": "新", "quantity": "1", "amount": "10"}]
    yesterday = (make.noon(date.fromisoformat(NOW[:10])) - timedelta(days=1)).isoformat()
    found = await results(
        till,
        till.receipt("A", member_phone="13900000002", lines=line),
        till.receipt("B", member_phone="13900000002", lines=line, purchased_at=yesterday),
    )
    assert [one["balance"] for one in found] == [25, 25]
    assert await make.fetch("SELECT member, points FROM points_entry WHERE source = 'referral' ORDER BY member") == [
        {"member": 1, "points": 7}, {"member": 2, "points": 5},
    ]  # fmt: skip
    assert await make.value("SELECT count(*) FROM product") == 1
    assert await check_all(progress=lambda *_: None) == []


async def test_the_limit_of_look_ups_holds_in_a_batch(shops: Shops) -> None:
    strangers = [shops.s1.receipt(f"R{n}", member_phone=f"138000000{n:02}") for n in range(22)]
    found = await results(shops.s1, *strangers, shops.s1.receipt("good"))
    assert [one["status"] for one in found] == [404] * 20 + [429] * 2 + [201]


async def test_a_sum_that_cannot_be_kept_spoils_no_other_receipt(shops: Shops) -> None:
    most = "9999999999.99"
    assert (await shops.s1.buy("R0", amount=most)).status_code == 201
    assert told(await shops.s1.buy("R1", amount=most)) == (422, "bad_amount")
    found = await results(
        shops.s1,
        shops.s1.receipt("R1", amount=most),
        shops.s1.receipt("R2", member_phone="13900000002"),
        shops.s1.receipt("R3", member_phone=None, amount=most),
    )
    assert [one["status"] for one in found] == [422, 201, 201]
    assert await check_all(progress=lambda *_: None) == []


@pytest.mark.parametrize("many", [0, 501])
async def test_a_batch_has_1_to_500_receipts(shops: Shops, many: int) -> None:
    assert told(await send(shops.s1, *(shops.s1.receipt(f"R{n}") for n in range(many)))) == (400, "malformed")


async def test_nothing_is_spent_in_a_batch(shops: Shops) -> None:
    assert told(await send(shops.s1, shops.s1.receipt("R", redeem={"points": 1}))) == (400, "malformed")


async def test_500_receipts_of_500_members_are_one_call(shops: Shops) -> None:
    await make.execute(
        "INSERT INTO member (phone, name, home_store, joined_on, tier) SELECT '+86137' || lpad(n::text, 8, '0'), '', 1, '2026-01-01', 1"
        " FROM generate_series(1, 500) n"
    )
    found = await results(
        shops.s1, *(shops.s1.receipt(f"R{n}", member_phone=f"137{n:08}", amount=str(n)) for n in range(1, 501))
    )
    assert [(one["status"], one["earned"]) for one in found] == [(201, n) for n in range(1, 501)]


async def test_the_same_batch_at_once_is_recorded_once(shops: Shops) -> None:
    phones = (None, "13900000001", "13900000002")
    batch = [
        shops.s1.receipt(f"R{n}", member_phone=phones[n % 3], lines=[{"sku": f"P{n % 7}", "quantity": 1, "amount": n}])
        for n in range(30)
    ]
    answers = await asyncio.gather(*(results((shops.s1, shops.hq)[n % 2], *batch) for n in range(6)))
    assert await make.value("SELECT count(*) FROM purchase") == 30
    plain = [[{**one, "status": 0} for one in answer] for answer in answers]
    assert all(answer == plain[0] for answer in plain)
    assert [sum(one["status"] == 201 for one in answer) for answer in answers].count(30) == 1
    assert await check_all(progress=lambda *_: None) == []
