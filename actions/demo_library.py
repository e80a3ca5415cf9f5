"""What the demo gets in its last days: the shipped library, what some members said they want or like, and old receipts of those
who have not come since.
"""

from datetime import date, datetime, timedelta
from random import Random

from actions.demo_data import demo_chain
from actions.demo_days import Story
from actions.demo_people import Person
from actions.demo_setup import stored
from actions.library import apply_library
from tables.scope import owner, scope

NIGHTS = 2  # the last ones, in which rules give tags
_ONE_IN = 12
_LONGEST_AGO = 60
_INTERESTS = """
INSERT INTO member_interest (member, product, kind, source, since)
SELECT m.id, p.id, i.kind, 'staff', i.since FROM unnest($1::text[], $2::text[], $3::text[], $4::date[])
    WITH ORDINALITY i(phone, sku, kind, since, nr)
JOIN member m ON m.phone = i.phone JOIN product p ON p.sku = i.sku ORDER BY i.nr ON CONFLICT (member, product, kind) DO NOTHING
"""
# Half a year ago and longer, as brought along on paper: a source of their own, because they are no days of the demo.
_OLD_RECEIPTS = """
WITH old AS (
    SELECT m.id, m.home_store, row_number() OVER w::integer AS n, $1::date - 190 - (row_number() OVER w * 7 % 60)::integer AS day
    FROM member m JOIN member_stats s ON s.member = m.id
    WHERE s.purchase_count = 0 AND m.joined_on < $1::date - 250 AND NOT EXISTS (SELECT FROM purchase WHERE source = 'import')
    WINDOW w AS (ORDER BY m.phone) ORDER BY m.phone LIMIT 40
), lines AS (
    SELECT array_agg(ROW(o.n, o.home_store, 'JZ' || o.n, o.id, (o.day + time '10:30') AT TIME ZONE $2, o.day, 'import', p.id, p.category,
                         2, 2 * p.price)::deed.sale_line ORDER BY o.n) AS lines
    FROM old o JOIN product p ON p.sku = 'A401'
)
SELECT count(r) FROM lines l, deed.sales_record(l.lines) r WHERE l.lines IS NOT NULL
"""


async def furnish(*, story: Story, day: date, now: datetime) -> None:
    """Before the night of `day`; started again it changes nothing."""
    async with scope(role="job") as connection:
        rows = _interests(seed=story.seed, people=[one for one in story.people if one.joined_on <= day], day=day)
        if rows:
            await connection.execute(_INTERESTS, *zip(*rows, strict=True))
        await connection.execute(_OLD_RECEIPTS, day, story.zone.key)
        await apply_library(now=now, zone=story.zone)
    async with owner() as connection:
        # As long as nobody has counted its rows, the planner takes a table for the empty one that it was.
        await connection.execute(
            "ANALYZE member, member_stats, member_habit, member_tag, purchase, purchase_line, send_log"
        )


def _interests(*, seed: int, people: list[Person], day: date) -> list[tuple[str, str, str, date]]:
    """Phone, sku, kind and since when, of some who are members by `day`."""
    rng = Random(f"{seed}:interests")  # noqa: S311  nothing here is a secret
    choices = demo_chain().words.interests
    weights = [weight for _, _, weight in choices]
    rows = []
    for person in people:
        if rng.randrange(_ONE_IN) == 0:
            sku, kind, _ = rng.choices(choices, weights)[0]
            since = max(person.joined_on, day - timedelta(days=rng.randrange(_LONGEST_AGO)))
            rows.append((stored(person.phone), sku, kind, since))
    return rows
