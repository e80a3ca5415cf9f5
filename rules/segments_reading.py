"""From the grammar's words to the tree of a rule: each function is called with the parts of one condition as they were found."""

from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias, get_args

from lark import Token, Transformer, v_args

from rules.segments_fields import FIELDS
from rules.segments_refusals import refused
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
    Operator,
    Reacted,
    Rule,
    Tagged,
    Took,
    Wished,
    Within,
)
from rules.segments_values import Amount, amount_of, days_of, name_of, place_of, value_of

_MOST_TIMES, _LONGEST_SPAN, _FARTHEST_KM, _YEAR = 1_000, 366, 1_000, 366
_UNORDERED: tuple[Operator, ...] = ("=", "!=", "in", "not in")


class Period(NamedTuple):
    """Of so many days."""

    amount: Amount


class Thing(NamedTuple):
    kind: Any
    name: Token


class Extra(NamedTuple):
    """What stands behind a condition: times, span, days or campaign, and where."""

    key: str
    value: Any
    place: int


Part: TypeAlias = Token | Amount | Period | Thing | Extra


def _period(amount: Amount) -> Extra:
    return Extra("days", days_of(amount=amount), amount.place)


def _extras(parts: tuple[Part, ...], allowed: tuple[str, ...]) -> dict[str, Any]:
    """The periods and additions among the parts. Refusals said_twice, not_here."""
    found: dict[str, Any] = {}
    for one in (_period(part.amount) if isinstance(part, Period) else part for part in parts):
        if not isinstance(one, Extra):
            continue
        if one.key in found:
            raise refused(
                code="said_twice",
                place=one.place,
                found=str(one.value),
                en="is said twice: keep one",
                zh="重复了：请只保留一处",
            )
        if one.key not in allowed:
            raise refused(code="not_here", place=one.place, found=str(one.value), en="has no meaning in this condition: remove it",
                zh="在这个条件中没有意义：请删掉")  # fmt: skip
        found[one.key] = one.value
    return found


def _compare(field: Token, operator: Operator, *written: Amount | Token, days: int | None = None) -> Compare:
    """Refusals bad_operator, empty_range, and those of the values."""
    one = FIELDS[str(field)]
    values, places = zip(*(value_of(field=one, written=value) for value in written), strict=True)
    if not one.ordered and operator not in _UNORDERED:
        raise refused(code="bad_operator", place=places[0], found=str(values[0]),
            en=f"cannot be more or less: compare {one.en[0]} with = or in", zh=f"不能比大小：“{one.zh[0]}”请用 = 或 属于")  # fmt: skip
    if operator == "between" and one.kind != "text" and values[0] > values[1]:
        raise refused(code="empty_range", place=places[0], found=str(values[0]),
            en="is more than the second value: write the smaller one first", zh="大于后一个值：请把较小的写在前面")  # fmt: skip
    return Compare(field=one.name, operator=operator, values=values, days=days, places=places)


@v_args(inline=True)
class Reader(Transformer[Token, Rule]):
    """Called by the parser, from the innermost part to the whole."""

    def either(self, *parts: Rule) -> Rule:
        return Either(parts=parts)

    def both(self, *parts: Rule) -> Rule:
        return Both(parts=parts)

    def negated(self, *parts: Token | Rule) -> Rule:
        return Not(part=next(part for part in parts if not isinstance(part, Token)))

    def operator(self, token: Token) -> Operator:
        found: dict[str, Operator] = {one: one for one in get_args(Operator)}
        return found[str(token)]

    def value(self, token: Token, unit: Token | None = None) -> Amount | Token:
        return Amount(number=token, unit=unit) if token.type == "NUMBER" else token

    def span(self, number: Token, unit: Token | None = None) -> Amount:
        return Amount(number=number, unit=unit)

    def period(self, amount: Amount) -> Period:
        return Period(amount)

    def name(self, token: Token) -> Token:
        return token

    shop = name

    def thing(self, kind: Token, name: Token) -> Thing:
        return Thing(str(kind), name)

    def at_least(self, _: Token, number: Token, unit: Token | None = None) -> Extra:
        amount = Amount(number=number, unit=unit)
        return Extra("times", int(amount_of(amount=amount, unit="times", low=1, high=_MOST_TIMES)), amount.place)

    def any_span(self, amount: Amount) -> Extra:
        return Extra("span", days_of(amount=amount, high=_LONGEST_SPAN), amount.place)

    def campaign(self, name: Token) -> Extra:
        return Extra("campaign", name_of(token=name), place_of(token=name))

    def of_period(self, period: Period) -> Extra:
        return _period(period.amount)

    def compare(self, field: Token, operator: Operator, value: Amount | Token) -> Rule:
        return _compare(field, operator, value)

    def between(self, field: Token, low: Amount | Token, high: Amount | Token) -> Rule:
        return _compare(field, "between", low, high)

    def among(self, field: Token, *values: Amount | Token) -> Rule:
        return _compare(field, "in", *values)

    def not_among(self, field: Token, *values: Amount | Token) -> Rule:
        return _compare(field, "not in", *values)

    def expiring(self, period: Period, field: Token, operator: Operator, value: Amount | Token) -> Rule:
        return _compare(field, operator, value, days=days_of(amount=period.amount))

    def expiring_en(self, field: Token, period: Period, operator: Operator, value: Amount | Token) -> Rule:
        return self.expiring(period, field, operator, value)

    def expiring_between(self, period: Period, field: Token, low: Amount | Token, high: Amount | Token) -> Rule:
        return _compare(field, "between", low, high, days=days_of(amount=period.amount))

    def expiring_between_en(self, field: Token, period: Period, low: Amount | Token, high: Amount | Token) -> Rule:
        return self.expiring_between(period, field, low, high)

    def event(self, first: Token | Period, second: Token | Period) -> Rule:
        period, event = (first, second) if isinstance(first, Period) else (second, first)
        assert isinstance(period, Period)  # noqa: S101  the grammar says so
        kind: Any = str(event)
        return Within(
            event=kind,
            days=days_of(amount=period.amount, high=_YEAR) if kind == "birthday" else _period(period.amount).value,
        )

    def idle(self, *parts: Part) -> Rule:
        amounts = (part.amount if isinstance(part, Period) else part for part in parts)
        return Within(event="idle", days=days_of(amount=next(one for one in amounts if isinstance(one, Amount))))

    def fact(self, token: Token) -> Rule:
        fact: Any = str(token)
        return Is(fact=fact)

    def bought(self, *parts: Part) -> Rule:
        thing = next(part for part in parts if isinstance(part, Thing))
        extras = _extras(parts, ("times", "days", "span"))
        return Bought(thing=thing.kind, name=name_of(token=thing.name), place=place_of(token=thing.name), **extras)

    def not_bought(self, *parts: Part) -> Rule:
        return Not(part=self.bought(*parts))

    def tagged(self, _: Token, name: Token) -> Rule:
        return Tagged(name=name_of(token=name), place=place_of(token=name))

    def not_tagged(self, word: Token, name: Token) -> Rule:
        return Not(part=self.tagged(word, name))

    def near(self, first: Token | Amount, second: Token | Amount) -> Rule:
        amount, shop = (first, second) if isinstance(first, Amount) else (second, first)
        assert isinstance(amount, Amount)  # noqa: S101  the grammar says so
        assert isinstance(shop, Token)  # noqa: S101
        km = amount_of(amount=amount, unit="km", low=0, high=_FARTHEST_KM, whole=False)
        return Near(store=None if shop.type == "OWN_STORE" else name_of(token=shop), km=km, place=place_of(token=shop))

    def reacted(self, *parts: Part) -> Rule:
        how: Any = next(str(part) for part in parts if isinstance(part, Token))
        place = next((part.place for part in parts if isinstance(part, Extra) and part.key == "campaign"), 0)
        return Reacted(how=how, place=place, **_extras(parts, ("times", "days", "campaign")))

    def not_reacted(self, *parts: Part) -> Rule:
        return Not(part=self.reacted(*parts))

    def took(self, *parts: Part) -> Rule:
        content: Any = next(str(part) for part in parts if isinstance(part, Token) and part.type == "CONTENT")
        return Took(content=content, **_extras(parts, ("days",)))

    def wished(self, *parts: Part) -> Rule:
        kind: Any = next(str(part) for part in parts if isinstance(part, Token))
        wish = Wished(kind=kind, **_extras(parts, ("days",)))
        thing = next((part for part in parts if isinstance(part, Thing)), None)
        if thing is None:
            return wish
        return replace(wish, thing=thing.kind, name=name_of(token=thing.name), place=place_of(token=thing.name))

    def consented(self, _: Token, purpose: Token) -> Rule:
        named: Any = str(purpose)
        return Consented(purpose=named)

    def not_consented(self, word: Token, purpose: Token) -> Rule:
        return Not(part=self.consented(word, purpose))

    def in_segment(self, _: Token, name: Token) -> Rule:
        return InSegment(name=name_of(token=name), place=place_of(token=name))

    def not_in_segment(self, word: Token, name: Token) -> Rule:
        return Not(part=self.in_segment(word, name))
