"""What leads from a row to a page of ours, and the screen of the checks: for whom, and that it is there."""

import json
import re

import pytest

from actions.checks import keep_findings
from admin.own_files import STATIC
from admin.registry import SCREENS
from queries.invariants import CHECKED, Finding
from tables.access import DEEDS, STAFF_ROLES, Role
from tables.scope import scope
from tests import make
from tests.admin.conftest import LogIn
from web.pages.member_points import member_points_page

SCRIPT = (STATIC / "pages.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_rows_lead_where_the_role_may_go(log_in: LogIn, role: Role) -> None:
    client = await log_in(role=role)
    told = (await client.get("/admin/api/tables/grouped/")).json()
    wanted = {"member": {"words": "积分明细", "address": "/members/{0}/points"}}
    assert told["pages"] == ({} if role == "hq_marketing" else wanted)
    # The button would only lead to a no.
    assert told["exports"] == (role != "cashier")


def test_every_page_that_rows_lead_to_is_there_with_its_words() -> None:
    [page] = [screen.page for screen in SCREENS.values() if screen.page is not None]
    assert page.deed in DEEDS
    assert page.words.zh != page.words.en
    assert page.address.replace("{0}", "{member:int}") in member_points_page.paths


async def test_the_script_is_served_small_and_holds_no_words(log_in: LogIn) -> None:
    client = await log_in(role="cashier")
    assert (await client.get("/admin/regulars/pages.js")).text == SCRIPT
    assert "./regulars/pages.js" in (await client.get("/admin/")).text
    assert not re.search(r"[\u4e00-\u9fff]|https?:|innerHTML", SCRIPT)
    for script in STATIC.glob("*.js"):
        assert len(script.read_text(encoding="utf-8").splitlines()) <= 250, script.name


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_head_office_sees_what_the_newest_check_found_first(log_in: LogIn, role: Role) -> None:
    async with scope(role="job"):
        await keep_findings(findings=[Finding(name=CHECKED[3], rows=[{"lot": 7}])], at=make.FAR_AHEAD)
    client = await log_in(role=role)
    answer = await client.get("/admin/api/tables/check_result/", params={"__page_size": 5})
    if role not in {"hq_admin", "hq_viewer"}:
        assert answer.status_code == 404
        return
    rows = answer.json()["rows"]
    assert (rows[0]["name"], rows[0]["broken"], len(rows)) == (CHECKED[3], 1, 5)
    row = (await client.get(f"/admin/api/tables/check_result/{rows[0]['id']}/")).json()
    assert json.loads(row["sample"]) == [{"lot": 7}]
    schema = (await client.get("/admin/api/tables/check_result/schema")).json()
    assert CHECKED[3] in schema["properties"]["name"]["extra"]["choices"]
    refused = await client.delete(f"/admin/api/tables/check_result/{rows[0]['id']}/")
    assert refused.status_code >= 400


async def test_a_list_knows_what_it_shows_else_the_stock_screen_draws_no_row(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    for table in SCREENS:
        schema = (await client.get(f"/admin/api/tables/{table}/schema/")).json()
        shown = set(schema["extra"]["visible_column_names"]) - {schema["extra"]["link_column_name"]}
        assert shown <= set(schema["properties"]), table
    account = (await client.get("/admin/api/tables/gateway_health/schema/")).json()
    assert account["properties"]["account"]["extra"]["foreign_key"]["to"] == "gateway_account"
    assert "account" in account["extra"]["fixed"]
