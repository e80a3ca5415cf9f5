"""Canaries and red lines: what leaves before the rest, what stops a campaign, and what is only chance."""

from datetime import datetime
from typing import Any

import pytest

from actions.replies import take_replies
from config.settings import settings
from gateways.protocol import Inbound
from queries.invariants import check_all
from rules.red_lines import Lines, judged
from tables.scope import scope
from tests import make
from tests.actions.test_campaigns_freeze import NOON
from tests.campaigns_running import HOUR, MINUTE, leave, planned, reported, rows, tick, told, wave
from tests.pretend_gateway import PretendGateway

STORES, MEMBERS, CANARY = 3, 1060, 1000
HALF_HOUR = 30 * MINUTE

_PEOPLE = """
WITH born AS (
    INSERT INTO member (phone, name, home_store, joined_on, tier)
    SELECT '+86139' || lpad(n::text, 8, '0'), '会员', CASE WHEN n > 1000 THEN 3 ELSE 1 + n % 2 END, '2026-01-01', (SELECT min(id) FROM tier)
    FROM generate_series(1, $1) n
    RETURNING id
) INSERT INTO consent (member, purpose, granted, source, text_version, at) SELECT id, 'marketing_sms', true, 'test', '1', $2 FROM born
"""
_SUNG = """
UPDATE send_chunk SET state = 'done', handed_at = $1, done_at = $1, gateway = 'pretend',
    accepted = size - CASE WHEN id = $2 THEN $3 ELSE 0 END, failed = CASE WHEN id = $2 THEN $3 ELSE 0 END,
    delivered = CASE WHEN $5 THEN size - CASE WHEN id = $2 THEN $3 + $4 ELSE 0 END ELSE 0 END,
    undelivered = CASE WHEN id = $2 THEN $4 ELSE 0 END
WHERE state = 'waiting'
"""
_AGAIN = """
UPDATE send_chunk SET state = CASE WHEN id = (SELECT max(id) FROM send_chunk) THEN 'held' ELSE 'waiting' END, handed_at = NULL, done_at = NULL;
UPDATE campaign_step SET canary_state = 'waiting'; UPDATE campaign SET state = 'sending', reason = NULL
"""


async def crowd(*, canary: int = CANARY) -> int:
    """A campaign for 1,060 people of three stores that has just been frozen: three chunks, of which two are its canary."""
    await make.make_program()
    for n in range(STORES):
        await make.make_store(f"S{n + 1}")
    await make.execute(_PEOPLE, MEMBERS, NOON - HOUR)
    campaign = await planned(wave(), canary=canary)
    assert await tick(NOON) == 1
    return campaign


async def sung(*, failed: int = 0, undelivered: int = 0, answered: bool = True) -> None:
    """What may leave has left, as far as chunks tell: of one chunk some were not accepted, or not delivered."""
    first = await make.value("SELECT min(id) FROM send_chunk WHERE state = 'waiting'")
    await make.execute(_SUNG, NOON, first, failed, undelivered, answered)


async def canary() -> str | None:
    state: str | None = await make.value("SELECT canary_state FROM campaign_step")
    return state


async def chunks() -> list[str]:
    return sorted(row["state"] for row in await make.fetch("SELECT state FROM send_chunk"))


async def test_exactly_the_canary_leaves_until_it_has_sung(db: None) -> None:
    await crowd()
    gateway = PretendGateway()
    await leave(gateway, now=NOON)
    assert (len(gateway.left), await canary(), await chunks()) == (CANARY, "waiting", ["done", "done", "held"])
    await reported(gateway, now=NOON + MINUTE, failed=3, most=899)
    await tick(NOON + 29 * MINUTE)
    await leave(gateway, now=NOON + 29 * MINUTE)
    assert (len(gateway.left), await canary()) == (CANARY, "waiting"), "899 of 1,000 reports are not nine of ten"
    await reported(gateway, now=NOON + 29 * MINUTE, failed=3, most=900)
    await tick(NOON + 29 * MINUTE)
    assert (await canary(), await chunks()) == ("passed", ["done", "done", "waiting"])
    await leave(gateway, now=NOON + HALF_HOUR)
    await tick(NOON + HALF_HOUR)
    assert (len({one.phone for one in gateway.left}), await told()) == (MEMBERS, ("finished", None))
    assert await check_all(progress=lambda *_: None) == []


async def test_a_canary_that_falls_off_its_perch_stops_everything_that_waits(db: None) -> None:
    await crowd()
    gateway = PretendGateway()
    await leave(gateway, now=NOON)
    await reported(gateway, now=NOON + MINUTE, failed=40)
    await tick(NOON + MINUTE)
    assert (await canary(), await told(), await chunks()) == ("stopped", ("stopped", "delivery"), ["done"] * 3)
    await tick(NOON + HOUR)
    await leave(gateway, now=NOON + HOUR)
    outcome = list((await rows(1)).values())
    assert (len(gateway.left), outcome.count("cancelled")) == (CANARY, MEMBERS - CANARY)
    assert await check_all(progress=lambda *_: None) == []


async def test_a_canary_waits_for_reports_or_half_an_hour(db: None) -> None:
    await crowd()
    for failed, undelivered, answered, after, expected in (
        (0, 0, False, HALF_HOUR - MINUTE, "waiting"), (0, 0, False, HALF_HOUR, "passed"), (0, 20, True, MINUTE, "passed"),
        (0, 28, True, MINUTE, "passed"), (0, 35, True, MINUTE, "stopped"), (35, 0, True, MINUTE, "stopped"),
        (500, 0, True, MINUTE, "stopped"),
    ):  # fmt: skip
        await make.execute(_AGAIN)
        await sung(failed=failed, undelivered=undelivered, answered=answered)
        await tick(NOON + after)
        assert await canary() == expected, (failed, undelivered, answered, after)
        assert (await told())[0] == ("stopped" if expected == "stopped" else "sending")


async def test_without_a_canary_the_lines_hold_from_a_thousand_on_and_hq_draws_them(db: None) -> None:
    await crowd(canary=0)
    await make.execute("INSERT INTO contact_rule (kind, share) VALUES ('delivery', 0.5), ('delivery', 0.9)")
    await make.execute("UPDATE send_chunk SET state = 'held' WHERE store = 3")
    await sung(undelivered=40)
    await tick(NOON + MINUTE)
    assert (await canary(), await told()) == (None, ("sending", None))
    await make.execute("UPDATE contact_rule SET is_active = false WHERE share = 0.9")
    await tick(NOON + MINUTE)
    assert await told() == ("sending", None)
    await make.execute("UPDATE contact_rule SET is_active = false")
    await tick(NOON + MINUTE)
    assert await told() == ("stopped", "delivery")


async def refuses(*phones: str, now: datetime) -> None:
    said = [Inbound(gateway_reply_id=f"r{phone}", phone=phone, text="R", at=now) for phone in phones]
    await take_replies(gateway="pretend", replies=said, now=now, zone=make.ZONE, secret=settings().secret)


async def test_a_no_by_reply_or_on_our_page_counts_against_the_campaign_that_it_answers(db: None) -> None:
    await crowd(canary=0)
    await make.execute("UPDATE send_chunk SET state = 'held' WHERE store = 3")
    await sung(answered=False)
    await make.execute("UPDATE send_log SET state = 'accepted', handed_at = $1 WHERE member <= 30 AND store <> 3", NOON)
    gone = await make.fetch(
        "SELECT l.phone, k.code FROM send_log l JOIN short_link k USING (member) WHERE l.handed_at IS NOT NULL"
    )
    await refuses(*(one["phone"] for one in gone[:3]), now=NOON + MINUTE)
    for one in gone[:5]:
        async with scope(role="visitor") as connection:
            await connection.execute(
                "SELECT deed.link_opt_out($1, $2, 'marketing', 'test')", one["code"], NOON + MINUTE
            )
    await tick(NOON + 2 * MINUTE)
    assert await told() == ("sending", None)
    async with scope(role="job") as connection:
        figures = await connection.fetchrow("SELECT * FROM deed.red_figures(1, 1, $1)", NOON + 2 * MINUTE)
    assert figures is not None
    assert dict(figures) == {"sent": 1000, "reported": 0, "delivered": 0, "opted_out": 5, "complained": 0}, (
        "each person once"
    )
    await refuses(*(one["phone"] for one in gone[5:12]), now=NOON + 3 * MINUTE)
    await tick(NOON + 4 * MINUTE)
    assert await told() == ("stopped", "opt_out")


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        ({"complained": 1}, None), ({"complained": 2}, None), ({"complained": 5}, "complaints"),
        ({"opted_out": 6}, None), ({"opted_out": 9}, "opt_out"), ({"delivered": 975}, None), ({"delivered": 968}, "delivery"),
        ({"sent": 0, "reported": 0, "delivered": 0}, None), ({"sent": 1, "reported": 1, "delivered": 0, "opted_out": 1}, "opt_out"),
        ({"opted_out": 2000}, "opt_out"), ({"complained": 5, "opted_out": 100, "delivered": 0}, "complaints"),
    ],
)  # fmt: skip
def test_only_what_the_whole_interval_says_counts(figures: dict[str, int], why: str | None) -> None:
    quiet = {"sent": 1000, "reported": 1000, "delivered": 1000, "opted_out": 0, "complained": 0}
    found: dict[str, Any] = {**quiet, **figures}
    assert judged(**found) == why
    assert judged(**found, lines=Lines(delivery=0.0, opt_out=1.0, complaints=1.0)) is None
