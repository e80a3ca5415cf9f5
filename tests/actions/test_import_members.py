"""Members from a file: who they are, and who may not come in."""

import asyncio
from contextvars import copy_context
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from actions.members import import_members
from rules.refusals import Refusal
from tables.scope import owner, scope
from tests import make
from tests.actions.member_files import TODAY, A, B, C, chain, imported, outcome, path, rejects, told
from tests.waiting import until

__all__ = ["chain", "path"]  # fixtures

pytestmark = pytest.mark.usefixtures("chain")


async def everything() -> dict[str, list[tuple[Any, ...]]]:
    tables = ("member", "consent", "points_account", "points_entry", "points_lot", "tier_change", "tier_grant", "tag")
    return {table: await told(f"SELECT * FROM {table} ORDER BY 1") for table in (*tables, "member_tag", "member_stats")}


FULL = (
    "phone,name,home_store,joined_on,birthday,title,tier,points,points_expire_on,marketing_consent,tags,"
    "latitude,longitude"
)
FULL_ROW = "139 0000 0001,张三,S1,2020/3/1,1980-02-29,先生,金卡,300,2027-01-31,yes,老客;水果,31.2,121.5"


async def test_a_member_comes_with_all_cells(path: Path) -> None:
    report = await imported(path, FULL, FULL_ROW, consent_source="纸质登记表")
    assert (report.kind, outcome(report), report.left_out) == ("members", (1, 0, 0, 0), 1), "a place needs a yes"
    assert await told(
        "SELECT m.phone, m.name, s.code, joined_on, birthday, title, t.name, tier_valid_until, m.latitude, phone_status"
        " FROM member m JOIN store s ON s.id = home_store JOIN tier t ON t.id = tier"
    ) == [
        (
            A,
            "张三",
            "S1",
            date(2020, 3, 1),
            date(1980, 2, 29),
            "先生",
            "金卡",
            date(2027, 3, 31),
            None,
            "unknown",
        )
    ]
    assert await told("SELECT purpose, granted, source, text_version FROM consent") == [
        ("marketing_sms", True, "纸质登记表", "import")
    ]
    assert await told("SELECT t.name, source FROM member_tag JOIN tag t ON t.id = tag ORDER BY 1") == [
        ("水果", "manual"),
        ("老客", "manual"),
    ]
    assert await told("SELECT balance, pending FROM points_account") == [(300, 0)]
    assert await told("SELECT count(*) FROM member_stats") == [(1,)]


async def test_an_opening_balance_is_a_lot_of_the_home_store(path: Path) -> None:
    await imported(path, "phone,name,home_store,points,points_expire_on", f"{A},,S2,50,", f"{B},,S1,70,2026-12-01")
    assert await told(
        "SELECT m.phone, s.code, e.kind, e.points, e.balance_after, e.source, e.business_date,"
        " l.available_on, l.expires_on, e.reference = 'opening:' || m.id, l.store = e.store"
        " FROM points_entry e JOIN points_lot l ON l.entry = e.id JOIN member m ON m.id = e.member"
        " JOIN store s ON s.id = e.store ORDER BY 1"
    ) == [
        (A, "S2", "import", 50, 50, "import", TODAY, TODAY, date(2027, 1, 20), True, True),
        (B, "S1", "import", 70, 70, "import", TODAY, TODAY, date(2026, 12, 1), True, True),
    ]


async def test_the_plainest_row_makes_a_member_of_the_lowest_tier(path: Path) -> None:
    await imported(path, "手机号,姓名,归属门店", "13900000001,,S1")
    assert await told("SELECT m.name, joined_on, rank, tier_valid_until FROM member m JOIN tier t ON t.id = tier") == [
        ("", TODAY, 1, None)
    ]
    assert await told("SELECT count(*) FROM tier_change") == [(0,)]
    assert await told("SELECT count(*) FROM consent") == [(0,)]


async def test_the_same_file_again_changes_nothing(path: Path) -> None:
    lines = (FULL, FULL_ROW, f"{B},,S2,,,,银卡,,,否,,,", f"{C},,S2,,,,铜卡,0,,,,,")
    await imported(path, *lines, consent_source="x")
    before = await everything()
    assert outcome(await imported(path, *lines, consent_source="x")) == (0, 0, 3, 0)
    assert await everything() == before


async def test_a_dry_run_writes_nothing_and_foretells_the_run(path: Path) -> None:
    await imported(path, FULL, f"{B},李四,S2,,,,,100,,,,,", f"{C},王五,S2,,,,,,,,,,")
    before = await everything()
    lines = (FULL, FULL_ROW, f"{B},李四,S1,,,,,200,,,,,", f"{C},王五,,,,,银卡,,,,新,,", "12345,,,,,,,,,,,,")
    foretold = await imported(path, *lines, consent_source="x", dry_run=True)
    assert await everything() == before
    assert rejects(foretold) == [(3, "points", "200"), (5, "phone", "12345")]
    assert outcome(await imported(path, *lines, consent_source="x")) == outcome(foretold) == (1, 1, 0, 2)


async def test_what_is_given_overwrites_and_an_empty_cell_never_does(path: Path) -> None:
    await imported(path, FULL, FULL_ROW, consent_source="x")
    report = await imported(path, "phone,name,home_store,title,birthday", f"{A},张三丰,S2,,")
    assert outcome(report) == (0, 1, 0, 0)
    assert await told("SELECT m.name, code, title, birthday FROM member m JOIN store s ON s.id = home_store") == [
        ("张三丰", "S2", "先生", date(1980, 2, 29))
    ]


async def test_the_store_of_the_command_is_home_to_new_members_without_one(path: Path) -> None:
    lines = ("phone,name,home_store", f"{A},甲,", f"{B},乙,S2")
    report = await imported(path, *lines)
    assert (outcome(report), rejects(report)) == ((1, 0, 0, 1), [(2, "home_store", "")])
    assert outcome(await imported(path, *lines, store="S1")) == (1, 0, 1, 0)
    assert outcome(await imported(path, "phone,name", f"{B},乙二", store="S1")) == (0, 1, 0, 0)
    assert await told("SELECT m.name, code FROM member m JOIN store s ON s.id = home_store ORDER BY m.phone") == [
        ("甲", "S1"),
        ("乙二", "S2"),
    ]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("1390000000,甲,S1,,,,,,,,,,", "phone"),
        (",甲,S1,,,,,,,,,,", "phone"),
        (f"{A},甲,S9,,,,,,,,,,", "home_store"),
        (f"{A},甲,S1,2026-11-22,,,,,,,,,", "joined_on"),
        (f"{A},甲,S1,,2026-11-22,,,,,,,,", "birthday"),
        (f"{A},甲,S1,,2025-02-29,,,,,,,,", "birthday"),
        (f"{A},甲,S1,,,,钻石卡,,,,,,", "tier"),
        (f"{A},甲,S1,,,,,-1,,,,,", "points"),
        (f"{A},甲,S1,,,,,1.5,,,,,", "points"),
        (f"{A},甲,S1,,,,,13900000001,,,,,", "points"),
        (f"{A},甲,S1,,,,,10,2026-11-20,,,,", "points_expire_on"),
        (f"{A},甲,S1,,,,,,,maybe,,,", "marketing_consent"),
        (f"{A},甲,S1,,,,,,,,{'长' * 61},,", "tags"),
        (f"{A},甲,S1,,,,,,,,,31,", "longitude"),
        (f"{A},甲,S1,,,,,,,,,31,181", "longitude"),
    ],
)
async def test_a_row_is_taken_whole_or_not_at_all(path: Path, row: str, column: str) -> None:
    report = await imported(path, FULL, row, f"{B},乙,S1,,,,,,,,,,")
    assert outcome(report) == (1, 0, 0, 1)
    assert [(line, blamed) for line, blamed, _ in rejects(report)] == [(2, column)]
    assert await told("SELECT phone FROM member") == [(B,)]


async def test_an_unknown_tier_is_told_which_there_are(path: Path) -> None:
    report = await imported(path, "phone,name,home_store,tier", f"{A},甲,S1,钻石卡")
    assert report.rejects_file is not None
    assert "铜卡、银卡、金卡" in report.rejects_file.read_text(encoding="utf-8-sig")


async def test_a_phone_that_comes_twice(path: Path) -> None:
    lines = ("phone,name,home_store,tags", f"{A},甲,S1,a;b", "139-0000-0001,甲,S1,b；a", f"{A},乙,S1,")
    report = await imported(path, *lines)
    assert (outcome(report), rejects(report)) == ((1, 0, 1, 1), [(4, "phone", "'+8613900000001")])
    assert await told("SELECT name FROM member") == [("甲",)]


async def test_without_a_program_or_with_an_unknown_store_nothing_begins(path: Path) -> None:
    with pytest.raises(Refusal) as refusal:
        await imported(path, "phone,name", f"{A},甲", store="S9")
    assert refusal.value.code == "unknown_store"
    async with owner() as connection:
        await connection.execute("DELETE FROM points_policy")
    with pytest.raises(Refusal) as refusal:
        await imported(path, "phone,name", f"{A},甲", store="S1")
    assert refusal.value.code == "no_program"


async def test_two_files_with_the_same_people_at_once(path: Path, tmp_path: Path) -> None:
    people = [f"139{number:08d},客{number},S1,银卡,{number + 1},新;老" for number in range(11_000)]
    head = "phone,name,home_store,tier,points,tags"
    other = tmp_path / "other.csv"
    path.write_text("\n".join([head, *people]), encoding="utf-8")
    other.write_text("\n".join([head, *reversed(people)]), encoding="utf-8")
    reports = await asyncio.gather(
        *(import_members(path=file, dry_run=False, today=TODAY, consent_source=None) for file in (path, other))
    )
    assert sum(report.counts["created"] for report in reports) == 11_000
    assert sum(report.counts["unchanged"] for report in reports) == 11_000
    assert await told(
        "SELECT (SELECT count(*) FROM member), (SELECT count(*) FROM tier_grant), (SELECT count(*) FROM tier_change),"
        " (SELECT sum(balance) FROM points_account), (SELECT count(*) FROM member_tag)"
    ) == [(11_000, 11_000, 11_000, 11_000 * 11_001 // 2, 22_000)]


async def somebody_waits() -> bool:
    return bool(await make.value("SELECT count(*) FROM pg_locks WHERE NOT granted"))


async def test_a_member_created_by_somebody_else_meanwhile_is_taken_as_known(path: Path) -> None:
    outside = copy_context()
    async with scope(role="job") as connection:
        await connection.execute(
            "INSERT INTO member (phone, home_store, joined_on, tier)"
            " SELECT $1, s.id, $2, t.id FROM store s, tier t WHERE code = 'S2' AND rank = 1",
            A,
            date(2026, 1, 1),
        )
        # It waits at the phone that is not committed yet.
        waiting = asyncio.create_task(
            imported(path, "phone,name,home_store,tier,points", f"{A},甲,S1,银卡,5", f"{B},乙,S1,,"), context=outside
        )
        await until(somebody_waits, seconds=10, what="the import waits for the other one's commit")
        assert not waiting.done()
    assert outcome(await waiting) == (1, 1, 0, 0)
    assert await told(
        "SELECT name, joined_on, rank, balance FROM (SELECT m.name, joined_on, rank, balance, phone FROM member m"
        " JOIN tier t ON t.id = tier JOIN points_account a ON a.member = m.id) x ORDER BY phone"
    ) == [("甲", date(2026, 1, 1), 2, 5), ("乙", TODAY, 1, 0)]


async def test_what_needs_a_yes_is_left_out_of_a_file_and_counted(path: Path) -> None:
    await make.execute("INSERT INTO tag (name, purpose) VALUES ('慢病', 'health')")
    file = (
        "phone,name,home_store,tags,latitude,longitude", f"{A},甲,S1,慢病;老客,31,121", f"{B},乙,S1,慢病,,", f"{C},丙,S1,,,",
    )  # fmt: skip
    report = await imported(path, *file)
    assert (outcome(report), report.left_out) == ((3, 0, 0, 0), 2)
    kept = (
        "SELECT m.phone, m.latitude::int, t.name FROM member m LEFT JOIN member_tag x ON x.member = m.id"
        " LEFT JOIN tag t ON t.id = x.tag ORDER BY 1, 3"
    )
    assert await told(kept) == [(A, None, "老客"), (B, None, None), (C, None, None)]
    before = await everything()
    report = await imported(path, *file)
    assert (outcome(report), report.left_out, await everything()) == ((0, 0, 3, 0), 2, before)
    await make.agree(await make.value("SELECT id FROM member WHERE phone = $1", A), "location")
    await make.agree(await make.value("SELECT id FROM member WHERE phone = $1", B), "health")
    report = await imported(path, *file)
    assert (outcome(report), report.left_out) == ((0, 2, 1, 0), 1)
    assert await told(kept) == [(A, 31, "老客"), (B, None, "慢病"), (C, None, None)]
