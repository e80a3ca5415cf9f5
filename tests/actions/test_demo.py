"""The demo chain: whole, the same each time, alive at its end, never on top of somebody's own data."""

from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from actions import demo, demo_days
from actions.demo import demo_state, make_demo
from actions.demo_people import make_people
from actions.night import LOCK
from gateways.protocol import Report
from queries.nights import nights_closed
from rules.refusals import Refusal
from tables.scope import exclusive
from tables.staff import Staff
from tests import make
from tests.actions.demo_facts import (
    DAY,
    DAYS,
    MEMBERS,
    NOW,
    PASSWORD,
    TODAY,
    PretendGateway,
    as_installed,
    broken,
    made,
    told,
)
from tests.conftest import _wiped

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
async def _installed(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a fresh installation has, and passwords that are hashed quickly."""
    monkeypatch.setattr(Staff, "_pbkdf2_iteration_count", 1)
    await as_installed()


async def test_the_demo_is_a_chain_with_all_nights_closed_and_nothing_wrong() -> None:
    counts = await made()
    assert (counts.stores, counts.members, counts.nights) == (3, MEMBERS, DAYS)
    assert counts.receipts > MEMBERS
    assert counts.redemptions > 0
    closed = await nights_closed()
    assert (closed.first, closed.last) == (TODAY - DAYS * DAY, TODAY - DAY)
    assert await make.value("SELECT signature FROM chain") == "鲜果里"
    assert await broken() == []
    assert await demo_state() == "whole"
    segments = await make.fetch("SELECT name, members FROM segment WHERE counted_on = $1", TODAY - DAY)
    assert len(segments) == 12
    # Twenty days are too short for what takes months; of the rest there is somebody everywhere.
    assert {row["name"] for row in segments if not row["members"]} <= {"成熟", "衰退", "流失预警", "季度满千"}
    assert await make.value("SELECT count(DISTINCT tag) FROM member_tag WHERE because IS NOT NULL") >= 8
    assert (
        await make.value("SELECT count(*) FROM member_tag x JOIN tag t ON t.id = x.tag WHERE t.purpose = 'children'")
        > 0
    )
    assert await make.value("SELECT count(*) FROM member WHERE latitude IS NOT NULL") > 0


async def test_there_is_something_to_see_and_something_to_come() -> None:
    await made()
    assert await make.value("SELECT sum(cost) FROM send_log WHERE state = 'delivered'") > 0
    first_message = make.noon(TODAY) - timedelta(hours=4)
    waiting = await make.fetch("SELECT * FROM send_log WHERE state = 'queued'")
    assert any(message["scheduled_at"] == first_message for message in waiting)
    assert all(message["scheduled_at"] >= first_message - DAY for message in waiting)
    ending = "SELECT count(*) FROM points_lot WHERE remaining > 0 AND expires_on BETWEEN $1 AND $2"
    assert await make.value(ending, TODAY, TODAY + 15 * DAY) > 0
    near = """
        SELECT count(*) FROM member m JOIN tier t ON t.id = m.tier JOIN tier n ON n.rank = t.rank + 1
        CROSS JOIN LATERAL (SELECT coalesce(sum(tier_amount), 0) AS spent FROM purchase
                            WHERE member = m.id AND business_date >= $1) p
        WHERE n.quarterly_spend - p.spent > 0 AND n.quarterly_spend - p.spent <= 50"""
    assert await make.value(near, date(2026, 10, 1)) >= 12


async def test_the_same_seed_and_day_make_the_same_rows_at_any_hour() -> None:
    await made(days=8)
    once = await told()
    await _wiped()
    await as_installed()
    await made(days=8, now=NOW + timedelta(hours=9))
    assert await told() == once
    await _wiped()
    await as_installed()
    await made(days=8, seed=2)
    assert (await told())["receipts"] != once["receipts"]


class PulledPlugError(Exception):
    """The demo stops here."""


@pytest.mark.parametrize(
    ("room", "where"),
    [(demo, "move_in"), (demo, "live"), (demo_days, "_at_the_desk"), (demo, "close_date"), (demo, "_finish")],
)
async def test_an_interrupted_demo_is_finished_as_if_nothing_had_been(
    room: ModuleType, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await made(days=6)
    whole = await told()
    await _wiped()
    await as_installed()

    calls = 0
    deed = getattr(room, where)

    async def pulled(*what: Any, **how: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 3 or where in {"move_in", "_finish"}:
            raise PulledPlugError
        await deed(*what, **how)

    with monkeypatch.context() as patch:
        patch.setattr(room, where, pulled)
        with pytest.raises(PulledPlugError):
            await made(days=6)
    assert await demo_state() == "partial"
    await made(days=6)
    assert await told() == whole
    assert await demo_state() == "whole"


async def test_a_demo_interrupted_yesterday_goes_on_to_the_new_yesterday() -> None:
    def pulled(_: str, done: int, total: int) -> None:
        if done == 4:
            raise PulledPlugError

    with pytest.raises(PulledPlugError):
        await made(days=6, progress=pulled)
    await made(days=6, now=NOW + DAY)
    closed = await nights_closed()
    assert (closed.first, closed.last) == (TODAY - 6 * DAY, TODAY)
    assert await make.value("SELECT count(DISTINCT business_date) FROM purchase WHERE source = 'demo'") == 7
    assert await broken() == []


async def test_it_is_never_made_on_top_of_data() -> None:
    assert await demo_state() == "empty"
    await make.make_program()
    assert await demo_state() == "other"
    store = await make.make_store("S1")
    await make.make_member(store=store)
    assert await demo_state() == "other"
    before = await make.digest()
    with pytest.raises(Refusal) as refused:
        await made()
    assert refused.value.code == "not_empty"
    assert await make.digest() == before


async def test_a_finished_demo_is_not_made_again_days_later_either() -> None:
    await made(days=3, members=20)
    before = await make.digest()
    with pytest.raises(Refusal) as refused:
        await made(now=NOW + 5 * DAY)
    assert refused.value.code == "not_empty"
    assert await make.digest() == before


async def test_real_phones_are_never_written_to() -> None:
    with pytest.raises(Refusal) as refused:
        await made(gateway=PretendGateway("aliyun"))
    assert refused.value.code == "real_gateway"
    assert await demo_state() == "empty"


async def test_without_a_gateway_messages_wait() -> None:
    await make_demo(now=NOW, zone=make.ZONE, password=PASSWORD, gateway=None, seed=1, members=40, days=3)
    assert await make.value("SELECT count(*) FROM send_log WHERE handed_at IS NOT NULL") == 0


async def test_a_stranger_may_try_each_role() -> None:
    await made(days=1, members=10)
    rows = await make.fetch(
        "SELECT f.username, f.role, f.password_is_temporary AS temporary, array_remove(array_agg(s.code), NULL) AS stores"
        " FROM staff f LEFT JOIN staff_store o ON o.staff = f.id LEFT JOIN store s ON s.id = o.store GROUP BY f.id ORDER BY f.id"
    )
    assert [(row["username"], row["role"], row["stores"]) for row in rows] == [
        ("hq", "hq_admin", []),
        ("yunying", "hq_marketing", []),
        ("dianzhang", "store_manager", ["XGL-YP"]),
        ("shouyin", "cashier", ["XGL-YP"]),
    ]
    assert not any(row["temporary"] for row in rows)


async def test_a_weak_password_makes_nothing() -> None:
    with pytest.raises(Refusal) as refused:
        await made(password="12345678")  # noqa: S106
    assert refused.value.code == "weak_password"
    assert await demo_state() == "empty"


async def test_a_quarter_that_begins_today_is_no_obstacle() -> None:
    await made(now=datetime(2026, 9, 30, 20, tzinfo=UTC), days=3, members=40)
    assert (await nights_closed()).last == date(2026, 9, 30)
    assert await broken() == []


async def test_no_night_of_a_worker_comes_between() -> None:
    taken: list[bool] = []

    class Watching(PretendGateway):
        async def reports(self, *, now: datetime) -> list[Report]:  # noqa: ARG002
            async with exclusive(name=LOCK, wait=False) as mine:
                taken.append(mine)
            return []

    await made(gateway=Watching(), members=10, days=2)
    assert taken
    assert not any(taken)


def test_people_are_plausible() -> None:
    people = make_people(seed=1, count=2000, first=date(2026, 7, 25), last=TODAY - DAY, zone=make.ZONE)
    phones = [person.phone for person in people]
    assert len(set(phones)) == len(people)
    assert all(len(phone) == 11 and phone.isdigit() for phone in phones)
    # Some fail, and fewer than the two in a hundred at which a campaign stops itself.
    assert 3 <= sum(phone.endswith("0000") for phone in phones) <= 12
    assert 8 <= sum(phone.endswith("7") for phone in phones) <= 25
    said_yes = sum(person.consents.get("marketing_sms", False) for person in people)
    assert 1300 <= said_yes <= 1500
    assert any(person.withdrawn_at for person in people)
    assert any(person.wish for person in people)
