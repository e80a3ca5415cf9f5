"""Who logs in, with which role, for which stores."""

from admin.screens import Screen, Words
from admin.stores import GROUP
from tables.staff import Staff, StaffStore

ROLES = {
    "hq_admin": Words("总部管理员", "HQ administrator"),
    "hq_marketing": Words("总部营销", "HQ marketing"),
    "hq_viewer": Words("总部只读", "HQ viewer"),
    "store_manager": Words("店长", "Store manager"),
    "cashier": Words("收银员", "Cashier"),
}

SCREENS = (
    Screen(
        table=Staff,
        name=Words("员工", "Staff"),
        group=GROUP,
        columns={
            "username": Words("用户名", "Username"),
            "password": Words("密码", "Password"),
            "password_is_temporary": Words("下次登录须改密码", "Must change password"),
            "role": Words("角色", "Role"),
            "last_name": Words("姓", "Last name"),
            "first_name": Words("名", "First name"),
            "phone": Words("手机号", "Phone"),
            "email": Words("邮箱", "Email"),
            "active": Words("可登录", "Active"),
            "admin": Words("可进后台", "Back office"),
            "superuser": Words("可管理账号", "Manages accounts"),
            "last_login": Words("最近登录", "Last log-in"),
        },
        shown=("username", "last_name", "first_name", "role", "active", "last_login"),
        filters=("username", "role", "active"),
        choices={"role": ROLES},
        hints={
            "username": Words("登录用，不可重复", "For logging in, each only once"),
            "password": Words("至少 8 位", "At least 8 characters"),
            "role": Words(
                "店长和收银员请在「店员」页（/staff）新增，同时选择门店",
                "Add store managers and cashiers on the page of staff (/staff), together with their stores",
            ),
            "active": Words("离职时选「否」，记录保留", "No when somebody leaves; the records stay"),
            "admin": Words("由系统设定", "Set by itself"),
            "superuser": Words("由角色决定，仅总部管理员", "Follows from the role: HQ administrators alone"),
        },
        order="username",
        link="username",
        readable="t.username",
    ),
    Screen(
        table=StaffStore,
        name=Words("员工门店", "Staff's stores"),
        group=GROUP,
        columns={"staff": Words("员工", "Staff"), "store": Words("门店", "Store")},
        shown=("id", "staff", "store"),
        filters=("staff", "store"),
        order="id",
        readable="coalesce((SELECT p.username FROM staff p WHERE p.id = t.staff) || ' · '"
        " || (SELECT o.name FROM store o WHERE o.id = t.store), '#' || t.id)",
        help=Words("店长和收银员在哪些门店工作", "Where store managers and cashiers work"),
    ),
)
