"""Staff: who may log in."""

import asyncio
import secrets
from collections.abc import Sequence

from asyncpg import UniqueViolationError

from rules.passwords import check_password
from rules.refusals import Refusal
from tables.access import STAFF_ROLES, STORE_ROLES
from tables.scope import current
from tables.staff import Staff

# Without those that are read wrongly from paper: 0 O o, 1 I l.
_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GENERATED_LENGTH = 16
_LONGEST_USERNAME = 100

# `admin` is Piccolo's word for: may open the back office.
_RESET = "UPDATE staff SET password = $2, password_is_temporary = true WHERE id = $1"
_INSERT = """
INSERT INTO staff (username, password, role, password_is_temporary, active, admin, superuser)
VALUES ($1, $2, $3::text, $4, true, true, $3::text = 'hq_admin') RETURNING id
"""


async def add_staff(*, username: str, role: str, stores: Sequence[str], password: str | None) -> str | None:
    """Let somebody log in, with a role and the stores (codes) it is for; returns the password when it made one.

    A made password is to be changed at the first log-in, a given one is not.
    """
    check_username(username=username)
    _check_role(role=role, stores=stores)
    if password is not None:
        check_password(password=password, username=username)
    ids = await _store_ids(codes=stores)
    made = None if password is not None else made_password()
    hashed = await hashed_password(password=password or made or "")
    staff = await _insert(username=username, hashed=hashed, role=role, temporary=made is not None)
    await current().execute(
        "INSERT INTO staff_store (staff, store) SELECT $1, store FROM unnest($2::bigint[]) AS store", staff, ids
    )
    return made


async def reset_staff(*, username: str) -> str:
    """The rescue of who cannot log in: a new password (returned, to be changed at the first log-in), no second factor, no
    log-in left open. Raises Refusal unknown_staff, staff_left.
    """
    row = await current().fetchrow("SELECT id, active FROM staff WHERE username = $1 FOR UPDATE", username)
    if row is None:
        raise Refusal(
            "unknown_staff",
            f"There is no {username}: write the username as it is in the back office.",
            f"没有用户 {username}：请按后台中的用户名填写。",
        )
    if not row["active"]:
        raise Refusal(
            "staff_left",
            f"{username} has left: an HQ administrator sets them to active first.",
            f"{username} 已停用：请先由总部管理员改为可登录。",
        )
    made = made_password()
    hashed = await hashed_password(password=made)
    await current().execute(_RESET, row["id"], hashed)
    await current().execute("DELETE FROM second_factor WHERE staff = $1", row["id"])
    await current().execute("DELETE FROM session WHERE user_id = $1", row["id"])
    return made


def made_password() -> str:
    """One that nobody guesses, of letters that are read from paper as they are."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_GENERATED_LENGTH))


async def hashed_password(*, password: str) -> str:
    """As it is stored; slow on purpose, so not on the thread that serves others."""
    return await asyncio.to_thread(Staff.hash_password, password)


async def _insert(*, username: str, hashed: str, role: str, temporary: bool) -> int:
    # Anna and anna would be mistaken for each other.
    if await current().fetchval("SELECT EXISTS (SELECT 1 FROM staff WHERE lower(username) = lower($1))", username):
        raise _taken(username)
    try:
        staff: int = await current().fetchval(_INSERT, username, hashed, role, temporary)
    except UniqueViolationError:
        raise _taken(username) from None
    return staff


async def _store_ids(*, codes: Sequence[str]) -> list[int]:
    rows = await current().fetch("SELECT id, code FROM store WHERE code = ANY ($1::text[])", list(codes))
    known = {row["code"]: int(row["id"]) for row in rows}
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise Refusal(
            code="unknown_store",
            en=f"There is no store {', '.join(unknown)}: import it with `regulars import stores` or correct the code.",
            zh=f"没有门店 {'、'.join(unknown)}：请用 regulars import stores 导入，或更正门店编码。",
        )
    return list(known.values())


def check_username(*, username: str) -> None:
    """Refuse (`bad_username`) a name that could be mistaken for another or not be typed."""
    if not 1 <= len(username) <= _LONGEST_USERNAME or not username.isprintable() or " " in username:
        raise Refusal(
            code="bad_username",
            en=f"Write a username of 1 to {_LONGEST_USERNAME} characters without spaces.",
            zh=f"用户名需为 1 到 {_LONGEST_USERNAME} 个字符，不含空格。",
        )


def _check_role(*, role: str, stores: Sequence[str]) -> None:
    if role not in STAFF_ROLES:
        raise Refusal(
            code="unknown_role",
            en=f"There is no role {role}: use one of {', '.join(STAFF_ROLES)}.",
            zh=f"没有角色 {role}：可用的有 {'、'.join(STAFF_ROLES)}。",
        )
    if role in STORE_ROLES and not stores:
        raise Refusal(
            code="store_missing",
            en=f"A {role} works in stores: name at least one with --store CODE.",
            zh=f"角色 {role} 属于门店：请用 --store 门店编码 至少指定一家。",
        )
    if role not in STORE_ROLES and stores:
        raise Refusal(
            code="store_not_wanted",
            en=f"A {role} sees the whole chain: leave out --store.",
            zh=f"角色 {role} 面向整个连锁：请不要指定 --store。",
        )


def _taken(username: str) -> Refusal:
    return Refusal(
        code="username_taken",
        en=f"The username {username} is taken: choose another.",
        zh=f"用户名 {username} 已被使用：请换一个。",
    )
