"""Random worlds for the contact rules: the same one in the oracle and in the database."""

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from config.settings import settings
from rules.suppression import hmac_pads, phone_hmac
from tables.scope import Connection, scope
from tests import make
from tests.contact_oracle import Person, Rule, Sent, World

STORES = (1, 2)
MEMBERS = tuple(range(1, 9))
ZONES = ("Asia/Shanghai", "Europe/Berlin")
# Around month ends, a leap day and both changes of the clock in Berlin.
DAYS = (date(2028, 3, 1), date(2031, 3, 1), date(2031, 3, 30), date(2031, 10, 26), date(2031, 12, 31))
STATES = ("queued", "sending", "accepted", "delivered", "failed", "unknown", "skipped", "cancelled")
CHECK = "SELECT id, reason, wait_until FROM deed.contact_check($1, $2, $3, $4)"


def make_rules(draw: Random) -> list[Rule]:
    rules = [
        Rule(kind="hours", store=store, opens=time(draw.choice([8, 9, 12])), closes=time(draw.choice([12, 18, 20, 21]), 30))
        for store in (None, 1) if draw.random() < 0.6
    ]  # fmt: skip
    rules = [rule for rule in rules if rule.opens and rule.closes and rule.opens < rule.closes]
    for _ in range(draw.randint(1, 3)):
        days, plain = draw.choice([1, 3, 7, 30]), draw.random() < 0.3
        rules.append(Rule(kind="frequency", most=draw.randint(1, 4), days=days, plain_only=plain))
    rules += [Rule(kind="same_content", days=draw.choice([1, 7, 90])) for _ in range(draw.randint(0, 1))]
    for rule in rules:
        rule.is_active = draw.random() < 0.85
    return rules


def make_person(draw: Random, number: int, at: datetime) -> Person:
    phone = f"+86139{number:08}"
    person = Person(id=number, phone=phone, fewer=draw.random() < 0.3, invalid=draw.random() < 0.08)
    if draw.random() < 0.1:
        person.phone, person.erased = None, draw.random() < 0.5
    if draw.random() < 0.9:
        person.said.append(("marketing_sms", True, at - timedelta(days=50)))
    for _ in range(draw.choice([0, 0, 0, 1, 2])):
        when = at - draw.choice([timedelta(days=50), timedelta(days=2), timedelta(hours=1)])
        person.said.append((draw.choice(["marketing_sms", "notice_sms"]), draw.random() < 0.4, when))
    if draw.random() < 0.1 and person.phone:
        person.refused = at - draw.choice([timedelta(days=80), timedelta(days=2), timedelta(minutes=5)])
    return person


def make_sent(draw: Random, number: int, at: datetime, zone: ZoneInfo) -> Sent:
    member, state = draw.choice(MEMBERS), draw.choice([*STATES, "queued", "queued", "accepted", "delivered"])
    today = at.astimezone(zone).date()
    back = draw.choice([0, 0, 1, 2, 3, 6, 7, 13, 14, 29, 30, 59, 60, 89, 90, -1])
    # Nothing waits longer than a campaign may last.
    day = today - timedelta(days=min(back, 30) if state == "queued" else back)
    taken = state not in {"queued", "skipped", "cancelled"} or draw.random() < 0.1
    return Sent(
        id=number, member=member, phone=f"+86139{member if draw.random() < 0.95 else 99:08}", store=draw.choice(STORES),
        kind=draw.choices(["marketing", "notice", "verification"], [90, 7, 3])[0], state=state, day=day,
        content=draw.randint(1, 6), plain=draw.random() < 0.4, gateway="simulator" if taken else None,
        scheduled_at=at - timedelta(days=1),
        send_before=at + draw.choice([timedelta(0), timedelta(minutes=1), timedelta(hours=11), *[timedelta(days=3)] * 4]),
    )  # fmt: skip


def make_world(draw: Random) -> tuple[World, datetime]:
    """A world and the instant at which it is asked: any half hour, a moment before it or after it."""
    zone, day = ZoneInfo(draw.choice(ZONES)), draw.choice(DAYS)
    wall = datetime.combine(
        day, time(draw.choice([draw.randint(0, 23), 13, 14, 17]), draw.choice([0, 30])), tzinfo=zone
    )
    at = wall.astimezone(ZoneInfo("UTC")) + draw.choice([timedelta(0), timedelta(seconds=-1), timedelta(seconds=1)])
    people = {number: make_person(draw, number, at) for number in MEMBERS}
    world = World(zone=zone, rules=make_rules(draw), people=people)
    world.sent = [make_sent(draw, number, at, zone) for number in range(1, draw.randint(10, 70))]
    return world, at


async def store_world(world: World) -> None:
    """Into an empty database, which has the tables' own defaults alone."""
    await make.make_program()
    for store in STORES:
        await make.make_store(f"S{store}")
    async with make.as_owner() as connection:
        await _store_people(connection, world)
        await connection.executemany(
            "INSERT INTO contact_rule (kind, store, opens, closes, most, days, plain_only, is_active) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            [(r.kind, r.store, r.opens, r.closes, r.most, r.days, r.plain_only, r.is_active) for r in world.rules],
        )
        await connection.executemany(
            "INSERT INTO send_log (id, member, phone, store, message_class, dedupe_key, state, reason, business_date, content, is_plain,"
            " gateway, scheduled_at, next_at, send_before)"
            " VALUES ($1, $2, $3, $4, $5, 'x:' || $1::bigint, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            [
                (s.id, s.member, s.phone, s.store, s.kind, s.state, "too_late" if s.state == "skipped" else None, s.day, s.content,
                 s.plain, s.gateway, s.scheduled_at, s.scheduled_at if s.state == "queued" else None, s.send_before)
                for s in world.sent
            ],
        )  # fmt: skip


async def _store_people(connection: Connection, world: World) -> None:
    people = world.people.values()
    await connection.executemany(
        "INSERT INTO member (id, phone, name, home_store, joined_on, tier, preferences, phone_status, erased_at)"
        " VALUES ($1, $2, '张三', 1 + $1::bigint % 2, '2026-01-01', (SELECT id FROM tier WHERE rank = 1), $3, $4, $5)",
        [
            (p.id, p.phone, '{"fewer": true}' if p.fewer else "{}", "invalid" if p.invalid else "unknown",
             datetime(2026, 1, 1, tzinfo=world.zone) if p.erased else None)
            for p in people
        ],
    )  # fmt: skip
    await connection.executemany(
        "INSERT INTO consent (member, purpose, granted, source, text_version, at) VALUES ($1, $2, $3, 'x', '1', $4)",
        [(p.id, purpose, granted, at) for p in people for purpose, granted, at in p.said],
    )
    await connection.executemany(
        "INSERT INTO suppression (phone_hmac, since, source) VALUES ($1, $2, 'x')",
        [
            (phone_hmac(secret=settings().secret, phone=f"+86139{p.id:08}"), p.refused)
            for p in people if p.refused
        ],
    )  # fmt: skip


async def asked(world: World, at: datetime) -> dict[int, tuple[str | None, datetime | None]]:
    """What the database says of all messages, by id."""
    async with scope(role="job") as connection:
        rows = await connection.fetch(
            CHECK, [one.id for one in world.sent], at, world.zone.key, hmac_pads(secret=settings().secret)
        )
    return {row["id"]: (row["reason"], row["wait_until"]) for row in rows}
