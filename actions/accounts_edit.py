"""Accounts at gateways: made, changed, switched, paused, given their credentials."""

import json
from collections.abc import Mapping
from typing import Any

from asyncpg import UniqueViolationError

from actions.accounts import unknown_account
from actions.doors import taken
from config.settings import settings
from gateways.protocol import Gateway
from gateways.registry import kinds
from rules.accounts import CLASSES, OPT_OUT_TEXT, check_account, check_settings
from rules.refusals import Refusal
from rules.seals import seal, unseal
from tables.scope import current

LONGEST_CREDENTIAL = 4000
# What may be given by name; whatever else a row has is not for people to write.
FIELDS = (
    "priority", "classes", "rate", "connections", "opens", "closes", "opt_out_text", "price", "charges_failed",
    "low_balance", "is_international", "reports_each_part", "licence_no", "valid_until", "failures_most", "retry_seconds",
)  # fmt: skip
_PAUSE = """
UPDATE gateway_health h SET is_paused = $2, failures = CASE WHEN $2 THEN h.failures ELSE 0 END,
    down_until = CASE WHEN $2 THEN h.down_until END FROM gateway_account a WHERE a.id = h.account AND a.name = $1 RETURNING h.account
"""


def kind_of(*, gateway: str) -> type[Gateway]:
    """The class of a kind of gateway. Raises Refusal unknown_gateway."""
    kind = kinds().get(gateway)
    if kind is None:
        raise Refusal(
            "unknown_gateway",
            f"There is no gateway {gateway}: use one of {', '.join(kinds())}.",
            f"没有名为 {gateway} 的通道：可用的有 {'、'.join(kinds())}。",
        )
    return kind


def checked_settings(*, gateway: str, given: object) -> None:
    """Refuses settings that this kind of gateway cannot work with: Refusal unknown_gateway, bad_settings, missing_settings."""
    kind = kind_of(gateway=gateway)
    check_settings(gateway=gateway, given=given, needed=kind.settings_needed, sealed=kind.credentials_needed)


async def add_account(
    *, name: str, gateway: str, given: Mapping[str, object], fields: Mapping[str, object]
) -> tuple[str, ...]:
    """A new account of a kind with its settings (`given`) and the columns of FIELDS; returns the credentials it still needs.

    Raises the Refusals of `check_account` and `checked_settings`, and name_taken.
    """
    check_account(row={"name": name})
    checked_settings(gateway=gateway, given=given)
    row: dict[str, object] = {"name": name, "gateway": gateway, "settings": json.dumps(dict(given), ensure_ascii=False)}
    row |= {"classes": list(CLASSES), "opt_out_text": OPT_OUT_TEXT, **_known(fields)}
    check_account(row=row)
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    try:
        await current().execute(f"INSERT INTO gateway_account ({', '.join(row)}) VALUES ({places})", *row.values())
    except UniqueViolationError:
        raise taken(name=name) from None
    return kind_of(gateway=gateway).credentials_needed


async def change_account(*, name: str, given: Mapping[str, object], fields: Mapping[str, object]) -> None:
    """Changes columns of FIELDS and settings: those that are given are replaced, an empty one is taken away.

    Raises the Refusals of `check_account` and `checked_settings`, and unknown_account.
    """
    old = await _row(name=name)
    kept = json.loads(old["settings"])
    merged = {key: value for key, value in {**kept, **given}.items() if value != ""}
    if given:
        checked_settings(gateway=old["gateway"], given=merged)
    changes = _known(fields) | ({"settings": json.dumps(merged, ensure_ascii=False)} if given else {})
    if not changes:
        raise Refusal("missing", "Say what is to be changed: see --help.", "请说明要修改什么：见 --help。")
    check_account(row={**old, **changes})
    sets = ", ".join(f"{column} = ${n}" for n, column in enumerate(changes, 2))
    await current().execute(f"UPDATE gateway_account SET {sets} WHERE name = $1", name, *changes.values())


async def keep_credential(*, name: str, key: str, value: str) -> tuple[str, ...]:
    """Seals one credential of an account beside its others; returns those that are still missing. What was sealed with
    another secret is gone, so it is replaced.

    Raises Refusal unknown_account, unknown_credential, bad_credential.
    """
    row = await _row(name=name)
    needed = kind_of(gateway=row["gateway"]).credentials_needed
    if key not in needed:
        raise _unknown_credential(gateway=row["gateway"], needed=needed)
    if not value or len(value) > LONGEST_CREDENTIAL or not value.isprintable():
        raise Refusal(
            "bad_credential",
            f"A credential is one line of 1 to {LONGEST_CREDENTIAL} characters.",
            f"密钥须为一行，1 到 {LONGEST_CREDENTIAL} 个字符。",
        )
    secret = settings().secret
    try:
        kept = unseal(secret=secret, account=name, sealed=row["credentials"])
    except Refusal:
        kept = {}
    sealed = seal(secret=secret, account=name, credentials={**kept, key: value})
    await current().execute("SELECT deed.credentials_keep($1, $2)", name, sealed)
    return tuple(one for one in needed if one != key and not kept.get(one))


async def switch_account(*, name: str, active: bool) -> None:
    """On or off; again changes nothing. Raises Refusal unknown_account."""
    sql = "UPDATE gateway_account SET is_active = $2 WHERE name = $1 RETURNING id"
    if await current().fetchval(sql, name, active) is None:
        raise unknown_account(name=name)


async def pause_account(*, name: str, paused: bool) -> None:
    """Nothing leaves through a paused account; resumed, it is tried at once, whatever failed before. Raises Refusal
    unknown_account.
    """
    if await current().fetchval(_PAUSE, name, paused) is None:
        raise unknown_account(name=name)


async def _row(*, name: str) -> dict[str, Any]:
    """The account, locked: two people who change it do so one after the other."""
    row = await current().fetchrow("SELECT * FROM gateway_account WHERE name = $1 FOR UPDATE", name)
    if row is None:
        raise unknown_account(name=name)
    return dict(row)


def _known(fields: Mapping[str, object]) -> dict[str, object]:
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise ValueError(f"not a field of an account: {sorted(unknown)}")
    return dict(fields)


def _unknown_credential(*, gateway: str, needed: tuple[str, ...]) -> Refusal:
    if not needed:
        return Refusal(
            "unknown_credential", f"The gateway {gateway} needs no credentials.", f"通道 {gateway} 不需要密钥。"
        )
    return Refusal(
        "unknown_credential",
        f"The gateway {gateway} has no such credential: it knows {', '.join(needed)}.",
        f"通道 {gateway} 没有这项密钥：可填写 {'、'.join(needed)}。",
    )
