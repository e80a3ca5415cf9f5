"""The same shape as the stock panel's, and nobody sees more than their role does."""

import json
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from piccolo_api.crud.endpoints import PiccoloCRUD

from admin import lists
from admin.lists import answer
from rules.refusals import Refusal
from tables.access import MASKED_ROLES, Role
from tables.scope import scope
from tests import make
from tests.admin.lists_asking import SCREENS, ask, keys


@pytest.fixture
async def shops(db: None) -> None:
    """Two shops with a member, a sale and a message each; the second member has no birthday and no name."""
    await make.make_program()
    for n in (1, 2):
        await make.make_store(f"S{n}")
        await make.make_member(f"+861390000000{n}", store=n)
        await make.sell(f"R{n}", at=make.noon(date(2026, 3, n)), member=n, store=n, amount="99.90")
        await make.execute(
            "INSERT INTO send_log (member, phone, store, message_class, dedupe_key) VALUES ($1::bigint, $2, $1, 'notice', $1::bigint::text)",
            n, f"+861390000000{n}",
        )  # fmt: skip
    await make.execute("UPDATE member SET birthday = '1990-02-03', preferences = '{\"口味\": [\"甜\"]}' WHERE id = 1")
    await make.execute("UPDATE member SET referred_by = 1 WHERE id = 2")
    await make.execute(
        "INSERT INTO staff (username, password, role, active, admin) VALUES ('boss', 'secret', 'hq_admin', true, true)"
    )
    await make.execute(
        "INSERT INTO points_promotion (name, multiplier, starts_on, ends_on, weekdays) VALUES ('x', 2, now(), now(), '{1,2}')"
    )


async def _stock(table: str, path: str) -> str:
    crud = PiccoloCRUD(SCREENS[table].table, read_only=True)
    async with (
        scope(role="hq_admin"),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=crud), base_url="http://stock") as client,
    ):
        return (await client.get(path)).text


async def _ours(table: str, what: str, **params: str) -> str:
    """Foreign keys by their numbers and in UTC, as the stock gives them."""
    async with scope(role="hq_admin"):
        body = await answer(
            screen=SCREENS[table], screens={}, what=what, params=list(params.items()), role="hq_admin", language="en",
            zone=ZoneInfo("UTC"),
        )  # fmt: skip
    return body.decode().replace("+00:00", "Z")


@pytest.mark.parametrize(
    "table",
    [
        "member",
        "purchase",
        "points_entry",
        "send_log",
        "staff",
        "tier",
        "points_promotion",
        "points_policy",
        "audit_log",
    ],
)
async def test_rows_count_and_row_are_written_as_the_stock_writes_them(shops: None, table: str) -> None:
    for params in ({}, {"__readable": "true"}, {"__page_size": "1", "__page": "2"}, {"__visible_fields": "id"}):
        query = "&".join(f"{key}={value}" for key, value in params.items())
        assert await _ours(table, "rows", **params) == await _stock(table, f"/?{query}")
    assert await _ours(table, "count") == await _stock(table, "/count/")
    assert await _ours(table, "1", __readable="true") == await _stock(table, "/1/?__readable=true")


async def test_some_columns_are_given_as_the_stock_gives_them(shops: None) -> None:
    query = "__readable=true&__visible_fields=name,tier,home_store&__order=-tier,home_store"
    params = dict(pair.split("=") for pair in query.split("&"))
    assert await _ours("member", "rows", **params) == await _stock("member", f"/?{query}")


async def test_ids_are_given_as_the_stock_gives_them(shops: None) -> None:
    async with scope(role="hq_admin"):
        body = await answer(
            screen=SCREENS["points_lot"],
            screens={},
            what="ids",
            params=[],
            role="hq_admin",
            language="en",
            zone=make.ZONE,
        )
    assert body.decode() == await _stock("points_lot", "/ids/")


async def test_no_password_leaves(shops: None) -> None:
    assert (await ask("staff", "1"))["password"] is None
    assert "secret" not in json.dumps(await ask("staff", __visible_fields="password,username"))
    asked: tuple[dict[str, Any], ...] = ({"password": "secret"}, {"password__operator": "not_null"})
    for params in asked:
        with pytest.raises(Refusal, match="no such column"):
            await ask("staff", **params)
    with pytest.raises(Refusal, match="sorted"):
        await ask("staff", __order="password")


async def test_instants_are_the_shops_and_foreign_keys_have_words(shops: None) -> None:
    row = await ask("purchase", "1", __readable="true")
    assert row["purchased_at"] == "2026-03-01T12:00:00+08:00"
    assert (row["member_readable"], row["store_readable"], row["amount"]) == ("张三 139****0001", "S1", "99.90")
    assert (row["refund_of_readable"], row["refund_of"]) == ("", None)


@pytest.mark.parametrize("role", MASKED_ROLES)
async def test_a_masked_role_sees_and_finds_no_phone_but_the_full_one_it_knows(shops: None, role: Role) -> None:
    stores = (1, 2) if role == "cashier" else ()
    for table in ("member", "send_log"):
        as_role: dict[str, Any] = {"table": table, "role": role, "stores": stores}
        assert [row["phone"] for row in (await ask(**as_role))["rows"]] == ["139****0002", "139****0001"]
        assert (await ask(what="1", **as_role))["phone"] == "139****0001"
        assert await keys(phone="139 0000 0002", **as_role) == [2]
        assert (await ask(what="count", phone="13900000009", **as_role))["count"] == 0
        assert await keys(phone__operator="is_null", **as_role) == []
        bad: tuple[dict[str, Any], ...] = (
            {"phone": "0001"},
            {"phone": "139", "phone__match": "starts"},
            {"phone": "9", "phone__match": "ends"},
        )
        for params in bad:
            with pytest.raises(Refusal) as refused:
                await ask(**as_role, **params)
            assert refused.value.code == "bad_value"
        with pytest.raises(Refusal) as refused:
            await ask(**as_role, __order="-phone")
        assert refused.value.code == "bad_order"
    assert await ask("member", "ids", role=role, stores=stores, search="0002") == {}
    assert list(await ask("member", "ids", role=role, stores=stores, search="13900000002")) == ["2"]


async def test_a_cashier_cannot_ask_for_a_phone_of_another_store(shops: None) -> None:
    assert await keys("member", phone="13900000002", role="cashier", stores=(1,)) == []
    assert await keys("send_log", phone="13900000002", role="cashier", stores=(1,)) == []
    assert await ask("member", "ids", role="cashier", stores=(1,), search="13900000002") == {}


async def test_what_was_before_and_after_is_hidden_from_a_viewer(shops: None) -> None:
    assert {row["after"] for row in (await ask("audit_log", role="hq_viewer"))["rows"]} == {None}
    assert any(row["after"] for row in (await ask("audit_log"))["rows"])
    asked: tuple[dict[str, Any], ...] = ({"after__operator": "is_null"}, {"after": "x"})
    for params in asked:
        with pytest.raises(Refusal):
            await ask("audit_log", role="hq_viewer", **params)


@pytest.mark.parametrize("role", ["store_manager", "cashier"])
async def test_a_store_sees_its_own_rows_alone(shops: None, role: Role) -> None:
    mine: dict[str, Any] = {"role": role, "stores": (1,)}
    for table in ("member", "purchase", "points_entry", "send_log"):
        assert await keys(table, **mine) == [1]
        assert (await ask(table, "count", **mine))["count"] == 1
        with pytest.raises(Refusal) as refused:
            await ask(table, "2", **mine)
        assert refused.value.code == "not_found"
        assert await keys(table, id=2, **mine) == []
        assert list(await ask(table, "ids", **mine)) == ["1"]
        assert await keys(table, role=role, stores=()) == []
    asked: tuple[dict[str, Any], ...] = ({"name": "张三"}, {"name": "三"}, {"name": "张三", "name__match": "exact"})
    for params in asked:
        assert await keys("member", **params, **mine) == [1]
        assert await keys("member", __order="id", **params, **mine) == [1]
    assert list(await ask("member", "ids", search="张", **mine)) == ["1"]
    if role == "store_manager":
        assert await keys("member", phone="0000000", **mine) == []
        assert await keys("member", phone="0001", **mine) == [1]
        assert await keys("member", phone="0002", **mine) == []


async def test_what_a_row_points_at_beyond_the_store_is_not_told(shops: None) -> None:
    await make.sell("R3", at=make.noon(date(2026, 3, 3)), member=2, store=1)
    row = await ask("purchase", "3", role="store_manager", stores=(1,), __readable="true")
    assert (row["member"], row["member_readable"]) == (2, "2（无权查看）")
    assert (await ask("purchase", role="store_manager", stores=(1,), __readable="true"))["rows"][0] == row


async def test_a_table_that_the_role_has_no_right_to_is_not_there(shops: None) -> None:
    for what in ("rows", "count", "ids", "1"):
        with pytest.raises(Refusal) as refused:
            await ask("job_run", what, role="store_manager", stores=(1,))
        assert refused.value.code == "not_found"


@pytest.mark.parametrize("key", ["0", "-1", "999", "9" * 30, "abc", "1.5", "", "\0", "\ud800", "None"])
async def test_a_row_that_is_not_there_is_not_found(shops: None, key: str) -> None:
    for table in ("member", "heartbeat"):
        with pytest.raises(Refusal) as refused:
            await ask(table, key)
        assert refused.value.code == "not_found"


async def test_the_picker_finds_members_stores_and_receipts(shops: None) -> None:
    assert await ask("member", "ids", search="139-0000-0002") == {"2": "张三 139****0002"}
    assert list(await ask("member", "ids", search="0001")) == ["1"]
    assert list(await ask("member", "ids", search="三")) == ["1", "2"]
    assert list(await ask("member", "ids", search="三", limit=1, offset=1)) == ["2"]
    assert list(await ask("member", "ids", search="%")) == []
    assert await ask("store", "ids", search="s2") == {"2": "S2"}
    assert await ask("purchase", "ids", search="R2") == {"2": "R2"}
    assert await ask("tier", "ids", limit="0") == {}


async def test_the_picker_gives_fifty_at_most(db: None) -> None:
    for n in range(55):
        await make.make_store(f"S{n}")
    assert len(await ask("store", "ids")) == 50
    assert len(await ask("store", "ids", limit=1000)) == 50
    assert len(await ask("store", "ids", limit=1000, offset=50)) == 5


async def test_the_picker_of_a_large_table_knows_keys_and_receipts(
    shops: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin.lists_picker._READ_WHOLE", -2)
    assert await ask("points_lot", "ids", search="#2") == {"2": "2"}
    assert await ask("points_lot", "ids", search="x") == {}
    assert await ask("purchase", "ids", search="r2") == {"2": "R2"}
    assert await ask("purchase", "ids", search="1") == {"1": "R1"}


async def test_what_takes_too_long_is_refused(shops: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("admin.lists._OPENING", lists._OPENING.replace("4s", "20ms"))
    slow = replace(SCREENS["member"], readable="t.name || (SELECT '' FROM pg_sleep(1))")
    monkeypatch.setitem(SCREENS, "member", slow)
    with pytest.raises(Refusal) as refused:
        await ask("purchase", __readable="true")
    assert refused.value.code == "too_broad"
