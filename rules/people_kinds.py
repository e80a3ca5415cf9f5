"""The kinds of rows that the form of a rule about members offers: one for each field of the language, and one for each of its
other conditions.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from rules.people_comparisons import DAYS, comparison
from rules.people_slots import Kind, Names, Slot, count, filled, maybe, number, shown
from rules.segments_fields import FIELDS, GROUPS
from rules.segments_tree import (
    Bought,
    Condition,
    Consented,
    Event,
    Fact,
    InSegment,
    Is,
    Near,
    Reacted,
    Reaction,
    Tagged,
    Thing,
    Took,
    Wished,
    Within,
)

_OWN = "*"  # no store has this code
_LAST = Slot(kind="number", before=("近", "within"), after=("天", "days"), optional=True)
_EVENTS: Mapping[str, tuple[str, str, str, str]] = {
    "idle": ("frequency", "多少天未消费", "No purchase for", "90"),
    "purchase": ("frequency", "多少天内消费过", "A purchase within", "30"),
    "first_purchase": ("frequency", "首次消费在多少天内", "First purchase within", "30"),
    "joined": ("person", "入会在多少天内", "Joined within", "30"),
    "birthday": ("person", "生日在多少天内", "Birthday within", "7"),
}
_FACTS: Mapping[str, tuple[str, str, str]] = {
    "never_bought": ("frequency", "从未消费", "Never bought"),
    "birthday_this_month": ("person", "生日在本月", "Birthday this month"),
    "birthday_next_month": ("person", "生日在下月", "Birthday next month"),
    "referred": ("person", "由会员推荐入会", "Referred by a member"),
    "bought_after_message": ("reaction", "收到短信后消费过", "Bought after a message"),
}
_REACTIONS: Mapping[str, tuple[str, str]] = {
    "got": ("收到过短信", "Got a message"),
    "clicked": ("点击过短信链接", "Clicked a link"),
    "replied": ("回复过短信", "Replied"),
}
_CONTENT = {
    "promotion": ("促销", "promotion"), "care": ("关怀", "care"), "knowledge": ("知识", "knowledge"), "service": ("服务", "service"),
}  # fmt: skip
_PURPOSES = {
    "marketing_sms": ("营销短信", "marketing messages"), "personalisation": ("个性化推荐", "personalisation"),
    "location": ("位置", "location"), "health": ("健康", "health"), "children": ("儿童", "children"), "partner": ("合作伙伴", "partners"),
}  # fmt: skip
_MORE_GROUPS: Mapping[str, tuple[str, str]] = {
    "goods": ("买过与喜欢", "Bought and liked"),
    "label": ("标签与人群", "Tags and segments"),
}
ALL_GROUPS: Mapping[str, tuple[str, str]] = {
    "frequency": GROUPS["frequency"], "spend": GROUPS["spend"], **_MORE_GROUPS,
    **{group: words for group, words in GROUPS.items() if group not in {"frequency", "spend"}},
}  # fmt: skip


def _simple(of: type[Any], **given: Any) -> Callable[[Condition], Any]:  # noqa: ANN401
    """Whether a condition is of a class and has these values: itself, else None."""

    def read(condition: Condition) -> Any:  # noqa: ANN401
        same = isinstance(condition, of) and all(getattr(condition, name) == value for name, value in given.items())
        return condition if same else None

    return read


def _event(event: str) -> Kind:
    group, zh, en, days = _EVENTS[event]
    known: Any = event
    found = _simple(Within, event=event)
    return Kind(
        group=group, zh=zh, en=en, slots=(Slot(kind="number", after=("天", "days"), default=days),),
        make=lambda values: Within(event=known, days=count(values[0])),
        read=lambda one: (shown(one.days),) if found(one) else None,  # type: ignore[union-attr]  # found: it is one
    )  # fmt: skip


def _fact(fact: str) -> Kind:
    group, zh, en = _FACTS[fact]
    known: Any = fact
    found = _simple(Is, fact=fact)
    return Kind(
        group=group, zh=zh, en=en, slots=(), make=lambda _: Is(fact=known), read=lambda one: () if found(one) else None
    )


def _bought(thing: str) -> Kind:
    named = thing == "category"
    known: Any = thing
    found = _simple(Bought, thing=thing)
    slots = (
        Slot(kind="choice" if named else "text", names="category" if named else None),
        Slot(kind="number", before=("至少", "at least"), after=("次", "times"), default="1"),
        _LAST,
        Slot(kind="number", before=("任意", "all in"), after=DAYS, optional=True),
    )
    return Kind(
        group="goods", zh="买过品类" if named else "买过商品", en="Bought category" if named else "Bought product", slots=slots,
        make=lambda v: Bought(thing=known, name=filled(v[0]), times=count(v[1]), days=maybe(v[2]), span=maybe(v[3])),
        read=lambda one: (str(one.name), *map(shown, (one.times, one.days, one.span))) if found(one) else None,  # type: ignore[union-attr]  # as above
    )  # fmt: skip


def _reacted(how: str) -> Kind:
    zh, en = _REACTIONS[how]
    known: Any = how
    found = _simple(Reacted, how=how, times=1)
    slots = (_LAST, Slot(kind="text", before=("活动", "campaign"), optional=True))
    return Kind(
        group="reaction", zh=zh, en=en, slots=slots,
        make=lambda v: Reacted(how=known, days=maybe(v[0]), campaign=v[1].strip() or None),
        read=lambda one: (shown(one.days), shown(one.campaign)) if found(one) else None,  # type: ignore[union-attr]  # as above
    )  # fmt: skip


def _wished(kind: str) -> Kind:
    known: Any = kind
    found = _simple(Wished, kind=kind, thing=None)
    zh, en = ("想要的商品", "Wished for something") if kind == "wish" else ("收藏过商品", "Has a favourite")
    return Kind(
        group="goods", zh=zh, en=en, slots=(_LAST,), make=lambda v: Wished(kind=known, days=maybe(v[0])),
        read=lambda one: (shown(one.days),) if found(one) else None,  # type: ignore[union-attr]  # as above
    )  # fmt: skip


def _named(zh: str, en: str, names: Names, of: type[Tagged] | type[InSegment]) -> Kind:
    return Kind(
        group="label", zh=zh, en=en, slots=(Slot(kind="choice", names=names),), make=lambda v: of(name=filled(v[0])),
        read=lambda one: (one.name,) if isinstance(one, of) else None,
    )  # fmt: skip


def _near() -> Kind:
    slots = (
        Slot(
            kind="choice",
            before=("距", "of"),
            names="store",
            choices={_OWN: ("归属门店", "own home store")},
            default=_OWN,
        ),
        Slot(kind="number", after=("公里内", "km"), default="3"),
    )
    return Kind(
        group="place", zh="住在附近", en="Lives near", slots=slots,
        make=lambda v: Near(store=None if v[0] == _OWN else filled(v[0]), km=number(v[1])),
        read=lambda one: (one.store or _OWN, shown(one.km)) if isinstance(one, Near) else None,
    )  # fmt: skip


def _took() -> Kind:
    def make(values: Sequence[str]) -> Condition:
        content: Any = values[0]
        if content not in _CONTENT:
            raise ValueError(content)
        return Took(content=content, days=maybe(values[1]))

    return Kind(
        group="reaction", zh="接受过某类内容", en="Took up", slots=(Slot(kind="choice", choices=_CONTENT, default="promotion"), _LAST),
        make=make, read=lambda one: (one.content, shown(one.days)) if isinstance(one, Took) else None,
    )  # fmt: skip


def _consented() -> Kind:
    def make(values: Sequence[str]) -> Condition:
        purpose: Any = values[0]
        if purpose not in _PURPOSES:
            raise ValueError(purpose)
        return Consented(purpose=purpose)

    return Kind(
        group="person", zh="已授权", en="Agreed to", slots=(Slot(kind="choice", choices=_PURPOSES, default="marketing_sms"),),
        make=make, read=lambda one: (one.purpose,) if isinstance(one, Consented) else None,
    )  # fmt: skip


KINDS: Mapping[str, Kind] = {
    **{event: _event(event) for event in get_args(Event)},
    **{fact: _fact(fact) for fact in get_args(Fact)},
    **{name: comparison(of=one) for name, one in FIELDS.items()},
    **{f"bought_{thing}": _bought(thing) for thing in get_args(Thing)},
    **{kind: _wished(kind) for kind in ("favourite", "wish")},
    "tag": _named("有标签", "Has tag", "tag", Tagged),
    "segment": _named("属于人群", "In segment", "segment", InSegment),
    "near": _near(),
    **{how: _reacted(how) for how in get_args(Reaction)},
    "took": _took(),
    "consented": _consented(),
}
