"""Who may log in: nobody locks themselves out, one administrator always stays, and roles fit their stores."""

from actions.staff import check_username, hashed_password
from admin.edits_frame import Edit, Rules, missing, no
from admin.screens import Words
from rules.passwords import check_password
from tables.access import STORE_ROLES
from tables.scope import current
from tables.staff import Hashed

_ADMIN = "hq_admin"
_OTHER_OF_THAT_NAME = "SELECT EXISTS (SELECT FROM staff WHERE lower(username) = lower($1) AND id IS DISTINCT FROM $2)"
# Locked in one order: two administrators who demote each other wait, and the second is the last.
_OTHER_ADMINS = "SELECT id FROM staff WHERE role = 'hq_admin' AND active ORDER BY id FOR UPDATE"

_WHOSE_STORE = """
SELECT s.id, s.active, s.role FROM staff s JOIN staff_store o ON o.staff = s.id WHERE o.id = $1 FOR NO KEY UPDATE OF s
"""
_ANY_STORE = "SELECT EXISTS (SELECT FROM staff_store WHERE staff = $1)"
_OTHER_STORES = "SELECT EXISTS (SELECT FROM staff_store WHERE staff = $1 AND id <> $2)"


async def _staff(edit: Edit) -> None:
    new = edit.new
    if edit.changes("username"):
        check_username(username=new["username"])
        if await current().fetchval(_OTHER_OF_THAT_NAME, new["username"], edit.key):
            raise no(
                zh="用户名已被使用：请换一个。", en="The username is taken: choose another.", code="username_taken"
            )
    if not new["role"]:
        raise missing(edit.label("role"))
    # Both follow from the role: without the first nobody gets in, the second lets people manage accounts.
    new["admin"], new["superuser"] = True, new["role"] == _ADMIN
    await _check_password(edit)
    if edit.old:
        await _check_move(edit)


async def _check_password(edit: Edit) -> None:
    given = edit.new["password"] or ""
    if edit.old and given in {"", edit.old["password"]}:
        edit.new["password"] = edit.old["password"]
        return
    if not given:
        raise missing(edit.label("password"))
    check_password(password=given, username=edit.new["username"])
    if edit.old:
        # Piccolo would hash it on the thread that serves everybody; a new row it makes in our own way (tables/staff.py).
        edit.new["password"] = Hashed(await hashed_password(password=given))


async def _check_move(edit: Edit) -> None:
    new = edit.new
    leaves = not new["active"] or new["role"] != edit.old["role"]
    if leaves and edit.key == edit.staff.staff:
        raise no(
            zh="不能停用自己，也不能修改自己的角色：请由另一位总部管理员操作。",
            en="Another HQ administrator must do that: not to oneself.",
        )
    if edit.old["role"] == _ADMIN and edit.old["active"] and leaves:
        others = [row["id"] for row in await current().fetch(_OTHER_ADMINS) if row["id"] != edit.key]
        if not others:
            raise no(zh="至少要保留一位可登录的总部管理员。", en="One active HQ administrator must stay.")
    if new["role"] in STORE_ROLES and edit.changes("role") and not await current().fetchval(_ANY_STORE, edit.key):
        raise no(
            zh="此人还没有门店：请在“店员”页（/staff）同时选择角色和门店。",
            en="They have no store yet: choose role and stores together on the page of staff (/staff).",
            code="store_missing",
        )
    if new["role"] not in STORE_ROLES:
        await current().execute("DELETE FROM staff_store WHERE staff = $1", edit.key)
    if edit.changes("password") or not new["active"]:
        # Whoever is logged in with what was changed is not any more.
        await current().execute("DELETE FROM session WHERE user_id = $1", edit.key)


async def _staff_store(edit: Edit) -> None:
    role = await current().fetchval("SELECT role FROM staff WHERE id = $1", edit.new["staff"])
    if role not in STORE_ROLES:
        raise no(zh="总部角色面向整个连锁，不需要指定门店。", en="An HQ role sees the whole chain and needs no stores.")


async def _keeps_a_store(key: int) -> None:
    # Locked, so that of two who each take one of two stores away the second finds it is the last.
    person = await current().fetchrow(_WHOSE_STORE, key)
    needed = person is not None and person["active"] and person["role"] in STORE_ROLES
    if person is not None and needed and not await current().fetchval(_OTHER_STORES, person["id"], key):
        raise no(
            zh="这是此人最后一家门店：请先添加另一家；如已离职，请把“可登录”改为“否”。",
            en="This is their last store: add another one first; if they have left, set them to not active.",
            code="last_store",
        )


RULES = {
    "staff": Rules(
        needed=("username",),
        check=_staff,
        no_removal=Words(
            "员工不能删除：离职时请把“可登录”改为“否”。", "Staff are not deleted: set them to not active."
        ),
    ),
    "staff_store": Rules(
        check=_staff_store,
        removable=_keeps_a_store,
        no_change=Words("请删除后重新添加。", "Take it away and add another."),
    ),
}
