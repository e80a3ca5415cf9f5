"""API keys: made, revoked, and recognised."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from asyncpg import UniqueViolationError

from actions.doors import checked_name, store_of, taken
from rules.refusals import Refusal
from tables.scope import current, scope

PREFIX = "rg_"
_BYTES = 32
_LONGEST_KEY = 100

_REVOKE = "UPDATE api_key SET revoked_at = coalesce(revoked_at, $2) WHERE name = $1 RETURNING id"
# Who uses it is written down once a minute: a till asks all day.
_KNOWN = """
WITH used AS (UPDATE api_key u SET last_used_at = $2
    WHERE u.hash = $1 AND u.revoked_at IS NULL AND (u.last_used_at IS NULL OR u.last_used_at <= $2::timestamptz - interval '1 minute'))
SELECT k.id, k.name, k.store, s.codes, s.ids FROM api_key k CROSS JOIN LATERAL (
    SELECT array_agg(o.code ORDER BY o.code) AS codes, array_agg(o.id ORDER BY o.code) AS ids FROM store o
    WHERE CASE WHEN k.store IS NULL THEN o.is_active ELSE o.id = k.store END) s
WHERE k.hash = $1 AND k.revoked_at IS NULL
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyIdentity:
    """Whose key it is. `store` (id) is None for headquarters; `stores` are the codes and ids that the key may speak for:
    its own store, or every store that is open. `address` (IP) is the one from which it is used now.
    """

    id: int
    name: str
    store: int | None
    stores: Mapping[str, int]
    address: str = ""


async def add_key(*, name: str, store: str | None, hq: bool = False) -> str:
    """A new key for one store (code) or for headquarters (`hq`); it is told this once and kept as a digest alone.

    Raises Refusal no_scope, bad_name, unknown_store, name_taken.
    """
    if (store is None) is not hq:
        raise Refusal(
            "no_scope",
            "Say what the key is for: one store (--store CODE), or all of them (--hq).",
            "请说明密钥的范围：一家门店（--store 门店编码）或整个连锁（--hq），二者选一。",
        )
    label, place = checked_name(name=name), await store_of(code=store)
    key = PREFIX + secrets.token_urlsafe(_BYTES)
    try:
        await current().execute(
            "INSERT INTO api_key (name, store, hash) VALUES ($1, $2, $3)", label, place, _digest(key)
        )
    except UniqueViolationError:
        raise taken(name=label) from None
    return key


async def revoke_key(*, name: str, now: datetime) -> None:
    """The key of this name opens nothing any more, for ever; again changes nothing. Raises Refusal unknown_key."""
    if await current().fetchval(_REVOKE, name.strip(), now) is None:
        raise Refusal(
            "unknown_key",
            f"There is no key {name}: `regulars key list` shows their names.",
            f"没有名为 {name} 的密钥：用 regulars key list 查看名称。",
        )


async def identify(*, key: str, now: datetime) -> KeyIdentity | None:
    """Whose key this is, which counts as used `now`; None when nobody's, or revoked. Opens a scope of its own."""
    if not key.startswith(PREFIX) or len(key) > _LONGEST_KEY:
        return None
    async with scope(role="door") as connection:
        row = await connection.fetchrow(_KNOWN, _digest(key), now)
    if row is None:
        return None
    stores = dict(zip(row["codes"] or (), row["ids"] or (), strict=True))
    return KeyIdentity(id=row["id"], name=row["name"], store=row["store"], stores=stores)


def _digest(key: str) -> str:
    # Without salt or stretching: 256 random bits cannot be guessed, and each request looks one up.
    return hashlib.sha256(key.encode()).hexdigest()
