"""/api/v1/members: joining, and what a till sees of whom."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests import make
from tests.web.api.conftest import Shops
from tests.web.api.tills import Till, told

NEW = "13900000005"
NOBODY: dict[str, Any] = {
    "tier_valid_until": None,
    "to_next_tier": "500.00",
    "balance": 0,
    "pending": 0,
    "debt": 0,
    "expiring": [],
}


async def join(till: Till, **said: Any) -> httpx.Response:
    return await till.post("members", {"phone": NEW, **said})


async def test_a_new_member_belongs_to_the_tills_store(shops: Shops) -> None:
    answer = await join(
        shops.s2, name="李四", title="女士", birthday="1990-05-06", referrer_phone="139 0000 0001",
        consents=[{"purpose": "marketing_sms", "text_version": "2026-01"}, {"purpose": "health", "text_version": "h2"}],
    )  # fmt: skip
    assert answer.status_code == 201
    assert answer.json() == {"name": "李四", "tier": "铜卡", **NOBODY}
    assert await make.fetch(
        "SELECT phone, name, title, birthday, home_store, referred_by FROM member WHERE id = 3"
    ) == [
        {
            "phone": f"+86{NEW}",
            "name": "李四",
            "title": "女士",
            "birthday": date(1990, 5, 6),
            "home_store": 2,
            "referred_by": 1,
        }
    ]
    assert await make.fetch("SELECT purpose, granted, source, text_version, store FROM consent ORDER BY purpose") == [
        {"purpose": "health", "granted": True, "source": "API till 2", "text_version": "h2", "store": 2},
        {"purpose": "marketing_sms", "granted": True, "source": "API till 2", "text_version": "2026-01", "store": 2},
    ]
    assert await make.value("SELECT dedupe_key FROM send_log") == "welcome:3"


async def test_a_phone_is_enough(shops: Shops) -> None:
    assert (await join(shops.s1)).json() == {"name": "", "tier": "铜卡", **NOBODY}
    assert await make.value("SELECT count(*) FROM consent") == 0


async def test_a_known_phone_is_shown_and_nothing_is_changed(shops: Shops) -> None:
    before = await make.digest()
    answer = await join(
        shops.s1, phone="+86 139 0000 0001", name="王五", consents=[{"purpose": "health", "text_version": "1"}]
    )
    assert (answer.status_code, answer.json()) == (200, {"name": "张三", "tier": "铜卡", **NOBODY})
    assert await make.digest() == before


async def test_a_known_phone_of_another_store_costs_one_look_up(shops: Shops) -> None:
    answer = await join(shops.s1, phone="13900000002")
    assert (answer.status_code, answer.json()) == (200, {"name": "张*", "tier": "铜卡", **NOBODY, "to_next_tier": None})
    assert await make.fetch("SELECT api_key, member, weight FROM member_lookup") == [
        {"api_key": 1, "member": 2, "weight": 1}
    ]


async def test_a_partner_says_which_store(shops: Shops) -> None:
    assert told(await join(shops.hq)) == (400, "malformed")
    assert (await join(shops.hq, home_store="S2")).status_code == 201
    await make.execute("UPDATE store SET is_active = false WHERE code = 'S2'")
    assert (await join(shops.hq, home_store="S1")).status_code == 200


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"phone": "123"}, (422, "bad_phone")),
        ({"name": " "}, (400, "malformed")),
        ({"name": "x" * 61}, (400, "malformed")),
        ({"name": "a\u0000b"}, (400, "malformed")),
        ({"birthday": "1890-01-01"}, (400, "malformed")),
        ({"birthday": "2999-01-01"}, (400, "malformed")),
        ({"birthday": "06.05.1990"}, (400, "malformed")),
        ({"consents": [{"purpose": "everything", "text_version": "1"}]}, (400, "malformed")),
        ({"consents": [{"purpose": "health", "text_version": " "}]}, (400, "malformed")),
        ({"consents": [{"purpose": "health"}]}, (400, "malformed")),
        ({"home_store": "S2"}, (403, "foreign_store")),
        ({"home_store": "S9"}, (404, "unknown_store")),
        ({"referrer_phone": "12"}, (422, "bad_phone")),
        ({"phone": 13900000005}, (400, "malformed")),
    ],
)
async def test_what_is_refused_leaves_nothing(shops: Shops, said: dict[str, Any], answer: tuple[int, str]) -> None:
    before = await make.digest()
    assert told(await join(shops.s1, **said)) == answer
    assert await make.digest() == before


async def test_a_referrer_whom_nobody_knows_has_a_price(shops: Shops) -> None:
    assert told(await join(shops.s1, referrer_phone="13900000009")) == (404, "unknown_member")
    assert await make.value("SELECT sum(weight) FROM member_lookup") == 3
    assert await make.value("SELECT count(*) FROM member") == 2


async def test_without_a_program_nobody_joins(shops: Shops) -> None:
    await make.execute("UPDATE tier SET rank = 9 WHERE rank = 1")
    assert told(await join(shops.s1)) == (409, "conflict")


async def test_a_member_is_shown_whole_at_home(shops: Shops) -> None:
    await shops.s1.buy(amount="620")
    day = datetime.now(make.ZONE).date() + timedelta(days=60)
    answer = await shops.s1.get("members/+86%20139-0000-0001")
    assert answer.status_code == 200
    assert answer.json() == {
        "name": "张三", "tier": "铜卡", "tier_valid_until": None, "to_next_tier": "0.00", "balance": 620, "pending": 0, "debt": 0,
        "expiring": [{"on": day.isoformat(), "points": 620}],
    }  # fmt: skip
    assert await make.value("SELECT count(*) FROM member_lookup") == 0


async def test_a_member_of_another_store_is_shown_a_little(shops: Shops) -> None:
    await shops.s1.buy(amount="620")
    assert (await shops.s2.get("members/13900000001")).json() == {
        "name": "张*", "tier": "铜卡", "tier_valid_until": None, "to_next_tier": None, "balance": 620, "pending": 0, "debt": 0, "expiring": [],
    }  # fmt: skip
    assert (await shops.hq.get("members/13900000001")).json()["name"] == "张三"


async def test_nobody_and_nonsense(shops: Shops) -> None:
    assert told(await shops.s1.get("members/13900000009")) == (404, "unknown_member")
    for text in ("1390000", "%00", "%E5%BC%A0", "13900000001%2F1", "..%2F..", "%FF"):
        assert told(await shops.s1.get(f"members/{text}")) == (422, "bad_phone")


async def test_the_61st_look_up_of_an_hour_is_refused_to_this_key_alone(shops: Shops) -> None:
    for _ in range(60):
        assert (await shops.s1.get("members/13900000002")).status_code == 200
    answer = await shops.s1.get("members/13900000002")
    assert told(answer) == (429, "too_many")
    assert answer.headers["retry-after"] == "3600"
    assert (await shops.s1.get("members/13900000001")).status_code == 200
    assert (await shops.s2.get("members/13900000001")).status_code == 200
    assert (await shops.s1.buy(member_phone="13900000002")).status_code == 201
    assert told(await shops.s1.buy("R2", member_phone="13900000009")) == (429, "too_many")
    assert told(await join(shops.s1, phone="13900000002")) == (429, "too_many")


@pytest.mark.parametrize(
    ("minutes", "weight", "status"), [(61, 60, 200), (59, 60, 429), (61, 300, 429), (1441, 300, 200)]
)
async def test_look_ups_are_forgotten_after_an_hour_and_a_day(
    shops: Shops, minutes: int, weight: int, status: int
) -> None:
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    await make.execute("INSERT INTO member_lookup (api_key, weight, at) VALUES (1, $1, $2)", weight, at)
    assert (await shops.s1.get("members/13900000002")).status_code == status


async def test_misses_cost_three(shops: Shops) -> None:
    for _ in range(20):
        assert told(await shops.s1.get("members/13900000009")) == (404, "unknown_member")
    assert told(await shops.s1.get("members/13900000009")) == (429, "too_many")
    assert told(await shops.s1.get("members/13900000002")) == (429, "too_many")


async def test_head_office_looks_up_freely(shops: Shops) -> None:
    await make.execute("UPDATE store SET is_active = false WHERE code = 'S2'")
    for phone in ("13900000001", "13900000002", "13900000009"):
        await shops.hq.get(f"members/{phone}")
    assert (await shops.hq.get("members/13900000002")).json()["name"] == "张三"
    assert await make.value("SELECT count(*) FROM member_lookup") == 0
