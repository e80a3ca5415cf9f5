"""What the database and the stock panel say in their own words, said in ours."""

import json
import re
from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import asyncpg
import httpx
import pytest
from piccolo_admin.endpoints import create_admin
from starlette.types import ASGIApp, Receive, Scope, Send

from admin.edits import table_config
from admin.registry import SCREENS
from admin.violations import _CONSTRAINTS, from_words, sentence
from queries.staff import Identity
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope
from tables.sessions import Session
from tables.staff import Staff
from tests import make

GOOD, WEAK = "correct horse 9", "12345678"
CHINESE = re.compile("[\u4e00-\u9fff]")


@cache
def stock_api() -> ASGIApp:
    """The stock panel's API with our tables, behind the log-in. Once for all tests: it takes a second to put itself together."""
    panel = create_admin(
        tables=[table_config(screen=screen, language="zh") for screen in SCREENS.values()],
        auth_table=Staff, session_table=Session, auto_include_related=False,
    )  # fmt: skip
    [mount] = [route for route in panel.routes if getattr(route, "path", "") == "/api"]
    api: ASGIApp = mount.app.app
    return api


class Panel:
    """That API, asked as somebody in an open scope; nothing is kept."""

    def __init__(self, role: Role = "hq_admin") -> None:
        self.role = role

    async def __call__(self, asgi: Scope, receive: Receive, send: Send) -> None:
        stores = (1,) if self.role in {"store_manager", "cashier"} else ()
        asgi["staff"] = Identity(staff=1, username="boss", role=self.role, stores=stores, password_is_temporary=False)
        asgi["user"] = SimpleNamespace(user=SimpleNamespace(superuser=self.role == "hq_admin"))
        async with scope(role=self.role, stores=stores, staff=1) as connection:
            await stock_api()(asgi, receive, send)
            await connection.execute("ROLLBACK")

    async def ask(self, verb: str, path: str, **body: Any) -> tuple[int, Refusal | None]:
        """The status, and the refusal as the door tells it."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=self), base_url="http://x") as client:
            try:
                answer = await client.request(verb, f"/tables/{path}", json=body)
            except asyncpg.PostgresError as error:
                return 500, sentence(error=error)
        if answer.status_code < 400:
            return answer.status_code, None
        try:
            content: Mapping[str, object] = answer.json()
        except json.JSONDecodeError:
            content = {"detail": answer.text}
        return answer.status_code, from_words(status=answer.status_code, content=content)

    async def no(self, verb: str, path: str, **body: Any) -> Refusal:
        status, refusal = await self.ask(verb, path, **body)
        assert refusal is not None, status
        assert CHINESE.search(refusal.zh), refusal.zh
        assert not CHINESE.search(refusal.en.replace("（", "")), refusal.en
        return refusal


@pytest.fixture
async def panel(db: None, monkeypatch: pytest.MonkeyPatch) -> Panel:
    monkeypatch.setattr(Staff, "_pbkdf2_iteration_count", 1)
    await make.make_program()
    await make.make_store("S1")
    await make.make_member(store=1)
    await make.execute("INSERT INTO tag (name) VALUES ('宝妈')")
    await make.execute(
        "INSERT INTO staff (username, password, role, active, admin) VALUES ('boss', 'x', 'hq_admin', true, true)"
    )
    return Panel()


async def test_a_row_is_made_changed_and_deleted(panel: Panel) -> None:
    made, _ = await panel.ask("POST", "store/", code="S2", name="二店")
    changed, _ = await panel.ask("PATCH", "store/1/", name="总店", latitude="31.2", longitude="121.5")
    gone, _ = await panel.ask("DELETE", "tag/1/")
    staff, _ = await panel.ask("POST", "staff/", username="anna", password=GOOD, role="cashier", active=True)
    assert (made, changed, gone, staff) == (201, 200, 204, 201)


async def test_what_the_database_refuses_is_told_by_name(panel: Panel) -> None:
    assert (await panel.no("POST", "store/", code="S1", name="二店")).zh == "门店编码已存在：请换一个。"
    assert (await panel.no("POST", "tag/", name="宝妈")).zh == "标签名称已存在：请换一个。"
    assert (await panel.no("POST", "member_tag/", member=9, tag=1)).code == "unknown_reference"
    assert (await panel.no("PATCH", "member/1/", home_store=9)).code == "unknown_reference"


async def test_our_own_refusals_pass_the_panel_whole(panel: Panel) -> None:
    assert (await panel.no("PATCH", "tier/2/", quarterly_spend="9999")).code == "bad_program"
    assert (await panel.no("POST", "store/", code="S 2", name="二店")).zh == "“编码”不能含空格。"
    assert (await panel.no("DELETE", "tier/1/")).en.startswith("The base tier")
    assert (await panel.no("POST", "staff/", username="anna", password=WEAK, role="cashier")).code == "weak_password"
    assert (await panel.no("POST", "staff/", username="Boss", password=GOOD, role="cashier")).code == "username_taken"
    assert (await panel.no("PUT", "store/1/", code="S1", name="x")).code == "read_only"
    assert (await panel.no("DELETE", "purchase/1/")).code in {"read_only", "not_found"}
    assert (await panel.no("POST", "points_account/", member=1)).code == "read_only"


async def test_pydantic_complains_in_our_words(panel: Panel) -> None:
    assert (await panel.no("PATCH", "store/1/", code="x" * 41)).zh == "“编码”最多 40 个字。"
    assert "整数" in (await panel.no("PATCH", "tier/2/", rank="two")).zh
    assert "日期" in (await panel.no("PATCH", "member/1/", birthday="gestern")).zh
    assert "小数" in (await panel.no("PATCH", "tier/2/", quarterly_spend="1.234")).zh
    assert (await panel.no("PATCH", "store/99/", name="x")).code == "not_found"
    assert (await panel.no("PATCH", "tier/2/", rank=2**70)).zh == "“级别”数字太大。"


@pytest.mark.parametrize("role", ["cashier", "store_manager", "hq_viewer"])
async def test_a_role_without_the_right_is_told_so(panel: Panel, role: Role) -> None:
    theirs = Panel(role)
    for verb, path, body in (
        ("POST", "store/", {"code": "S2", "name": "二店"}),
        ("PATCH", "tier/2/", {"name": "银卡"}),
        ("DELETE", "tag/1/", {}),
    ):
        assert (await theirs.no(verb, path, **body)).code == "not_allowed", path
    assert (await theirs.no("POST", "staff/", username="eve", password=GOOD, role="hq_admin")).code != ""
    assert await make.value("SELECT count(*) FROM staff") == 1


async def test_every_constraint_named_here_exists_and_every_one_on_an_edited_table_is_named(db: None) -> None:
    rows = await make.fetch(
        "SELECT conname AS name, conrelid::regclass::text AS table FROM pg_constraint WHERE contype IN ('u', 'c')"
        " AND connamespace = 'public'::regnamespace UNION SELECT c.relname, i.indrelid::regclass::text FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indisunique AND NOT i.indisprimary"
        " AND c.relnamespace = 'public'::regnamespace"
    )
    # Triggers of ours name what they hold as a constraint too.
    ours = await make.fetch(r"SELECT (regexp_matches(prosrc, 'CONSTRAINT = .(\w+)', 'g'))[1] AS name FROM pg_proc")
    there = {row["name"] for row in [*rows, *ours]}
    assert set(_CONSTRAINTS) - there == set()
    edited = {name for name, screen in SCREENS.items() if not screen.read_only}
    assert {row["name"] for row in rows if row["table"] in edited} - set(_CONSTRAINTS) == set()


async def test_other_errors_are_sentences_too(panel: Panel) -> None:
    for sql, code in (
        ("SELECT 1 / 0", "bad_value"),
        ("SELECT 'x'::integer", "bad_value"),
        ("SELECT 99999999999::integer", "bad_value"),
        ("UPDATE consent SET granted = false", "append_only"),
        ("INSERT INTO tag (name) VALUES (repeat('x', 99))", "too_long"),
        ("INSERT INTO tag (name) VALUES (NULL)", "missing"),
        ("DELETE FROM tier WHERE rank = 1", "in_use"),
        ("SELECT no_such_column", "internal"),
    ):
        with pytest.raises(asyncpg.PostgresError) as error:
            await make.execute(sql)
        said = sentence(error=error.value)
        assert said.code == code, (sql, said)
        assert CHINESE.search(said.zh)


def test_stock_sentences_and_bare_states_have_words() -> None:
    for status, content, code in (
        (422, {"detail": "Incorrect password."}, "wrong_password"),
        (405, {"detail": "Only superusers can perform these actions."}, "read_only"),
        (404, {"detail": "Not Found"}, "not_found"),
        (400, {"detail": "Error: something"}, "bad_request"),
        (500, {"detail": "Internal Server Error"}, "internal"),
        (429, {}, "too_many"),
        (422, {"db_error": 'null value in column "name" of relation "store" violates not-null constraint'}, "missing"),
    ):
        assert from_words(status=status, content=content).code == code, content
