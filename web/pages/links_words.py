"""What the pages of short links say, to members: in the language of the house, a no in both."""

from typing import Final

LANDING: Final = {
    "zh": {
        "hello": "{name}，您好",
        "hello_all": "您好",
        "store": "门店信息",
        "address": "地址",
        "phone": "电话",
        "hours": "营业时间",
        "service": "客服电话",
        "nothing": "欢迎光临，期待您到店。",
        "show": "结账时请店员扫一扫",
        "opt_out": "不想再收到短信？",
        "opt_out_link": "退订",
    },
    "en": {
        "hello": "Hello {name}",
        "hello_all": "Hello",
        "store": "The store",
        "address": "Address",
        "phone": "Phone",
        "hours": "Open",
        "service": "Customer service",
        "nothing": "We look forward to seeing you.",
        "show": "Show this at the till",
        "opt_out": "No more texts?",
        "opt_out_link": "Opt out",
    },
}

WAY_OUT: Final = {
    "zh": {
        "title": "短信退订",
        "about": "请选择，确认后立即生效，不影响您的会员权益和积分。",
        "marketing": "退订营销短信",
        "marketing_about": "不再收到优惠和活动短信，仍会收到积分、等级等通知。",
        "everything": "全部退订",
        "everything_about": "优惠短信和会员通知都不再发送；您使用积分时的验证码除外。",
        "fewer": "少发一点",
        "fewer_about": "仍会收到优惠短信，次数减半。",
        "confirm": "确认",
        "done_title_marketing": "已退订",
        "done_marketing": "不会再给您发送优惠和活动短信。",
        "done_title_everything": "已全部退订",
        "done_everything": "不会再给您发送优惠短信和会员通知。",
        "done_title_fewer": "已减少",
        "done_fewer": "今后给您发送优惠短信的次数减半。",
        "late": "正在发送途中的短信可能仍会收到。",
        "back": "想重新接收？用您的手机给我们回复短信「订阅」，或到店告诉店员。",
        "back_fewer": "想再少一些，可随时回到本页退订。",
        "again": "更改选择",
        "nobody": "这个链接不属于某一位会员，无法在此退订。",
        "nobody_how": "请回复您收到的短信「退订」，或致电客服、到店告诉店员。",
        "unclear": "请先选择一项，再点确认。",
        "service": "客服电话",
    },
    "en": {
        "title": "Our texts to you",
        "about": "Choose and confirm: it counts at once. Your membership and your points stay as they are.",
        "marketing": "No more offers",
        "marketing_about": "No texts about offers and events; you still hear about your points and your tier.",
        "everything": "No more texts at all",
        "everything_about": "Neither offers nor notices; the codes that you ask for at the till still come.",
        "fewer": "Fewer texts",
        "fewer_about": "Offers still come, half as often.",
        "confirm": "Confirm",
        "done_title_marketing": "You have opted out",
        "done_marketing": "We shall send you no more offers.",
        "done_title_everything": "You have opted out of everything",
        "done_everything": "We shall send you neither offers nor notices.",
        "done_title_fewer": "Fewer from now on",
        "done_fewer": "Offers will come half as often.",
        "late": "A text that is on its way already may still arrive.",
        "back": "To get them again, answer one of our texts with START, or tell us in a store.",
        "back_fewer": "You may come back to this page and opt out at any time.",
        "again": "Choose again",
        "nobody": "This link is not of one member: it cannot be used to opt out.",
        "nobody_how": "Answer our text with STOP, call us, or tell us in a store.",
        "unclear": "Choose one first, then confirm.",
        "service": "Customer service",
    },
}

# Title and sentence, Chinese and English, by status.
NO: Final = {
    404: (
        ("没有这个页面", "链接不完整或有误。请重新点击短信中的链接，或到店咨询。"),
        (
            "There is no such page",
            "The link is incomplete or wrong: tap the one in your text again, or ask in a store.",
        ),
    ),
    410: (
        ("链接已过期", "活动已经结束。欢迎到店了解最新优惠。"),
        ("This link is over", "What it led to has ended. Ask in a store what is on now."),
    ),
    429: (
        ("请稍后再试", "请求过于频繁，请一分钟后再打开。"),
        ("Too many requests", "Open it again in a minute."),
    ),
    503: (
        ("请稍后再试", "系统繁忙，请过一会儿再打开。"),
        ("Not now", "We are busy: open it again in a moment."),
    ),
}
