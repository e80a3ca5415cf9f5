"""Short links and who followed them."""

from admin.messages import GROUP
from admin.screens import Screen, Words
from tables.links import Click, ShortLink

DEVICES = {
    "phone": Words("手机", "Phone"),
    "tablet": Words("平板", "Tablet"),
    "desktop": Words("电脑", "Desktop"),
    "other": Words("其他", "Other"),
}

LINK = Screen(
    table=ShortLink,
    name=Words("短链接", "Short links"),
    group=GROUP,
    columns={
        "code": Words("短码", "Code"),
        "member": Words("会员", "Member"),
        "campaign": Words("活动", "Campaign"),
        "step": Words("步骤", "Step"),
        "version": Words("版本", "Version"),
        "url": Words("指向", "Leads to"),
        "created_at": Words("生成时间", "Created at"),
        "expires_at": Words("有效期至", "Good until"),
    },
    shown=("created_at", "code", "member", "campaign", "step", "url", "expires_at"),
    filters=("code", "member", "campaign", "step", "created_at", "expires_at"),
    hints={
        "code": Words("短信中的地址为 /s/短码", "In texts it is the address /s/code"),
        "member": Words("空表示整个活动共用", "Empty: of all who got the campaign"),
        "version": Words("测试短信的链接打开这个版本的页面", "The link of a test opens the page of this version"),
        "url": Words("空表示打开会员自己的页面", "Empty: a page of the member's own"),
        "expires_at": Words(
            "空表示一直有效；到期后仍可退订", "Empty: for good; one can opt out by it even when it is over"
        ),
    },
    link="created_at",
    readable="'#' || t.id",
    help=Words(
        "短信中的链接；每位会员一个，或整个活动一个", "The links in texts: of one member each, or of a whole campaign"
    ),
    read_only=True,
)
CLICK = Screen(
    table=Click,
    name=Words("链接点击", "Clicks"),
    group=GROUP,
    columns={
        "at": Words("打开时间", "Opened at"),
        "link": Words("短链接", "Short link"),
        "device": Words("设备", "Device"),
        "is_preview": Words("程序预览", "Preview"),
        "seconds_after": Words("发送后秒数", "Seconds after sending"),
    },
    shown=("at", "link", "device", "is_preview", "seconds_after"),
    filters=("link", "device", "is_preview", "at"),
    choices={"device": DEVICES},
    hints={
        "is_preview": Words(
            "不是会员打开的：短信应用的预览、搜索引擎，或短信发出后 2 秒内的访问",
            "Not the member: a messenger's preview, a search engine, or anything within 2 seconds after sending",
        ),
        "seconds_after": Words("距该会员的短信提交给通道", "Since the member's text was handed over"),
        "device": Words("按浏览器自报的类型", "As the browser says"),
    },
    link="at",
    readable="'#' || t.id",
    help=Words("每次打开短链接；程序预览不计为点击", "Each opening of a link; previews are no clicks"),
    read_only=True,
)

SCREENS = (LINK, CLICK)
