"""Registering at the counter: one phone is one member, and no answer is taken for a yes."""

import asyncio
from collections.abc import Mapping
from contextvars import Context
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from actions.members_lookup import find
from actions.members_register import PURPOSES, Registered, register
from queries.invariants import check_all
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope, session
from tests import make

DAY = date(2031, 3, 3)
NOW = make.noon(DAY)
NEW = "13900000005"


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    """Store 1 and store 2, a member each, one person."""
    await make.make_program()
    for n in (1, 2):
        await make.make_member(f"+861390000000{n}", store=await make.make_store(f"S{n}"))
    await make.execute(
        "INSERT INTO staff (username, password, role, active, admin) VALUES ('u', 'x', 'cashier', true, true)"
    )


async def joined(*, role: Role = "cashier", **said: Any) -> Registered:
    form: dict[str, Any] = {
        "phone": NEW, "name": "李四", "store": 1, "consents": {}, "text_version": "2031-01", "source": "counter",
        "now": NOW, "business_date": DAY, **said,
    }  # fmt: skip
    async with session() as connection, scope(role=role, stores=[1], staff=1, connection=connection):
        return await register(**form)


async def refused(**said: Any) -> str:
    before = await make.digest()
    with pytest.raises(Refusal) as refusal:
        await joined(**said)
    assert await make.digest() == before
    assert NEW not in str(refusal.value)
    return refusal.value.code


async def test_a_new_member_is_born_whole() -> None:
    born = await joined(name=" 李四 ", title="女士", birthday=date(1990, 5, 6))
    assert not born.known
    assert await make.fetch(
        "SELECT phone, name, title, birthday, home_store, joined_on, tier, tier_valid_until FROM member WHERE id = $1", born.member
    ) == [
        {"phone": f"+86{NEW}", "name": "李四", "title": "女士", "birthday": date(1990, 5, 6), "home_store": 1, "joined_on": DAY,
         "tier": 1, "tier_valid_until": None}
    ]  # fmt: skip
    assert await make.value("SELECT balance FROM points_account WHERE member = $1", born.member) == 0
    assert await make.value("SELECT staff FROM audit_log WHERE table_name = 'member' AND row_id = $1", born.member) == 1
    assert await check_all(progress=lambda *_: None) == []


async def test_a_welcome_is_on_its_way() -> None:
    born = await joined()
    message = (await make.fetch("SELECT * FROM send_log"))[0]
    assert {key: message[key] for key in ("member", "phone", "store", "message_class", "dedupe_key", "state", "text")} == {
        "member": born.member, "phone": f"+86{NEW}", "store": 1, "message_class": "notice",
        "dedupe_key": f"welcome:{born.member}", "state": "queued", "text": None,
    }  # fmt: skip
    assert (message["scheduled_at"], message["send_before"]) == (NOW, NOW + timedelta(days=2))
    assert await make.fetch("SELECT member, kind, reference, business_date, send_before, send_log, state FROM notice") == [
        {"member": born.member, "kind": "welcome", "reference": "welcome", "business_date": DAY,
         "send_before": NOW + timedelta(days=2), "send_log": message["id"], "state": "queued"}
    ]  # fmt: skip


@pytest.mark.parametrize(
    "consents",
    [{}, {"marketing_sms": True}, {"marketing_sms": False, "personalisation": True}, dict.fromkeys(PURPOSES, False)],
)
async def test_what_was_answered_is_written_and_nothing_else(consents: Mapping[str, bool]) -> None:
    born = await joined(consents=consents)
    rows = await make.fetch("SELECT member, purpose, granted, source, text_version, store, staff, at FROM consent")
    assert {row.pop("purpose"): row.pop("granted") for row in rows} == consents
    said = {"member": born.member, "source": "counter", "text_version": "2031-01", "store": 1, "staff": 1, "at": NOW}
    assert all(row == said for row in rows)


async def test_a_known_phone_changes_nothing() -> None:
    first = await joined(consents={"marketing_sms": False})
    before = await make.digest()
    again = await joined(name="王五", consents={"marketing_sms": True}, phone="+86 139 0000 0005")
    assert again == Registered(member=first.member, known=True)
    assert await make.digest() == before


async def test_a_member_of_another_store_costs_a_look_up() -> None:
    assert await joined(phone="13900000002") == Registered(member=2, known=True)
    assert await make.fetch("SELECT staff, member, weight FROM member_lookup") == [
        {"staff": 1, "member": 2, "weight": 1}
    ]
    await make.execute("INSERT INTO member_lookup (staff, weight, at) VALUES (1, 59, $1)", NOW)
    assert await refused(phone="13900000002") == "too_many"
    assert await joined(phone="13900000001") == Registered(member=1, known=True)
    assert not (await joined()).known


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"phone": "12345"}, "bad_phone"),
        ({"name": " \t"}, "no_name"),
        ({"name": "\u3000"}, "no_name"),
        ({"name": "长" * 61}, "bad_text"),
        ({"title": "长" * 21}, "bad_text"),
        ({"birthday": DAY + timedelta(days=1)}, "bad_birthday"),
        ({"birthday": date(1899, 12, 31)}, "bad_birthday"),
        ({"consents": {"marketing": True}}, "unknown_purpose"),
        ({"consents": {"marketing_sms": True}, "text_version": " "}, "no_text_version"),
        ({"store": 2}, "foreign_store"),
        ({"store": 99}, "foreign_store"),
        ({"store": 99, "role": "hq_admin"}, "unknown_store"),
        ({"role": "hq_marketing"}, "not_allowed"),
        ({"role": "hq_viewer"}, "not_allowed"),
    ],
)
async def test_what_cannot_be_is_refused_with_nothing_written(said: dict[str, Any], code: str) -> None:
    assert await refused(**said) == code


async def test_the_edges_of_birthdays_are_taken() -> None:
    for n, birthday in enumerate((date(1900, 1, 1), DAY)):
        assert not (await joined(phone=f"1390000006{n}", birthday=birthday)).known


async def test_without_a_lowest_tier_there_is_none_to_be_born_into() -> None:
    await make.execute("UPDATE tier SET rank = 9 WHERE rank = 1")
    assert await refused() == "no_program"


async def test_one_phone_registered_at_many_tills_at_once_is_one_member() -> None:
    forms = [asyncio.get_running_loop().create_task(joined(name=f"李{n}"), context=Context()) for n in range(8)]
    done = await asyncio.gather(*forms)
    assert len({one.member for one in done}) == 1
    assert sorted(one.known for one in done) == [False] + [True] * 7
    assert await make.value("SELECT count(*) FROM member WHERE phone = $1", f"+86{NEW}") == 1
    assert await make.value("SELECT count(*) FROM send_log") == 1
    assert await check_all(progress=lambda *_: None) == []


async def test_who_was_registered_is_found_at_once() -> None:
    async with scope(role="store_manager", stores=[1], staff=1):
        born = await register(
            phone=NEW, name="李四", store=1, consents={}, text_version="", source="", now=NOW, business_date=DAY
        )
        assert (await find(phone=NEW, now=NOW, staff=1)).member == born.member


async def test_the_day_of_the_welcome_is_the_business_date_not_the_clock() -> None:
    late = datetime(2031, 3, 3, 23, 59, tzinfo=make.ZONE)
    await joined(now=late)
    assert await make.value("SELECT business_date FROM notice") == DAY
