"""POST /api/v1/purchases/{receipt_no}/refunds."""

from typing import Any

import pytest

from queries.invariants import check_all
from tests import make
from tests.web.api.conftest import Shops
from tests.web.api.tills import told


async def test_all_that_is_left_comes_back(shops: Shops) -> None:
    await shops.s1.buy()
    await shops.s1.buy("R2", amount="50", redeem={"points": 40})
    answer = await shops.s1.refund("R2")
    assert answer.status_code == 201
    assert answer.json() == {"refund": 3, "taken_back": 50, "restored": 40, "balance": 100, "debt": 0}
    again = await shops.s1.refund("R2")
    assert (again.status_code, again.content) == (200, answer.content)
    assert told(await shops.s1.refund("R2", "F2")) == (422, "refund_exceeds")
    assert await check_all(progress=lambda *_: None) == []


async def test_an_amount_and_then_the_rest(shops: Shops) -> None:
    await shops.s1.buy(amount="99.90")
    assert (await shops.s1.refund(amount="33.30")).json()["taken_back"] == 33
    assert (await shops.s1.refund(refund_no="F2")).json()["taken_back"] == 66
    assert await make.value("SELECT sum(amount) FROM purchase") == 0


async def test_lines_come_back_by_sku_category_or_neither(shops: Shops) -> None:
    lines = [
        {"sku": "P1", "category": "水果", "quantity": "2", "amount": "20"},
        {"category": "水果", "quantity": "1", "amount": "30"},
        {"quantity": "1", "amount": "50"},
    ]
    await shops.s1.buy(lines=lines)
    answer = await shops.s1.refund(
        lines=[
            {"sku": "P1", "category": "水果", "amount": "10"},
            {"category": "水果", "amount": 30, "quantity": 1},
            {"amount": "5.50"},
        ]
    )
    assert (answer.status_code, answer.json()["taken_back"]) == (201, 46)
    assert await make.value("SELECT sum(amount)::text FROM purchase") == "54.50"
    assert told(await shops.s1.refund(refund_no="F2", lines=[{"sku": "P1", "amount": "10.01"}])) == (
        422,
        "refund_exceeds",
    )
    assert told(await shops.s1.refund(refund_no="F2", lines=[{"sku": "P2", "amount": "1"}])) == (422, "refund_exceeds")
    assert (await shops.s1.refund(refund_no="F2", lines=[{"sku": "P1", "amount": "10"}])).status_code == 201


async def test_what_was_bought_elsewhere_may_be_brought_back_here(shops: Shops) -> None:
    await shops.s2.buy(member_phone="13900000002")
    assert told(await shops.s1.refund()) == (404, "unknown_receipt")
    answer = await shops.s1.refund(sold_at="S2")
    assert (answer.status_code, answer.json()["balance"]) == (201, 0)
    assert await make.value("SELECT store FROM purchase WHERE kind = 'refund'") == 1


async def test_an_anonymous_sale_has_no_balance(shops: Shops) -> None:
    await shops.s1.buy(member_phone=None)
    assert (await shops.s1.refund()).json() == {
        "refund": 2,
        "taken_back": 0,
        "restored": 0,
        "balance": None,
        "debt": None,
    }


async def test_what_was_spent_already_is_owed(shops: Shops) -> None:
    await shops.s1.buy()
    await shops.s1.redeem(points=60)
    assert (await shops.s1.refund()).json() == {"refund": 2, "taken_back": 100, "restored": 0, "balance": 0, "debt": 60}


async def test_a_receipt_number_may_hold_a_slash_and_letters(shops: Shops) -> None:
    await shops.s1.buy("2026/11 一号%2F")
    answer = await shops.s1.client.post(
        "/api/v1/purchases/2026%2F11%20%E4%B8%80%E5%8F%B7%252F/refunds", json={"store": "S1", "refund_no": "F/1"}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"receipt_no": "nothing"}, (404, "unknown_receipt")),
        ({"receipt_no": "%00"}, (400, "malformed")),
        ({"receipt_no": "x" * 65}, (400, "malformed")),
        ({"refund_no": " "}, (400, "malformed")),
        ({"refund_no": "F0", "amount": "1"}, (409, "conflict")),
        ({"amount": "100.01"}, (422, "refund_exceeds")),
        ({"amount": "0"}, (422, "bad_amount")),
        ({"amount": "-1"}, (422, "bad_amount")),
        ({"amount": "1.001"}, (422, "bad_amount")),
        ({"amount": 1.5}, (400, "malformed")),
        ({"amount": "1", "lines": [{"amount": "1"}]}, (422, "bad_amount")),
        ({"lines": []}, (400, "malformed")),
        ({"lines": [{"amount": "1", "quantity": "-1"}]}, (422, "bad_amount")),
        ({"lines": [{"amount": "1", "sku": "a\u0000"}]}, (400, "malformed")),
        ({"lines": [{"amount": "1", "category": "没有"}]}, (422, "refund_exceeds")),
        ({"sold_at": "S9"}, (404, "unknown_store")),
        ({"sold_at": "a\u0000"}, (400, "malformed")),
        ({"store": "S2", "sold_at": "S1"}, (403, "foreign_store")),
        ({"store": "S9"}, (404, "unknown_store")),
    ],
)
async def test_what_is_refused_leaves_nothing(shops: Shops, said: dict[str, Any], answer: tuple[int, str]) -> None:
    await shops.s1.buy()
    await shops.s1.buy("R0", amount="5")
    await shops.s1.refund("R0", "F0")
    before = await make.digest()
    assert told(await shops.s1.refund(**said)) == answer
    assert await make.digest() == before
