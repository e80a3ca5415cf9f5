"""The words in which a member reads what is held about them. The law asks for plain Chinese; the data beside it keeps ours."""

from rules.consents import PURPOSES

TITLE = "您的个人信息"
EMPTY = "无记录"
SECTIONS = {
    "profile": "基本资料",
    "consents": "授权与撤回",
    "refusals": "号码拒收记录",
    "purchases": "消费与退货",
    "account": "积分账户",
    "points": "积分流水",
    "lots": "积分批次",
    "tier_changes": "等级变动",
    "tier_grants": "等级授予",
    "tags": "标签",
    "interests": "心愿与收藏",
    "totals": "消费统计",
    "habits": "消费习惯",
    "messages": "发给您的短信",
    "notices": "通知",
    "replies": "您发来的短信",
    "complaints": "投诉",
    "links": "发给您的链接",
    "clicks": "链接点击",
    "erasures": "注销申请",
    "lookups": "他店查询记录",
    "history": "资料的查看与修改记录",
}
COLUMNS = {
    "member": "会员编号", "name": "姓名", "title": "称呼", "phone": "手机号", "phone_status": "号码状态", "birthday": "生日",
    "home_store": "归属门店", "joined_on": "入会日期", "tier": "等级", "tier_valid_until": "等级有效期", "latitude": "纬度",
    "longitude": "经度", "preferences": "偏好", "referred_by": "推荐人编号", "merged_into": "已并入会员编号",
    "at": "时间", "purpose": "用途", "granted": "同意",
    "source": "来源", "text_version": "文本版本", "store": "门店", "staff": "员工", "since": "起始时间", "purchased_at": "消费时间",
    "business_date": "营业日", "receipt_no": "小票号", "kind": "类型", "amount": "金额（元）", "points": "积分", "lines": "明细",
    "balance": "可用积分", "pending": "待生效", "debt": "欠分", "earned_total": "累计获得", "balance_after": "结余", "reason": "原因",
    "reward": "兑换项", "value": "抵扣（元）", "remaining": "剩余", "available_on": "生效日", "expires_on": "到期日",
    "from_tier": "原等级", "to_tier": "新等级", "valid_from": "开始", "valid_until": "截止", "tag": "标签", "because": "依据",
    "product": "商品", "category": "品类", "quantity": "数量", "first_purchase_on": "首次消费", "last_purchase_on": "最近消费",
    "purchase_count": "消费次数", "total_spend": "累计消费（元）", "average_interval_days": "平均间隔（天）",
    "quarter_spend": "本季消费（元）", "last_quarter_spend": "上季消费（元）", "counted_on": "统计日", "basket": "客单价（元）",
    "weekday": "常来星期", "hour": "常来时段（点）", "month_day": "常来日（每月）", "interval_change": "间隔变化",
    "year_purchases": "本年次数", "year_spend": "本年消费（元）", "last_year_spend": "上年消费（元）", "message_class": "类别",
    "text": "内容", "state": "状态", "delivered_at": "送达时间", "campaign": "活动", "payload": "内容", "note": "备注",
    "code": "短码", "url": "网址", "expires_at": "失效时间", "device": "设备", "is_preview": "系统预览", "action": "操作",
    "proof": "核实方式", "decided_at": "处理时间", "table_name": "数据表", "before": "修改前", "after": "修改后",
}  # fmt: skip
_VALUES = {
    "purpose": {key: names[0] for key, names in PURPOSES.items()},
    "phone_status": {"unknown": "未验证", "valid": "有效", "invalid": "无效"},
    "message_class": {"marketing": "营销", "notice": "通知", "verification": "验证码", "staff": "员工"},
    "device": {"phone": "手机", "tablet": "平板", "desktop": "电脑", "other": "其他"},
    "state": {
        "queued": "待发送", "sending": "发送中", "accepted": "已提交", "delivered": "已送达", "failed": "失败", "unknown": "未知",
        "skipped": "未发送", "cancelled": "已取消", "due": "待通知", "open": "待处理", "done": "已处理",
        "refused": "已拒绝", "withdrawn": "已撤回",
    },
    "kind": {
        "sale": "消费", "refund": "退货", "earn": "消费得分", "redeem": "兑换", "expire": "到期", "adjust": "调整", "restore": "退还",
        "import": "导入", "wish": "心愿", "favourite": "收藏", "opt_out": "退订", "opt_out_all": "全部退订", "fewer": "减少发送",
        "opt_in": "订阅", "keyword": "关键词", "answer": "答复", "other": "其他", "points_expiring": "积分到期", "tier_up": "升级",
        "tier_down": "降级", "tier_warning": "等级到期提醒", "statement": "积分对账单", "welcome": "欢迎",
    },
    "proof": {"phone": "出示手机", "document": "证件", "known": "店员认识", "letter": "书面"},
    "action": {"insert": "登记", "update": "修改", "delete": "删除", "export": "导出", "erase": "注销",
        "merge": "合并档案", "number": "更换手机号"},
}  # fmt: skip


def value_words(*, column: str, value: object) -> str:
    """A stored value as a person reads it; what has no word of its own stays as it is."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    return _VALUES.get(column, {}).get(str(value), str(value))
