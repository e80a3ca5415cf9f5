"""/api/v1/redemptions: points spent at a till, with a code where one is wanted, and given back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.exceptions import RedisError

from config.settings import settings
from queries.invariants import check_all
from rules.codes import code_digits, code_key
from tests import make
from tests.web.api.conftest import Shops
from tests.web.api.tills import Till, told
from web.api import telling


@pytest.fixture(autouse=True)
async def points(shops: Shops) -> None:
    """Member 1 has 100 points."""
    await shops.s1.buy("R0")


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a worker was woken."""
    times: list[int] = []

    async def wake() -> None:
        times.append(1)

    monkeypatch.setattr(telling, "hand_over_soon", wake)
    return times


async def code() -> str:
    """The code that was sent last, as its member reads it."""
    row = await make.value("SELECT max(id) FROM redemption_code")
    return code_digits(key=code_key(secret=settings().secret), row=row)


async def test_points_are_spent_once(shops: Shops) -> None:
    answer = await shops.s1.redeem()
    assert answer.status_code == 201
    assert answer.json() == {"reference": "X1", "points": 30, "value": "0.30", "balance": 70}
    await shops.s1.buy("R2")
    again = await shops.s1.redeem(member_phone="+86 139 0000 0001")
    assert (again.status_code, again.content) == (200, answer.content)


async def test_a_reward_costs_what_it_cost_then(shops: Shops) -> None:
    await make.execute("INSERT INTO reward (name, kind, points, value) VALUES ('券', 'cash', 50, 5)")
    answer = await shops.s1.redeem(reward="券")
    assert (answer.status_code, answer.json()) == (
        201,
        {"reference": "X1", "points": 50, "value": "5.00", "balance": 50},
    )
    await make.execute("UPDATE reward SET points = 99")
    assert (await shops.s1.redeem(reward="券")).json() == answer.json()


async def test_without_a_worth_there_is_none(shops: Shops) -> None:
    await make.execute("UPDATE points_policy SET point_value = NULL")
    assert (await shops.s1.redeem()).json()["value"] is None


@pytest.mark.parametrize("said", [{"points": 31}, {"member_phone": "13900000002"}, {"reward": "券"}])
async def test_other_content_is_a_conflict(shops: Shops, said: dict[str, Any]) -> None:
    await make.execute("INSERT INTO reward (name, kind, points) VALUES ('券', 'cash', 30)")
    await shops.s1.redeem()
    assert told(await shops.s1.redeem(**said)) == (409, "conflict")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"points": 110}, (422, "insufficient_points")),
        ({"points": 0}, (422, "bad_amount")),
        ({"points": 15}, (422, "bad_amount")),
        ({"points": 25}, (422, "bad_amount")),
        ({"points": 30, "reward": "空"}, (422, "bad_amount")),
        ({"reward": "空"}, (422, "out_of_stock")),
        ({"reward": "金"}, (422, "reward_not_allowed")),
        ({"reward": "没有"}, (404, "unknown_reward")),
        ({"reference": ""}, (400, "malformed")),
        ({"reference": "a\nb"}, (400, "malformed")),
        ({"reference": "x" * 65}, (400, "malformed")),
        ({"member_phone": "139"}, (422, "bad_phone")),
        ({"store": "S2"}, (403, "foreign_store")),
        ({"store": "S9"}, (404, "unknown_store")),
        ({"code": "123456"}, (422, "code_expired")),
    ],
)
async def test_what_is_refused_leaves_nothing(shops: Shops, said: dict[str, Any], answer: tuple[int, str]) -> None:
    await make.execute("UPDATE points_policy SET redeem_min = 20, redeem_step = 10")
    await make.execute("INSERT INTO reward (name, kind, points, stock) VALUES ('空', 'gift', 30, 0)")
    await make.execute("INSERT INTO reward (name, kind, points, tier) VALUES ('金', 'gift', 30, 3)")
    before = await make.digest()
    assert told(await shops.s1.redeem(**said)) == answer
    assert await make.digest() == before


async def test_a_stranger_costs_a_look_up(shops: Shops) -> None:
    assert told(await shops.s1.redeem(member_phone="13900000009")) == (404, "unknown_member")
    assert told(await shops.s1.redeem(member_phone="13900000009", code="123456")) == (404, "unknown_member")
    assert (
        await make.fetch("SELECT api_key, member, weight FROM member_lookup")
        == [{"api_key": 1, "member": None, "weight": 3}] * 2
    )


async def test_a_code_is_sent_asked_for_and_used_up(shops: Shops, woken: list[int]) -> None:
    await make.execute("UPDATE points_policy SET redeem_code_from = 20")
    assert told(await shops.s1.redeem()) == (422, "code_required")
    assert len(woken) == 1
    assert await make.value("SELECT message_class FROM send_log") == "verification"
    answer = await shops.s1.redeem(code=await code())
    assert answer.status_code == 201
    again = await shops.s1.redeem(code=await code())
    assert (again.status_code, again.content) == (200, answer.content)
    assert told(await shops.s1.redeem("X2", code=await code())) == (422, "code_expired")
    assert (await shops.s1.redeem("X3", points=10)).status_code == 201
    assert await check_all(progress=lambda *_: None) == []


async def test_a_wrong_code_counts(shops: Shops) -> None:
    await make.execute("UPDATE points_policy SET redeem_code_from = 20")
    await shops.s1.redeem()
    wrong = "000000" if await code() != "000000" else "000001"
    for left in (4, 3, 2, 1):
        answer = await shops.s1.redeem(code=wrong)
        assert told(answer) == (422, "code_wrong")
        assert str(left) in answer.json()["detail"]
    assert told(await shops.s1.redeem(code=wrong)) == (422, "code_wrong")
    assert told(await shops.s1.redeem(code=await code())) == (422, "code_expired")
    assert await make.value("SELECT count(*) FROM points_entry WHERE kind = 'redeem'") == 0


async def test_a_purchase_may_need_a_code_too(shops: Shops, woken: list[int]) -> None:
    await make.execute("UPDATE points_policy SET redeem_code_from = 20")
    said: dict[str, Any] = {"lines": [{"sku": "N", "quantity": 1, "amount": 5}]}
    assert told(await shops.s1.buy(**said, redeem={"points": 30})) == (422, "code_required")
    assert len(woken) == 1
    assert await make.value("SELECT count(*) FROM purchase") == 1
    assert await make.value("SELECT count(*) FROM product") == 0
    answer = await shops.s1.buy(**said, redeem={"points": 30, "code": await code()})
    assert (answer.status_code, answer.json()["balance"]) == (201, 75)
    assert (await shops.s1.buy(**said, redeem={"points": 30, "code": await code()})).content == answer.content


async def test_codes_are_not_sent_by_the_dozen(shops: Shops) -> None:
    await make.execute("UPDATE points_policy SET redeem_code_from = 20")
    for n in range(3):
        assert told(await shops.s1.redeem(f"X{n}")) == (422, "code_required")
    assert await make.value("SELECT count(*) FROM send_log") == 1
    assert await make.value("SELECT address FROM redemption_code") == "127.0.0.1", "how many it asks for is limited"
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    await make.execute(
        "UPDATE redemption_code SET created_at = $1, expires_at = $1::timestamptz + interval '5 minutes'", long_ago
    )
    await make.execute("UPDATE send_log SET state = 'delivered'")
    answer = await shops.s1.redeem("X9")
    assert told(answer) == (429, "too_many")
    assert answer.headers["retry-after"] == "60"


async def test_no_phone_no_code(shops: Shops) -> None:
    await make.execute("UPDATE points_policy SET redeem_code_from = 20")
    await make.execute("UPDATE member SET phone_status = 'invalid'")
    answer = await shops.s1.redeem()
    assert told(answer) == (422, "code_required")
    assert "No code can be sent" in answer.json()["detail"]


async def test_away_from_home_a_code_is_asked_for_when_head_office_says_so(shops: Shops) -> None:
    await make.execute("UPDATE points_policy SET code_away_from_home = true")
    assert (await shops.s1.redeem()).status_code == 201
    assert told(await shops.s2.redeem("X2")) == (422, "code_required")


async def cancelled(till: Till, **said: Any) -> dict[str, Any]:
    answer = await till.cancel(**said)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


async def test_a_redemption_is_taken_back_once(shops: Shops) -> None:
    await make.execute("INSERT INTO reward (name, kind, points, stock) VALUES ('杯', 'gift', 40, 1)")
    await shops.s1.redeem(reward="杯")
    first = await cancelled(shops.s1)
    assert first == {"reference": "X1", "restored": 40, "balance": 100}
    await shops.s1.redeem("X2")
    assert await cancelled(shops.s1) == first
    assert await make.value("SELECT stock FROM reward") == 1
    assert await check_all(progress=lambda *_: None) == []


async def test_what_can_be_taken_back_and_where(shops: Shops) -> None:
    await shops.s1.redeem("a/b")
    assert told(await shops.s1.cancel("nothing")) == (404, "unknown_receipt")
    assert told(await shops.s1.cancel("a/b", store="S2")) == (404, "not_found")
    assert told(await shops.s1.cancel("a%2Fb", store="S2")) == (403, "foreign_store")
    assert told(await shops.s2.cancel("a%2Fb")) == (404, "unknown_receipt")
    assert told(await shops.s1.cancel("a%2Fb", store="S9")) == (404, "unknown_store")
    assert told(await shops.s1.cancel("%00")) == (400, "malformed")
    assert told(await shops.hq.client.delete("/api/v1/redemptions/a%2Fb")) == (400, "malformed")
    assert await cancelled(shops.hq, reference="a%2Fb") == {"reference": "a/b", "restored": 30, "balance": 100}
    assert (await shops.s1.client.delete("/api/v1/redemptions/a%2Fb")).status_code == 200


async def test_a_queue_that_is_away_holds_up_no_till(shops: Shops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    def away() -> None:
        raise RedisError

    monkeypatch.setattr("tasks.messages.hand_over_messages.send", away)
    await make.execute("UPDATE points_policy SET redeem_code_from = 20")
    assert told(await shops.s1.redeem()) == (422, "code_required")
