"""What a rule of segments means, in plain Python, for the people of tests/queries/segments_people.py."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from math import asin, cos, radians, sin, sqrt
from typing import Any

from rules.segments import parse
from rules.segments_tree import (
    Both,
    Bought,
    Compare,
    Consented,
    Either,
    InSegment,
    Is,
    Near,
    Not,
    Reacted,
    Rule,
    Tagged,
    Took,
    Wished,
    Within,
)
from tests.queries.segments_facts import YEAR, compares, lately, moment, period
from tests.queries.segments_people import (
    CAMPAIGNS,
    CATEGORIES,
    PRODUCTS,
    SEGMENTS,
    STORES,
    TAGS,
    TODAY,
    Message,
    Person,
)


class Town:
    """The people, and who they are by a rule."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.people = people
        ranked = [one for one in people if not one.erased and period(one, "year", YEAR, "year_spend") > 0]
        ranked.sort(key=lambda one: (-period(one, "year", YEAR, "year_spend"), one.id))
        self.places = {one.id: place for place, one in enumerate(ranked, 1)}

    def meant(self, *, text: str, store: int | None = None) -> set[int]:
        rule = parse(text=text) if text else None
        return {
            one.id for one in self.people
            if not one.erased and (store is None or one.store == store) and (rule is None or self.true(rule, one))
        }  # fmt: skip

    def true(self, rule: Rule, one: Person) -> bool:
        if isinstance(rule, Both):
            return all(self.true(part, one) for part in rule.parts)
        if isinstance(rule, Either):
            return any(self.true(part, one) for part in rule.parts)
        if isinstance(rule, Not):
            return not self.true(rule.part, one)
        if isinstance(rule, InSegment):
            return self.true(_segment(rule.name), one)
        if isinstance(rule, Compare):
            return compares(rule, one, self.places)
        return CONDITIONS[type(rule)](rule, one)


@cache
def _segment(name: str) -> Rule:
    return parse(text=dict(SEGMENTS)[name])


def within(rule: Within, one: Person) -> bool:
    if rule.event == "birthday":
        return bool(one.birthday) and any(
            _has_birthday(one, TODAY + timedelta(days=ahead)) for ahead in range(rule.days + 1)
        )
    if rule.event == "joined":
        return lately(one.joined_on, rule.days)
    days = [receipt.day for receipt in one.sales]
    if rule.event == "first_purchase":
        return bool(days) and lately(days[0], rule.days)
    return any(lately(day, rule.days) for day in days) == (rule.event == "purchase")


def _has_birthday(one: Person, day: date) -> bool:
    born = one.birthday
    leap = (day + timedelta(days=1)).day == 29
    return born is not None and (
        (born.month, born.day) == (day.month, day.day)
        or (born.month, born.day, day.month, day.day, leap) == (2, 29, 2, 28, False)
    )


def facts(rule: Is, one: Person) -> bool:
    if rule.fact.startswith("birthday"):
        month = TODAY.month if rule.fact == "birthday_this_month" else TODAY.month % 12 + 1
        return one.birthday is not None and one.birthday.month == month
    if rule.fact == "bought_after_message":
        return any(
            message.reached and lately(message.day, 90) and bought_after(one, message) for message in one.messages
        )
    return one.referred if rule.fact == "referred" else not one.sales


def bought_after(one: Person, message: Message) -> bool:
    return any(
        sale.at >= message.handed_at and message.day <= sale.day <= message.day + timedelta(days=7)
        for sale in one.sales
    )


def _is_of(thing: str, name: str, item: int | None, category: int | None) -> bool:
    wares = {row[0]: row for row in PRODUCTS}
    if thing == "product":
        return item is not None and name in wares[item][1:3]
    wanted = {label: number for number, label in CATEGORIES}[name]
    return wanted == category or (item is not None and wares[item][3] == wanted)


def bought(rule: Bought, one: Person) -> bool:
    days = [
        sale.day for sale in one.sales
        if lately(sale.day, rule.days) and any(_is_of(rule.thing, rule.name, item, kind) and amount >= 0 for item, kind, amount in sale.lines)
    ]  # fmt: skip
    span = rule.span or 10_000
    return any(
        len([day for day in days if first <= day < first + timedelta(days=span)]) >= rule.times for first in days
    )


def near(rule: Near, one: Person) -> bool:
    shop = next(row for row in STORES if (row[0] == one.store if rule.store is None else rule.store in row[1:3]))
    if shop[5] is None or shop[6] is None or one.place is None:
        return False
    (lat1, lon1), (lat2, lon2) = (tuple(map(radians, pair)) for pair in (shop[5:7], one.place))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0088 * asin(sqrt(half)) <= rule.km


def reacted(rule: Reacted, one: Person) -> bool:
    named = {name: number for number, name, _ in CAMPAIGNS}.get(rule.campaign or "")
    mine = [
        message for message in one.messages if message.campaign and (rule.campaign is None or message.campaign == named)
    ]
    found = {
        "got": [m for m in mine if m.reached and lately(m.day, rule.days)],
        "clicked": [m for m in mine if any(not preview and moment(when, rule.days) for when, preview, _ in m.clicks)],
        "replied": [m for m in mine if any(kind not in {"opt_out", "fewer"} and moment(when, rule.days) for when, kind in m.replies)],
    }[rule.how]  # fmt: skip
    return len(found) >= rule.times


def took(rule: Took, one: Person) -> bool:
    kinds = {number: kind for number, _, kind in CAMPAIGNS}
    return any(
        m.reached and kinds[m.campaign or 0] == rule.content and lately(m.day, rule.days)
        and (any(not c[1] for c in m.clicks) or any(r[1] not in {"opt_out", "fewer"} for r in m.replies) or bought_after(one, m))
        for m in one.messages
    )  # fmt: skip


def wished(rule: Wished, one: Person) -> bool:
    return any(
        kind == rule.kind and lately(since, rule.days)
        and (rule.thing is None or rule.name is None or _is_of(rule.thing, rule.name, item, None))
        for kind, item, since in one.wishes
    )  # fmt: skip


def consented(rule: Consented, one: Person) -> bool:
    said = [one_said for one_said in enumerate(one.consents) if one_said[1][0] == rule.purpose]
    return bool(said) and max(said, key=lambda pair: (pair[1][2], pair[0]))[1][1]


CONDITIONS: Mapping[type, Callable[[Any, Person], bool]] = {
    Within: within, Is: facts, Bought: bought, Near: near, Reacted: reacted, Took: took, Wished: wished, Consented: consented,
    Tagged: lambda rule, one: {name: tag for tag, name in TAGS}[rule.name] in one.tags,
}  # fmt: skip
