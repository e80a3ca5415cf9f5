"""Which rules speak of a segment by its name: other segments, tags, campaigns that are not over."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rules.refusals import Refusal
from rules.segments import parse
from rules.segments_tree import InSegment, conditions
from tables.scope import current

# Rules are asked for their words only where they could speak of a segment at all.
_RULES = """
SELECT r.kind, r.id, r.name::text AS name, r.rule FROM (
    SELECT 'segment' AS kind, g.id, g.name, g.rule FROM segment g
    UNION ALL SELECT 'tag', t.id, t.name, t.rule FROM tag t
    UNION ALL SELECT 'campaign', c.id, c.name, c.rule FROM campaign c
        WHERE c.state IN ('draft', 'review', 'scheduled', 'sending', 'paused')
) r WHERE r.rule ~* '人群|segment' ORDER BY r.kind, r.name
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """A segment, tag or campaign whose rule names a segment."""

    kind: Literal["segment", "tag", "campaign"]
    id: int
    name: str


def named_in(*, text: str) -> frozenset[str]:
    """The segments that a rule names; none for one that cannot be read."""
    try:
        return frozenset(one.name for one in conditions(rule=parse(text=text)) if isinstance(one, InSegment))
    except Refusal:
        return frozenset()


async def segment_uses() -> Mapping[str, list[Use]]:
    """By the name of a segment: where it is used, as far as the role of the scope sees."""
    found: dict[str, list[Use]] = defaultdict(list)
    for row in await current().fetch(_RULES):
        for name in named_in(text=row["rule"]):
            found[name].append(Use(kind=row["kind"], id=row["id"], name=row["name"]))
    return found
