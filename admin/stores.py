"""The chain, its stores and what they are called."""

from admin.screens import Screen, Words
from tables.stores import Chain, Store

GROUP = Words("门店与员工", "Stores and staff")

KINDS = {
    "community": Words("社区店", "Community"),
    "school": Words("学校店", "School"),
    "office": Words("写字楼店", "Office"),
    "hospital": Words("医院店", "Hospital"),
    "mall": Words("商场店", "Mall"),
    "other": Words("其他", "Other"),
}

SCREENS = (
    Screen(
        table=Chain,
        name=Words("连锁", "Chain"),
        group=GROUP,
        columns={
            "name": Words("名称", "Name"),
            "signature": Words("短信签名", "Signature"),
            "phone": Words("客服电话", "Service phone"),
            "idle_hours": Words("闲置多少小时后须重新登录", "Idle hours before logging in anew"),
            "session_days": Words("登录最长有效天数", "Days that a log-in lasts at most"),
            "second_factor_required": Words("总部管理员须开启两步验证", "HQ administrators need a second factor"),
            "export_rows_a_day": Words("店长每人 24 小时最多导出行数", "Rows that a store manager exports in 24 hours"),
            "hq_export_rows_a_day": Words(
                "总部每人 24 小时最多导出行数", "Rows that a person of HQ exports in 24 hours"
            ),
        },
        shown=("name", "signature", "phone", "idle_hours", "session_days", "second_factor_required"),
        link="name",
        readable="t.name",
        hints={
            "signature": Words(
                "2 到 12 个字，显示在每条短信开头的【】中", "2 to 12 characters, shown in 【】 before every message"
            ),
            "second_factor_required": Words(
                "开启后，尚未设置的管理员须先在「我的账号」中设置",
                "Those who have none yet set it up under My account first",
            ),
            "export_rows_a_day": Words("空表示不限；收银员不能导出", "Empty: any number; cashiers export nothing"),
            "hq_export_rows_a_day": Words("空表示不限", "Empty: any number"),
        },
    ),
    Screen(
        table=Store,
        name=Words("门店", "Stores"),
        group=GROUP,
        columns={
            "code": Words("编码", "Code"),
            "name": Words("名称", "Name"),
            "region": Words("区域", "Region"),
            "address": Words("地址", "Address"),
            "phone": Words("电话", "Phone"),
            "latitude": Words("纬度", "Latitude"),
            "longitude": Words("经度", "Longitude"),
            "opening_hours": Words("营业时间", "Opening hours"),
            "kind": Words("类型", "Kind"),
            "is_active": Words("营业中", "Open"),
        },
        shown=("code", "name", "region", "kind", "phone", "opening_hours", "is_active"),
        filters=("code", "name", "region", "kind", "is_active"),
        choices={"kind": KINDS},
        order="code",
        link="code",
        readable="t.code || ' ' || t.name",
    ),
)
