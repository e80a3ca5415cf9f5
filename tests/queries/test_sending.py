"""What is on its way: counted from chunks and lone rows, with why it waits, for each role what it may see."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from queries.sending import Sending, sending
from queries.sending_accounts import account_lines
from queries.sending_news import News, news
from tables.access import Role
from tables.scope import scope
from tests import make
from tests.make import ZONE

NOON = datetime(2026, 11, 22, 12, tzinfo=ZONE)
MIDNIGHT = NOON - timedelta(hours=12)
MINUTE = timedelta(minutes=1)


async def account(name: str = "first", **fields: object) -> None:
    columns = {"name": name, "gateway": "simulator", **fields}
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await make.execute(f"INSERT INTO gateway_account ({', '.join(columns)}) VALUES ({places})", *columns.values())


async def chunk(state: str = "waiting", *, message_class: str = "marketing", **fields: object) -> None:
    claimed = {"owner": "w", "lease_until": NOON + MINUTE} if state == "claimed" else {}
    columns = {"message_class": message_class, "state": state, "due_at": NOON - MINUTE, **claimed, **fields}
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await make.execute(f"INSERT INTO send_chunk ({', '.join(columns)}) VALUES ({places})", *columns.values())


async def alone(n: int, *, due: datetime = NOON - MINUTE, **fields: object) -> None:
    columns = {
        "message_class": "notice", "dedupe_key": f"test:{n}", "scheduled_at": due, "next_at": due, "created_at": NOON,
        **fields,
    }  # fmt: skip
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await make.execute(f"INSERT INTO send_log ({', '.join(columns)}) VALUES ({places})", *columns.values())


async def campaign(state: str = "sending", name: str = "双十一") -> int:
    made: int = await make.value(
        "INSERT INTO campaign (name, state, created_at) VALUES ($1, $2, $3) RETURNING id", name, state, NOON
    )
    return made


async def seen(
    *, now: datetime = NOON, role: Role = "hq_admin", stores: tuple[int, ...] = (), **unusable: str
) -> Sending:
    async with scope(role="job"):
        lines = await account_lines(now=now, since=MIDNIGHT, zone=ZONE, unusable=unusable)
    async with scope(role=role, stores=stores):
        return await sending(now=now, since=MIDNIGHT, zone=ZONE, accounts=[line.facts for line in lines])


async def told(*, role: Role = "hq_admin", stores: tuple[int, ...] = ()) -> News:
    async with scope(role=role, stores=stores):
        return await news(since=MIDNIGHT)


def why(found: Sending) -> dict[tuple[str, str | None], int]:
    counted: Counter[tuple[str, str | None]] = Counter()
    for one in found.held:
        counted[one.reason, one.cause] += one.messages
    return dict(counted)


async def test_nothing_is_nothing(db: None) -> None:
    found = await seen()
    assert not found.total.any
    assert (found.classes, found.stores, found.held, found.failures, found.more) == ({}, [], [], [], False)


async def test_chunks_and_lone_messages_are_counted_by_class_and_store(db: None) -> None:
    await account()
    one, two = await make.make_store("S1"), await make.make_store("S2")
    await chunk(store=one, size=500, accepted=100, delivered=60, undelivered=5, failed=3, skipped=7, unknown=2)
    await chunk("claimed", store=two, size=50, sending=20, accepted=10, gateway="first", handed_at=NOON)
    await chunk("done", message_class="notice", size=9, accepted=9, delivered=8, done_at=NOON - MINUTE)
    await chunk("done", store=two, size=40, accepted=30, unknown=4, done_at=MIDNIGHT - MINUTE)
    await alone(1, store=two)
    await alone(2, store=two, state="skipped", reason="too_late")
    found = await seen()
    total, marketing, notice = found.total, found.classes["marketing"], found.classes["notice"]
    assert (total.queued, total.leaving, total.accepted, total.delivered) == (388 + 20 + 1, 20, 119, 68)
    assert (marketing.queued, marketing.failed, marketing.unknown) == (408, 8, 6), "unknown is of any day"
    assert (notice.queued, notice.accepted) == (1, 9)
    assert [(store.code, store.counts.queued, store.counts.leaving) for store in found.stores] == [
        ("S1", 388, 0), ("S2", 21, 20), (None, 0, 0),
    ]  # fmt: skip


async def test_a_store_sees_its_own_and_no_account_of_head_office(db: None) -> None:
    await account()
    one, two = await make.make_store("S1"), await make.make_store("S2")
    for store in (one, two, None):
        await chunk(store=store, size=100)
        await alone(store or 0, store=store)
    for role in ("store_manager", "cashier"):
        found = await seen(role=role, stores=(two,))
        assert [(store.code, store.counts.queued) for store in found.stores] == [("S2", 101)]
        assert why(found) == {("ready", "first"): 101}
    assert (await seen(role="store_manager")).total.queued == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE gateway_health SET is_paused = true", ("paused", "first")),
        ("UPDATE gateway_health SET down_until = '2026-11-22 12:00:01+08'", ("down", "first")),
        ("UPDATE gateway_health SET balance = 0", ("no_balance", "first")),
        ("UPDATE gateway_account SET valid_until = '2026-11-21'", ("licence_over", "first")),
        ("UPDATE gateway_account SET opens = '13:00', closes = '14:00'", ("outside_hours", "first")),
        ("UPDATE gateway_account SET classes = '{verification}'", ("no_account", None)),
        ("UPDATE gateway_account SET is_active = false", ("no_account", None)),
        ("UPDATE campaign SET state = 'paused'", ("campaign_halted", "双十一")),
        ("UPDATE campaign SET state = 'stopped'", ("campaign_halted", "双十一")),
        ("UPDATE send_chunk SET due_at = '2026-11-22 15:00+08'", ("scheduled", None)),
        (
            "UPDATE send_chunk SET due_at = '2026-11-22 15:00+08', handed_at = '2026-11-22 11:00+08'",
            ("retry", None),
        ),
        ("INSERT INTO contact_rule (kind, opens, closes) VALUES ('hours', '13:00', '14:00')", ("quiet_hours", None)),
        (
            "UPDATE gateway_account SET rate = 10; UPDATE gateway_health SET moments = '{2026-11-22 11:59:59.5+08}', amounts = '{9}'",
            ("rate", "first"),
        ),
        ("SELECT 1", ("ready", "first")),
    ],
)
async def test_why_a_chunk_waits(db: None, change: str, reason: tuple[str, str | None]) -> None:
    await account()
    await chunk(campaign=await campaign(), size=10)
    await make.execute(change)
    found = await seen()
    assert why(found) == {reason: 10}
    assert found.total.held == (0 if reason[0] in {"ready", "rate"} else 10)
    assert (found.held[0].until is not None) is (reason[0] in {"scheduled", "retry"})


async def test_why_a_lone_message_waits(db: None) -> None:
    await account()
    later = NOON + MINUTE
    await alone(1, due=later)
    await alone(2, due=NOON - MINUTE, attempts=1)
    await make.execute("UPDATE send_log SET next_at = $1 WHERE id = 2", later)
    await alone(3, message_class="verification", gateway="gone")
    await alone(4, message_class="verification")
    assert why(await seen()) == {
        ("scheduled", None): 1, ("retry", None): 1, ("no_account", None): 1, ("ready", "first"): 1,
    }  # fmt: skip


async def test_at_night_notices_wait_and_codes_do_not(db: None) -> None:
    await account()
    night = NOON + timedelta(hours=10)
    await alone(1)
    await alone(2, message_class="verification")
    await alone(3)
    await make.execute("UPDATE send_log SET next_at = $1 WHERE id = 3", night + timedelta(hours=10))
    assert why(await seen(now=night)) == {("quiet_hours", None): 2, ("ready", "first"): 1}


async def test_an_account_without_credentials_is_named(db: None) -> None:
    await account()
    await alone(1)
    assert why(await seen(first="no key")) == {("unusable", "first"): 1}


async def test_failures_of_today_by_reason(db: None) -> None:
    for n, (error, handed, state) in enumerate([
        ("dead_number", NOON, "failed"), ("dead_number", NOON, "failed"), ("capped", NOON, "failed"),
        ("capped", MIDNIGHT - MINUTE, "failed"), ("unknown", NOON, "unknown"),
    ]):  # fmt: skip
        await alone(n, error_class=error, handed_at=handed, state=state, next_at=None, due=NOON)
    assert (await seen()).failures == [("dead_number", 2), ("capped", 1)]


async def line(name: str) -> Any:
    async with scope(role="hq_viewer"):
        return {one.name: one for one in await account_lines(now=NOON, since=MIDNIGHT, zone=ZONE, unusable={})}[name]


async def test_the_pace_of_an_account_against_its_limit(db: None) -> None:
    await account("limited", rate=100)
    await account("free", low_balance=50)
    await make.execute(
        "UPDATE gateway_health SET moments = ARRAY[$1, $2]::timestamptz[], amounts = '{40,30}'",
        NOON - timedelta(seconds=2), NOON - timedelta(seconds=0.5),
    )  # fmt: skip
    await make.execute("UPDATE gateway_health SET balance = 50, failures = 2")
    begun = NOON - timedelta(seconds=20)
    await chunk("claimed", gateway="free", handed_at=begun, size=500, sending=100, accepted=180, failed=20)
    await chunk("done", gateway="free", handed_at=NOON - 2 * MINUTE, done_at=NOON - MINUTE, size=500, accepted=500)
    limited, free = await line("limited"), await line("free")
    assert (limited.pace, limited.facts.rate, limited.calls) == (30.0, 100, 0)
    assert (free.pace, free.calls, free.leaving, free.accepted, free.failed) == (10.0, 1, 100, 680, 20)
    assert (free.is_low, limited.is_low, free.failures) == (True, False, 2)


async def test_a_campaign_its_complaints_and_its_end(db: None) -> None:
    sent, over = await campaign("sending", "甲"), await campaign("stopped", "乙")
    await campaign("draft", "丙")
    await chunk("done", campaign=sent, size=1000, accepted=900, delivered=700, undelivered=50, failed=20, skipped=30,
                unknown=10, done_at=MIDNIGHT - MINUTE)  # fmt: skip
    await chunk("claimed", campaign=sent, size=100, sending=40)
    await chunk("done", campaign=over, size=900, accepted=900, done_at=NOON - MINUTE)
    await make.execute("INSERT INTO contact_rule (kind, share) VALUES ('complaints', 0.001)")
    await make.execute(
        "INSERT INTO complaint (source, campaign, note, at) SELECT '12321', $1, '', $2 FROM generate_series(1, 1)",
        over,
        NOON,
    )
    found = await told()
    assert [one.name for one in found.campaigns] == ["甲", "乙"]
    first, second = found.campaigns
    assert (first.settled, first.size, first.leaving, first.failed, first.delivered) == (960, 1100, 40, 70, 700)
    assert (first.over(red_line=found.red_line), second.over(red_line=found.red_line)) == (False, True)
    assert found.complaints == 1


async def test_replies_are_counted_and_shown_masked_to_those_who_may(db: None) -> None:
    one, two = await make.make_store("S1"), await make.make_store("S2")
    for n, (store, kind, state) in enumerate(
        [(one, "opt_out", "done"), (two, "other", "open"), (None, "other", "open")]
    ):
        await make.execute(
            "INSERT INTO reply (gateway, gateway_reply_id, phone, store, text, kind, state, said_at, at)"
            " VALUES ('first', $1, '+8613912345678', $2, $3, $4, $5, $6, $6)",
            str(n), store, "长" * 500, kind, state, NOON,
        )  # fmt: skip
    found, own = await told(), await told(role="cashier", stores=(one,))
    assert (found.open_replies, found.replies, found.opt_outs, len(found.newest)) == (2, 3, 1, 3)
    assert (own.open_replies, own.replies, own.opt_outs, len(own.newest)) == (0, 1, 1, 1)
    assert {one.phone_masked for one in found.newest} == {"139****5678"}
    assert len(found.newest[0].text) == 200
