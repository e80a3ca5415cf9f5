"""All screens in the order of the menu, and the tables that have none."""

from admin import (
    audit,
    campaigns,
    checks,
    contact,
    erasures,
    gateways,
    inbox,
    keys,
    links,
    members,
    messages,
    nights,
    points,
    privacy,
    products,
    program,
    purchases,
    segments,
    staff,
    stores,
    tags,
    tier_moves,
    tiers,
    webhooks,
)
from admin.screens import Screen

NOT_SHOWN = {
    "session": "open log-ins are nobody's to read; leaving is in the user's own menu",
    "second_factor": "sealed and hashed; each has a page of their own for it",
    "suppression": "keyed hashes of phones say nothing to a person; sending asks them",
    "redemption_code": "a code is between a member and the counter; what it was used for is in the points entries",
    "gateway_message": "which message a gateway's own number means; it stands in the send log",
    "report_inbox": "what gateways told, kept a week; what became of a message stands in the send log",
    "till_answer": "what a till was told, kept a while for when it asks again",
}

_MENU = (
    members.MEMBER, segments.SEGMENT, *tags.SCREENS, *tier_moves.SCREENS, members.CONSENT, members.STATS, *segments.OF_MEMBERS,
    erasures.SCREEN,
    *points.SCREENS,
    *purchases.SCREENS,
    *tiers.SCREENS, *program.SCREENS,
    *messages.SCREENS, *inbox.SCREENS, *campaigns.SCREENS, segments.BUDGET, *contact.SCREENS, *links.SCREENS,
    *gateways.SCREENS,
    *products.SCREENS,
    *stores.SCREENS, *staff.SCREENS,
    *keys.SCREENS, *webhooks.SCREENS,
    *nights.SCREENS, *checks.SCREENS, *audit.SCREENS, members.LOOKUP, *privacy.SCREENS,
)  # fmt: skip

SCREENS: dict[str, Screen] = {screen.tablename: screen for screen in _MENU}
