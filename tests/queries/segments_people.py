"""A small town of members for the language of segments: facts in plain Python, and the same facts in the database."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from rules.calendar import add_months, quarter_start
from tests import make

TODAY = date(2027, 2, 28)  # whoever was born on a leap day has it today
PEOPLE = 160
STORES = (
    (1, "S1", "江边店", "江东", "community", 30.25, 120.20), (2, "S2", "大学店", "江东", "school", 30.28, 120.20),
    (3, "S3", "山里店", "江西", "other", None, None),
)  # fmt: skip
TIERS = ((1, 1, "铜卡"), (2, 2, "银卡"), (3, 3, "金卡"))
CATEGORIES = ((1, "热带水果"), (2, "蔬菜"))
PRODUCTS = ((1, "D1", "榴莲", 1), (2, "D2", "山竹", 1), (3, "V1", "青菜", 2), (4, "X1", "购物袋", None))
TAGS = ((1, "榴莲爱好者"), (2, "宝妈"))
CAMPAIGNS = ((1, "双十一", "promotion"), (2, "问候", "care"))
SEGMENTS = (
    ("高价值", '等级 >= "银卡" 且 非 90天未消费'), ("套娃", '属于人群 "高价值" 或 积分 > 5'), ("坏了", '有标签 "没有了"'),
)  # fmt: skip
PURPOSES = ("marketing_sms", "health")
BACK = (0, 1, 2, 5, 6, 7, 8, 29, 30, 31, 58, 59, 60, 61, 89, 90, 91, 150, 365, 366, 420)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    id: int
    day: date
    at: datetime
    amount: Decimal
    is_sale: bool
    lines: list[tuple[int | None, int | None, Decimal]]


@dataclass(frozen=True, kw_only=True)
class Message:
    id: int
    campaign: int | None
    day: date
    handed_at: datetime
    state: str
    clicks: list[tuple[datetime, bool, Decimal]]
    replies: list[tuple[datetime, str]]

    @property
    def reached(self) -> bool:
        return self.campaign is not None and self.state in {"accepted", "delivered"}


@dataclass(kw_only=True)
class Person:
    """`consents`: (purpose, granted, at); `lots`: (remaining, available_on, expires_on, matured); `wishes`: (kind, product,
    since); `habit`: the row of member_habit as the night left it.
    """

    id: int
    store: int
    tier: int
    title: str
    birthday: date | None
    joined_on: date
    place: tuple[float, float] | None
    referred: bool
    erased: bool
    receipts: list[Receipt] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    lots: list[tuple[int, date, date | None, bool]] = field(default_factory=list)
    tags: set[int] = field(default_factory=set)
    consents: list[tuple[str, bool, datetime]] = field(default_factory=list)
    wishes: set[tuple[str, int, date]] = field(default_factory=set)
    habit: dict[str, Any] | None = None

    @property
    def sales(self) -> list[Receipt]:
        return sorted((one for one in self.receipts if one.is_sale), key=lambda one: (one.day, one.id))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), make.ZONE)


def town(*, seed: int) -> list[Person]:
    draw = Random(seed)  # noqa: S311  people, not keys
    return [_person(draw, number) for number in range(1, PEOPLE + 1)]


def _back(draw: Random) -> date:
    return TODAY - timedelta(days=draw.choice(BACK))


def _person(draw: Random, number: int) -> Person:
    born = TODAY.replace(year=1990) + timedelta(days=draw.choice([-1, 0, 1, 6, 7, 8, 30, 31, 32, 200]))
    person = Person(
        id=number, store=draw.choice([1, 1, 2, 3]), tier=draw.randint(1, 3), title=draw.choice(["女士", "先生", ""]),
        birthday=draw.choice([None, born, born, date(1996, 2, 29)]), joined_on=_back(draw),
        place=draw.choice([None, (30.25 + draw.choice([0, 0.01, 0.02, 0.026, 0.028, 0.2]), 120.2 + draw.choice([0, 0.01, 0.03]))]),
        referred=number > 1 and draw.random() < 0.3, erased=draw.random() < 0.05,
    )  # fmt: skip
    for receipt in range(draw.choice([0, 0, 1, 2, 3, 4, 6])):
        day = TODAY - timedelta(days=draw.randint(0, 9)) if draw.random() < 0.3 else _back(draw)
        person.receipts.append(_receipt(draw, number * 100 + receipt, day))
    for message in range(draw.choice([0, 0, 1, 2, 3])):
        person.messages.append(_message(draw, number * 100 + message))
        if draw.random() < 0.5:
            day = min(TODAY, person.messages[-1].day + timedelta(days=draw.choice([0, 0, 7, 8])))
            person.receipts.append(_receipt(draw, number * 100 + 50 + message, day))
    for _ in range(draw.choice([0, 0, 1, 2, 3])):
        ends = draw.choice([None, *(TODAY + timedelta(days=days) for days in (-1, 0, 1, 29, 30, 31))])
        opens = TODAY + timedelta(days=draw.choice([-9, -9, -1, 0, 1]))
        person.lots.append((draw.choice([0, 50, 99, 100]), opens, ends, opens < TODAY and draw.random() < 0.9))
    person.tags = {tag for tag, _ in TAGS if draw.random() < 0.3}
    person.consents = [
        (draw.choice(PURPOSES), draw.random() < 0.6, at(_back(draw), 9) + timedelta(seconds=number)) for _ in range(draw.randint(0, 4))
    ]  # fmt: skip
    wishes = {
        (draw.choice(["wish", "favourite"]), draw.randint(1, 4)): _back(draw) for _ in range(draw.choice([0, 0, 1, 3]))
    }
    person.wishes = {(*key, since) for key, since in wishes.items()}
    person.habit = _habit(draw) if person.sales else None
    return person


def _receipt(draw: Random, number: int, day: date) -> Receipt:
    is_sale = draw.random() < 0.85
    lines: list[tuple[int | None, int | None, Decimal]] = []
    for _ in range(draw.randint(1, 2)):
        item: int | None = draw.choice([1, 1, 2, 3, 4, None])
        category = draw.choice([None, 1, 2]) if item is None else None
        lines.append((item, category, Decimal(draw.choice([100, 100, 250, 0, -30] if is_sale else [-50]))))
    amount = sum((line[2] for line in lines), Decimal(0))
    return Receipt(
        id=number, day=day, at=at(day, draw.choice([9, 20])), amount=max(amount, Decimal(0)) if is_sale else amount, is_sale=is_sale, lines=lines
    )  # fmt: skip


def _message(draw: Random, number: int) -> Message:
    handed = at(_back(draw), 12)
    later = [handed + timedelta(minutes=draw.choice([5, 60, 61, 3000])) for _ in range(2)]
    clicks = [(when, draw.random() < 0.3, Decimal((when - handed).seconds)) for when in later if draw.random() < 0.4]
    replies = [(when, draw.choice(["answer", "other", "opt_out", "fewer"])) for when in later if draw.random() < 0.3]
    campaign: int | None = draw.choice([1, 2, 2, None])
    return Message(
        id=number, campaign=campaign, day=handed.date(), handed_at=handed, clicks=clicks if campaign else [], replies=replies,
        state=draw.choice(["delivered", "accepted", "failed", "skipped"]),
    )  # fmt: skip


def _habit(draw: Random) -> dict[str, Any]:
    quarter, year = quarter_start(day=TODAY), date(TODAY.year, 1, 1)
    return {
        "counted_on": TODAY - timedelta(days=1),
        "quarter": draw.choice([quarter, quarter, add_months(day=quarter, months=-3), date(2020, 1, 1)]),
        "quarter_purchases": draw.randint(0, 4), "last_quarter_purchases": draw.randint(0, 4),
        "year": draw.choice([year, year, date(2026, 1, 1), date(2020, 1, 1)]), "year_purchases": draw.randint(0, 6),
        "year_spend": Decimal(draw.choice([0, 100, 250, 250, 900])), "last_year_spend": Decimal(draw.choice([0, 100, 500])),
        "basket": Decimal(draw.choice([0, 50, 100, 120])), "weekday": draw.choice([None, 1, 6, 7]), "hour": draw.choice([None, 0, 17, 20, 23]),
        "month_day": draw.choice([None, 1, 5, 10, 31]), "interval_change": draw.choice([None, Decimal("1.499"), Decimal("1.5"), Decimal(2)]),
    }  # fmt: skip
