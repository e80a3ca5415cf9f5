"""What the tests of the demo share: a small one, a gateway that takes everything, and all that it says."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from actions.demo import DemoMade, make_demo
from actions.imports import Progress, silent
from gateways.protocol import Account, Answer, Gateway, Message, Report
from queries.invariants import check_all
from tests import make

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
TODAY = date(2026, 11, 22)
DAYS, MEMBERS = 20, 60
PASSWORD = "correct horse 9"  # noqa: S105

TOLD = {
    "members": "SELECT m.phone, m.name, m.title, m.birthday, s.code, m.joined_on, t.rank, m.tier_valid_until, m.latitude,"
    " m.longitude, m.preferences::text, m.phone_status FROM member m JOIN store s ON s.id = m.home_store"
    " JOIN tier t ON t.id = m.tier ORDER BY 1",
    "consents": "SELECT m.phone, c.purpose, c.granted, c.source, c.at FROM consent c JOIN member m ON m.id = c.member ORDER BY 1, 2, 5",
    "tags": "SELECT m.phone, t.name, x.since FROM member_tag x JOIN member m ON m.id = x.member JOIN tag t ON t.id = x.tag ORDER BY 1, 2",
    "receipts": "SELECT s.code, p.receipt_no, m.phone, p.purchased_at, p.amount, p.tier_multiplier, p.points FROM purchase p"
    " JOIN store s ON s.id = p.store LEFT JOIN member m ON m.id = p.member ORDER BY 1, 2",
    "lines": "SELECT s.code, p.receipt_no, g.sku, l.quantity, l.amount, l.multiplier FROM purchase_line l"
    " JOIN purchase p ON p.id = l.purchase JOIN store s ON s.id = p.store JOIN product g ON g.id = l.product ORDER BY 1, 2, 3",
    "entries": "SELECT m.phone, e.kind, e.points, e.balance_after, e.reason, e.business_date FROM points_entry e"
    " JOIN member m ON m.id = e.member ORDER BY m.phone, e.id",
    "lots": "SELECT m.phone, l.points, l.remaining, l.expires_on FROM points_lot l JOIN member m ON m.id = l.member ORDER BY 1, 4, 2, 3",
    "moves": "SELECT m.phone, c.from_tier, c.to_tier, c.reason, c.business_date FROM tier_change c"
    " JOIN member m ON m.id = c.member ORDER BY m.phone, c.id",
    "messages": "SELECT m.phone, s.state, s.reason, s.scheduled_at, s.handed_at, s.text FROM send_log s"
    " JOIN member m ON m.id = s.member ORDER BY 1, 4",
    "nights": "SELECT job, business_date, state FROM job_run ORDER BY 2, 1",
}


class PretendGateway(Gateway):
    """Takes everything and says a moment later that it arrived."""

    idempotent = True
    most = 500

    def __init__(self, name: str = "simulator") -> None:
        super().__init__(Account(name=name, gateway="simulator"))
        self.taken: list[int] = []

    async def send(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:  # noqa: ARG002
        self.taken += [message.id for message in messages]
        return [Answer(id=one.id, state="accepted", gateway_message_id=f"g{one.id}") for one in messages]

    async def reports(self, *, now: datetime) -> list[Report]:
        told, self.taken = self.taken, []
        return [Report(gateway_message_id=f"g{one}", state="delivered", at=now) for one in told]


async def as_installed() -> None:
    """What a fresh installation has and a wiped test database lacks."""
    await make.execute(
        "INSERT INTO chain (id, name, signature, phone) VALUES (1, '回头客', '回头客', '') ON CONFLICT DO NOTHING"
    )
    await make.execute(
        "INSERT INTO gateway_account (name, gateway) VALUES ('simulator', 'simulator') ON CONFLICT DO NOTHING"
    )
    texts = {
        "frame": "{title_or_name}您好，{notices}{service}", "welcome": "欢迎{tier}。", "tier_up": "升级为{tier}。",
        "points_expiring": "{points}积分{in_days}到期。", "statement": "{month}余额{balance}。",
    }  # fmt: skip
    for kind, text in texts.items():
        await make.execute(
            "INSERT INTO template (name, kind, message_class, text, is_active) VALUES ($1, $1, 'notice', $2, true)"
            " ON CONFLICT DO NOTHING", kind, text,
        )  # fmt: skip


async def made(
    *, now: datetime = NOW, members: int = MEMBERS, days: int = DAYS, seed: int = 1, progress: Progress = silent,
    gateway: Gateway | None = None, password: str = PASSWORD,
) -> DemoMade:  # fmt: skip
    """A small demo whose messages leave through `gateway` (default: a pretended one)."""
    return await make_demo(
        now=now, zone=make.ZONE, password=password, gateway=gateway or PretendGateway(), seed=seed, progress=progress,
        members=members, days=days,
    )  # fmt: skip


async def told() -> dict[str, list[dict[str, Any]]]:
    """Everything that the demo says, without the numbers that rows get and without when they were written."""
    return {name: await make.fetch(sql) for name, sql in TOLD.items()}


async def broken() -> list[str]:
    """The invariants that do not hold."""
    return [finding.name for finding in await check_all(progress=lambda *_: None)]
