"""Messages that have been handed over, as workers leave them, and what is true of them and their chunks."""

from datetime import datetime, timedelta
from typing import Any

from actions.reports import take_reports
from gateways.protocol import Report
from tests import make
from tests.actions.test_messages_fate import MINUTE, NOW
from tests.pretend_gateway import account

COUNTS = ("sending", "accepted", "failed", "unknown", "delivered", "undelivered")


async def sent(
    *states: str, gateway: str = "pretend", parts: int = 1, numbered: bool = True, handed_at: datetime = NOW
) -> list[int]:
    """One chunk with a message in each state, one member each; `numbered`: the gateway's own numbers (g1, g2 …) are known."""
    await account(name=gateway)
    if not await make.value("SELECT count(*) FROM store"):
        await make.make_program()
        await make.make_store()
    chunk = await make.value(
        "INSERT INTO send_chunk (message_class, gateway, state, due_at, handed_at, done_at, size, sending, accepted, unknown)"
        " VALUES ('notice', $1, 'done', $2, $2, $2, $3, $4, $5, $6) RETURNING id",
        gateway, handed_at, len(states), *(states.count(state) for state in ("sending", "accepted", "unknown")),
    )  # fmt: skip
    ids = [await _message(state, chunk=chunk, gateway=gateway, parts=parts, at=handed_at) for state in states]
    if numbered:
        await numbers(*ids, gateway=gateway)
    return ids


async def _message(state: str, *, chunk: int, gateway: str, parts: int, at: datetime) -> int:
    number = 1 + await make.value("SELECT count(*) FROM member")
    member = await make.make_member(f"+86139{number:08}", store=1)
    send: int = await make.value(
        "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, text, parts, chunk, gateway, state, attempts, handed_at,"
        " cost, reason) VALUES ($1, $2, 1, 'notice', $3, '【鲜果】您好', $4, $5, $6, $7::varchar, 1, $8, $9,"
        " CASE WHEN $7 = 'skipped' THEN 'opted_out' END) RETURNING id",
        member, f"+86139{number:08}", f"test:{number}", parts, chunk, gateway, state, at,
        parts if state == "accepted" else None,
    )  # fmt: skip
    return send


async def numbers(*sends: int, gateway: str = "pretend") -> None:
    """The gateway's answer was written: these messages (ids) are its g1, g2 …"""
    for send in sends:
        await make.execute(
            "INSERT INTO gateway_message (gateway, gateway_message_id, send_log) VALUES ($1, $2, $3)",
            gateway, f"g{send}", send,
        )  # fmt: skip


def report(send: int, *, after: timedelta = MINUTE, **fields: Any) -> Report:
    """What a gateway tells of its g<send>: delivered a minute after NOW, unless said otherwise."""
    words: dict[str, Any] = {
        "gateway_message_id": f"g{send}",
        "at": NOW + after,
        "state": "delivered",
        "body": "DELIVRD",
    }
    return Report(**(words | fields))


async def told(*reports: Report, gateway: str = "pretend", now: datetime = NOW) -> int:
    return await take_reports(gateway=gateway, reports=reports, now=now)


async def states() -> list[str]:
    return [row["state"] for row in await make.fetch("SELECT state FROM send_log ORDER BY id")]


async def counts(chunk: int = 1) -> dict[str, int]:
    """What a chunk says of its messages, zeros left out."""
    (row,) = await make.fetch(f"SELECT {', '.join(COUNTS)} FROM send_chunk WHERE id = $1", chunk)
    return {name: count for name, count in row.items() if count}


async def unjoined() -> int:
    waiting: int = await make.value("SELECT count(*) FROM report_inbox WHERE joined IS NULL")
    return waiting
