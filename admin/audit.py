"""Who changed people and configuration."""

from admin.members import SYSTEM
from admin.screens import Screen, Words
from admin.staff import ROLES
from tables.audit import AuditLog

ACTIONS = {
    "insert": Words("新增", "Added"),
    "update": Words("修改", "Changed"),
    "delete": Words("删除", "Deleted"),
    "login": Words("登录", "Logged in"),
    "login_failed": Words("登录失败", "Failed to log in"),
    "logout": Words("退出登录", "Logged out"),
    "lookup": Words("跨店查询", "Looked up"),
    "reveal": Words("查看完整手机号", "Saw a full phone"),
    "export": Words("导出", "Exported"),
    "export_large": Words("大量导出", "Exported very much"),
    "erase": Words("删除个人信息", "Erased personal data"),
    "merge": Words("合并会员", "Merged members"),
}
# As the database knows them.
DOERS = {f"regulars_{role}": words for role, words in ROLES.items()} | {
    "regulars_door": Words("登录入口", "Log-in"),
    "regulars_till": Words("接口", "API"),
    "regulars_visitor": Words("会员本人", "The member"),
    "regulars_job": Words("后台任务", "Job"),
    "regulars_deed": Words("业务过程", "Deed"),
    "regulars_owner": Words("系统", "Owner"),
    "none": Words("系统", "Owner"),
}
# What guards.sql watches, in the words of their own screens.
WATCHED = {
    "member": Words("会员", "Members"),
    "consent": Words("授权", "Consents"),
    "erasure_request": Words("注销申请", "Erasure requests"),
    "chain": Words("连锁", "Chain"),
    "store": Words("门店", "Stores"),
    "staff": Words("员工", "Staff"),
    "staff_store": Words("员工门店", "Staff's stores"),
    "second_factor": Words("两步验证", "Second factor"),
    "category": Words("品类", "Categories"),
    "product": Words("商品", "Products"),
    "tier": Words("等级", "Tiers"),
    "points_policy": Words("积分规则", "Points policy"),
    "points_promotion": Words("积分促销", "Points promotions"),
    "reward": Words("兑换项", "Rewards"),
    "reward_store": Words("兑换项门店库存", "Rewards in stores"),
    "tag": Words("标签", "Tags"),
    "segment": Words("人群", "Segments"),
    "member_interest": Words("心愿与收藏", "Wishes and favourites"),
    "sms_budget": Words("短信预算", "Message budgets"),
    "member_tag": Words("会员标签", "Members' tags"),
    "tier_grant": Words("等级授予", "Tier grants"),
    "template": Words("短信模板", "Templates"),
    "api_key": Words("接口密钥", "API keys"),
    "webhook": Words("事件推送", "Webhooks"),
    "restoration": Words("备份恢复", "Restores"),
    "campaign": Words("群发活动", "Campaigns"),
    "campaign_step": Words("群发步骤", "Campaign steps"),
    "campaign_variant": Words("短信版本", "Versions"),
    "gateway_account": Words("通道账号", "Gateway accounts"),
    "gateway_health": Words("通道状态", "Gateway health"),
    "signature": Words("短信签名", "Signatures"),
    "gateway_template": Words("报备模板", "Filed texts"),
    "contact_rule": Words("发送规则", "Contact rules"),
    "blocked_word": Words("禁用词", "Blocked words"),
    "keyword_reply": Words("关键词回复", "Keyword replies"),
}

SCREENS = (
    Screen(
        table=AuditLog,
        name=Words("操作记录", "Audit log"),
        group=SYSTEM,
        columns={
            "at": Words("时间", "At"),
            "staff": Words("员工", "Staff"),
            "role": Words("角色", "Role"),
            "store": Words("门店", "Store"),
            "action": Words("操作", "Action"),
            "table_name": Words("对象", "Table"),
            "row_id": Words("编号", "Row"),
            "member": Words("会员", "Member"),
            "before": Words("修改前", "Before"),
            "after": Words("修改后", "After"),
            "address": Words("网络地址", "Address"),
        },
        shown=("at", "staff", "role", "action", "table_name", "row_id", "address"),
        filters=("staff", "role", "store", "action", "table_name", "row_id", "member", "at"),
        choices={"role": DOERS, "action": ACTIONS, "table_name": WATCHED},
        link="at",
        readable="'#' || t.id",
        help=Words("谁在什么时候改了什么；不可修改", "Who changed what and when; never changed itself"),
        read_only=True,
    ),
)
