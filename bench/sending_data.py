"""Members who may be written to, and the accounts of bench/sending.py."""

from __future__ import annotations

import asyncpg

_PEOPLE = """
INSERT INTO store (id, code, name) SELECT n, 'S' || n, '店' || n FROM generate_series(1, 20) n;
INSERT INTO tier (id, rank, name) VALUES (1, 1, '铜卡');
INSERT INTO member (id, phone, name, title, home_store, joined_on, tier)
    SELECT n, '+861' || (3900000000 + n), '张三', '女士', 1 + n % 20, '2026-01-01', 1 FROM generate_series(1, {many}) n;
INSERT INTO points_account (member) SELECT id FROM member;
INSERT INTO consent (member, purpose, granted, source, text_version, at)
    SELECT id, 'marketing_sms', true, 'bench', '1', '2026-01-01' FROM member;
UPDATE gateway_account SET is_active = false;
UPDATE contact_rule SET opens = '08:00', closes = '22:00' WHERE kind = 'hours';
"""
_ACCOUNT = """
WITH born AS (INSERT INTO gateway_account (name, gateway, settings, credentials, rate, connections, is_active)
              VALUES ($1, $2, $3::text::jsonb, $4, $5, 8, $6) RETURNING id)
INSERT INTO gateway_health (account) SELECT id FROM born
"""


async def people(connection: asyncpg.Connection[asyncpg.Record], *, many: int) -> None:
    """So many members with consents in 20 stores; a superuser sets triggers aside."""
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(_PEOPLE.format(many=int(many)))
    await connection.execute("VACUUM ANALYZE member")
    await connection.execute("ANALYZE")


async def account(
    connection: asyncpg.Connection[asyncpg.Record], *, name: str, gateway: str, settings: str = "{}",
    credentials: str | None = None, rate: int | None = None, active: bool = True,
) -> None:  # fmt: skip
    """One account more."""
    await connection.execute(_ACCOUNT, name, gateway, settings, credentials, rate, active)


async def only(connection: asyncpg.Connection[asyncpg.Record], *, name: str) -> None:
    """No other account than this one is on."""
    await connection.execute("UPDATE gateway_account SET is_active = name = $1", name)


async def campaign(connection: asyncpg.Connection[asyncpg.Record], *, name: str, text: str) -> int:
    """A campaign with one step (id) that may leave at once; the rules let it pass beside the others of this run."""
    await connection.execute("UPDATE contact_rule SET is_active = kind = 'hours'")
    made = await connection.fetchval("INSERT INTO campaign (name, rhythm) VALUES ($1, 'event') RETURNING id", name)
    step: int = await connection.fetchval(
        "INSERT INTO campaign_step (campaign, text, scheduled_at, send_before)"
        " VALUES ($1, $2, now(), now() + interval '2 hours') RETURNING id",
        made, text,
    )  # fmt: skip
    return step
