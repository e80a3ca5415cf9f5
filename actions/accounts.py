"""Accounts at gateways, as the engine needs to know them."""

import json
from typing import Any

import asyncpg

from config.settings import settings
from gateways.protocol import Account, BadAccountError, VendorText
from gateways.registry import opened
from rules.hooks import hook_url
from rules.refusals import Refusal
from rules.seals import unseal
from tables.scope import current, scope

_ACCOUNTS = """
SELECT a.name, a.gateway, a.settings, a.credentials, a.is_active,
    ARRAY(SELECT s.text::text FROM signature s WHERE s.account = a.id AND s.state = 'filed' ORDER BY s.id) AS signatures,
    ARRAY(SELECT t.code::text FROM gateway_template t WHERE t.account = a.id AND t.state = 'filed' ORDER BY t.id) AS codes,
    ARRAY(SELECT t.text::text FROM gateway_template t WHERE t.account = a.id AND t.state = 'filed' ORDER BY t.id) AS texts
FROM gateway_account a WHERE CASE WHEN $1::text IS NULL THEN a.is_active ELSE a.name = $1 END ORDER BY a.priority, a.id
"""
_MADE = """
INSERT INTO gateway_account (name, gateway) SELECT $1::text, $1 WHERE NOT EXISTS (SELECT FROM gateway_account WHERE gateway = $1)
ON CONFLICT (name) DO NOTHING
"""
# Where no person has touched it: whoever switched it on meant it.
_UNUSED_OFF = """
UPDATE gateway_account a SET is_active = false WHERE name = 'simulator' AND gateway = 'simulator' AND is_active
    AND NOT EXISTS (SELECT FROM audit_log l WHERE l.table_name = 'gateway_account' AND l.row_id = a.id AND l.role <> 'regulars_owner')
    AND NOT EXISTS (SELECT FROM send_log s WHERE s.gateway = a.name)
"""


async def load_accounts() -> dict[str, Account]:
    """All active accounts by name, the most wanted first, in a scope of role job; without those that cannot be opened
    (`faults` tells of them): one of them must not keep the others from sending.
    """
    accounts, _ = await _loaded()
    return accounts


async def load_account(*, name: str) -> Account:
    """One account, active or not, in a scope of role job or hq_admin. Raises Refusal unknown_account,
    credentials_unreadable.
    """
    row = await current().fetchrow(_ACCOUNTS, name)
    if row is None:
        raise unknown_account(name=name)
    return _account(row)


async def faults() -> dict[str, Refusal]:
    """Why active accounts cannot be used as they are (by name): unreadable credentials, missing settings, unknown kind."""
    _, troubles = await _loaded()
    return troubles


def fault(*, account: Account) -> Refusal | None:
    """Why this account cannot be opened; None where it can."""
    try:
        opened(account=account)
    except BadAccountError as error:
        return Refusal("bad_account", error.en, error.zh)
    return None


async def ensure_account(*, gateway: str) -> None:
    """At the start of a process: an account of the kind that REGULARS_GATEWAY names is there, and the simulator that every
    installation is born with is off where another kind was named. Opens a scope of its own; twice changes nothing.
    """
    async with scope(role="hq_admin") as connection:
        await connection.execute(_MADE, gateway)
        if gateway != "simulator":
            await connection.execute(_UNUSED_OFF)


def unknown_account(*, name: str) -> Refusal:
    """The no to a name that no account has."""
    return Refusal(
        "unknown_account",
        f"There is no account {name}: `regulars account list` shows their names.",
        f"没有名为 {name} 的通道账号：用 regulars account list 查看名称。",
    )


async def _loaded() -> tuple[dict[str, Account], dict[str, Refusal]]:
    accounts: dict[str, Account] = {}
    troubles: dict[str, Refusal] = {}
    for row in await current().fetch(_ACCOUNTS, None):
        try:
            account = _account(row)
            trouble = fault(account=account)
        except Refusal as refusal:
            trouble = refusal
        if trouble is None:
            accounts[account.name] = account
        else:
            troubles[row["name"]] = trouble
    return accounts, troubles


def _account(row: asyncpg.Record) -> Account:
    name, known = row["name"], settings()
    kept: Any = json.loads(row["settings"])
    return Account(
        name=name,
        gateway=row["gateway"],
        settings=kept if isinstance(kept, dict) else {},
        credentials=unseal(secret=known.secret, account=name, sealed=row["credentials"]),
        signatures=tuple(row["signatures"]),
        texts=tuple(VendorText(code=code, text=text) for code, text in zip(row["codes"], row["texts"], strict=True)),
        redis_url=known.redis_url,
        reports_url=hook_url(public_url=known.public_url, secret=known.secret, account=name, what="reports"),
        replies_url=hook_url(public_url=known.public_url, secret=known.secret, account=name, what="replies"),
    )
