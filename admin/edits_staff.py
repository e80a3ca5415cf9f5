"""Who may log in: nobody locks themselves out, one administrator always stays, and roles fit their stores."""

from actions.staff import check_username
from admin.edits_frame import Edit, Rules, missing, no
from admin.screens import Words
from rules.passwords import check_password
from tables.access import STORE_ROLES
from tables.scope import current

_ADMIN = "hq_admin"
_OTHER_OF_THAT_NAME = "SELECT EXISTS (SELECT FROM staff WHERE lower(username) = lower($1) AND id IS DISTINCT FROM $2)"
# Locked in one order: two administrators who demote each other wait, and the second is the last.
_OTHER_ADMINS = "SELECT id FROM staff WHERE role = 'hq_admin' AND active ORDER BY id FOR UPDATE"


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
    _check_password(edit)
    if edit.old:
        await _check_move(edit)


def _check_password(edit: Edit) -> None:
    given = edit.new["password"] or ""
    if edit.old and given in {"", edit.old["password"]}:
        edit.new["password"] = edit.old["password"]
        return
    if not given:
        raise missing(edit.label("password"))
    check_password(password=given, username=edit.new["username"])


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
    if new["role"] not in STORE_ROLES:
        await current().execute("DELETE FROM staff_store WHERE staff = $1", edit.key)
    if edit.changes("password") or not new["active"]:
        # Whoever is logged in with what was changed is not any more.
        await current().execute("DELETE FROM session WHERE user_id = $1", edit.key)


async def _staff_store(edit: Edit) -> None:
    role = await current().fetchval("SELECT role FROM staff WHERE id = $1", edit.new["staff"])
    if role not in STORE_ROLES:
        raise no(zh="总部角色面向整个连锁，不需要指定门店。", en="An HQ role sees the whole chain and needs no stores.")


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
        no_change=Words("请删除后重新添加。", "Take it away and add another."),
    ),
}
