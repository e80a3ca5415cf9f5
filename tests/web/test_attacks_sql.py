"""SQL in every text: kept and shown as the text that it is, searched for as such, and nothing else happens."""

import re
from html import escape
from typing import Any

import httpx
from piccolo.columns import Text, Varchar

from admin.registry import SCREENS
from queries.invariants import check_all
from tests import make
from tests.admin.conftest import LogIn, the_app
from tests.admin.two_stores import two_stores
from tests.fuzz_world import numbered, world
from tests.web.api.tills import add_till
from tests.web.campaigns_desk import GOAL

EVIL = ("'; DROP TABLE member; --", "' OR 1=1 --", "$1", "%s", "\\' OR \\'1", "{0}", "E'\\''")
API = "/admin/api/tables"
# A new row of each table that the back office makes, of one evil word.
MADE: dict[str, Any] = {
    "tag": lambda word: {"name": word},
    "product": lambda word: {"sku": word, "name": word},
    "store": lambda word: {"code": word.replace(" ", ""), "name": word, "address": word},
    "segment": lambda word: {"name": word, "rule": f'有标签 "{word}"'},
}


async def counts() -> dict[str, int]:
    names = [
        row["name"] for row in await make.fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
    ]
    told = " UNION ALL ".join(f"SELECT '{name}' AS name, count(*) AS rows FROM {name}" for name in names)
    return {row["name"]: row["rows"] for row in await make.fetch(told)}


async def found_wrong() -> set[str]:
    return {finding.name for finding in await check_all(progress=lambda *_: None) if finding.rows}


async def test_what_is_written_is_text(log_in: LogIn) -> None:
    await two_stores()
    boss = await log_in(role="hq_admin")
    before, wrong = await counts(), await found_wrong()
    for word in EVIL:
        for table, body in MADE.items():
            answer = await boss.post(f"{API}/{table}/", json=body(word))
            assert answer.status_code == 201, (table, word, answer.text)
        assert (await boss.patch(f"{API}/member/1/", json={"name": word, "title": word[:20]})).status_code == 200
        assert (await boss.patch(f"{API}/template/1/", json={"name": word})).status_code == 200
        assert await make.fetch("SELECT name, title FROM member WHERE id = 1") == [{"name": word, "title": word[:20]}]
        assert escape(word, quote=False) in re.sub("&#39;|&#x27;", "'", (await boss.get("/members/1/points")).text)
        assert [row["id"] for row in (await boss.get(f"{API}/member/", params={"name": word})).json()["rows"]] == [1]
        assert (await boss.post("/campaigns/new", data={**GOAL, "name": word})).status_code == 303
        assert escape(word, quote=False) in re.sub("&#39;|&#x27;", "'", (await boss.get("/campaigns")).text)
    after = await counts()
    assert {name: after[name] - before[name] for name in MADE} == dict.fromkeys(MADE, len(EVIL))
    assert {name for name in after if after[name] != before[name]} <= {*MADE, "campaign", "campaign_step", "audit_log"}
    assert await found_wrong() == wrong


async def test_a_till_s_texts_are_text(db: None) -> None:
    await make.make_program()
    await make.make_member("+8613900000001", store=await make.make_store("S1"))
    till = await add_till("t", store="S1", app=the_app())
    for word in EVIL:
        sold = await till.buy(word, lines=[{"sku": word, "category": word, "quantity": 1, "amount": "5"}])
        assert sold.status_code == 201, sold.text
        assert (await till.redeem(word, points=1)).status_code == 201
        assert (await till.redeem("x", points=None, reward=word)).status_code == 404
    kept = await make.fetch("SELECT receipt_no FROM purchase ORDER BY id")
    assert [row["receipt_no"] for row in kept] == list(EVIL)
    assert {row["sku"] for row in await make.fetch("SELECT sku FROM product")} == set(EVIL)
    assert await found_wrong() == set()
    await till.client.aclose()


async def test_what_is_searched_for_is_text(log_in: LogIn) -> None:
    """Every filter of every list, and every word of every address."""
    found = await world(the_app())
    clients = [await log_in(role="hq_admin", username="x"), await log_in(role="cashier", stores=(1,), username="y")]
    before, wrong = await make.digest(), []
    for number, (path, name) in enumerate(searches(found)):
        answer = await clients[number % 2].get(path, params={name: EVIL[number % len(EVIL)]})
        if answer.status_code not in {200, 303, 400, 403, 404, 405, 422} or told_too_much(answer):
            wrong.append((path, name, answer.status_code, answer.text[:200]))
    after = await make.digest()
    assert (wrong, {name for name in after if after[name] != before[name]}) == ([], set())


def searches(found: Any) -> list[tuple[str, str]]:
    ours = [
        (numbered(route.path, "1"), name)
        for route in found.routes
        if route.method == "GET" and not route.of_machines
        for name in route.names
    ]
    lists = [
        (f"{API}/{table}/", column._meta.name)
        for table, screen in SCREENS.items()
        for column in screen.table._meta.columns
        if isinstance(column, Varchar | Text)
    ]
    return ours + lists + [(f"{API}/{table}/ids/", "search") for table in SCREENS]


def told_too_much(answer: httpx.Response) -> bool:
    return bool(re.search(r"syntax error|SQLSTATE|asyncpg|psycopg|relation \"|unterminated", answer.text))
