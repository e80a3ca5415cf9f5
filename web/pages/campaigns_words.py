"""The words that all pages below /campaigns share: menu, rail, states, choices."""

WORDS = {
    "zh": {
        "site": "群发活动",
        "back": "返回后台",
        "menu": "活动页面",
        "rail": "步骤",
        "save": "保存",
        "next": "保存，下一步",
        "next_only": "下一步",
        "previous": "上一步",
        "cancel": "取消",
        "by_hq": "总部",
        "read_only": "活动已不是草稿，本页只能查看。要修改，请先在“发送”一步退回草稿。",
        "begun": "活动已经开始，本页只能查看。想再做一次，请在“活动”页复制一份。",
        "viewer": "您可以查看，不能修改。",
        "loading": "正在计算…",
        "stale": "连接中断，数字已停止更新",
    },
    "en": {
        "site": "Campaigns",
        "back": "Back office",
        "menu": "Campaign pages",
        "rail": "Steps",
        "save": "Save",
        "next": "Save and go on",
        "next_only": "Next",
        "previous": "Back",
        "cancel": "Cancel",
        "by_hq": "Head office",
        "read_only": "The campaign is no draft any more: this page only shows it. To change it, take it back on the step “Send”.",
        "begun": "The campaign has begun: this page only shows it. To do it again, copy it on the page “Campaigns”.",
        "viewer": "You may look, not change.",
        "loading": "Counting…",
        "stale": "No connection: the figures stand still",
    },
}
NAV = {
    "zh": {
        "list": ("/campaigns", "活动"),
        "calendar": ("/campaigns/calendar", "日历"),
        "segments": ("/campaigns/segments", "人群"),
        "budget": ("/campaigns/budget", "预算"),
        "results": ("/campaigns/results", "结果"),
    },
    "en": {
        "list": ("/campaigns", "Campaigns"),
        "calendar": ("/campaigns/calendar", "Calendar"),
        "segments": ("/campaigns/segments", "Segments"),
        "budget": ("/campaigns/budget", "Budgets"),
        "results": ("/campaigns/results", "Results"),
    },
}
RAIL = {
    "zh": {
        "goal": "目标", "content": "内容", "people": "人群", "check": "预检", "test": "测试", "send": "发送", "results": "结果",
    },
    "en": {
        "goal": "Goal", "content": "Text", "people": "People", "check": "Check", "test": "Try", "send": "Send",
        "results": "Results",
    },
}  # fmt: skip
STATES = {
    "zh": {
        "draft": "草稿", "review": "待审核", "scheduled": "已排期", "sending": "发送中", "paused": "已暂停", "finished": "已完成",
        "cancelled": "已取消", "stopped": "已停止",
    },
    "en": {
        "draft": "Draft", "review": "In review", "scheduled": "Scheduled", "sending": "Sending", "paused": "Paused",
        "finished": "Finished", "cancelled": "Cancelled", "stopped": "Stopped",
    },
}  # fmt: skip
# How a state looks: what goes well, what waits for somebody, what went wrong.
TONES = {
    "review": "still", "scheduled": "good", "sending": "good", "paused": "still", "stopped": "bad",
}  # fmt: skip
REASONS = {
    "zh": {
        "complaints": "投诉超过红线", "delivery": "送达率低于红线", "opt_out": "退订率超过红线", "over_budget": "超出预算",
        "nobody": "没有可发送的会员", "blocked_text": "短信含禁用词", "broken_rule": "人群规则有误", "outside_hours": "不在允许发送的时段",
        "restored": "从备份恢复",
    },
    "en": {
        "complaints": "complaints over the red line", "delivery": "too few were delivered", "opt_out": "opt-outs over the red line",
        "over_budget": "over budget", "nobody": "nobody to send to", "blocked_text": "a blocked word in the text",
        "broken_rule": "the rule of its audience is broken", "outside_hours": "outside the hours for messages",
        "restored": "restored from a backup",
    },
}  # fmt: skip
GOALS = {
    "zh": {
        "sell": ("促销增收", "短期多卖一些：给会员一个到店的理由。看增量收入和投入产出。"),
        "win_back": ("唤回", "久未到店的会员：一条真诚的问候比打折更省钱。看唤醒率。"),
        "grow": ("培养复购", "买过一两次的会员：在习惯的日子前提醒。看复购率。"),
        "care": ("关怀", "生日、换季、健康知识：不卖东西，让会员记得您。看退订率。"),
        "inform": ("通知", "开业、调整营业时间、服务变化：说清楚即可。"),
    },
    "en": {
        "sell": ("Sell more", "A reason to come soon. Look at the incremental revenue and what it cost."),
        "win_back": ("Win back", "Members who have not come for long: an honest word is cheaper than a discount."),
        "grow": ("Make it a habit", "Members with one or two purchases: a word before the day they usually come."),
        "care": ("Care", "Birthdays, seasons, advice: nothing is sold, members remember you."),
        "inform": ("Inform", "An opening, other hours, a change of service: say it plainly."),
    },
}
CONTENT_KINDS = {
    "zh": {"promotion": "促销", "care": "关怀", "knowledge": "知识", "service": "服务"},
    "en": {"promotion": "Promotion", "care": "Care", "knowledge": "Advice", "service": "Service"},
}
