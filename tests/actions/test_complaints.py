"""Complaints: recorded once, a no at the same time, and over the red line their campaign stops."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import structlog

from actions.complaints import Complained, record_complaint
from queries.replies import Stopped, complaint_figures
from rules.refusals import Refusal
from rules.statistics import wilson
from rules.suppression import phone_hmac
from tables.access import Role
from tables.scope import scope
from tests import make
from tests.actions.reply_desk import ANNA, BERT, HOUR, NOBODY, NOW, SECRET, chunk, consents, message, open_shop

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture
async def shop(db: None) -> None:
    """A red line of 2 %, and 10 messages of the campaign handed over to others."""
    await open_shop()
    await make.execute(
        "INSERT INTO contact_rule (kind, share) VALUES ('complaints', 0.05), ('complaints', 0.02);"
        "INSERT INTO contact_rule (kind, share, is_active) VALUES ('complaints', 0.001, false)"
    )
    for n in range(10):
        phone = f"+861370000000{n}"
        await message(None, phone=phone, state="delivered" if n else "failed", step=1, handed_at=NOW - HOUR)


async def complain(phone: str | None = ANNA, role: Role = "hq_admin", **more: Any) -> Complained:
    fields: dict[str, Any] = {"source": "12321", "note": "", "now": NOW, **more}
    async with scope(role=role, stores=[1] if role == "store_manager" else []):
        return await record_complaint(phone=phone, secret=SECRET, **fields)


async def campaign() -> tuple[str, str | None]:
    [row] = await make.fetch("SELECT state, reason FROM campaign")
    return row["state"], row["reason"]


async def test_a_complaint_belongs_to_the_newest_marketing_message_of_thirty_days() -> None:
    await message(state="accepted", step=2, handed_at=NOW - timedelta(days=2))
    newest = await message(state="delivered", step=1, handed_at=NOW - HOUR)
    await message(message_class="notice", state="delivered", handed_at=NOW)
    done = await complain(note=" 太多了 ")
    assert (done.known, done.campaign, done.complaints, done.handed, done.stopped) == (False, "三月", 1, 12, False)
    [row] = await make.fetch("SELECT * FROM complaint")
    assert (row["source"], row["phone"], row["member"], row["store"], row["send_log"]) == ("12321", ANNA, 1, 1, newest)
    assert (row["campaign"], row["note"], row["at"], row["phone_masked"]) == (1, "太多了", NOW, "139****0001")
    assert await consents() == [(1, "marketing_sms", False)]
    old = await complain(phone=BERT)
    assert (old.campaign, old.complaints) == (None, 0)


async def test_over_the_red_line_the_campaign_stops_and_what_is_queued_is_cancelled() -> None:
    place = await chunk(3)
    await message(None, phone=BERT, state="delivered", step=1, handed_at=NOW - HOUR)
    mine = await message(state="delivered", step=1, handed_at=NOW - HOUR)
    for n, (step, box, through) in enumerate([(1, place, None), (2, place, None), (2, place, "g"), (2, None, None)]):
        await message(None, phone=f"+861360000000{n}", step=step, chunk=box, gateway=through)
    other = await message(2, phone=BERT)
    with structlog.testing.capture_logs() as logs:
        assert not (await complain()).over
        second = await complain(phone=None, send_log=mine - 1, source="gateway", now=NOW + HOUR)
    assert (second.complaints, second.handed, second.over, second.stopped) == (2, 12, True, True)
    assert await campaign() == ("stopped", "complaints")
    rows = await make.fetch("SELECT state, next_at FROM send_log WHERE campaign = 1 AND handed_at IS NULL ORDER BY id")
    assert [row["state"] for row in rows] == ["cancelled", "cancelled", "unknown", "cancelled"]
    assert {row["next_at"] for row in rows} == {None}
    assert (
        await make.value("SELECT state FROM send_log WHERE id = $1", other) == "skipped"
    )  # who complained wants nothing
    chunks = await make.fetch("SELECT state, skipped, unknown FROM send_chunk")
    assert chunks == [{"state": "done", "skipped": 0, "unknown": 1}]
    assert [log["event"] for log in logs] == ["campaign stopped"]
    assert not any(ANNA in str(log) or BERT in str(log) for log in logs)
    third = await complain(phone="13700000005", now=NOW + 2 * HOUR)
    assert (third.over, third.stopped, third.complaints) == (True, False, 3)
    async with scope(role="hq_viewer"):
        figures = await complaint_figures(now=NOW + 2 * HOUR)
    assert figures.complaints == 3
    assert figures.stopped == (Stopped(campaign=1, name="三月", complaints=3),)


async def test_the_line_is_crossed_where_chance_does_not_explain_it() -> None:
    seen = [
        (hits, trials)
        for trials in (0, 1, 12, 100, 999, 40_000, 3_000_000)
        for hits in (0, 1, 2, 7, trials)
        if hits <= trials
    ]
    rows = await make.fetch(
        "SELECT deed.share_low(h, t)::float8 AS low FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY u(h, t, n) ORDER BY n",
        *map(list, zip(*seen, strict=True)),
    )
    expected = [wilson(hits=hits, trials=trials)[0] for hits, trials in seen]
    assert [row["low"] for row in rows] == pytest.approx(expected, abs=1e-12)


async def test_one_person_counts_once_and_a_second_click_records_nothing() -> None:
    await message(state="delivered", step=1, handed_at=NOW - HOUR)
    assert not (await complain()).known
    again = await complain(now=NOW + timedelta(seconds=9))
    assert (again.known, again.complaint) == (True, 1)
    assert (await complain(source="gateway")).complaints == 1
    assert await make.value("SELECT count(*) FROM complaint") == 2
    assert await campaign() == ("sending", None)


@pytest.mark.parametrize("state", ["finished", "cancelled"])
async def test_what_has_ended_stays_as_it_ended_and_without_a_rule_there_is_no_line(state: str) -> None:
    await make.execute("DELETE FROM contact_rule WHERE share = $1", Decimal("0.02"))
    await make.execute("UPDATE campaign SET state = $1", state)
    for n in range(1, 4):
        done = await complain(phone=f"1370000000{n}")
    assert (done.over, done.stopped) == (True, False)
    assert await campaign() == (state, None)
    await make.execute("UPDATE contact_rule SET is_active = false")
    assert not (await complain(phone="13700000004")).over


async def test_a_stranger_who_complains_is_suppressed() -> None:
    await complain(phone=NOBODY)
    assert await make.value("SELECT phone_hmac FROM suppression") == phone_hmac(secret=SECRET, phone=NOBODY)


async def test_a_store_records_complaints_of_its_own_messages_and_others_none() -> None:
    await message(2, phone=BERT, store=2, state="delivered", step=1, handed_at=NOW - HOUR)
    assert (await complain(role="store_manager")).campaign is None
    for phone in (BERT, NOBODY):
        with pytest.raises(Refusal, match="not one of your stores"):
            await complain(phone, role="store_manager")
    for role in ("hq_marketing", "hq_viewer", "cashier"):
        with pytest.raises(Refusal, match="Your role"):
            await complain(role=role)
    assert await make.value("SELECT count(*) FROM complaint") == 1


async def test_a_complaint_about_nothing_is_refused() -> None:
    for code, more in (
        ("missing", {"phone": None}),
        ("bad_phone", {"phone": "12"}),
        ("unknown_message", {"phone": None, "send_log": 99}),
    ):
        with pytest.raises(Refusal) as no:
            await complain(**more)
        assert no.value.code == code
    assert await make.value("SELECT count(*) FROM complaint") == 0
