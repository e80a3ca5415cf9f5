"""Accounts at SMS gateways, how they are doing, and what each has reviewed."""

from admin.messages import CLASSES, ERRORS
from admin.screens import Screen, Words
from tables.gateways import GatewayAccount, GatewayHealth, GatewayTemplate, Signature

GROUP = Words("通道", "Gateways")

FILING = {
    "draft": Words("草稿", "Draft"),
    "submitted": Words("审核中", "Submitted"),
    "filed": Words("已通过", "Filed"),
    "rejected": Words("未通过", "Rejected"),
    "revoked": Words("已失效", "Revoked"),
}
_SEALED = Words(
    "密钥加密保存，此处永不显示；用表单「通道密钥」填写",
    "Kept sealed and never shown; the form Gateway credentials takes them",
)

ACCOUNT = Screen(
    table=GatewayAccount,
    name=Words("通道账号", "Gateway accounts"),
    group=GROUP,
    columns={
        "name": Words("名称", "Name"),
        "gateway": Words("通道类型", "Gateway"),
        "priority": Words("优先级", "Priority"),
        "is_active": Words("启用", "Active"),
        "classes": Words("可发类别", "Classes"),
        "settings": Words("设置", "Settings"),
        "credentials": Words("密钥", "Credentials"),
        "rate": Words("每秒条数", "Rate"),
        "connections": Words("连接数", "Connections"),
        "opens": Words("可发时段从", "Opens"),
        "closes": Words("可发时段到", "Closes"),
        "opt_out_text": Words("退订用语", "Opt-out words"),
        "price": Words("单价（元/条）", "Price (yuan a part)"),
        "charges_failed": Words("失败也收费", "Charges what failed"),
        "low_balance": Words("余额提醒线", "Low balance"),
        "is_international": Words("国际通道", "International"),
        "reports_each_part": Words("长短信逐条报告", "Reports each part"),
        "licence_no": Words("合同或许可编号", "Licence number"),
        "valid_until": Words("合同有效期至", "Valid until"),
        "failures_most": Words("连续失败上限", "Failures at most"),
        "retry_seconds": Words("故障后等待（秒）", "Wait after failures (s)"),
    },
    shown=("name", "gateway", "priority", "is_active", "classes", "rate", "price", "valid_until"),
    filters=("name", "gateway", "is_active", "classes"),
    choices={"classes": CLASSES},
    hints={
        "name": Words(
            "小写字母开头，如 aliyun-1；出现在发送记录和回调地址中，保存后不能修改",
            "Small letters, such as aliyun-1; messages and hook addresses know it, so it never changes",
        ),
        "gateway": Words(
            "simulator、kannel、aliyun、tencent 等，保存后不能修改", "Such as simulator, kannel, aliyun, tencent"
        ),
        "priority": Words("1 最先使用；故障时换下一个", "1 is asked first; when it fails, the next one"),
        "is_active": Words(
            "选「否」则不再使用；临时停发请在「通道状态」中暂停",
            "No: not used; to stop for a while, pause it in Gateway health",
        ),
        "settings": Words(
            'JSON 格式，如 {"url": "https://…"}；密钥不要写在这里',
            'JSON such as {"url": "https://…"}; no credentials here',
        ),
        "credentials": _SEALED,
        "rate": Words(
            "通道商允许的每秒条数，任何一秒都不会超过；空表示不限",
            "What the operator allows in any second; empty: no limit",
        ),
        "connections": Words("同时进行的请求数", "Calls at once"),
        "opens": Words(
            "营销和通知类；与连锁的时段取更窄者；空表示不另限",
            "For marketing and notices; the narrower of this and the chain's",
        ),
        "opt_out_text": Words(
            "发营销短信时加在末尾，按通道商要求的写法", "Ends each marketing message, as this gateway words it"
        ),
        "price": Words("每一计费条的价格", "What one part costs"),
        "low_balance": Words("低于此数时在「短信发送」中提示", "Below it the balance is shown as low"),
        "is_international": Words(
            "按国际规则计算条数：纯英文 160 字一条", "Counts parts as abroad: 160 in one where all is GSM"
        ),
        "valid_until": Words("过了这一天不再使用；空表示长期", "Not used after that day; empty: for ever"),
        "failures_most": Words("连续失败这么多次后换下一个账号", "After so many in a row the next account is asked"),
        "retry_seconds": Words("之后隔这么久再试这个账号", "Then this one is tried again after so long"),
    },
    order="priority",
    link="name",
    readable="t.name",
    help=Words("与短信通道商的合同，一行一个账号", "One contract with one SMS gateway a row"),
)
HEALTH = Screen(
    table=GatewayHealth,
    name=Words("通道状态", "Gateway health"),
    group=GROUP,
    columns={
        "account": Words("通道账号", "Account"),
        "is_paused": Words("已暂停", "Paused"),
        "failures": Words("连续失败", "Failures in a row"),
        "down_until": Words("停用至", "Left alone until"),
        "error_class": Words("最近失败原因", "Last error"),
        "balance": Words("余额", "Balance"),
        "balance_at": Words("余额查询时间", "Balance asked at"),
        "moments": Words("最近提交时刻", "Recent hand-overs"),
        "amounts": Words("最近提交条数", "Recent amounts"),
    },
    shown=("failures", "account", "is_paused", "down_until", "error_class", "balance", "balance_at"),
    filters=("is_paused", "error_class"),
    choices={"error_class": ERRORS},
    hints={
        "is_paused": Words("选「是」则暂停发送，排队的短信保留", "Yes: nothing leaves, what waits stays"),
        "down_until": Words("连续失败后自动停用，到时再试", "After failures in a row, then it is tried again"),
        "moments": Words("用于遵守每秒条数", "How the rate is kept"),
    },
    order="-account",
    link="failures",
    readable="'#' || t.account",
    help=Words("各通道账号现在的状况；可在此暂停", "How each account is doing now; to be paused here"),
)  # fmt: skip
SIGNATURE = Screen(
    table=Signature,
    name=Words("短信签名", "Signatures"),
    group=GROUP,
    columns={
        "account": Words("通道账号", "Account"),
        "text": Words("签名", "Signature"),
        "state": Words("报备状态", "Filing"),
        "note": Words("备注", "Note"),
    },
    shown=("text", "account", "state", "note"),
    filters=("account", "text", "state"),
    choices={"state": FILING},
    hints={
        "text": Words(
            "2 到 12 个字，不含【】；须与「连锁」中的短信签名一致", "2 to 12 characters without brackets, as in Chain"
        ),
        "state": Words("只有「已通过」的签名可以使用", "Only a filed one is used"),
    },
    order="account",
    link="text",
    readable="t.text",
    help=Words("在各通道商实名报备的签名", "Names filed with each gateway's operator"),
)
TEMPLATE = Screen(
    table=GatewayTemplate,
    name=Words("报备模板", "Filed texts"),
    group=GROUP,
    columns={
        "account": Words("通道账号", "Account"),
        "code": Words("编码", "Code"),
        "text": Words("内容", "Text"),
        "message_class": Words("短信类别", "Class"),
        "state": Words("报备状态", "Filing"),
        "note": Words("备注", "Note"),
    },
    shown=("code", "account", "message_class", "text", "state"),
    filters=("account", "code", "message_class", "state"),
    choices={"state": FILING, "message_class": CLASSES},
    hints={
        "code": Words("通道商控制台中的模板编号，如 SMS_123456", "As the vendor's console shows it, such as SMS_123456"),
        "text": Words(
            "从控制台原样复制，不含签名；变量写法：阿里云 ${name}，腾讯云 {1}", "As in the console; ${name} at Aliyun, {1} at Tencent"
        ),
        "state": Words("只有「已通过」的模板可以使用", "Only a filed one is used"),
    },
    order="account",
    link="code",
    readable="t.code",
    help=Words("通道商审核过的文字；与之相符的短信才能从那里发出", "Texts a vendor has reviewed; what matches one may leave there"),
)  # fmt: skip

SCREENS = (ACCOUNT, HEALTH, SIGNATURE, TEMPLATE)
