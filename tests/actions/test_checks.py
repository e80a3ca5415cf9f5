"""What a full check found is kept for head office, without anything of a person."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from actions.checks import keep_findings
from admin.checks import CHECKS
from queries.invariants import CHECKED, Finding, check_all
from tables.access import STAFF_ROLES, Role
from tables.scope import scope
from tests import make

pytestmark = pytest.mark.usefixtures("db")
AT = datetime(2031, 3, 3, 4, tzinfo=UTC)


async def kept(findings: list[Finding]) -> list[dict[str, Any]]:
    async with scope(role="job"):
        await keep_findings(findings=findings, at=AT)
    return await make.fetch("SELECT name, broken, sample, checked_at FROM check_result ORDER BY id DESC")


async def test_each_invariant_has_its_row_and_what_is_broken_stands_first() -> None:
    rows = await kept([Finding(name=CHECKED[4], rows=[{"entry": 7, "member": 1}, {"entry": 9, "member": 2}])])
    assert (rows[0]["name"], rows[0]["broken"], json.loads(rows[0]["sample"])) == (
        CHECKED[4],
        2,
        [{"entry": 7, "member": 1}, {"entry": 9, "member": 2}],
    )
    assert [row["name"] for row in rows[1:]] == [name for name in CHECKED if name != CHECKED[4]]
    assert {(row["broken"], row["sample"]) for row in rows[1:]} == {(0, "[]")}
    assert {row["checked_at"] for row in rows} == {AT}


async def test_a_sample_is_small_and_holds_no_phone() -> None:
    row: dict[str, object] = {"key": "x:13912345678", "day": date(2031, 3, 3), "amount": Decimal("1.50"), "lot": None}
    rows = await kept([Finding(name=CHECKED[0], rows=[row] * 50)])
    sample = json.loads(rows[0]["sample"])
    assert (rows[0]["broken"], len(sample)) == (50, 20)
    assert sample[0] == {"key": "x:[phone]", "day": "2031-03-03", "amount": "1.50", "lot": None}


async def test_what_is_really_found_is_kept() -> None:
    await make.make_program()
    await make.make_member(store=await make.make_store())
    await make.execute("UPDATE points_account SET debt = 5")
    rows = await kept(await check_all(progress=lambda *_: None))
    assert {row["name"] for row in rows if row["broken"]} >= {"debits are allocated or owed"}
    assert all("张三" not in row["sample"] and "139" not in row["sample"] for row in rows)


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_head_office_reads_it_and_nobody_rewrites_it(role: Role) -> None:
    await kept([])
    if role in {"hq_admin", "hq_viewer"}:
        async with scope(role=role) as connection:
            assert await connection.fetchval("SELECT count(*) FROM check_result") == len(CHECKED)
    else:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with scope(role=role) as connection:
                await connection.fetchval("SELECT count(*) FROM check_result")
    for writer in (role, "job"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with scope(role=writer) as connection:
                await connection.execute("UPDATE check_result SET broken = 0")


def test_every_check_has_its_words_on_the_screen() -> None:
    assert set(CHECKS) == set(CHECKED)
