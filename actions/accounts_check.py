"""Whether an account can be used as it stands, and what its gateway says when it is asked."""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from actions.accounts import fault, load_account
from gateways.protocol import Account
from gateways.registry import opened
from rules.refusals import Refusal
from tables.scope import current, scope

LONGEST_CALL = 20  # seconds
_STANDS = """
SELECT a.is_active, h.is_paused, a.valid_until, EXISTS (SELECT FROM signature s WHERE s.account = a.id) AS has_signatures
FROM gateway_account a JOIN gateway_health h ON h.account = a.id WHERE a.name = $1
"""
_KEEP = """
UPDATE gateway_health h SET balance = $2, balance_at = $3 FROM gateway_account a WHERE a.id = h.account AND a.name = $1
RETURNING $2 < a.low_balance
"""
_MOST_BALANCE = Decimal(10) ** 10


async def troubles(*, name: str, today: date) -> list[Refusal]:
    """What keeps an account from carrying messages, in a scope of role hq_admin; empty where nothing does. Raises Refusal
    unknown_account.
    """
    found: list[Refusal] = []
    account = None
    try:
        account = await load_account(name=name)
    except Refusal as refusal:
        if refusal.code == "unknown_account":
            raise
        found.append(refusal)
    if account is not None and (missing := fault(account=account)) is not None:
        found.append(missing)
    row = await current().fetchrow(_STANDS, name)
    if row is None:
        return found
    if not row["is_active"]:
        found.append(_no("is_off", f"It is off: regulars account on {name}.", "账号已停用：请启用。"))
    if row["is_paused"]:
        found.append(_no("is_paused", f"It is paused: regulars account resume {name}.", "账号已暂停：请恢复。"))
    if row["valid_until"] is not None and row["valid_until"] < today:
        found.append(_no("licence_over", f"Its licence ended on {row['valid_until']}.", "合同或许可已过期。"))
    if account is not None and row["has_signatures"] and not account.signatures:
        found.append(_no("no_signature", "None of its signatures is filed yet.", "还没有一个签名报备通过。"))
    return found


async def keep_balances(*, accounts: Iterable[Account], now: datetime) -> int:
    """Asks each account what is left on it and keeps that; returns how many said it. One that does not answer keeps what it
    said last. Opens its own scopes.
    """
    said = 0
    for account in accounts:
        try:
            said += await keep_balance(account=account, now=now) is not None
        except Refusal:
            continue  # what it cannot say is told where it is asked by name
    return said


async def keep_balance(*, account: Account, now: datetime) -> tuple[Decimal, bool] | None:
    """What is left on an account, kept, and whether that is less than its `low_balance`; None where it cannot be asked.
    Opens a scope of its own after the call. Raises Refusal gateway_silent.
    """
    text = await asked_balance(account=account)
    if text is None:
        return None
    try:
        amount = Decimal(text)
        if not abs(amount) < _MOST_BALANCE:
            raise InvalidOperation
    except InvalidOperation:
        raise _silent("balance") from None
    async with scope(role="job") as connection:
        low = await connection.fetchval(_KEEP, account.name, amount, now)
    return amount, bool(low)


async def asked_balance(*, account: Account) -> str | None:
    """What is left on the account, as its gateway says it; None where it cannot be asked. Outside any scope: it calls.

    Raises Refusal gateway_silent.
    """
    try:
        async with asyncio.timeout(LONGEST_CALL), opened(account=account) as gateway:
            return await gateway.balance()
    except Exception as error:  # noqa: BLE001  as below
        # Whatever a vendor's library raises: the message may repeat a credential, its class does not.
        raise _silent(type(error).__name__) from None


def _silent(what: str) -> Refusal:
    return _no(
        "gateway_silent",
        f"The gateway did not answer as it should ({what}): look at its address and credentials.",
        f"通道没有正常应答（{what}）：请检查地址和密钥。",
    )


def _no(code: str, en: str, zh: str) -> Refusal:
    return Refusal(code, en, zh)
