"""What is made of a person's own behaviour, and what is the same for everybody: for members who refused to be personalised.

个人信息保护法 art. 24: marketing by automated decisions offers an option that does not go by personal characteristics, or an
easy way to refuse it; art. 73 (2): such a decision analyses, by programme, a person's habits, interests, or economic, health
or credit state. What is not decided here counts as personal.
"""

from collections.abc import Mapping

from rules.segments_fields import FIELDS
from rules.segments_tree import Compare, Condition, InSegment, Is, Reacted, Rule, Tagged, Within, conditions

# Facts that say nothing of what somebody did or is: by the field or the kind of the condition, why.
GENERAL: Mapping[str, str] = {
    "tier": "a published rank with the same benefits for all who have it; its members are told of them alike",
    "points": "what the chain owes the member, like a balance of money",
    "expiring_points": "a debt of the chain that ends on a day, which each holder is told",
    "birthday_month": "everybody has one, and is greeted once a year",
    "joined_on": "when the membership began, of which everybody has one",
    "store": "the shop that the member chose as theirs",
    "store_kind": "of the shop, not of the person",
    "region": "of the shop, not of the person",
    "joined": "when the membership began",
    "birthday": "everybody has one, and is greeted once a year",
    "birthday_this_month": "everybody has one, and is greeted once a year",
    "birthday_next_month": "everybody has one, and is greeted once a year",
    "referred": "how the membership began",
    "got": "what the chain did, not the member",
    "Consented": "the member's own word on what may be done",
}
# What somebody did, likes, has or is.
PERSONAL: Mapping[str, str] = {
    **{name: "how often somebody buys: a habit" for name, one in FIELDS.items() if one.group == "frequency"},
    **{name: "how much somebody spends: their economic state" for name, one in FIELDS.items() if one.group == "spend"},
    **{name: "when and how regularly somebody comes: a habit" for name, one in FIELDS.items() if one.group == "habit"},
    "response_minutes": "how fast somebody reacts to messages: a habit",
    "title": "tells the sex, a characteristic of the person",
    "idle": "how long somebody has stayed away: a habit",
    "purchase": "whether somebody bought of late: a habit",
    "first_purchase": "when somebody began to buy: a habit",
    "never_bought": "whether somebody buys at all: a habit",
    "bought_after_message": "what somebody does about messages: a habit",
    "clicked": "what somebody looked at: an interest",
    "replied": "what somebody answers to: a habit",
    "Took": "which offers somebody takes: an interest",
    "Bought": "what somebody buys: an interest",
    "Wished": "what somebody likes: an interest",
    "Near": "where the person lives or works, not which shop is theirs",
}
# What templates may say of somebody's behaviour; name, title, points, tier and what is missing to the next one are of the
# account. Their words for nobody in particular stand instead; tables/sql/audience.sql fills them in.
PERSONAL_PLACEHOLDERS: Mapping[str, str] = {
    "usual": "what somebody buys most",
    "favourite": "what somebody likes",
}


def is_personal(*, rule: Rule) -> bool:
    """Whether a condition of the rule looks at what a person did or is. What it names says nothing here: see `named_in`."""
    return any(kind_of(condition=one) not in GENERAL for one in conditions(rule=rule) if not isinstance(one, Tagged | InSegment))  # fmt: skip


def named_in(*, rule: Rule) -> tuple[set[str], set[str]]:
    """The tags and the segments of a rule by name: they are as personal as their own rules; a tag given by staff is not."""
    found = list(conditions(rule=rule))
    return {one.name for one in found if isinstance(one, Tagged)}, {one.name for one in found if isinstance(one, InSegment)}  # fmt: skip


def kind_of(*, condition: Condition) -> str:
    """Under which name GENERAL or PERSONAL speaks of a condition."""
    if isinstance(condition, Compare):
        return condition.field
    if isinstance(condition, Within):
        return condition.event
    if isinstance(condition, Is):
        return condition.fact
    return condition.how if isinstance(condition, Reacted) else type(condition).__name__
