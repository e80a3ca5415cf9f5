"""Answers that staff write down: of whom, by whom, what goes with a no, two at once, and that nobody is taken to have agreed."""

import csv
import json
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from actions.consents import Answer, record
from actions.members import import_members
from actions.members_register import register
from actions.purchases_import import import_purchases
from config.settings import OWNER, settings
from queries.consents import consent_story
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import Connection, scope, session
from tests import make
from tests.actions.test_concurrency import somebody_waits, started

DAY = date(2031, 3, 3)
NOW = make.noon(DAY)


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    """Stores 1 and 2 with a member each, two people, tag 1 for those who agreed to health."""
    await make.make_program()
    for n in (1, 2):
        await make.make_member(f"+861390000000{n}", store=await make.make_store(f"S{n}"))
    await make.execute(
        "INSERT INTO staff (username, password, role, active, admin) VALUES ('anna', 'x', 'cashier', true, true);"
        "INSERT INTO tag (name, purpose) VALUES ('慢病', 'health')"
    )


async def says(
    purpose: str = "health", *, granted: bool = True, member: int = 1, store: int = 1, role: Role = "cashier", at: datetime = NOW
) -> str:  # fmt: skip
    answer = Answer(purpose=purpose, granted=granted, source="柜台口头", text_version="2031-01" if granted else "")
    try:
        async with session() as connection, scope(role=role, stores=[1], staff=1, connection=connection):
            return "known" if await record(member=member, store=store, answer=answer, now=at) else "recorded"
    except Refusal as refusal:
        return refusal.code


@pytest.mark.parametrize(
    ("role", "member", "store", "outcome"),
    [
        ("cashier", 1, 1, "recorded"), ("store_manager", 1, 1, "recorded"), ("hq_admin", 2, 2, "recorded"),
        ("cashier", 2, 1, "unknown_member"), ("store_manager", 2, 1, "unknown_member"), ("cashier", 9, 1, "unknown_member"),
        ("cashier", 1, 2, "foreign_store"), ("store_manager", 2, 2, "foreign_store"), ("hq_admin", 9, 1, "unknown_member"),
        ("hq_marketing", 1, 1, "not_allowed"), ("hq_viewer", 1, 1, "not_allowed"), ("till", 1, 1, "not_allowed"),
    ],
)  # fmt: skip
async def test_staff_write_down_what_their_own_members_say(role: Role, member: int, store: int, outcome: str) -> None:
    before = await make.digest()
    assert await says(role=role, member=member, store=store) == outcome
    if outcome != "recorded":
        assert await make.digest() == before
        return
    assert await says(role=role, member=member, store=store) == "known"
    async with scope(role=role, stores=[1]):
        [said] = await consent_story(member=member)
    assert (said.purpose, said.granted, said.source, said.text_version) == ("health", True, "柜台口头", "2031-01")
    assert (said.store, said.staff, said.at) == (f"S{store}", "anna", NOW)
    async with scope(role="cashier", stores=[3 - store]):
        assert await consent_story(member=member) == []
    line = await make.fetch(
        "SELECT role, staff, after ->> 'purpose' AS purpose FROM audit_log WHERE table_name = 'consent'"
    )
    assert line == [{"role": f"regulars_{role}", "staff": 1, "purpose": "health"}]


async def test_a_no_takes_tag_place_and_waiting_messages_at_once_and_the_audit_tells_no_place() -> None:
    for purpose in ("health", "location", "marketing_sms"):
        assert await says(purpose) == "recorded"
    await make.execute(
        "INSERT INTO member_tag (member, tag) VALUES (1, 1); UPDATE member SET latitude = 31.234567, longitude = 121.5 WHERE id = 1;"
        "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, state)"
        " SELECT 1, '+8613900000001', 1, c, c, 'queued' FROM unnest(ARRAY['marketing', 'notice']) c"
    )
    for purpose in ("health", "location", "marketing_sms"):
        # Earlier by the clock of whoever wrote it down, and still the newest word.
        assert await says(purpose, granted=False, at=NOW - timedelta(hours=1)) == "recorded"
    assert await make.fetch("SELECT latitude, longitude FROM member WHERE id = 1") == [
        {"latitude": None, "longitude": None}
    ]
    assert await make.value("SELECT count(*) FROM member_tag") == 0
    assert await make.fetch("SELECT message_class, state, reason FROM send_log ORDER BY 1") == [
        {"message_class": "marketing", "state": "skipped", "reason": "opted_out"},
        {"message_class": "notice", "state": "queued", "reason": None},
    ]
    gone = "SELECT role, before ->> 'tag' AS tag FROM audit_log WHERE table_name = 'member_tag' AND action = 'delete'"
    assert await make.fetch(gone) == [{"role": "regulars_cashier", "tag": "1"}]
    moved = await make.fetch(
        "SELECT before ->> 'latitude' AS b, after ->> 'latitude' AS a FROM audit_log"
        " WHERE table_name = 'member' AND action = 'update' ORDER BY id"
    )
    assert moved == [{"b": None, "a": "…"}, {"b": "…", "a": None}]
    assert await make.value("SELECT count(*) FROM audit_log WHERE before::text || after::text LIKE '%31.234567%'") == 0


TAGS: dict[str, tuple[Role, str]] = {
    "by hand": ("store_manager", "INSERT INTO member_tag (member, tag) VALUES (1, 1)"),
    "at night": ("job", "SELECT deed.tag_give('{1}', 1, now(), '')"),
    "a place": ("store_manager", "UPDATE member SET latitude = 1, longitude = 1 WHERE id = 1"),
}


async def tagged(connection: Connection, how: str) -> str:
    role, sql = TAGS[how]
    try:
        async with scope(role=role, stores=[1], connection=connection):
            await connection.execute(sql)
    except asyncpg.CheckViolationError:
        return "refused"
    return "done"


async def alone(deed: Callable[[Connection], Awaitable[str]]) -> str:
    async with session() as connection:
        return await deed(connection)


@pytest.mark.parametrize("how", list(TAGS))
@pytest.mark.parametrize("first", ["tags", "withdraws"])
async def test_of_a_tag_and_a_withdrawal_at_once_the_withdrawal_holds(how: str, first: str) -> None:
    await says("health")
    await says("location")
    purpose = "location" if how == "a place" else "health"
    no = "INSERT INTO consent (member, purpose, granted, source, text_version, at) VALUES (1, $1, false, 'x', '', '2031-03-04')"
    async with session() as connection:
        if first == "tags":
            async with scope(role=TAGS[how][0], stores=[1], connection=connection):
                await connection.execute(TAGS[how][1])
                late = started(says(purpose, granted=False))
                await somebody_waits()
            assert await late == "recorded"
        else:
            async with scope(role="hq_admin", connection=connection):
                await connection.execute(no, purpose)
                late = started(alone(lambda other: tagged(other, how)))
                await somebody_waits()
            assert await late == ("done" if how == "at night" else "refused")
    assert await make.value("SELECT count(*) FROM member_tag") == 0
    assert await make.value("SELECT count(*) FROM member WHERE latitude IS NOT NULL") == 0


async def test_a_tag_that_becomes_sensitive_waits_for_who_tags_and_then_takes_it() -> None:
    await make.execute("UPDATE tag SET purpose = NULL")
    async with session() as connection, session() as other:
        async with scope(role="store_manager", stores=[1], connection=connection):
            await connection.execute("INSERT INTO member_tag (member, tag) VALUES (1, 1)")

            async def means() -> str:
                async with scope(role="hq_marketing", connection=other):
                    return str(await other.execute("UPDATE tag SET purpose = 'health'"))

            late = started(means())
            await somebody_waits()
        assert await late == "UPDATE 1"
    assert await make.value("SELECT count(*) FROM member_tag") == 0


async def test_nobody_is_taken_to_have_agreed_by_joining(tmp_path: Path) -> None:
    """个人信息保护法 art. 14. By a form, a till, a file of members and a file of receipts."""
    asked: dict[str, Any] = {"text_version": "", "now": NOW, "business_date": DAY}
    async with scope(role="cashier", stores=[1], staff=1):
        await register(phone="13900000011", name="甲", store=1, consents={}, source="x", **asked)
    members = tmp_path / "members.csv"
    with members.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["phone", "name", "home_store"], ["13900000012", "乙", "S1"]])
    await import_members(path=members, dry_run=False, today=DAY, consent_source="登记表")
    till = make.Till(tmp_path / "sales.csv").sale("R1", at=NOW, phone="13900000013")
    await import_purchases(path=till.save(), zone=make.ZONE, today=DAY)
    assert await make.value("SELECT count(*) FROM member") == 5
    assert await make.value("SELECT count(*) FROM consent") == 0


async def test_places_of_before_go_unless_their_member_agreed() -> None:
    """What the migration does to rows that an earlier version kept."""
    await make.agree(1, "location")
    owner = await asyncpg.connect(settings().owner_dsn.replace(OWNER, "postgres", 1))
    try:
        await owner.execute("SET session_replication_role = replica; UPDATE member SET latitude = 31, longitude = 121")
    finally:
        await owner.close()
    before = await make.value("SELECT max(id) FROM audit_log")
    await make.execute(
        "INSERT INTO audit_log (action, table_name, row_id, before) VALUES ('update', 'member', 1, '{\"latitude\": 31.7, \"name\": \"甲\"}')"
    )
    await make.execute(import_module("piccolo_migrations.regulars_2026_11_22t14_41_00_000000").PLACES)
    assert await make.fetch("SELECT id FROM member WHERE latitude IS NOT NULL OR longitude IS NOT NULL") == [{"id": 1}]
    line = """SELECT before FROM audit_log WHERE before ->> 'name' = '甲'"""
    assert json.loads(await make.value(line)) == {"latitude": "…", "longitude": "…", "name": "甲"}
    left = (
        "SELECT member, store, action, before ->> 'latitude' AS was FROM audit_log WHERE id > $1 AND role IS NOT NULL"
    )
    assert await make.fetch(left, before) == [{"member": 2, "store": 2, "action": "update", "was": "…"}]
    with pytest.raises(asyncpg.CheckViolationError):
        await make.execute("UPDATE member SET latitude = 1, longitude = 1 WHERE id = 2")
