"""The fields that a rule of segments may compare: their names in both languages, kinds and units; forms are made from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["number", "money", "date", "choice", "text"]
Group = Literal["frequency", "spend", "value", "person", "place", "habit", "reaction"]
GROUPS: Mapping[Group, tuple[str, str]] = {
    "frequency": ("消费频率", "How often"), "spend": ("消费金额", "Spend"), "value": ("等级与积分", "Tier and points"),
    "person": ("会员资料", "Member"), "place": ("门店", "Store"), "habit": ("消费习惯", "Habits"), "reaction": ("互动", "Reactions"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """`zh`, `en`: names, the first one is what is said. `unit`: of UNITS, what its values count. `low`, `high`: what a value
    may be; `whole`: no decimals. `choices`: by what is stored, the words (zh, en) for it. `ordered`: may be more or less.
    `night`: made by the night, as of its end. `names`: values are names of this kind in the database.
    """

    name: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    kind: Kind
    group: Group
    about_zh: str
    about_en: str
    unit: str | None = None
    low: int = 0
    high: int = 9_999_999_999
    whole: bool = True
    ordered: bool = True
    night: bool = False
    choices: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    names: Literal["tier", "store", "region"] | None = None

    @property
    def is_numeric(self) -> bool:
        return self.kind in {"number", "money"}


def _times(name: str, zh: tuple[str, ...], en: tuple[str, ...], about: tuple[str, str], *, night: bool = True) -> Field:
    return Field(
        name=name, zh=zh, en=en, kind="number", group="frequency", about_zh=about[0], about_en=about[1], unit="times", night=night
    )  # fmt: skip


def _money(
    name: str, zh: tuple[str, ...], en: tuple[str, ...], about: tuple[str, str], *, night: bool = False
) -> Field:
    return Field(
        name=name, zh=zh, en=en, kind="money", group="spend", about_zh=about[0], about_en=about[1], unit="yuan",
        low=-9_999_999_999, whole=False, night=night,
    )  # fmt: skip


def _habit(
    name: str, zh: tuple[str, ...], en: tuple[str, ...], about: tuple[str, str], *, unit: str, low: int, high: int
) -> Field:
    return Field(
        name=name, zh=zh, en=en, kind="number", group="habit", about_zh=about[0], about_en=about[1], unit=unit, low=low, high=high,
        night=True,
    )  # fmt: skip


_STORE_KINDS = {
    "community": ("社区", "community"), "school": ("学校", "school"), "office": ("写字楼", "office"), "hospital": ("医院", "hospital"),
    "mall": ("商场", "mall"), "other": ("其他", "other"),
}  # fmt: skip

_ALL = (
    _times("quarter_purchases", ("本季消费次数",), ("quarter purchases", "purchases this quarter"),
        ("本自然季度的消费次数，截至昨夜", "sales in this calendar quarter, as of last night")),
    _times("last_quarter_purchases", ("上季消费次数",), ("last quarter purchases", "purchases last quarter"),
        ("上一个自然季度的消费次数", "sales in the calendar quarter before this one")),
    _times("year_purchases", ("本年消费次数", "今年消费次数"), ("year purchases", "purchases this year"),
        ("本自然年的消费次数，截至昨夜", "sales in this calendar year, as of last night")),
    _times("purchase_count", ("累计消费次数", "消费次数"), ("purchase count", "purchases"),
        ("入会以来的消费次数，实时", "all sales so far, as of now"), night=False),
    Field(name="last_purchase_on", zh=("最近消费日期",), en=("last purchase on",), kind="date", group="frequency",
        about_zh="最近一次消费的营业日，实时",
        about_en="business date of the newest sale, as of now"),
    Field(name="first_purchase_on", zh=("首次消费日期",), en=("first purchase on",), kind="date", group="frequency",
        about_zh="首次消费的营业日",
        about_en="business date of the first sale"),
    _money("quarter_spend", ("本季消费", "本季度消费", "本季消费金额"), ("quarter spend", "spend this quarter"),
        ("本自然季度的消费额减退货，实时", "sales less refunds of this calendar quarter, as of now")),
    _money("last_quarter_spend", ("上季消费", "上季度消费", "上季消费金额"), ("last quarter spend", "spend last quarter"),
        ("上一个自然季度的消费额减退货", "sales less refunds of the calendar quarter before this one")),
    _money("year_spend", ("本年消费", "今年消费", "本年消费金额"), ("year spend", "spend this year"),
        ("本自然年的消费额减退货，截至昨夜", "sales less refunds of this calendar year, as of last night"), night=True),
    _money("last_year_spend", ("去年消费", "上年消费", "去年消费金额"), ("last year spend", "spend last year"),
        ("去年的消费额减退货", "sales less refunds of last year"), night=True),
    _money("total_spend", ("累计消费", "累计消费金额"), ("total spend",),
        ("入会以来的消费额减退货，实时", "all sales less refunds so far, as of now")),
    _money("basket", ("客单价",), ("basket", "average basket"), ("平均每次消费多少元，截至昨夜", "yuan of an average sale, as of last night"),
        night=True),
    Field(name="year_rank", zh=("本年消费排名", "消费排名"), en=("year rank", "rank this year"), kind="number", group="spend", low=1,
        unit="place", night=True, about_zh="按本年消费额在全连锁的名次，1 为最高",
        about_en="place by this year's spend in the whole chain, 1 is the highest"),
    Field(name="tier", zh=("等级", "会员等级"), en=("tier",), kind="text", group="value", names="tier",
        about_zh="会员等级，可比高低",
        about_en="tier of the member; higher is more"),
    Field(name="points", zh=("积分", "可用积分"), en=("points",), kind="number", group="value", unit="points",
        about_zh="可以使用的积分，实时",
        about_en="points that can be spent now"),
    Field(name="expiring_points", zh=("到期积分",), en=("points expiring",), kind="number", group="value", unit="points",
        about_zh="若干天内到期的积分，写作：30天内到期积分 >= 100",
        about_en="points that end within some days: points expiring within 30 days >= 100"),
    Field(name="birthday_month", zh=("生日月份",), en=("birthday month",), kind="number", group="person", low=1, high=12, unit="month",
        about_zh="生日在几月",
        about_en="month of the birthday"),
    Field(name="joined_on", zh=("入会日期",), en=("joined on",), kind="date", group="person",
        about_zh="成为会员的日期", about_en="the day on which the member joined"),
    Field(name="title", zh=("称呼", "尊称"), en=("title",), kind="text", group="person", ordered=False,
        about_zh="如：女士、先生",
        about_en="such as 女士 or 先生"),
    Field(name="store", zh=("门店", "归属门店"), en=("store", "home store"), kind="text", group="place", ordered=False, names="store",
        about_zh="归属门店的编号或名称",
        about_en="code or name of the home store"),
    Field(name="store_kind", zh=("门店类型",), en=("store kind",), kind="choice", group="place", ordered=False, choices=_STORE_KINDS,
        about_zh="归属门店在哪类地方",
        about_en="where the home store stands"),
    Field(name="region", zh=("区域", "门店区域"), en=("region",), kind="text", group="place", ordered=False, names="region",
        about_zh="归属门店的区域",
        about_en="region of the home store"),
    _habit("weekday", ("常来星期",), ("usual weekday",), ("三成以上的消费在星期几，1 为周一",
        "weekday of a third of the sales or more, 1 = Monday"),
        unit="weekday", low=1, high=7),
    _habit("hour", ("常来时段", "常来时间"), ("usual hour",), ("三成以上的消费在几点，0–23", "hour of a third of the sales or more, 0–23"),
        unit="hour", low=0, high=23),
    _habit("month_day", ("常来日",), ("usual day of month",), ("三成以上的消费在每月几日", "day of the month of a third of the sales or more"),
        unit="month_day", low=1, high=31),
    Field(name="average_interval", zh=("平均间隔", "平均消费间隔"), en=("average interval",), kind="number", group="habit", unit="days",
        whole=False, high=36_600, about_zh="两次消费平均相隔几天",
        about_en="days between two sales on average"),
    Field(name="interval_change", zh=("间隔变化",), en=("interval change",), kind="number", group="habit", unit="fold", whole=False,
        high=9_999, night=True, about_zh="最近三次间隔的平均是以前的几倍，1.5 以上说明来得少了",
        about_en="the last three intervals over those before; from 1.5 on the member comes less often"),
    Field(name="interval_ratio", zh=("间隔倍数",), en=("interval ratio",), kind="number", group="habit", unit="fold", whole=False,
        high=99_999, about_zh="距上次消费的天数是平均间隔的几倍，实时",
        about_en="days since the last sale over the average interval, as of now"),
    Field(name="response_minutes", zh=("响应时间",), en=("response time",), kind="number", group="reaction", unit="minutes", whole=False,
        high=1_000_000, about_zh="近 90 天内最快一次点击或回复，在短信发出几分钟后",
        about_en="minutes from a message to the fastest click or reply of the last 90 days"),
)  # fmt: skip
FIELDS: Mapping[str, Field] = {one.name: one for one in _ALL}

# What each spelling of a unit may count, and how much of that one is.
_SPELLINGS: Mapping[str, Mapping[str, int]] = {
    "元|块|yuan|rmb": {"yuan": 1}, "次|回|times|time": {"times": 1}, "天|days|day": {"days": 1},
    "周|个星期|星期|weeks|week": {"days": 7}, "个月|months|month": {"days": 30}, "月": {"days": 30, "month": 1},
    "年|years|year": {"days": 365}, "公里|千米|km": {"km": 1}, "分钟|minutes|minute": {"minutes": 1}, "小时|hours|hour": {"minutes": 60},
    "分": {"points": 1, "minutes": 1}, "pts": {"points": 1}, "日|号": {"days": 1, "month_day": 1}, "点|时": {"hour": 1},
    "倍|fold": {"fold": 1}, "名": {"place": 1},
}  # fmt: skip
UNITS: Mapping[str, Mapping[str, int]] = {
    unit: counts for units, counts in _SPELLINGS.items() for unit in units.split("|")
}
# How each unit is said: (zh, en); weekdays, and what is plain in English, go without.
SAID_UNITS: Mapping[str, tuple[str, str]] = {
    "yuan": ("元", " yuan"), "times": ("次", ""), "days": ("天", " days"), "km": ("公里", " km"), "minutes": ("分钟", " minutes"),
    "points": ("分", ""), "month": ("月", ""), "month_day": ("日", ""), "hour": ("点", ""), "fold": ("倍", ""), "place": ("名", ""),
    "weekday": ("", ""),
}  # fmt: skip
