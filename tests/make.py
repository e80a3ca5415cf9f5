"""Builders: the least that a test must say, the rest is a small fruit chain."""

from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tables.scope import Connection, owner, scope

ZONE = ZoneInfo("Asia/Shanghai")
TIERS = (("铜卡", 0, "1"), ("银卡", 500, "1.2"), ("金卡", 1200, "1.5"))


def noon(day: date) -> datetime:
    """Noon of a business date in the shops."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)


def night_time(day: date) -> datetime:
    """When the night of a business date runs."""
    return noon(day) + timedelta(hours=14, minutes=30)


_KEPT: dict[AbstractEventLoop, AsyncExitStack] = {}
_FREE: dict[AbstractEventLoop, Connection] = {}


@asynccontextmanager
async def as_owner() -> AsyncIterator[Connection]:
    """A connection as the owner: the one kept for all tests, or one more while that is in use."""
    loop = get_running_loop()
    connection = _FREE.pop(loop, None)
    if connection is None and loop not in _KEPT:
        _KEPT[loop] = AsyncExitStack()
        connection = await _KEPT[loop].enter_async_context(owner())
    if connection is None or connection.is_closed():
        async with owner() as another:
            yield another
        return
    try:
        yield connection
    finally:
        _FREE[loop] = connection


async def let_go() -> None:
    """Closes what was kept for the loop that runs."""
    loop = get_running_loop()
    _FREE.pop(loop, None)
    if loop in _KEPT:
        await _KEPT.pop(loop).aclose()


async def fetch(sql: str, *arguments: object) -> list[dict[str, Any]]:
    """Rows as the owner sees them."""
    async with as_owner() as connection:
        return [dict(row) for row in await connection.fetch(sql, *arguments)]


async def value(sql: str, *arguments: object) -> Any:
    """One value as the owner sees it."""
    async with as_owner() as connection:
        return await connection.fetchval(sql, *arguments)


async def execute(sql: str, *arguments: object) -> None:
    async with as_owner() as connection:
        await connection.execute(sql, *arguments)


async def make_program(*, tiers: Iterable[tuple[str, int, str]] = TIERS, **policy: object) -> None:
    """Tiers and a points policy: 60 days, no rounding, no hold unless said otherwise."""
    fields: dict[str, object] = {
        "id": 1, "per_yuan": Decimal(1), "valid_days": 60, "valid_months": None, "round_expiry": "none", "hold_days": 0,
        "remind_days": [15, 3], "remind_min_points": 100, "remind_every_days": 14, "statement": "moved",
        "redeem_code_from": None, "code_away_from_home": False, **policy,
    }  # fmt: skip
    places = ", ".join(f"${n}" for n in range(1, len(fields) + 1))
    await execute(f"INSERT INTO points_policy ({', '.join(fields)}) VALUES ({places})", *fields.values())
    for rank, (name, spend, multiplier) in enumerate(tiers, 1):
        await execute(
            "INSERT INTO tier (rank, name, quarterly_spend, earn_multiplier, benefits) VALUES ($1, $2, $3, $4, '')",
            rank, name, Decimal(spend), Decimal(multiplier),
        )  # fmt: skip


async def make_store(code: str = "S1") -> int:
    store: int = await value(
        "INSERT INTO store (code, name, region, address, phone, opening_hours, kind, is_active)"
        " VALUES ($1, $1, '', '', '', '', 'other', true) RETURNING id",
        code,
    )
    return store


async def make_member(phone: str = "+8613900000001", *, store: int, joined_on: date = date(2026, 1, 1)) -> int:
    member: int = await value(
        "INSERT INTO member (phone, name, title, home_store, joined_on, tier, preferences, phone_status)"
        " VALUES ($1, '张三', '', $2, $3, (SELECT id FROM tier WHERE rank = 1), '{}', 'unknown') RETURNING id",
        phone, store, joined_on,
    )  # fmt: skip
    return member


async def agree(member: int, purpose: str, *, granted: bool = True) -> None:
    """A member's answer, now."""
    await execute(
        "INSERT INTO consent (member, purpose, granted, source, text_version) VALUES ($1, $2, $3, 'test', '1')",
        member, purpose, granted,
    )  # fmt: skip


@dataclass
class Till:
    """Writes a purchases file line by line."""

    path: Path
    lines: list[str] = field(default_factory=list)

    def sale(
        self, receipt: str, *, at: datetime | str, phone: str = "13900000001", amount: str = "100", store: str = "S1",
        sku: str = "", category: str = "",
    ) -> "Till":  # fmt: skip
        when = at if isinstance(at, str) else at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
        self.lines.append(f"{store},{receipt},{when},{phone},{sku},{category},1,{amount}")
        return self

    def save(self) -> Path:
        header = "store,receipt_no,purchased_at,member_phone,sku,category,quantity,amount"
        self.path.write_text("\n".join([header, *self.lines]) + "\n", encoding="utf-8")
        return self.path


FAR_AHEAD = datetime(2030, 1, 1, 4, tzinfo=UTC)

_SALE = """
SELECT outcome FROM deed.sales_record((
    SELECT array_agg(ROW(1, $1, $2, $3, $4, ($4 AT TIME ZONE $5)::date, 'till', NULL, c.id, 1, l.amount)::deed.sale_line)
    FROM unnest($6::text[], $7::numeric[]) AS l(category, amount) LEFT JOIN category c ON c.name = l.category))
"""


async def sell(
    receipt: str, *, at: datetime, amount: str = "100", member: int | None = 1, store: int = 1,
    lines: Iterable[tuple[str | None, str]] = (),
) -> str:  # fmt: skip
    """One receipt at a till, of one `amount` or of `lines` (category, amount); returns its outcome."""
    one: list[tuple[str | None, str]] = [(None, amount)]
    names, amounts = zip(*(lines or one), strict=True)
    async with scope(role="job") as connection:
        outcome: str = await connection.fetchval(
            _SALE, store, receipt, member, at, ZONE.key, names, [Decimal(amount) for amount in amounts]
        )
    return outcome


async def digest() -> dict[str, str]:
    """What every table holds, to see that nothing was written; when a key was last used is no news."""
    names = await fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    told = " UNION ALL ".join(
        f"SELECT '{row['name']}' AS name, md5(string_agg(t::text, '|' ORDER BY t::text)) AS held"
        f" FROM (SELECT to_jsonb(r) - 'last_used_at' AS t FROM {row['name']} r) t"
        for row in names
    )
    return {row["name"]: str(row["held"]) for row in await fetch(told)}
