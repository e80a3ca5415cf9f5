"""Every table × verb × own or foreign row through the panel's own API, as somebody of one store."""

import json
from typing import Any

import httpx
import pytest

from admin.registry import SCREENS
from tables.access import Role
from tests import make
from tests.admin.conftest import LogIn
from tests.admin.two_stores import two_stores

HERE = 1  # the store of who asks; their file is the first
MEMBER = "member IN (SELECT id FROM member WHERE home_store = 1)"
# Said once more, by hand: which rows somebody of store 1 may see (design §7).
OWN = {
    "store": "id = 1", "staff": "id = 1", "staff_store": "store = 1", "member": "home_store = 1", "consent": MEMBER,
    "member_stats": MEMBER, "points_account": MEMBER, "tier_change": MEMBER, "tier_grant": MEMBER, "member_tag": MEMBER,
    "notice": MEMBER, "purchase": "store = 1", "points_entry": "store = 1", "points_lot": "store = 1", "send_log": "store = 1",
    "stock": "store = 1", "purchase_line": "purchase IN (SELECT id FROM purchase WHERE store = 1)",
    "points_allocation": "entry IN (SELECT id FROM points_entry WHERE store = 1)", "member_lookup": "staff = 1",
    "campaign": "store = 1", "campaign_step": "campaign IN (SELECT id FROM campaign WHERE store = 1)", "send_chunk": "store = 1",
    "campaign_variant": "step IN (SELECT s.id FROM campaign_step s JOIN campaign c ON c.id = s.campaign WHERE c.store = 1)",
    "member_habit": MEMBER, "member_interest": MEMBER, "sms_budget": "store = 1",
    "invalid_phones": "store = 1", "reply": "store = 1", "complaint": "store = 1", "short_link": MEMBER, "erasure_request": "store = 1",
}  # fmt: skip
FOR_ALL = {
    "chain", "category", "product", "points_policy", "points_promotion", "reward", "reward_store", "tier", "tag", "segment", "template",
    "gateway_health", "signature", "gateway_template", "contact_rule", "blocked_word", "keyword_reply",
}  # fmt: skip
NEVER = {
    "api_key", "webhook", "webhook_delivery", "points_extension", "points_extension_lot", "suppression", "job_run",
    "check_result", "restoration", "retention", "heartbeat", "audit_log", "session", "gateway_account", "click",
}  # fmt: skip
STORE_ROLES: tuple[Role, ...] = ("store_manager", "cashier")
# Whose own rows they may change.
WRITABLE: dict[str, set[str]] = {
    "store_manager": {
        "member",
        "stock",
        "member_tag",
        "member_interest",
        "campaign",
        "campaign_step",
        "campaign_variant",
    },
    "cashier": {"member_interest"},
}


def hidden(table: str, role: Role) -> bool:
    return table in NEVER or (table == "staff_store" and role == "cashier")


async def keys(table: str, condition: str) -> set[str]:
    key = SCREENS[table].table._meta.primary_key._meta.name
    return {str(row["key"]) for row in await make.fetch(f"SELECT {key} AS key FROM {table} WHERE {condition}")}


def primary(table: str) -> str:
    return str(SCREENS[table].table._meta.primary_key._meta.name)


async def rows(client: httpx.AsyncClient, table: str, **params: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/admin/api/tables/{table}/", params={"__readable": "true", **params})
    assert answer.status_code == 200, (table, answer.text)
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


@pytest.mark.parametrize("role", STORE_ROLES)
async def test_lists_counts_pickers_and_rows_hold_nothing_foreign(log_in: LogIn, role: Role) -> None:
    here, _ = await two_stores()
    client = await log_in(role=role, stores=(here,))
    for table in SCREENS:
        answer = await client.get(f"/admin/api/tables/{table}/")
        if hidden(table, role):
            assert answer.status_code == 404, table
            continue
        everything = await keys(table, "true")
        own = everything if table in FOR_ALL else await keys(table, OWN[table])
        assert {str(row[primary(table)]) for row in await rows(client, table)} == own, table
        count = (await client.get(f"/admin/api/tables/{table}/count/")).json()["count"]
        assert count == len(own), table
        picked = await client.get(f"/admin/api/tables/{table}/ids/")
        assert set(picked.json()) == own, table
        for key in everything:
            status = (await client.get(f"/admin/api/tables/{table}/{key}/")).status_code
            assert status == (200 if key in own else 404), (table, key)


@pytest.mark.parametrize("role", STORE_ROLES)
async def test_filters_find_nothing_foreign(log_in: LogIn, role: Role) -> None:
    here, there = await two_stores()
    client = await log_in(role=role, stores=(here,))
    for table, screen in SCREENS.items():
        for column in {"store", "home_store", "member"} & set(screen.columns):
            if not hidden(table, role) and table not in FOR_ALL:
                assert await rows(client, table, **{column: str(there)}) == [], (table, column)
    assert await rows(client, "member", phone="13900000002") == []
    assert len(await rows(client, "member", phone="13900000001")) == 1


@pytest.mark.parametrize("role", STORE_ROLES)
async def test_nothing_outside_their_rights_is_changed_deleted_or_made(log_in: LogIn, role: Role) -> None:
    here, there = await two_stores()
    client = await log_in(role=role, stores=(here,))
    before = await make.digest()
    for table in SCREENS:
        own = await keys(table, OWN[table]) if table in WRITABLE[role] else set()
        for key in await keys(table, "true") - own:
            address = f"/admin/api/tables/{table}/{key}/"
            row = (await make.fetch(f"SELECT * FROM {table} WHERE {primary(table)}::text = $1", key))[0]
            for verb in ("patch", "put"):
                answer = await getattr(client, verb)(address, content=json.dumps(row, default=str))
                assert 400 <= answer.status_code < 500, (verb, table, answer.status_code, answer.text)
            answer = await client.delete(address)
            assert 400 <= answer.status_code < 500, ("delete", table, answer.status_code, answer.text)
            row.pop("id", None)
            answer = await client.post(f"/admin/api/tables/{table}/", content=json.dumps(row, default=str))
            assert 400 <= answer.status_code < 500, ("post", table, answer.status_code, answer.text)
        assert (await client.delete(f"/admin/api/tables/{table}/")).status_code in {403, 404, 405}, table
    moved = await client.patch("/admin/api/tables/member/1/", json={"home_store": there})
    assert 400 <= moved.status_code < 500
    assert await make.digest() == before


@pytest.mark.parametrize("role", ["cashier", "hq_viewer", "hq_marketing"])
async def test_a_masked_role_gets_no_full_phone_from_anywhere(log_in: LogIn, role: Role) -> None:
    stores = (1,) if role == "cashier" else ()
    await two_stores()
    client = await log_in(role=role, stores=stores)
    for table in SCREENS:
        for what in ("?__readable=true", "ids/", "1/?__readable=true"):
            assert "1390000000" not in (await client.get(f"/admin/api/tables/{table}/{what}")).text, (table, what)
    for unfair in ({"phone": "1390000", "phone__match": "starts"}, {"__order": "phone"}, {"phone": "0001"}):
        answer = await client.get("/admin/api/tables/member/", params=unfair)
        assert answer.status_code == 400, unfair
        assert set(answer.json()) >= {"code", "zh", "en"}


async def test_without_a_log_in_there_is_nothing(log_in: LogIn) -> None:
    await two_stores()
    client = await log_in(role="hq_admin")
    client.cookies.delete("id")
    for path in ("tables/", "tables/member/", "tables/member/1/", "forms/", "user/", "tables/member/schema/"):
        answer = await client.get(f"/admin/api/{path}")
        assert answer.status_code == 401, path
        assert "1390000000" not in answer.text
