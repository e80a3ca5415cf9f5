"""Who takes rows away as files takes no more than the chain allows within 24 hours, however they cut them."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from tables.access import Role
from tests import make
from tests.admin.conftest import LogIn
from tests.admin.two_stores import two_stores

API = "/admin/api/tables"


async def takes(client: httpx.AsyncClient, table: str = "purchase") -> httpx.Response:
    """A file of the one row that a store role sees of it, head office two."""
    return await client.get(f"{API}/{table}/", params={"__page_size": "101"})


async def taken() -> list[int]:
    rows = await make.fetch("SELECT after ->> 'rows' AS rows FROM audit_log WHERE action LIKE 'export%' ORDER BY id")
    return [int(row["rows"]) for row in rows]


async def test_a_manager_takes_what_is_allowed_then_is_told_when_again(log_in: LogIn) -> None:
    await two_stores()
    await make.execute("UPDATE chain SET export_rows_a_day = 2")
    manager = await log_in(role="store_manager", stores=(1,))
    other = await log_in(role="store_manager", stores=(2,))
    assert [(await takes(manager)).status_code for _ in range(2)] == [200, 200]
    await make.execute("ALTER TABLE audit_log DISABLE TRIGGER append_only")
    await make.execute(
        "UPDATE audit_log SET at = now() - CASE id WHEN (SELECT min(id) FROM audit_log WHERE action = 'export') THEN interval '5 hours'"
        " ELSE interval '1 hour' END WHERE action = 'export'; ALTER TABLE audit_log ENABLE TRIGGER append_only"
    )
    again = await make.value(
        "SELECT to_char((now() + interval '19 hours') AT TIME ZONE 'Asia/Shanghai', 'FMMM月FMDD日 HH24:MI')"
    )
    no = await takes(manager)
    assert (no.status_code, no.json()["code"]) == (429, "too_many")
    assert no.json()["zh"].startswith("本次共 1 行；每人 24 小时内最多导出 2 行，您还可导出 0 行：请缩小范围，或在 ")
    assert again[:-1] in no.json()["zh"], "the older of the two is a day old then"
    assert "S1" not in no.text
    assert (await manager.get(f"{API}/purchase/", params={"__page_size": "100"})).status_code == 200, (
        "the screen goes on"
    )
    assert (await takes(other)).status_code == 200, "a colleague has their own"
    assert await taken() == [1, 1, 1]
    await make.execute("UPDATE chain SET export_rows_a_day = 0")
    assert "或联系总部" in (await takes(manager)).json()["zh"]
    await make.execute("UPDATE chain SET export_rows_a_day = NULL")
    assert (await takes(manager)).status_code == 200


async def test_of_two_files_at_once_the_second_counts_the_first(log_in: LogIn) -> None:
    await two_stores()
    await make.execute("UPDATE chain SET export_rows_a_day = 3")
    manager = await log_in(role="store_manager", stores=(1,))
    answers = await asyncio.gather(*(takes(manager, table) for table in ("purchase", "member", "consent") * 2))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 3
    assert await taken() == [1, 1, 1]


@pytest.mark.parametrize(("role", "limit", "status"), [
    ("hq_admin", None, 200), ("hq_viewer", None, 200), ("hq_admin", 1, 429), ("cashier", None, 403),
])  # fmt: skip
async def test_head_office_as_it_says_and_cashiers_nothing(
    log_in: LogIn, role: Role, limit: int | None, status: int
) -> None:
    await two_stores()
    await make.execute(f"UPDATE chain SET export_rows_a_day = 0, hq_export_rows_a_day = {limit or 'NULL'}")
    client = await log_in(role=role, stores=(1,) if role == "cashier" else ())
    answer = await takes(client)
    assert answer.status_code == status, answer.text
    assert len(await taken()) == (status == 200)


async def test_pages_files_count_too_and_their_no_is_a_page(log_in: LogIn) -> None:
    await two_stores()
    await make.sell("R9", at=datetime.now(UTC))  # points that will end
    manager = await log_in(role="store_manager", stores=(1,))
    assert (await manager.get("/forecast.csv")).status_code == 200
    await make.execute(
        "UPDATE chain SET export_rows_a_day = (SELECT sum((after ->> 'rows')::int) FROM audit_log WHERE action = 'export')"
    )
    before = await taken()
    no = await manager.get("/forecast.csv")
    assert no.status_code == 429
    assert no.headers["content-type"].startswith("text/html")
    assert "请缩小范围" in no.text
    assert await taken() == before
