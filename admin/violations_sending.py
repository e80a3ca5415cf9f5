"""What the database refuses about sending, by the name of the constraint or unique index."""

from collections.abc import Mapping

from admin.screens import Words

SENDING: Mapping[str, Words] = {
    "gateway_account_name_key": Words(
        "已有同名的通道账号：请换一个名称。", "Another account has this name: choose another."
    ),
    "gateway_account_sane": Words(
        "账号的设置前后矛盾：请检查名称、类别、每秒条数、连接数、时段和单价。",
        "The account contradicts itself: look at name, classes, rate, connections, hours and price.",
    ),
    "gateway_health_sane": Words("通道状态由系统维护。", "An account's health is written by workers."),
    "signature_state": Words("请从列表中选择报备状态。", "Choose the filing's state from the list."),
    "unique_text": Words("该账号已有这个签名。", "The account has this signature already."),
    "gateway_template_sane": Words(
        "请从列表中选择报备状态和短信类别。", "Choose the filing's state and the class from the list."
    ),
    "unique_code": Words(
        "该账号已有这个模板编号：请修改那一行。", "The account has a text of this code: change that one."
    ),
    "contact_rule_sane": Words(
        "规则不完整：可发时段须在 08:00–22:00 之间，其余须填写天数、条数或比例；只有可发时段可指定门店。",
        "The rule is not complete: hours lie between 08:00 and 22:00, others need days, a number or a share; hours alone"
        " may name a store.",
    ),
    "retention_kind_key": Words("每类数据只有一行。", "There is one row of each kind."),
    "retention_sane": Words(
        "短信、通知、回复至少保留 150 天，点击和查询至少 30 天，最多 3660 天。",
        "Messages, notices and replies are kept for 150 days or more, clicks and look-ups for 30, nothing beyond 3,660.",
    ),
    "blocked_word_word_key": Words("已有这个禁用词。", "The word is in the list already."),
    "blocked_word_not_empty": Words("禁用词不能为空。", "A blocked word is not empty."),
    "keyword_reply_of_store": Words(
        "已有这个关键词的回复：请修改那一条。", "The keyword has an answer there: change that one."
    ),
    "keyword_reply_not_empty": Words("关键词不能为空。", "A keyword is not empty."),
    "campaign_name_key": Words("群发活动名称已存在：请换一个。", "Another campaign has this name: choose another."),
    "campaign_sane": Words("请从列表中选择内容类型、节奏和状态。", "Choose content, rhythm and state from the list."),
    "campaign_step_sane": Words(
        "步骤从 1 开始，最迟发送须晚于计划时间。", "Steps start at 1, and “send before” is after “scheduled at”."
    ),
    "campaign_begins": Words("活动从草稿开始。", "A campaign begins as a draft."),
    "campaign_kept": Words(
        "活动已不是草稿：请先撤回为草稿，或复制一份再改。",
        "The campaign is not a draft any more: take it back to draft, or copy it.",
    ),
    "campaign_step_kept": Words(
        "这一步已不能修改：活动已不是草稿，或受众已圈定。",
        "The step is not open any more: its campaign is no draft, or its audience is frozen.",
    ),
    "campaign_variant_kept": Words(
        "这个版本已不能修改：活动已不是草稿，或受众已圈定。",
        "The version is not open any more: its campaign is no draft, or its audience is frozen.",
    ),
    "campaign_plan": Words(
        "对照组比例须为 0 到 0.5，首批条数为 0 或不少于 1000，统计天数为 1 到 90，预算不小于 0。",
        "Holdout: 0 to 0.5; canary: 0, or 1000 and more; days: 1 to 90; budgets are not below 0.",
    ),
    "campaign_step_plan": Words(
        "步骤的设置前后矛盾：请检查类型、跟随哪一步、提前天数、等待分钟和试发比例。",
        "The step contradicts itself: look at kind, the step it follows, days before, minutes and sample.",
    ),
    "campaign_variant_sane": Words(
        "版本为 A 到 E，比例大于 0、不大于 1，推迟分钟不小于 0。",
        "Versions are A to E, shares above 0 and at most 1, minutes not below 0.",
    ),
    "unique_label": Words("这一步已有这个版本：请换一个字母。", "The step has this version: choose another letter."),
    "segment_name_key": Words("人群名称已存在：请换一个。", "Another segment has this name: choose another."),
    "segment_sane": Words("人群须有名称和规则。", "A segment has a name and a rule."),
    "member_interest_kind": Words("请从列表中选择类型。", "Choose the kind from the list."),
    "unique_interest": Words("已登记过这位会员的这件商品。", "The member has this product in the list already."),
    "sms_budget_sane": Words(
        "金额不小于 0，月份写该月第一天。", "The amount is not below 0, the month is its first day."
    ),
    "sms_budget_of_month": Words("已有这个月的预算：请修改那一条。", "The month has a budget: change that one."),
    "unique_number": Words("该活动已有这一步：请换一个序号。", "The campaign has this step: choose another number."),
}
