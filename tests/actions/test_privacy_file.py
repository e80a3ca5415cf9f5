"""A member is shown all that is held about them, and whoever took it stands in the audit log."""

import json
import re
from io import BytesIO
from zipfile import ZipFile

import pytest

from actions.privacy import erase
from actions.privacy_file import export_member
from config.settings import settings
from queries.privacy import SECTIONS
from rules.privacy_words import COLUMNS
from rules.privacy_words import SECTIONS as WORDS
from rules.refusals import Refusal
from tables.access import STAFF_ROLES, Role
from tables.scope import scope
from tests import make
from tests.actions.privacy_world import DAY, EVERYTHING, NOW, join, open_chain

PHONE = "13900000001"


@pytest.fixture(autouse=True)
async def chain(db: None) -> None:
    await open_chain()


async def exported(member: int, *, role: Role = "hq_admin") -> tuple[dict[str, list[dict[str, object]]], str]:
    async with scope(role=role, staff=1):
        body = await export_member(member=member, secret=settings().secret, zone=make.ZONE, now=NOW)
    with ZipFile(BytesIO(body)) as archive:
        assert archive.testzip() is None
        return json.loads(archive.read("data.json")), archive.read("index.html").decode()


async def test_a_member_is_shown_all_that_is_held() -> None:
    name = "诸葛<b>澜"
    member = await join(phone=PHONE, name=name)
    for deed in EVERYTHING:
        await deed(member, PHONE, name)
    await make.execute(
        "UPDATE member_habit SET hour = 9; INSERT INTO tier_change (member, from_tier, to_tier, reason, business_date)"
        f" VALUES ({member}, 1, 2, 'spend', '{DAY}')"
    )
    held, page = await exported(member)
    assert [key for key, rows in held.items() if not rows] == ["refusals", "habits"]
    assert {name for rows in held.values() for row in rows for name in row} <= set(COLUMNS)
    assert (held["profile"][0]["name"], held["profile"][0]["phone"]) == (name, f"+86{PHONE}")
    assert held["purchases"][0]["amount"] == "120.50"
    for said in ("诸葛&lt;b&gt;澜", f"我是诸葛&lt;b&gt;澜，请回电{PHONE}", "营销短信", "小票号", "2031-03-03 12:00", "口味",
        "金额（元）：120.50"):  # fmt: skip
        assert said in page, said
    assert "<b>" not in page
    assert "http" not in re.sub(r"<td>.*?</td>", "", page)
    [line] = await make.fetch("SELECT staff, row_id FROM audit_log WHERE action = 'export'")
    assert line == {"staff": 1, "row_id": member}


async def test_of_somebody_forgotten_only_the_books_are_left_to_show() -> None:
    member = await join(phone=PHONE, name="诸葛澜")
    for deed in EVERYTHING:
        await deed(member, PHONE, "诸葛澜")
    async with scope(role="hq_admin"):
        await erase(who=PHONE, secret=settings().secret, now=NOW)
    held, page = await exported(member)
    assert "诸葛澜" not in page
    assert PHONE not in page
    assert [len(held[key]) for key in ("purchases", "points", "clicks", "tags")] == [2, 3, 0, 0]


@pytest.mark.parametrize("role", [role for role in STAFF_ROLES if role != "hq_admin"])
async def test_headquarters_alone_exports(role: Role) -> None:
    member = await join(phone=PHONE, name="诸葛澜")
    with pytest.raises(Refusal) as refused:
        await exported(member, role=role)
    assert refused.value.code == "not_allowed"
    with pytest.raises(Refusal, match="no such member"):
        await exported(99)


async def test_a_new_table_about_members_is_shown_to_them_too() -> None:
    tables = await make.fetch(
        "SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint WHERE contype = 'f' AND confrelid = 'member'::regclass"
    )
    statements = " ".join(SECTIONS.values())
    # A code is digits that nobody keeps, its row only says when one was asked for.
    assert {row["name"] for row in tables if f"FROM {row['name']} " not in f"{statements} "} == {"redemption_code"}
    assert set(SECTIONS) == set(WORDS)
