"""The door itself: what is open, what odd requests get, and that a no leaves nothing behind."""

import asyncio
from typing import Any

import pytest

from tests import make
from tests.admin.conftest import LogIn
from tests.admin.two_stores import two_stores

JSON = {"content-type": "application/json"}
ODD_BODIES: list[bytes] = [
    b"{", b"null", b"[]", b"[1,2]", b'"text"', b"1e999", b'{"name": {"a": 1}}', b"NaN",
    b'{"rank": "one", "name": null}', b'{"unknown": 1}', b'{"name": "\\u0000"}', b'{"name": "\\ud800"}', b"\xff\xfe", b'{"name": ' + b"[" * 500,
]  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["docs/", "openapi.json", "public/docs/", "public/openapi.json", "api/docs/", "api/openapi.json", "nothing/"],
)
async def test_what_is_not_ours_to_show_is_not_there(log_in: LogIn, path: str) -> None:
    client = await log_in(role="hq_admin")
    answer = await client.get(f"/admin/{path}")
    assert answer.status_code == 404
    assert set(answer.json()) >= {"code", "zh", "en"}


async def test_the_big_script_is_fetched_once_and_rows_are_never_kept(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    page = (await client.get("/admin/")).text
    script = page.split('crossorigin src="./')[1].split('"')[0]
    assert "immutable" in (await client.get(f"/admin/{script}")).headers["cache-control"]
    assert (await client.get("/admin/api/tables/store/")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("body", ODD_BODIES)
async def test_an_odd_body_gets_a_sentence_and_changes_nothing(log_in: LogIn, body: bytes) -> None:
    await two_stores()
    client = await log_in(role="hq_admin")
    before = await make.digest()
    for verb, path in (
        ("POST", "tables/tier/"), ("PATCH", "tables/tier/1/"), ("POST", "tables/staff/"), ("PATCH", "tables/member/1/"),
        ("POST", "forms/查会员/"), ("POST", "forms/记消费/"), ("POST", "change-password/"), ("PATCH", "tables/tier/x/"),
    ):  # fmt: skip
        answer = await client.request(verb, f"/admin/api/{path}", content=body, headers=JSON)
        assert 400 <= answer.status_code < 500, (verb, path, answer.status_code, answer.text)
        assert set(answer.json()) >= {"code", "zh", "en"}, (verb, path, answer.text)
    assert await make.digest() == before


async def test_a_body_without_end_is_cut_off(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    answer = await client.post("/admin/api/tables/tier/", content=b'{"name": "' + b"x" * 2_000_000, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_made_password_must_be_changed_before_anything_else(log_in: LogIn) -> None:
    await two_stores()
    client = await log_in(role="hq_admin")
    await make.execute("UPDATE staff SET password_is_temporary = true")
    refused = await client.get("/admin/api/tables/member/")
    assert (refused.status_code, refused.json()["code"]) == (403, "password_is_temporary")
    assert (await client.get("/admin/api/user/")).status_code == 200


async def test_many_at_once_each_see_their_own_store(log_in: LogIn) -> None:
    here, there = await two_stores()
    clients = [await log_in(role="store_manager", stores=(store,)) for store in (here, there)] * 10
    answers = await asyncio.gather(*(client.get("/admin/api/tables/member/") for client in clients))
    seen: list[Any] = [[row["home_store"] for row in answer.json()["rows"]] for answer in answers]
    assert seen == [[here], [there]] * 10


async def test_who_left_is_out_at_once(log_in: LogIn) -> None:
    await two_stores()
    client = await log_in(role="store_manager", stores=(1,))
    assert (await client.get("/admin/api/user/")).status_code == 200
    await make.execute("UPDATE staff SET active = false")
    assert (await client.get("/admin/api/user/")).status_code == 401


async def test_a_write_from_another_page_is_refused(log_in: LogIn) -> None:
    await two_stores()
    client = await log_in(role="hq_admin")
    del client.headers["X-CSRFToken"]
    answer = await client.patch("/admin/api/tables/tier/1/", json={"benefits": "x"})
    assert answer.status_code == 403
    assert await make.value("SELECT benefits FROM tier WHERE id = 1") == ""


async def test_an_edit_is_audited_with_who_and_from_where(log_in: LogIn) -> None:
    await two_stores()
    client = await log_in(role="hq_admin", username="wang")
    assert (await client.patch("/admin/api/tables/tier/1/", json={"benefits": "生日果切"})).status_code == 200
    row = (await make.fetch("SELECT * FROM audit_log WHERE table_name = 'tier' ORDER BY id DESC LIMIT 1"))[0]
    assert (row["staff"], row["role"], row["address"]) == (1, "regulars_hq_admin", "127.0.0.1")
