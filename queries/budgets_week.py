"""How much members may still get: their room under the frequency rules, and how much of what they got was promotion."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from rules.budgets import PROMOTION_DAYS, PROMOTION_FROM, PROMOTION_MOST
from rules.budgets_crowds import Frequency, room_left
from tables.scope import current

# Members `m` who may be written to at all: a number that works, and a yes that is the newest word on marketing.
WORKS = "m.phone IS NOT NULL AND m.phone_status <> 'invalid' AND m.erased_at IS NULL"
REACHABLE = f"""{WORKS}
    AND EXISTS (SELECT FROM consent c WHERE c.member = m.id AND c.purpose = 'marketing_sms' AND c.granted
        AND NOT EXISTS (SELECT FROM consent x WHERE x.member = c.member AND x.purpose = c.purpose AND (x.at, x.id) > (c.at, c.id)))"""
# The same of many members: in the order of their index consents are read once. To be joined as `y` where `y.granted`.
AGREED = """(SELECT DISTINCT ON (c.member) c.member, c.granted FROM consent c WHERE c.purpose = 'marketing_sms'
    ORDER BY c.member, c.at DESC, c.id DESC)"""
_ALL = f"""member m JOIN {AGREED} y ON y.member = m.id AND y.granted
LEFT JOIN got g ON g.member = m.id WHERE {WORKS}"""
_OF_ONE = "AND s.member IN (SELECT m.id FROM member m WHERE m.home_store = $4)"
_ONE = f"member m LEFT JOIN got g ON g.member = m.id WHERE m.home_store = $4 AND {REACHABLE}"
# What counts for a rule is a row of the send log that left or may yet leave (tables/sql/contact.sql).
COUNTS = "s.message_class = 'marketing' AND s.state IN ('queued', 'sending', 'accepted', 'delivered', 'unknown')"
_OLDEST = 33  # days of which something may still wait
# Members by how many days ago they got something: a million of them are a few kinds. What is queued counts for the day that
# is asked about, and may have been due as long ago as a campaign may last.
_KINDS = f"""
WITH got AS (
    SELECT s.member, array_agg(d.ago ORDER BY d.ago) AS ago FROM send_log s
    CROSS JOIN LATERAL (SELECT CASE s.state WHEN 'queued' THEN 0 ELSE $1::date - s.business_date END) d(ago)
    WHERE {COUNTS} AND s.business_date > $1::date - greatest($3::integer, {_OLDEST}) AND s.business_date <= $1
        AND (s.state <> 'queued' AND s.business_date > $1::date - $3::integer
            OR s.state = 'queued' AND (s.gateway IS NOT NULL OR s.send_before > $1::timestamp AT TIME ZONE $2))
        AND s.member IS NOT NULL {{of}} GROUP BY s.member
), kind AS (
    SELECT m.home_store AS store, m.preferences ->> 'fewer' = 'true' IS TRUE AS fewer, g.ago, count(*) AS people
    FROM {{whose}} GROUP BY 1, 2, 3
)
SELECT o.id AS store, o.code, o.name, k.fewer, k.ago, k.people FROM kind k JOIN store o ON o.id = k.store ORDER BY o.code
"""
_RULES = """
SELECT id, most, days, plain_only FROM contact_rule WHERE kind = 'frequency' AND is_active AND NOT plain_only
"""
_ENOUGH = 2  # messages: more are not told apart
_PROMOTIONS = f"""
SELECT o.id AS store, o.code, o.name, count(*) AS sends, count(*) FILTER (WHERE c.content_kind = 'promotion') AS promotions
FROM send_log s JOIN campaign c ON c.id = s.campaign JOIN store o ON o.id = s.store
WHERE {COUNTS} AND s.business_date > $1::date - $2::integer AND s.business_date <= $1 AND ($3::bigint IS NULL OR s.store = $3)
GROUP BY o.id, o.code, o.name ORDER BY o.code
"""
_LIMIT = """
SELECT share, days, most FROM contact_rule WHERE kind = 'promotion_share' AND is_active ORDER BY share, days DESC LIMIT 1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreRoom:
    """Of a store's members who may be written to: those for whom the rules leave no message, one, two or more."""

    store: int
    code: str
    name: str
    members: int
    none: int
    one: int
    more: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomThisWeek:
    """The same for all the stores together, and each store by code."""

    members: int
    none: int
    one: int
    more: int
    stores: tuple[StoreRoom, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreShare:
    """How many messages of campaigns a store's members got, how many of them were promotion, and whether that is over the
    `limit` (a share; a store with few sends never is).
    """

    store: int
    code: str
    name: str
    sends: int
    promotions: int
    share: Decimal
    limit: Decimal
    days: int
    over: bool


async def room_this_week(*, today: date, zone: ZoneInfo, store: int | None = None) -> RoomThisWeek:
    """How many messages of an event or a rhythm members may still get on `today` (the chain's business date), for all stores
    or one (id). Numbers that are suppressed without a member's own no are told by the forecast alone. Needs role job.
    """
    rules = [Frequency(**dict(row)) for row in await current().fetch(_RULES)]
    widest = max((rule.widest for rule in rules), default=0)
    asked, own = (
        (_KINDS.format(whose=_ALL, of=""), ()) if store is None else (_KINDS.format(whose=_ONE, of=_OF_ONE), (store,))
    )
    counts: dict[tuple[int, str, str], Counter[int]] = defaultdict(Counter)
    for kind in await current().fetch(asked, today, zone.key, widest, *own):
        left = room_left(ago=kind["ago"] or (), rules=rules, fewer=kind["fewer"], most=_ENOUGH)
        counts[kind["store"], kind["code"], kind["name"]][left] += kind["people"]
    stores = tuple(
        StoreRoom(store=key, code=code, name=name, members=of.total(), none=of[0], one=of[1], more=of[_ENOUGH])
        for (key, code, name), of in counts.items()
    )
    return RoomThisWeek(
        members=sum(one.members for one in stores),
        none=sum(one.none for one in stores),
        one=sum(one.one for one in stores),
        more=sum(one.more for one in stores),
        stores=stores,
    )


async def promotion_share(*, today: date, store: int | None = None) -> list[StoreShare]:
    """The share of promotion in what left or will leave to each store's members in the days that the rule names (30), up to
    `today`; of one store (id) or all. In a scope of role job or of head office.
    """
    rule = await current().fetchrow(_LIMIT)
    limit, days, least = (PROMOTION_MOST, PROMOTION_DAYS, PROMOTION_FROM) if rule is None else rule
    rows = await current().fetch(_PROMOTIONS, today, days, store)
    return [
        StoreShare(
            **row, share=share, limit=limit, days=days, over=row["sends"] >= least and share > limit
        )
        for row in rows
        for share in [Decimal(row["promotions"]) / row["sends"]]
    ]  # fmt: skip
