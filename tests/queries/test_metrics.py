"""The figures for monitors are right, and cheap."""

from datetime import date, datetime, timedelta

from actions.health import seen
from actions.night import close_nights
from queries.metrics import _MESSAGES, _OLDEST, figures, pool
from tables.scope import scope
from tests.make import ZONE, execute, make_program, noon

DAY = date(2026, 3, 10)
NOON = noon(DAY)


async def make_message(n: int, *, state: str, due: datetime | None = None, handed: datetime | None = None) -> None:
    await execute(
        "INSERT INTO send_log (message_class, dedupe_key, state, attempts, scheduled_at, handed_at, created_at)"
        " VALUES ('notice', $1, $2, 0, $3, $4, now())",
        f"test:{n}", state, due, handed,
    )  # fmt: skip


async def test_figures_of_an_empty_chain(db: None) -> None:
    found = await figures(now=NOON, newest=DAY)
    assert found.messages == {"queued": 0, "sending": 0, "accepted": 0, "unknown": 0}
    assert (found.overdue_seconds, found.nights_behind, found.failed_jobs, found.beat_ages) == (0.0, None, 0, {})


async def test_figures(db: None) -> None:
    await make_program()
    await close_nights(through=DAY - timedelta(days=1), now=NOON, zone=ZONE)
    await execute(
        "INSERT INTO job_run (job, business_date, state, started_at) VALUES ('tiers', $1, 'failed', now())", DAY
    )
    await seen(process="worker", now=NOON - timedelta(seconds=9))
    states = ["queued", "queued", "sending", "accepted", "accepted", "accepted", "unknown", "delivered", "failed"]
    for n, state in enumerate(states):
        await make_message(n, state=state, due=NOON - timedelta(seconds=100 - n), handed=NOON)
    found = await figures(now=NOON, newest=DAY + timedelta(days=2))
    assert found.messages == {"queued": 2, "sending": 1, "accepted": 3, "unknown": 1}
    assert (found.overdue_seconds, found.nights_behind, found.failed_jobs) == (100.0, 3, 1)
    assert found.beat_ages == {"worker": 9.0}


async def test_what_is_not_due_yet_is_not_overdue(db: None) -> None:
    await make_message(1, state="queued", due=NOON + timedelta(hours=1))
    assert (await figures(now=NOON, newest=DAY)).overdue_seconds == 0.0


async def test_the_pool_is_counted(db: None) -> None:
    async with scope(role="job"):
        found = pool()
    assert found is not None
    assert (found.most, found.size - found.idle) == (8, 1)


async def test_open_messages_are_read_by_index(db: None) -> None:
    async with scope(role="job") as connection:
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        for sql, indexes in ((_MESSAGES, ("send_log_due", "send_log_open")), (_OLDEST, ("send_log_due",))):
            plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}"))
            assert all(f"Index Scan using {index} " in plan for index in indexes), plan
