"""Whether a rule of segments is made of what people did, in its own conditions or in those of the tags and segments it names."""

from rules.personal import is_personal, named_in
from rules.refusals import Refusal
from rules.segments import parse
from rules.segments_tree import Rule
from tables.scope import current

# A tag that lost its rule, but not what the rule gave, is as personal as the rule may have been.
_RULES = """
SELECT coalesce(nullif(t.rule, ''), CASE WHEN EXISTS (SELECT FROM member_tag x WHERE x.tag = t.id AND x.source = 'rule') THEN '?' END)
FROM tag t WHERE t.name = ANY ($1::text[])
UNION ALL SELECT s.rule FROM segment s WHERE s.name = ANY ($2::text[])
"""


async def goes_by_behaviour(*, rule: Rule) -> bool:
    """Whether members who refused to be personalised are to be left out of whom the rule selects. In a scope of role job. A
    named rule that cannot be read any more counts as personal: nobody knows what it gave its tag for.
    """
    waiting, tags, segments = [rule], set[str](), set[str]()
    while waiting:
        if any(is_personal(rule=one) for one in waiting):
            return True
        named = [named_in(rule=one) for one in waiting]
        new_tags = set[str]().union(*(found for found, _ in named)) - tags
        new_segments = set[str]().union(*(found for _, found in named)) - segments
        if not (new_tags or new_segments):
            return False
        tags |= new_tags
        segments |= new_segments
        rows = await current().fetch(_RULES, sorted(new_tags), sorted(new_segments))
        try:
            waiting = [parse(text=row[0]) for row in rows if row[0]]
        except Refusal:
            return True
    return False
