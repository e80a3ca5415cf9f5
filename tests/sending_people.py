"""For the storm: the people, their messages, what they say meanwhile, and the auditor."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from asyncpg import Record

from actions.campaigns_freeze import freeze
from actions.replies import take_replies
from actions.reports import join_reports, take_reports
from config.settings import settings
from gateways.protocol import Inbound, Report
from queries.audience import Audience
from queries.invariants import check_all
from rules.seals import seal
from tables.scope import owner, scope
from tests import make

if TYPE_CHECKING:
    from tests.sending_storm import Storm

ENDS = {"accepted", "delivered", "failed"}

_PEOPLE = """
INSERT INTO member (phone, name, home_store, joined_on, tier)
SELECT '+8613' || (900000000 + n), '会员' || n, $2, '2026-01-01', (SELECT min(id) FROM tier) FROM generate_series(1, $1) n
"""
_CONSENTS = """
INSERT INTO consent (member, purpose, granted, source, text_version, at)
SELECT id, 'marketing_sms', true, 'storm', '1', now() - interval '1 day' FROM member
"""
_ACCOUNT = """
INSERT INTO gateway_account (name, gateway, classes, settings, credentials, rate, connections, retry_seconds, failures_most)
VALUES ($1, 'bridge', ARRAY[$2::text], $3::text::jsonb, $4, $5, 2, 1, 50)
"""
_OTHERS = """
INSERT INTO send_log (member, phone, store, message_class, dedupe_key, text, state, scheduled_at, send_before)
SELECT id, phone, home_store, $1::text, $1::text || ':' || id, '【回头客】' || $1::text || id, 'queued', now(), now() + interval '1 day'
FROM member
"""


async def peopled(many: int, *, lines: dict[str, tuple[str, str]], url: str, rate: int, secret: str) -> None:
    """Members with consents, an account for each line, and a message for each member through each."""
    known, now = settings(), datetime.now(UTC)
    await make.make_program()
    store = await make.make_store()
    async with owner() as connection:
        await connection.execute(_PEOPLE, many, store)
        await connection.execute(_CONSENTS)
        await connection.execute("UPDATE gateway_account SET is_active = false")
        for name, (promise, message_class) in lines.items():
            given = f'{{"url": "{url}/{name}", "promise": "{promise}", "most": 40, "longest_call": 1}}'
            sealed = seal(secret=known.secret, account=name, credentials={"secret": secret})
            await connection.execute(_ACCOUNT, name, message_class, given, sealed, rate)
        await connection.execute(_OTHERS, "notice")
        await connection.execute(_OTHERS, "staff")
        await connection.execute("INSERT INTO campaign (name) VALUES ('storm')")
        step = await connection.fetchval(
            "INSERT INTO campaign_step (campaign, text, scheduled_at, send_before) VALUES (1, '{name}您好，周末八折', $1, $2) RETURNING id",
            now, now + timedelta(hours=3),
        )  # fmt: skip
    await freeze(
        step=step, audience=Audience(), now=now, zone=known.zone, secret=known.secret, public_url=known.public_url
    )


async def everything_is_told() -> bool:
    """Whether nothing is queued, on its way, or could still be asked about."""
    async with scope(role="job") as connection:
        open_ones = await connection.fetchval(
            "SELECT EXISTS (SELECT FROM send_log WHERE state IN ('queued', 'sending') OR state = 'unknown' AND gateway = 'asked')"
        )
    return not open_ones


async def tell_reports(storm: "Storm") -> None:
    """Some of what left is reported: shuffled, some twice, some about strangers; one in ten failed."""
    now, batch = datetime.now(UTC), storm.reports[:200]
    if not batch:
        return
    told = [*batch, *storm.draw.sample(batch, len(batch) // 4)]
    storm.draw.shuffle(told)
    for line in {name for name, _ in told}:
        ids = [*(one for name, one in told if name == line), 900_000_000 + storm.draw.randrange(1000)]
        reports = [
            Report(gateway_message_id=f"{line}-{one}", state="failed" if one % 10 == 0 else "delivered", at=now, message=one)
            for one in ids
        ]  # fmt: skip
        await take_reports(gateway=line, reports=reports, now=now)
    await join_reports(now=now)
    del storm.reports[: len(batch)]


async def refuse(storm: "Storm") -> None:
    """A member whose message still waits says R; it may be leaving this very moment."""
    known, now = settings(), datetime.now(UTC)
    async with scope(role="job") as connection:
        waiting = await connection.fetch(
            "SELECT member, phone FROM send_log WHERE message_class = 'marketing' AND state = 'queued' ORDER BY id"
        )
    if not waiting:
        return
    who = storm.draw.choice(waiting)
    said = Inbound(gateway_reply_id=f"r{who['member']}", phone=who["phone"], text="ｒ。", at=now)
    # Whoever loses the database here has perhaps been heard.
    storm.refused[who["member"]] = False
    await take_replies(gateway="once", replies=[said], now=now, zone=known.zone, secret=known.secret)
    async with scope(role="job") as connection:
        state = await connection.fetchval(
            "SELECT state FROM send_log WHERE member = $1 AND message_class = 'marketing'", who["member"]
        )
    storm.refused[who["member"]] = state == "skipped"


async def audited(storm: "Storm") -> dict[str, Any]:
    """What the operator's log and our tables say of each other. Every figure but `parked` has to be 0."""
    async with owner() as connection:
        rows = await connection.fetch(
            "SELECT id, member, gateway, state, reason, message_class, attempts, error_class FROM send_log"
        )
        broken = [found.name for found in await check_all(progress=lambda *_: None)]
    taken = {name: Counter(one for one, _, _ in line.left) for name, line in storm.lines.items()}
    people = Counter((name, phone) for name, line in storm.lines.items() for _, phone, _ in line.left)
    by_class = {"marketing": "once", "notice": "asked", "staff": "plain"}
    said_so = {row["id"]: row for row in rows}
    lost = [row["id"] for row in rows if _is_lost(row, storm=storm, taken=taken[by_class[row["message_class"]]])]
    untold = [one for ids in taken.values() for one in ids if said_so[one]["state"] not in {*ENDS, "unknown"}]
    late = [one for one in taken["once"] if storm.refused.get(said_so[one]["member"])]
    return {
        "left": storm.left,
        "lost": len(lost) + len(untold),
        "doubled": sum(times > 1 for times in [*people.values(), *(n for ids in taken.values() for n in ids.values())]),
        "to_refused": len(late),
        "wrong": broken,
        "parked": sum(row["state"] == "unknown" for row in rows),
        "skipped": dict(Counter(row["reason"] for row in rows if row["reason"])),
        "refused": len(storm.refused),
        "which": [dict(said_so[one]) for one in [*lost, *untold, *late][:5]],
        "faults": dict(storm.faults),
        "calls": {name: line.calls for name, line in storm.lines.items()},
    }


def _is_lost(row: Record, *, storm: "Storm", taken: Counter[int]) -> bool:
    """It is said to have left and did not, or is still under way. Who refused while nobody knew whether the message had left
    is not asked about it again.
    """
    state = row["state"]
    if state == "unknown":
        return row["message_class"] != "staff" and row["member"] not in storm.refused
    return state not in {*ENDS, "skipped"} or (state in {"accepted", "delivered"} and row["id"] not in taken)
