"""The sorts of findings in a text: how grave, what is said of them, who says so, and in which texts they are looked for.

The law is told by its articles (field-notes 3.7), the rules of gateways by who has them (field-notes 0, 3.2-3.4).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Level = Literal["stop", "warn", "hint"]
LEVELS: tuple[Level, ...] = ("stop", "warn", "hint")  # the gravest first
_ADS = frozenset({"promotion"})
_MARKETING = frozenset({"marketing"})
_PHARMACY = frozenset({"pharmacy"})

_NUMBER = r"[0-9０-９一二两三四五六七八九十百半]{1,6}"
_AMOUNT = rf"{_NUMBER}\s?(?:[份个只盒袋瓶斤克枚支张次包罐箱杯片套件元枝束块颗朵条对双碗桶提本粒串]|公斤|毫升|千克|小时|分钟|k?g|ml)"
_DAY = (
    rf"{_NUMBER}\s?(?:[日号点]|天内|小时内)|(?<![0-9.¥￥])(?:1[0-2]|0?[1-9])[./-](?:[12][0-9]|3[01]|0?[1-9])(?![0-9元折斤k])|周[一二三四五六日末]|星期[一二三四五六日天]|本月|月底|月末"
    r"|今[天日晚]|明[天日晚]|当[天日月]|即日|[{｛]\s*(?:到期日|expires_on)|生日|店庆|中秋|国庆|春节|元宵|端午|清明|七夕|重阳|冬至|元旦|除夕|腊八"
)
_ALCOHOL = r"[白啤红黄洋米清果]酒|葡萄酒|威士忌|白兰地|伏特加|香槟|茅台"
_CONTACT = (
    r"[{｛]\s*(?:门店|store|短链|link)\s*[|｜}｝]|(?:0[0-9]{2,3}-?)?[0-9]{7,8}(?![0-9])|1[3-9][0-9]{9}|[48]00-?[0-9]{3,4}-?[0-9]{3,4}"
    r"|https?://|详询|致电|电话"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """`zh` and `en` may hold {words}. Looked for in texts of `contents`, `classes` and `trades` (empty: all; so is a shop whose
    trade nobody told) that hold `when` and do not hold `unless`.
    """

    level: Level
    zh: str
    en: str
    source: str
    contents: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    trades: frozenset[str] = frozenset()
    when: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None


KINDS: Mapping[str, Kind] = {
    "superlative": Kind(
        level="stop", source="《广告法》第九条第三项",
        zh="“{words}”是绝对化用语，广告中不得使用。",
        en="“{words}” claims to be the best of all, which advertising may not do.",
    ),
    "claim": Kind(
        level="warn", source="《广告法》第九条、第二十八条",
        zh="“{words}”容易被认定为绝对化用语或没有依据的说法，请换成事实。",
        en="“{words}” is easily read as a claim without proof: say a fact instead.",
    ),
    "medical": Kind(
        level="stop", source="《广告法》第十七条",
        zh="“{words}”涉及疾病治疗或医疗用语，普通商品和食品不得使用。",
        en="“{words}” speaks of healing, which only medicine may and food never does.",
    ),
    "effect": Kind(
        level="warn", source="《广告法》第十七条、第十八条",
        zh="“{words}”暗示保健功效，普通食品和用品请只说口感、产地、做法。",
        en="“{words}” hints at an effect on health: speak of taste, origin or craft instead.",
    ),
    "cure": Kind(
        level="stop", source="《广告法》第十六条",
        zh="“{words}”是对功效、安全性或治愈率的保证，药品、医疗器械广告不得使用。",
        en="“{words}” promises an effect or a cure, which no advertising for medicine may.",
    ),
    "medicine": Kind(
        level="stop", source="《广告法》第十五条、第四十六条", contents=_ADS,
        zh="“{words}”：处方药不得向公众做广告，其他药品广告须先经审查；促销短信请不要写药品。",
        en="“{words}”: prescription drugs may not be advertised to the public, others only after approval.",
    ),
    "pharmacy": Kind(
        level="warn", source="《广告法》第十五条、第十六条、第四十六条", contents=_ADS, trades=_PHARMACY,
        zh="促销短信写了“{words}”：药店请改成服务提醒或健康关怀，不要促销药品和器械。",
        en="“{words}” in a promotion: a pharmacy serves and cares by text, and promotes no medicine.",
    ),
    "health_food": Kind(
        level="stop", source="《广告法》第十八条", unless=re.compile("本品不能代替药物"),
        zh="提到保健食品（“{words}”）须显著标明“本品不能代替药物”。",
        en="Whoever names health food (“{words}”) must say 本品不能代替药物.",
    ),
    "infant": Kind(
        level="stop", source="《广告法》第二十条、《母乳代用品销售管理办法》",
        zh="“{words}”：不得宣传声称替代母乳的婴儿乳制品、饮料和食品。",
        en="“{words}”: what is said to replace breast milk may not be advertised.",
    ),
    "tobacco": Kind(
        level="stop", source="《广告法》第二十二条",
        zh="“{words}”：禁止向公众发布任何形式的烟草广告。",
        en="“{words}”: tobacco may not be advertised in any form.",
    ),
    "alcohol": Kind(
        level="stop", source="《广告法》第二十三条", when=re.compile(_ALCOHOL),
        zh="“{words}”：酒类广告不得诱导饮酒，也不得暗示饮酒有消除紧张等功效。",
        en="“{words}”: advertising for alcohol may neither urge to drink nor hint at an effect.",
    ),
    "minors": Kind(
        level="stop", source="《广告法》第四十条",
        zh="“{words}”：不得劝诱未成年人要求家长购买。",
        en="“{words}”: children may not be urged to make their parents buy.",
    ),
    "price": Kind(
        level="warn", source="《明码标价和禁止价格欺诈规定》第十六条、《广告法》第二十八条", contents=_ADS,
        zh="“{words}”须有依据（如前七日内的成交价），没有凭证请不要使用。",
        en="“{words}” needs proof, such as a price that was really paid within the last seven days.",
    ),
    "gift": Kind(
        level="warn", source="《广告法》第八条第二款", contents=_ADS,
        unless=re.compile(rf"(?=.*(?:{_AMOUNT}))(?=.*(?:{_DAY}))", re.DOTALL),
        zh="写了“{words}”，请说清种类、数量和期限，例如：{words}鲜橙1份，本周日前到店领取。",
        en="“{words}”: say what, how many and until when, for instance: 鲜橙1份，本周日前.",
    ),
    "no_date": Kind(
        level="warn", source="《广告法》第八条、《消费者权益保护法》第二十条", unless=re.compile(_DAY),
        zh="“{words}”没有写明日期，请加上起止时间，例如：本周日前。",
        en="“{words}” without a day: say from when until when.",
    ),
    "points_threat": Kind(
        level="warn", source="华为云短信模板规范：积分清零；《消费者权益保护法》第二十六条",
        zh="“{words}”读起来像威胁，部分通道也会拦截；请写明到期日和数量。",
        en="“{words}” reads like a threat and some channels refuse it: say how many and until when.",
    ),
    "pressure": Kind(
        level="warn", source="行业经验：催促用语会增加退订和投诉",
        zh="“{words}”是催促用语，容易引起反感和投诉。",
        en="“{words}” presses people, who then complain.",
    ),
    "slang": Kind(
        level="warn", source="行业经验：对会员说话请得体；阿里云、腾讯云模板规范",
        zh="“{words}”是网络用语，请换成得体的说法。",
        en="“{words}” is slang: speak to a member as you would in the shop.",
    ),
    "symbol": Kind(
        level="warn", source="阿里云、腾讯云短信模板规范：特殊符号",
        zh="符号“{words}”会被多数通道拒绝。",
        en="Most channels refuse the sign “{words}”.",
    ),
    "emoji": Kind(
        level="warn", source="阿里云、腾讯云短信模板规范：特殊符号",
        zh="表情“{words}”只有自由文本通道能发送，部分手机显示为方框，且一个算两个字。",
        en="Only channels for free text carry the emoji “{words}”; it counts as two characters.",
    ),
    "opt_out": Kind(
        level="hint", source="《通信短信息服务管理规定》",
        zh="退订说明由通道自动加在末尾，“{words}”可以删去，以免与通道要求的不一致。",
        en="The channel adds its opt-out words by itself: leave out “{words}”, which may differ from them.",
    ),
    "contact": Kind(
        level="warn", source="《广告法》第四十三条", contents=_ADS, classes=_MARKETING, unless=re.compile(_CONTACT),
        zh="没有联系方式：请写上门店或电话，让会员知道找谁。",
        en="There is no contact: name the store or a phone number.",
    ),
    "promotion_in_notice": Kind(
        level="stop", source="阿里云、腾讯云短信模板规范；《通信短信息服务管理规定》", classes=frozenset({"notice"}),
        zh="通知短信不得夹带促销内容“{words}”，请改用营销短信发送。",
        en="A notice may not hold promotion (“{words}”): send that as marketing.",
    ),
    "promotion_in_care": Kind(
        level="warn", source="内容配比：促销占比", contents=frozenset({"care", "knowledge", "service"}), classes=_MARKETING,
        zh="内容类型不是促销，但写了“{words}”：请删去，或把内容类型改为促销。",
        en="The kind of content is not promotion, yet it says “{words}”: leave it out or change the kind.",
    ),
    "banned_topic": Kind(
        level="hint", source="阿里云、腾讯云短信模板规范：禁止的内容",
        zh="“{words}”类短信不能用云通道的模板发送，请确认有自由文本通道。",
        en="Cloud templates may not speak of “{words}”: make sure that there is a channel for free text.",
    ),
    "blocked": Kind(
        level="stop", source="",
        zh="“{words}”在禁用词库中，短信中不得出现。",
        en="“{words}” is on the list of blocked words.",
    ),
    "long": Kind(
        level="hint", source="计费规则：70字以内为1条，超过按每67字1条",
        zh="连同签名和退订说明估计约 {words} 字，要按多条计费；请删减。",
        en="With signature and opt-out words about {words} characters, paid as several parts: shorten it.",
    ),
}  # fmt: skip
