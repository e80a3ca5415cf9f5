"""The keys of tills and partners."""

from admin.members import SYSTEM
from admin.screens import Screen, Words
from tables.keys import ApiKey

SCREENS = (
    Screen(
        table=ApiKey,
        name=Words("接口密钥", "API keys"),
        group=SYSTEM,
        columns={
            "name": Words("名称", "Name"),
            "store": Words("门店", "Store"),
            "created_at": Words("创建时间", "Created at"),
            "last_used_at": Words("最近使用", "Last used at"),
            "revoked_at": Words("作废时间", "Revoked at"),
            "hash": Words("密钥摘要", "Digest"),
        },
        shown=("name", "store", "created_at", "last_used_at", "revoked_at"),
        filters=("name", "store", "created_at", "revoked_at"),
        hints={
            "name": Words("如「一店收银机」，不可重复", "Such as the till of store 1, each only once"),
            "store": Words("空表示总部密钥，可用于所有门店", "Empty: a key of headquarters, good for all stores"),
            "last_used_at": Words("精确到分钟，由系统记录", "True to the minute; noted by the system"),
            "revoked_at": Words(
                "填写任一时间即刻作废，系统记下实际时刻；作废后不能恢复",
                "Any moment written here revokes it at once, the real one is noted; there is no way back",
            ),
            "hash": Words("密钥本身不保存，此处永不显示", "The key itself is kept nowhere, and nothing is shown here"),
        },
        order="name",
        link="name",
        readable="t.name",
        help=Words(
            "收银机和合作方调用接口的密钥；用命令 regulars key add 新建，仅显示一次",
            "What tills and partners call us with; made by `regulars key add`, which shows it once",
        ),
    ),
)
