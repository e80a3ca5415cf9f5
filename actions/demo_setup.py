"""What the demo chain has before its first day: shops, goods, program, staff; then the members it brings along."""

import csv
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from actions.demo_data import demo_chain
from actions.demo_people import Person
from actions.members import import_members
from actions.members_register import register
from actions.program import apply_program
from actions.staff import add_staff
from tables.scope import Connection, scope

# Who a stranger may log in as: username, role, whether it is for the first shop alone, and a pretend phone for tests of campaigns.
STAFF = (
    ("hq", "hq_admin", False, "+8616600000001"),
    ("yunying", "hq_marketing", False, "+8616600000002"),
    ("dianzhang", "store_manager", True, "+8616600000003"),
    ("shouyin", "cashier", True, "+8616600000004"),
)
# Yuan a part: without a price every cost on the pages would be nothing.
_PRICE = "UPDATE gateway_account SET price = 0.045 WHERE gateway = 'simulator'"
_CHAIN = "UPDATE chain SET name = $1, signature = $2, phone = $3"
_SHOP = """
INSERT INTO store (code, name, region, address, phone, latitude, longitude, opening_hours, kind)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_CATEGORY = """
INSERT INTO category (name, earns, counts_for_tier, promotable) VALUES ($1, $2, $2, $2) ON CONFLICT (name) DO NOTHING
"""
_PRODUCT = """
INSERT INTO product (sku, name, category, price) VALUES ($1, $2, (SELECT id FROM category WHERE name = $3), $4)
ON CONFLICT (sku) DO NOTHING
"""
_TAG = "INSERT INTO tag (name, purpose) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"
_COLUMNS = (
    "phone", "name", "title", "birthday", "home_store", "joined_on", "tier", "points", "points_expire_on",
)  # fmt: skip
_TOLD = """
UPDATE member m SET preferences = CASE WHEN t.wish IS NULL THEN m.preferences ELSE jsonb_build_object('wish', t.wish) END,
    latitude = t.latitude, longitude = t.longitude
FROM unnest($1::text[], $2::text[], $3::numeric[], $4::numeric[]) t(phone, wish, latitude, longitude) WHERE m.phone = t.phone
"""
_CONSENTS = """
INSERT INTO consent (member, purpose, granted, source, text_version, store, at)
SELECT m.id, c.purpose, c.granted, c.source, c.version, m.home_store, c.at
FROM unnest($1::text[], $2::text[], $3::boolean[], $4::text[], $5::text[], $6::timestamptz[])
    WITH ORDINALITY c(phone, purpose, granted, source, version, at, nr)
JOIN member m ON m.phone = c.phone ORDER BY c.nr
"""
_TAGGED = """
INSERT INTO member_tag (member, tag, source, since)
SELECT m.id, t.id, 'manual', x.since FROM unnest($1::text[], $2::text[], $3::timestamptz[]) WITH ORDINALITY x(phone, tag, since, nr)
JOIN member m ON m.phone = x.phone JOIN tag t ON t.name = x.tag ORDER BY x.nr
"""
_TEXT_VERSION = "2025-01"


async def set_up(*, password: str) -> None:
    """Chain, shops, goods, program and staff, all or nothing. Raises Refusal weak_password, username_taken."""
    chain = demo_chain()
    async with scope(role="hq_admin") as connection:
        await connection.execute(_CHAIN, chain.name, chain.signature, chain.phone)
        await connection.execute(_PRICE)
        await connection.executemany(
            _SHOP,
            [
                (s.code, s.name, s.region, s.address, s.phone, s.latitude, s.longitude, s.opening_hours, s.kind)
                for s in chain.shops
            ],
        )
        for category in chain.categories:
            await connection.execute(_CATEGORY, category.name, category.earns)
            goods = [(p.sku, p.name, category.name, p.price) for p in category.products]
            await connection.executemany(_PRODUCT, goods)
        await connection.executemany(_TAG, [(habit.tag, habit.purpose) for habit in chain.habits if habit.tag])
        await apply_program(program=chain.program)
        for username, role, in_shop, phone in STAFF:
            stores = [chain.shops[0].code] if in_shop else []
            await add_staff(username=username, role=role, stores=stores, password=password)
            await connection.execute("UPDATE staff SET phone = $2 WHERE username = $1", username, phone)


async def move_in(*, people: Sequence[Person], first: date) -> None:
    """The members of before the first day, with tiers and points of their paper cards: as a chain moves in, by a file.

    Started again it changes nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = _member_file(people, Path(folder))
        await import_members(path=path, dry_run=False, today=first, consent_source=None)


async def join(*, people: Sequence[Person], shops: Sequence[int], staff: int | None) -> None:
    """Members who join at a till: `shops` are the ids of the shops, `staff` who asks them in the first one. Each gets a
    welcome.
    """
    for person in people:
        await register(
            phone=person.phone, name=person.name, title=person.title, birthday=person.birthday, store=shops[person.home],
            consents=person.consents, text_version=_TEXT_VERSION, source=person.consent_source, now=person.joined_at,
            business_date=person.joined_on, staff=staff if person.home == 0 else None,
        )  # fmt: skip


async def note_consents(*, connection: Connection, people: Sequence[Person]) -> None:
    """What the members of before the first day answered when they joined."""
    rows = [
        (stored(person.phone), purpose, granted, person.consent_source, _TEXT_VERSION, person.joined_at)
        for person in people
        for purpose, granted in person.consents.items()
    ]
    await _columns(connection, _CONSENTS, rows)


async def note_wishes(*, connection: Connection, people: Sequence[Person]) -> None:
    """What members told the shop, where they live, and the tags that it gave them."""
    told = [
        (stored(person.phone), person.wish, *(person.place or (None, None)))
        for person in people
        if person.wish or person.place
    ]
    tags = [
        (stored(person.phone), person.habit.tag, person.joined_at)
        for person in people
        if person.tagged and person.habit.tag and person.consents.get(person.habit.purpose or "", True)
    ]
    await _columns(connection, _TOLD, told)
    await _columns(connection, _TAGGED, tags)


async def withdraw(*, connection: Connection, people: Sequence[Person]) -> None:
    """Those who take back their yes to marketing messages."""
    rows = [
        (stored(person.phone), "marketing_sms", False, "短信回复 TD", _TEXT_VERSION, person.withdrawn_at)
        for person in people
    ]
    await _columns(connection, _CONSENTS, rows)


def stored(phone: str) -> str:
    """The number as the tables hold it."""
    return f"+86{phone}"


async def _columns(connection: Connection, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
    """A statement over rows, given to it column by column."""
    columns = list(zip(*rows, strict=True))
    if columns:
        await connection.execute(sql, *columns)


def _member_file(people: Sequence[Person], folder: Path) -> Path:
    path = folder / "members.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for person in people:
            card = person.card
            writer.writerow([
                person.phone, person.name, person.title, person.birthday, demo_chain().shops[person.home].code,
                person.joined_on,
                *((card.tier, card.points, card.expires_on) if card else ("", "", "")),
            ])  # fmt: skip
    return path
