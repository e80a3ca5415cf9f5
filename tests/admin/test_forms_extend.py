"""The form with which headquarters gives points a longer life."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests import make
from tests.admin.at_the_desk import NOBODY, OTHER, PHONE, earn, send, today, two_counters

pytestmark = pytest.mark.usefixtures("counter")
FORM = "延长有效期"


@pytest.fixture
async def counter(db: None) -> None:
    """Members 1 and 2 with 100 points each, good for 10 days; member 2 has a tag."""
    await two_counters()
    await make.execute("UPDATE points_policy SET valid_days = 10")
    await earn(100)
    await make.sell("B", at=make.noon(today()) - timedelta(hours=12), amount="100", member=2, store=2)
    await make.execute("INSERT INTO tag (name) VALUES ('VIP'); INSERT INTO member_tag (member, tag) VALUES (2, 1)")


def asked(**typed: Any) -> dict[str, Any]:
    """What headquarters typed: everything that ends within 20 days is good for 30."""
    days = {"first_on": today(), "last_on": today() + timedelta(days=20), "good_until": until()}
    return {"role": "hq_admin", "stores": (), "reason": "装修", "form": "k1", **days, **typed}


def until() -> date:
    return today() + timedelta(days=30)


async def extended() -> list[int]:
    return [
        row["member"]
        for row in await make.fetch("SELECT member FROM points_lot WHERE expires_on = $1 ORDER BY 1", until())
    ]


async def test_one_member_is_named_and_a_second_click_says_so_again() -> None:
    first = await send(FORM, **asked(phone=PHONE))
    assert first.startswith(f"已把 1 位会员的 100 积分（1 批）延长到 {until()}。张三 现有 100 积分")
    assert "延长到" in first
    assert "（此前已记录，未重复）" in await send(FORM, **asked(phone=PHONE))
    assert (await send(FORM, **asked(phone=OTHER))).startswith("conflict")
    assert await extended() == [1]
    assert await make.value("SELECT array_agg(staff) FROM points_extension") == [1]


@pytest.mark.parametrize(
    ("whose", "reached"),
    [({"home_store": "s2"}, [2]), ({"tag": "vip"}, [2]), ({"everybody": True}, [1, 2])],
)
async def test_a_store_a_tag_or_everybody(whose: dict[str, Any], reached: list[int]) -> None:
    said = await send("extend-points", language="en", **asked(**whose))
    points, members = 100 * len(reached), len(reached)
    assert said == f"{points} points of {members} members ({members} lots) are good until {until()}."
    assert await extended() == reached


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({}, "missing: 请填写手机号、归属门店或标签；对全部会员请勾选"), ({"everybody": True, "tag": "VIP"}, "bad_value"),
        ({"phone": PHONE, "home_store": "S1"}, "bad_value"), ({"home_store": "S9"}, "unknown_store"),
        ({"tag": "nope"}, "unknown_tag"), ({"everybody": True, "reason": " "}, "no_reason"),
        ({"everybody": True, "first_on": None}, "missing: 请填写原到期日起始日期。"),
        ({"everybody": True, "good_until": None}, "missing"), ({"everybody": True, "good_until": date(2020, 1, 1)}, "past_date"),
        ({"everybody": True, "last_on": date(2020, 1, 1)}, "bad_dates"), ({"phone": NOBODY}, "unknown_member"),
        ({"everybody": True, "role": "store_manager", "stores": (1,)}, "not_allowed"),
        ({"everybody": True, "role": "hq_marketing"}, "not_allowed"),
    ],
)  # fmt: skip
async def test_what_is_not_clear_is_refused_and_leaves_nothing(wrong: dict[str, Any], code: str) -> None:
    before = await make.digest()
    assert (await send(FORM, **asked(**wrong))).startswith(code)
    assert await make.digest() == before


async def test_where_nothing_ends_nothing_is_promised() -> None:
    said = await send(FORM, **asked(everybody=True, last_on=today()))
    assert said == "这些日期没有将到期的积分，未延长。"
    assert await extended() == []
