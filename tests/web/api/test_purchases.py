"""POST /api/v1/purchases: what a till records, and what it is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queries.invariants import check_all
from tests import make
from tests.web.api.conftest import Shops
from tests.web.api.tills import NOW, told


async def test_a_purchase_earns_and_is_answered_whole(shops: Shops) -> None:
    lines = [
        {"sku": "P1", "category": "水果", "quantity": "2", "amount": "50.50"},
        {"category": "水果", "quantity": 0.735, "amount": 49},
        {"quantity": "1", "amount": "-0.50"},
    ]
    answer = await shops.s1.buy(lines=lines)
    assert answer.status_code == 201
    assert answer.json() == {
        "purchase": 1, "earned": 99, "redeemed": 0, "balance": 99, "pending": 0, "debt": 0, "tier": "铜卡", "to_next_tier": "401.00",
    }  # fmt: skip
    assert answer.headers["cache-control"] == "no-store"
    [row] = await make.fetch("SELECT store, receipt_no, member, amount::text, source FROM purchase")
    assert row == {"store": 1, "receipt_no": "R1", "member": 1, "amount": "99.00", "source": "till"}
    assert await make.fetch(
        "SELECT p.sku, l.quantity::text FROM purchase_line l LEFT JOIN product p ON p.id = l.product ORDER BY amount DESC"
    ) == [
        {"sku": "P1", "quantity": "2.000"}, {"sku": None, "quantity": "0.735"}, {"sku": None, "quantity": "1.000"},
    ]  # fmt: skip
    assert await check_all(progress=lambda *_: None) == []


async def test_an_unknown_sku_is_made_with_its_category(shops: Shops) -> None:
    await shops.s1.buy(lines=[{"sku": "P9", "category": "热带水果", "quantity": "1", "amount": "10"}])
    assert await make.fetch("SELECT p.sku, c.name FROM product p JOIN category c ON c.id = p.category") == [
        {"sku": "P9", "name": "热带水果"}
    ]
    again = [{"sku": "P9", "category": "别的", "quantity": "1", "amount": "10"}]
    assert (await shops.s1.buy("R2", lines=again)).status_code == 201
    assert await make.value("SELECT count(*) FROM category") == 1


async def test_an_anonymous_purchase_earns_nothing(shops: Shops) -> None:
    answer = await shops.s1.buy(member_phone=None)
    assert answer.status_code == 201
    assert answer.json() == {
        "purchase": 1, "earned": 0, "redeemed": 0, "balance": None, "pending": None, "debt": None, "tier": None, "to_next_tier": None,
    }  # fmt: skip
    again = await shops.s1.buy(member_phone=None)
    assert (again.status_code, again.content) == (200, answer.content)


async def test_the_same_again_gets_the_same_answer_whatever_happened_since(shops: Shops) -> None:
    first = await shops.s1.buy()
    await shops.s1.buy("R2")
    await shops.s1.redeem(points=150)
    again = await shops.s1.buy(purchased_at=datetime.fromisoformat(NOW).astimezone(UTC).isoformat())
    assert (again.status_code, again.content) == (200, first.content)
    assert await make.value("SELECT count(*) FROM purchase") == 2


@pytest.mark.parametrize(
    "said",
    [
        {"amount": "100.01"},
        {"member_phone": None},
        {"member_phone": "13900000002"},
        {"purchased_at": "2020-01-01T00:00:00+08:00"},
        {"lines": [{"amount": "100", "quantity": "2"}]},
        {"redeem": {"points": 10}},
    ],
)
async def test_other_content_is_a_conflict(shops: Shops, said: dict[str, Any]) -> None:
    await shops.s1.buy()
    before = await make.digest()
    assert told(await shops.s1.buy(**said)) == (409, "conflict")
    after = await make.digest()
    # That the other store's member is there was told, at its price.
    assert await make.value("SELECT coalesce(sum(weight), 0) FROM member_lookup") == ("13900000002" in said.values())
    assert {name for name in after if after[name] != before[name]} <= {"member_lookup"}


async def test_two_stores_may_use_the_same_number(shops: Shops) -> None:
    assert (await shops.s1.buy()).status_code == 201
    assert (await shops.s2.buy()).status_code == 201
    assert (await shops.hq.buy(store="S2")).status_code == 200


async def test_a_member_of_another_store_may_buy_anywhere_and_costs_no_look_up(shops: Shops) -> None:
    answer = await shops.s1.buy(member_phone="+86 139-0000-0002")
    assert (answer.status_code, answer.json()["balance"]) == (201, 100)
    assert await make.value("SELECT count(*) FROM member_lookup") == 0


async def test_points_are_spent_before_the_purchase_earns(shops: Shops) -> None:
    await shops.s1.buy()
    body = (await shops.s1.buy("R2", amount="50", redeem={"points": 40})).json()
    assert (body["earned"], body["redeemed"], body["balance"]) == (50, 40, 110)
    again = await shops.s1.buy("R2", amount="50", redeem={"points": 40})
    assert (again.status_code, again.json()) == (200, body)
    assert await check_all(progress=lambda *_: None) == []


async def test_a_reward_is_claimed_by_its_name(shops: Shops) -> None:
    await make.execute("INSERT INTO reward (name, kind, points, stock) VALUES ('杯', 'gift', 30, 1)")
    await shops.s1.buy()
    body = (await shops.s1.buy("R2", redeem={"reward": "杯"})).json()
    assert (body["redeemed"], body["balance"]) == (30, 170)
    assert await make.value("SELECT stock FROM reward") == 0


def in_minutes(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


async def test_a_clock_may_be_five_minutes_ahead(shops: Shops) -> None:
    assert (await shops.s1.buy(purchased_at=in_minutes(4.5))).status_code == 201
    assert told(await shops.s1.buy("R2", purchased_at=in_minutes(5.5))) == (422, "future_date")


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2020-03-02T10:15:00+08:00", "2020-03-02 02:15:00+00"),
        ("2020-03-02T02:15:00Z", "2020-03-02 02:15:00+00"),
        ("2020-03-02T10:15:00", "2020-03-02 02:15:00+00"),
        ("2020-03-02T23:30:00.5-05:00", "2020-03-03 04:30:00.5+00"),
    ],
)
async def test_a_time_without_an_offset_is_the_shops(shops: Shops, written: str, stored: str) -> None:
    assert (await shops.s1.buy(purchased_at=written)).status_code == 201
    [row] = await make.fetch(
        "SELECT (purchased_at AT TIME ZONE 'UTC')::text || '+00' AS at, business_date FROM purchase"
    )
    assert row["at"] == stored
    assert row["business_date"] == datetime.fromisoformat(stored).astimezone(make.ZONE).date()


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"member_phone": "13900000009"}, (404, "unknown_member")),
        ({"member_phone": "1390000000"}, (422, "bad_phone")),
        ({"member_phone": ""}, (422, "bad_phone")),
        ({"receipt_no": ""}, (400, "malformed")),
        ({"receipt_no": "x" * 65}, (400, "malformed")),
        ({"receipt_no": "a\u0000b"}, (400, "malformed")),
        ({"purchased_at": "yesterday"}, (400, "malformed")),
        ({"purchased_at": "2020-02-30T00:00:00Z"}, (400, "malformed")),
        ({"lines": []}, (422, "bad_amount")),
        ({"lines": [{"amount": "1", "quantity": "1"}] * 501}, (422, "bad_amount")),
        ({"amount": "-0.01"}, (422, "bad_amount")),
        ({"amount": "12.345"}, (422, "bad_amount")),
        ({"amount": "1e3"}, (422, "bad_amount")),
        ({"amount": "１００"}, (422, "bad_amount")),
        ({"amount": ""}, (422, "bad_amount")),
        ({"amount": "10000000000"}, (422, "bad_amount")),
        ({"amount": 10**400}, (422, "bad_amount")),
        ({"lines": [{"amount": "1", "quantity": "1.0001"}]}, (422, "bad_amount")),
        ({"lines": [{"amount": "1", "quantity": "NaN"}]}, (422, "bad_amount")),
        ({"lines": [{"amount": "1", "quantity": "1", "sku": "x" * 65}]}, (400, "malformed")),
        ({"lines": [{"amount": "1", "quantity": "1", "sku": "a\u0000"}]}, (400, "malformed")),
        ({"redeem": {"points": 101}}, (422, "insufficient_points")),
        ({"redeem": {"points": 0}}, (422, "bad_amount")),
        ({"redeem": {"points": -5}}, (422, "bad_amount")),
        ({"redeem": {"points": 10**30}}, (422, "bad_amount")),
        ({"redeem": {}}, (422, "bad_amount")),
        ({"redeem": {"points": 10, "reward": "杯"}}, (422, "bad_amount")),
        ({"redeem": {"points": 10}, "member_phone": None}, (404, "unknown_member")),
        ({"redeem": {"points": 10}, "member_phone": "13900000009"}, (404, "unknown_member")),
        ({"redeem": {"reward": "不存在"}}, (404, "unknown_reward")),
        ({"redeem": {"reward": "a\u0000"}}, (404, "unknown_reward")),
        ({"redeem": {"reward": "空"}}, (422, "out_of_stock")),
        ({"redeem": {"reward": "金"}}, (422, "reward_not_allowed")),
        ({"store": "S2"}, (403, "foreign_store")),
        ({"store": "S9"}, (404, "unknown_store")),
        ({"store": "a\u0000"}, (404, "unknown_store")),
    ],
)
async def test_what_is_refused_leaves_nothing(shops: Shops, said: dict[str, Any], answer: tuple[int, str]) -> None:
    await make.execute("INSERT INTO reward (name, kind, points, stock) VALUES ('空', 'gift', 30, 0)")
    await make.execute("INSERT INTO reward (name, kind, points, tier) VALUES ('金', 'gift', 30, 3)")
    await shops.s1.buy("R0")
    before = await make.digest()
    assert told(await shops.s1.buy(**said)) == answer
    after = await make.digest()
    if answer[1] == "unknown_member" and "redeem" not in said:
        before["member_lookup"] = after["member_lookup"]  # a miss has its price
    assert after == before or said.get("member_phone") == "13900000009"


async def test_without_a_program_it_says_so(shops: Shops) -> None:
    await make.execute("DELETE FROM points_policy")
    answer = await shops.s1.buy()
    assert told(answer) == (409, "conflict")
    assert "program" in answer.json()["detail"]


async def test_a_purchase_of_long_ago_is_taken(shops: Shops) -> None:
    body = (await shops.s1.buy(purchased_at="1999-12-31T23:59:59+08:00")).json()
    assert (body["earned"], body["balance"]) == (100, 0)
