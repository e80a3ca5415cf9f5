"""Filters find what plain Python finds; phones and names are found as people write them."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from rules.refusals import Refusal
from tests import make
from tests.admin.lists_asking import ask, keys

NAMES = ("张三", "李四", "张小三", "王%", "a_B", "Anna\\", "ANNA", "王伟", "伟王", "")
FIELDS = "id, phone, name, title, birthday, home_store, tier, phone_status, latitude, erased_at, referred_by"


@pytest.fixture
async def people(db: None) -> list[dict[str, Any]]:
    await make.make_program()
    first, second = await make.make_store("S1"), await make.make_store("S2")
    for n, name in enumerate(NAMES, 1):
        await make.execute(
            "INSERT INTO member (phone, name, title, birthday, home_store, joined_on, tier, preferences, phone_status, erased_at,"
            " referred_by) VALUES ($1, $2, $3, $4, $5, '2026-01-01', $6, '{}', 'unknown', $7, $8)",
            None if n == 5 else f"+861390000{1000 + n * 7}", name, "女士" if n % 2 else "先生",
            None if n == 3 else date(1990, 1, n), first if n < 8 else second, 1 + n % 3,
            make.noon(date(2026, 8, 1)) + timedelta(hours=n * 3) if n == 5 else None, 1 if n > 7 else None,
        )  # fmt: skip
    for n in range(6, len(NAMES) + 1):
        await make.agree(n, "location")
    await make.execute("UPDATE member SET latitude = id * 10, longitude = id * 10 WHERE id > 5")
    return await make.fetch(f"SELECT {FIELDS} FROM member ORDER BY id")


CASES: list[tuple[dict[str, object], Any]] = [
    ({"title": "女"}, lambda m: "女" in m["title"]),
    ({"title": "女", "title__match": "exact"}, lambda m: m["title"] == "女"),
    ({"title": "女", "title__match": "starts"}, lambda m: m["title"].startswith("女")),
    ({"title": "士", "title__match": "ends"}, lambda m: m["title"].endswith("士")),
    ({"title__match": "contains", "tier__operator": "e"}, lambda _: True),
    ({"name": ""}, lambda _: True),
    ({"name": "", "name__match": "exact"}, lambda m: m["name"] == ""),
    ({"name": "张"}, lambda m: "张" in m["name"]),
    ({"name": "三张"}, lambda m: "三张" in m["name"]),
    ({"name": "张三"}, lambda m: "张三" in m["name"]),
    ({"name": "王", "name__match": "starts"}, lambda m: m["name"].startswith("王")),
    ({"name": "王", "name__match": "ends"}, lambda m: m["name"].endswith("王")),
    ({"name": "王伟", "name__match": "exact"}, lambda m: m["name"] == "王伟"),
    ({"name": "anna"}, lambda m: "anna" in m["name"].lower()),
    ({"name": "ANNA", "name__match": "exact"}, lambda m: m["name"] == "ANNA"),
    ({"name": "%"}, lambda m: "%" in m["name"]),
    ({"name": "_"}, lambda m: "_" in m["name"]),
    ({"name": "\\"}, lambda m: "\\" in m["name"]),
    ({"title": "%"}, lambda m: "%" in m["title"]),
    ({"name": ["张", "小"]}, lambda m: "张" in m["name"] and "小" in m["name"]),
    ({"tier": 2}, lambda m: m["tier"] == 2),
    ({"tier": 2, "tier__operator": "ne"}, lambda m: m["tier"] != 2),
    ({"id": 4, "id__operator": "lt"}, lambda m: m["id"] < 4),
    ({"id": 4, "id__operator": "gte"}, lambda m: m["id"] >= 4),
    ({"id[]": [4, 5], "id__operator": "ne"}, lambda m: m["id"] not in {4, 5}),
    ({"birthday": "1990-01-04"}, lambda m: m["birthday"] == date(1990, 1, 4)),
    ({"birthday": "1990-01-04", "birthday__operator": "gt"}, lambda m: m["birthday"] and m["birthday"] > date(1990, 1, 4)),
    ({"birthday__operator": "is_null"}, lambda m: m["birthday"] is None),
    ({"birthday": "null"}, lambda m: m["birthday"] is None),
    ({"birthday": "null", "birthday__operator": "ne"}, lambda m: m["birthday"] is not None),
    ({"birthday__operator": "not_null", "birthday": "whatever"}, lambda m: m["birthday"] is not None),
    ({"latitude": "80.0", "latitude__operator": "lte"}, lambda m: m["latitude"] is not None and m["latitude"] <= 80),
    ({"erased_at": "2026-08-02"}, lambda m: m["erased_at"] is not None),
    ({"erased_at": "2026-08-01", "erased_at__operator": "lte"}, lambda _: False),
    ({"erased_at": "2026-08-02T03:00", "erased_at__operator": "gte"}, lambda m: m["erased_at"] is not None),
    ({"erased_at": "2026-08-01T19:00:01Z", "erased_at__operator": "gte"}, lambda _: False),
    ({"referred_by": 1}, lambda m: m["referred_by"] == 1),
    ({"home_store": 2, "tier": 1}, lambda m: m["home_store"] == 2 and m["tier"] == 1),
    ({"phone": "+86 139-0000-1007"}, lambda m: m["phone"] == "+8613900001007"),
    ({"phone": "１３９００００１００７", "phone__match": "exact"}, lambda m: m["phone"] == "+8613900001007"),
    ({"phone": "1014"}, lambda m: m["phone"] is not None and m["phone"].endswith("1014")),
    ({"phone": "10 14", "phone__match": "ends"}, lambda m: m["phone"] is not None and m["phone"].endswith("1014")),
    ({"phone": "139000010", "phone__match": "starts"}, lambda m: m["phone"] is not None),
    ({"phone": "1390000106", "phone__match": "starts"}, lambda m: m["phone"] == "+8613900001063"),
    ({"phone": "+85291234567"}, lambda _: False),
    ({"phone__operator": "is_null"}, lambda m: m["phone"] is None),
]  # fmt: skip


@pytest.mark.parametrize(("params", "wanted"), CASES, ids=lambda one: str(one)[:60] if isinstance(one, dict) else "")
async def test_a_filter_finds_what_python_finds(
    people: list[dict[str, Any]], params: dict[str, Any], wanted: Any
) -> None:
    found = sorted(member["id"] for member in people if wanted(member))
    assert await keys("member", __order="id", **params) == found
    assert (await ask("member", "count", **params))["count"] == len(found)
    own = sorted(member["id"] for member in people if wanted(member) and member["home_store"] == 1)
    for order in ("id", "-id"):
        seen = await keys("member", __order=order, role="store_manager", stores=(1,), **params)
        assert sorted(seen) == own


@pytest.mark.parametrize(
    "params",
    [
        {"phone": "123"}, {"phone": "12345678901"}, {"phone": "王伟"}, {"phone": ""}, {"phone": "1007", "phone__match": "exact"},
        {"phone": "2390", "phone__match": "starts"}, {"phone": "1007", "phone__operator": "ne"}, {"tier": "gold"}, {"tier": ""},
        {"tier": "9" * 19}, {"birthday": "1.1.1990"}, {"birthday": "0001-01-01"}, {"latitude": "NaN"}, {"latitude": "1e5"},
        {"preferences": "{}"}, {"name": "x" * 201}, {"name": "a\0"}, {"name": "\ud800"}, {"name": "x", "name__operator": "lt"},
        {"tier": "null", "tier__operator": "lt"}, {"tier__operator": "like"}, {"name__match": "regex"}, {"__readable": "perhaps"},
    ],
    ids=str,
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_in_both_languages(people: object, params: dict[str, Any]) -> None:
    for what in ("rows", "count"):
        with pytest.raises(Refusal) as refused:
            await ask("member", what, **params)
        assert refused.value.code == "bad_value"
        assert not any(
            str(params.get(key, "\0")) in str(refused.value) for key in ("phone", "birthday") if params.get(key)
        )


async def test_chosen_values_match_as_a_whole(db: None) -> None:
    await make.make_program()
    await make.make_store()
    await make.make_member(store=1)
    await make.sell("R1", at=make.noon(date(2026, 3, 2)))
    assert await keys("points_entry", kind="earn") == [1]
    assert await keys("points_entry", kind="ear") == []
    assert await keys("points_entry", kind="earn", kind__operator="ne") == []
    assert await keys("points_entry", source="purch", member=1, points=100) == [1]
    assert await keys("purchase", receipt_no="r1", receipt_no__match="starts") == [1]


async def test_arrays_are_filtered_by_what_they_hold(db: None) -> None:
    await make.make_program(remind_days=[15, 3])
    assert await keys("points_policy", remind_days=3) == [1]
    several: dict[str, Any] = {"remind_days[]": [3, 15]}
    assert await keys("points_policy", **several) == [1]
    assert await keys("points_policy", **{**several, "remind_days": 4}) == []


async def test_a_day_of_instants_is_the_shops_day(db: None) -> None:
    await make.make_program()
    await make.make_store()
    midnight = datetime(2026, 3, 2, tzinfo=make.ZONE)
    for n, minutes in enumerate((-1, 0, 24 * 60 - 1), 1):
        await make.sell(f"R{n}", at=midnight + timedelta(minutes=minutes), member=None)
    for operator, wanted in (("e", [2, 3]), ("ne", [1]), ("lt", [1]), ("lte", [1, 2, 3]), ("gt", []), ("gte", [2, 3])):
        found = await keys("purchase", purchased_at="2026-03-02", purchased_at__operator=operator, __order="id")
        assert found == wanted
