"""Managing the people of stores, as their managers and head office do it; who may do what the database decides (staff.sql)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import asyncpg

from actions.staff import check_username
from rules.refusals import Refusal
from tables.scope import current

_LONGEST_NAME = 40


@contextmanager
def _told() -> Iterator[None]:
    """The database's no as a Refusal; the scope is then good for nothing more."""
    try:
        yield
    except (asyncpg.InsufficientPrivilegeError, asyncpg.CheckViolationError) as error:
        raise staff_refusal(code=error.detail or "not_allowed") from error


async def add_colleague(
    *, username: str, hashed: str, last_name: str, first_name: str, role: str, stores: Sequence[int]
) -> int:
    """Lets somebody log in with a hashed password that is to be changed at the first log-in; their id. `stores` are ids, none
    for HQ roles. Raises Refusal bad_username, bad_name, username_taken, store_missing, store_not_wanted, above_role,
    foreign_store, unknown_role, unknown_store, not_allowed.
    """
    check_username(username=username)
    for name in (last_name, first_name):
        if len(name) > _LONGEST_NAME or not name.isprintable():
            raise _BAD_NAME
    with _told():
        made: int = await current().fetchval(
            "SELECT deed.staff_add($1, $2, $3, $4, $5, $6)", username, hashed, last_name, first_name, role, list(stores)
        )
    return made


async def give_password(*, staff: int, hashed: str) -> None:
    """Another password for somebody (id), to be changed at the next log-in; ends their log-ins, turns their second factor off.
    Raises Refusal staff_left and those of rights (own_account, unknown_staff, above_role, elsewhere, not_allowed).
    """
    with _told():
        await current().execute("SELECT deed.staff_password($1, $2)", staff, hashed)


async def set_active(*, staff: int, active: bool) -> None:
    """Somebody (id) leaves, from then on without rights and log-ins, or is back. Raises Refusal store_missing and those of rights."""
    with _told():
        await current().execute("SELECT deed.staff_active($1, $2)", staff, active)


async def place(*, staff: int, was_role: str, was_stores: Sequence[int], role: str, stores: Sequence[int]) -> None:
    """Another role for somebody (id), and other ones of the caller's stores (ids); `was_…`: what the caller saw before.
    Raises Refusal changed_meanwhile, last_store, store_not_wanted, foreign_store, unknown_role, unknown_store and those of rights.
    """
    with _told():
        await current().execute(
            "SELECT deed.staff_place($1, $2, $3, $4, $5)", staff, was_role, list(was_stores), role, list(stores)
        )


_BAD_NAME = Refusal(
    "bad_name",
    f"A name has at most {_LONGEST_NAME} characters, none of them invisible.",
    f"姓和名各不超过 {_LONGEST_NAME} 个字，不含不可见的字符。",
)
_SENTENCES = {
    "not_allowed": (
        "Staff are managed by store managers and HQ administrators: ask them.",
        "店员由店长和总部管理员管理：请联系他们。",
    ),
    "own_account": (
        "Nobody manages their own account: ask another manager or an HQ administrator.",
        "不能管理自己的账号：请由另一位店长或总部管理员操作。",
    ),
    "unknown_staff": (
        "There is no such person in your stores: choose somebody of the list.",
        "您的门店没有这位店员：请从列表中选择。",
    ),
    "above_role": (
        "A store manager manages managers and cashiers: for HQ roles ask an HQ administrator.",
        "店长只能管理店长和收银员：总部角色请由总部管理员办理。",
    ),
    "elsewhere": (
        "They also work in a store that is not yours: you may only take your own store away; ask an HQ administrator for more.",
        "此人还在其他门店工作：您只能移出自己的门店，其他变动请由总部管理员办理。",
    ),
    "foreign_store": (
        "This is not one of your stores: choose a store of yours.",
        "这不是您的门店：请选择您所属的门店。",
    ),
    "unknown_store": ("There is no such store: correct its code.", "没有这家门店：请更正门店编码。"),
    "unknown_role": ("There is no such role: choose one of the list.", "没有这个角色：请从列表中选择。"),
    "store_missing": (
        "Managers and cashiers work in stores: choose at least one.",
        "店长和收银员须属于门店：请至少选择一家。",
    ),
    "last_store": (
        "This is their last store, so it stays: choose another one, or if they have left choose “Leaves”.",
        "这是此人最后一家门店，不能移出：请另选门店；如已离开，请改用“离职”。",
    ),
    "store_not_wanted": ("An HQ role sees the whole chain: choose no store.", "总部角色面向整个连锁：请不要选择门店。"),
    "username_taken": ("The username is taken: choose another.", "用户名已被使用：请换一个。"),
    "bad_username": ("Write a username without spaces.", "用户名不能含空格。"),
    "bad_password": ("A password is kept hashed alone.", "密码只能以散列形式保存。"),
    "staff_left": ("They have left: bring them back first.", "此人已离职：请先恢复，再重设密码。"),
    "changed_meanwhile": (
        "Somebody else has just changed their role or stores: look at them anew and try again.",
        "此人的角色或门店刚被他人修改：请核对后重新提交。",
    ),
}


def staff_refusal(*, code: str) -> Refusal:
    """The no of that code; of one that is none of these, that it is not allowed."""
    known = code if code in _SENTENCES else "not_allowed"
    en, zh = _SENTENCES[known]
    return Refusal(code=known, en=en, zh=zh)
