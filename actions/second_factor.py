"""A second factor: begun with a password, on once a code proved it, asked at each log-in, off with password and code."""

import asyncio
import secrets
from datetime import datetime

import pyotp

from rules.refusals import Refusal
from rules.seals import seal, unseal
from rules.second_factor import (
    RECOVERY_CODES,
    RECOVERY_LENGTH,
    RECOVERY_LETTERS,
    accepted_step,
    is_recovery,
    plain,
    recovery_hash,
    shown,
    wrong_code,
)
from tables.scope import current
from tables.staff import Staff

_BEGIN = """
INSERT INTO second_factor (staff, credentials) VALUES ($1, $2)
ON CONFLICT (staff) DO UPDATE SET credentials = excluded.credentials, hashes = '{}', last_step = 0 WHERE NOT second_factor.is_on
RETURNING id
"""
_LOOK = "SELECT credentials, last_step, is_on FROM second_factor WHERE staff = $1 FOR UPDATE"
_TAKE = "UPDATE second_factor SET last_step = $2 WHERE staff = $1"
_TURN_ON = "UPDATE second_factor SET is_on = true, last_step = $2, hashes = $3::text[], since = $4 WHERE staff = $1"
_TAKE_RECOVERY = """
UPDATE second_factor SET hashes = array_remove(hashes, $2::text) WHERE staff = $1 AND is_on AND $2 = ANY (hashes) RETURNING id
"""


async def begin(*, staff: int, password: str, secret: str) -> None:
    """Makes a new secret for somebody (id); `secret` is the installation's. Raises Refusal wrong_password, already_on."""
    await _prove(staff, password)
    sealed = seal(secret=secret, account=_name(staff), credentials={"totp": pyotp.random_base32()})
    if await current().fetchval(_BEGIN, staff, sealed) is None:
        raise Refusal("already_on", "It is on already: turn it off first.", "两步验证已开启：请先关闭。")


async def pending(*, staff: int, secret: str) -> str | None:
    """The authenticator's secret that was begun and not proved yet, if there is one."""
    row = await current().fetchrow("SELECT credentials, is_on FROM second_factor WHERE staff = $1", staff)
    return None if row is None or row["is_on"] else _opened(staff, row["credentials"], secret)


async def confirm(*, staff: int, typed: str, secret: str, now: datetime) -> list[str]:
    """Turns it on; the recovery codes, which nobody can ask for again. Raises Refusal not_begun and those of a code."""
    row = await current().fetchrow(_LOOK, staff)
    if row is None or row["is_on"]:
        raise Refusal("not_begun", "Nothing is being set up: begin anew.", "没有正在进行的设置：请重新开始。")
    opened = _opened(staff, row["credentials"], secret)
    step = accepted_step(secret=opened, code=plain(typed=typed), at=now, last_step=row["last_step"])
    codes = ["".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    hashes = [recovery_hash(secret=secret, staff=staff, code=code) for code in codes]
    await current().execute(_TURN_ON, staff, step, hashes, now)
    return [shown(code=code) for code in codes]


async def turn_off(*, staff: int, password: str, typed: str, secret: str, now: datetime) -> None:
    """As its owner. Raises Refusal wrong_password and those of a code."""
    await _prove(staff, password)
    await use_code(staff=staff, typed=typed, secret=secret, now=now)
    await current().execute("DELETE FROM second_factor WHERE staff = $1", staff)


async def use_code(*, staff: int, typed: str, secret: str, now: datetime) -> None:
    """Takes a code or a recovery code, each good once. Raises Refusal factor_wrong, factor_used, clock_skewed, factor_unreadable."""
    code = plain(typed=typed)
    if is_recovery(code=code):
        kept = recovery_hash(secret=secret, staff=staff, code=code)
        if await current().fetchval(_TAKE_RECOVERY, staff, kept) is None:
            raise wrong_code()
        return
    # Locked: the same code from two places at once is good for one of them.
    row = await current().fetchrow(_LOOK, staff)
    if row is None or not row["is_on"]:
        raise wrong_code()
    opened = _opened(staff, row["credentials"], secret)
    step = accepted_step(secret=opened, code=code, at=now, last_step=row["last_step"])
    await current().execute(_TAKE, staff, step)


async def is_asked(*, staff: int) -> bool:
    """Whether this person's log-in wants a code."""
    return bool(await current().fetchval("SELECT is_on FROM second_factor WHERE staff = $1", staff))


async def _prove(staff: int, password: str) -> None:
    stored = await current().fetchval("SELECT password FROM staff WHERE id = $1", staff)
    try:
        good = bool(stored) and await asyncio.to_thread(Staff.fits, password=password, stored=stored)
    except ValueError:
        good = False
    if not good:
        raise Refusal(
            "wrong_password", "The password is wrong: type your own once more.", "密码不正确：请重新输入您的登录密码。"
        )


def _opened(staff: int, sealed: str, secret: str) -> str:
    try:
        return unseal(secret=secret, account=_name(staff), sealed=sealed)["totp"]
    except (Refusal, KeyError):
        raise Refusal(
            "factor_unreadable",
            "The second factor was sealed with another REGULARS_SECRET: run `regulars staff reset USERNAME`.",
            "两步验证是用另一个 REGULARS_SECRET 加密的，无法读取：请运行 regulars staff reset 用户名。",
        ) from None


def _name(staff: int) -> str:
    return f"staff:{staff}"
