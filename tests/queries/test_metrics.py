"""The figures for monitors are right, and cheap."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from actions.health import seen
from actions.night import close_nights
from queries.metrics import _ALONE, _OLDEST, figures, pool
from tables.scope import scope
from tests.make import ZONE, execute, make_program, noon

DAY = date(2026, 3, 10)
NOON = noon(DAY)
MINUTE = timedelta(minutes=1)


async def make_message(n: int, *, state: str, due: datetime | None = None) -> None:
    """One that waits alone."""
    await execute(
        "INSERT INTO send_log (message_class, dedupe_key, state, attempts, next_at, created_at)"
        " VALUES ('notice', $1, $2, 0, $3, now())",
        f"test:{n}", state, due,
    )  # fmt: skip


async def make_chunk(state: str, *, due: datetime = NOON, campaign: int | None = None) -> None:
    """Ten messages: 1 skipped, 4 accepted of which 3 have their end, 2 failed, 1 unknown, and two left."""
    await execute(
        "INSERT INTO send_chunk (message_class, state, due_at, owner, lease_until, handed_at, done_at, gateway, campaign,"
        " size, skipped, accepted, delivered, undelivered, failed, unknown, sending)"
        " VALUES ('marketing', $1::text, $2, CASE $1 WHEN 'claimed' THEN 'w' END, CASE $1 WHEN 'claimed' THEN $2::timestamptz END,"
        " $2, CASE $1 WHEN 'done' THEN $2::timestamptz END, 'first', $3, 10, 1, 4, 2, 1, 2, 1, CASE $1 WHEN 'claimed' THEN 1 ELSE 0 END)",
        state, due, campaign,
    )  # fmt: skip


async def test_figures_of_an_empty_chain(db: None) -> None:
    found = await figures(now=NOON, newest=DAY, zone=ZONE)
    assert found.messages == {"queued": 0, "sending": 0, "accepted": 0, "unknown": 0}
    assert (found.overdue_seconds, found.nights_behind, found.failed_jobs, found.beat_ages) == (0.0, None, 0, {})
    assert (found.accounts, found.replies_open, found.complaints, found.campaigns_sending) == ([], 0, 0, 0)
    assert found.reports_waiting == 0


async def test_figures(db: None) -> None:
    await make_program()
    await close_nights(through=DAY - timedelta(days=1), now=NOON, zone=ZONE)
    await execute(
        "INSERT INTO job_run (job, business_date, state, started_at) VALUES ('tiers', $1, 'failed', now())", DAY
    )
    await seen(process="worker", now=NOON - timedelta(seconds=9))
    for n, state in enumerate(["queued", "queued", "delivered", "failed"]):
        await make_message(n, state=state, due=NOON - timedelta(seconds=100 - n))
    for state, due in (("waiting", NOON), ("claimed", NOON), ("done", NOON - timedelta(hours=60))):
        await make_chunk(state, due=due)
    await make_chunk("done", due=NOON - timedelta(days=4))
    found = await figures(now=NOON, newest=DAY + timedelta(days=2), zone=ZONE)
    assert found.messages == {"queued": 2 + 2 + 1, "sending": 1, "accepted": 3, "unknown": 4}
    assert (found.overdue_seconds, found.nights_behind, found.failed_jobs) == (100.0, 3, 1)
    assert found.beat_ages == {"worker": 9.0}


async def test_figures_of_accounts_and_of_what_comes_back(db: None) -> None:
    await execute("INSERT INTO gateway_account (name, gateway, rate) VALUES ('first', 'simulator', 50)")
    await execute(
        "UPDATE gateway_health SET is_paused = true, down_until = $1, balance = 7, failures = 3", NOON + MINUTE
    )
    await execute(
        "INSERT INTO campaign (name, state, created_at) VALUES ('甲', 'sending', now()), ('乙', 'paused', now())"
    )
    await make_chunk("done", due=NOON - MINUTE)
    await make_chunk("done", due=NOON - 11 * MINUTE)
    for hours in (23, 25):
        await execute(
            "INSERT INTO complaint (source, note, at) VALUES ('12321', '', $1)", NOON - timedelta(hours=hours)
        )
    await execute(
        "INSERT INTO reply (gateway, gateway_reply_id, phone, text, state, said_at, at)"
        " VALUES ('first', '1', '+8613900000001', '', 'open', now(), now()), ('first', '2', '+8613900000001', '', 'done', now(), now())"
    )
    await execute(
        "INSERT INTO report_inbox (gateway, gateway_message_id, part, state, reported_at, body, at, joined)"
        " VALUES ('first', '1', '', 'delivered', now(), '', now(), NULL), ('first', '2', '', 'delivered', now(), '', now(), now())"
    )
    found = await figures(now=NOON, newest=DAY, zone=ZONE)
    [first] = found.accounts
    assert (first.name, first.accepted, first.failed, first.unknown) == ("first", 4, 3, 1)
    assert (first.state, first.facts.rate, first.failures, first.facts.balance) == ("paused", 50, 3, Decimal(7))
    assert (found.replies_open, found.complaints, found.campaigns_sending, found.reports_waiting) == (1, 1, 1, 1)


async def test_what_is_not_due_yet_or_halted_is_not_overdue(db: None) -> None:
    await make_message(1, state="queued", due=NOON + timedelta(hours=1))
    await execute("INSERT INTO campaign (name, state, created_at) VALUES ('甲', 'paused', now())")
    await make_chunk("waiting", due=NOON - MINUTE, campaign=1)
    assert (await figures(now=NOON, newest=DAY, zone=ZONE)).overdue_seconds == 0.0
    await execute("UPDATE campaign SET state = 'sending'")
    assert (await figures(now=NOON, newest=DAY, zone=ZONE)).overdue_seconds == 60.0


async def test_the_pool_is_counted(db: None) -> None:
    async with scope(role="job"):
        found = pool()
    assert found is not None
    assert (found.most, found.size - found.idle) == (8, 1)


async def test_lone_messages_are_read_by_index(db: None) -> None:
    async with scope(role="job") as connection:
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        for sql in (_ALONE, _OLDEST):
            plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}"))
            assert "Index Scan using send_log_alone " in plan, plan
            assert "Seq Scan on send_log" not in plan, plan
