"""Rules of segments and tags as trees: what rules/segments.py reads out of a text and says again in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "between", "in", "not in"]
Value: TypeAlias = Decimal | date | str
Thing = Literal["category", "product"]
Event = Literal["idle", "purchase", "first_purchase", "joined", "birthday"]
Fact = Literal["never_bought", "bought_after_message", "referred", "birthday_this_month", "birthday_next_month"]
Reaction = Literal["got", "clicked", "replied"]
ContentKind = Literal["promotion", "care", "knowledge", "service"]
Purpose = Literal["marketing_sms", "personalisation", "location", "health", "children", "partner"]
DEEPEST = 20  # rules within rules
MOST_CONDITIONS = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Both:
    """All of the parts (at least two)."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Either:
    """At least one of the parts (at least two)."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Not:
    part: "Rule"


@dataclass(frozen=True, kw_only=True, slots=True)
class Compare:
    """A field of rules/segments_fields.py against values: two for `between`, any number for `in`. `days`: of points that
    end within so many days. `places` of the values, and `place` of a name below: where it stands in the text, from 1.
    """

    field: str
    operator: Operator
    values: tuple[Value, ...]
    days: int | None = None
    places: tuple[int, ...] = attribute(default=(), compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Within:
    """What happened in the last `days`, today among them; `idle`: no purchase in them; `birthday`: in the coming ones."""

    event: Event
    days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Is:
    fact: Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class Bought:
    """A category or product on at least `times` receipts, of the last `days`, all within any `span` days."""

    thing: Thing
    name: str
    times: int = 1
    days: int | None = None
    span: int | None = None
    place: int = attribute(default=0, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tagged:
    name: str
    place: int = attribute(default=0, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Near:
    """At most `km` from a store (code or name), None: from the member's own one."""

    store: str | None
    km: Decimal
    place: int = attribute(default=0, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reacted:
    """To at least `times` messages of any campaign, or of one."""

    how: Reaction
    times: int = 1
    days: int | None = None
    campaign: str | None = None
    place: int = attribute(default=0, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Took:
    """Clicked, replied or bought within a week after a campaign of this kind."""

    content: ContentKind
    days: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Wished:
    """Wished for something, or marked it as a favourite; `thing` and `name` None: anything."""

    kind: Literal["wish", "favourite"]
    thing: Thing | None = None
    name: str | None = None
    days: int | None = None
    place: int = attribute(default=0, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Consented:
    purpose: Purpose


@dataclass(frozen=True, kw_only=True, slots=True)
class InSegment:
    name: str
    place: int = attribute(default=0, compare=False)


Condition: TypeAlias = (
    Compare | Within | Is | Bought | Tagged | Near | Reacted | Took | Wished | Consented | InSegment
)  # fmt: skip
Rule: TypeAlias = Both | Either | Not | Condition


def parts_of(*, rule: Rule) -> tuple[Rule, ...]:
    """The rules directly inside one; none inside a condition."""
    if isinstance(rule, Both | Either):
        return rule.parts
    return (rule.part,) if isinstance(rule, Not) else ()


def conditions(*, rule: Rule) -> Iterator[Condition]:
    """The conditions of a rule, in their order."""
    waiting = [rule]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Both | Either | Not):
            waiting.extend(reversed(parts_of(rule=one)))
        else:
            yield one


def depth(*, rule: Rule) -> int:
    """How many rules stand inside each other, a condition alone being 1."""
    deepest, level = 0, [rule]
    while level:
        deepest += 1
        level = [part for one in level for part in parts_of(rule=one)]
    return deepest
