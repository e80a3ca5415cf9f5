"""The contact rules at their edges: hours, classes, and two campaigns that claim one member at the same moment."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from config.settings import settings
from rules.suppression import hmac_pads, phone_hmac
from tables.scope import Connection, scope, session
from tests import make
from tests.campaigning import consent
from tests.contact_world import CHECK

pytestmark = pytest.mark.usefixtures("db")

D = date(2031, 3, 31)
NOON = make.noon(D)
PHONE = "+8613900000001"


def local(hour: int, minute: int = 0, *, day: date = D) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=make.ZONE)


async def shop() -> None:
    await make.make_program()
    await make.make_member(PHONE, store=await make.make_store())
    await consent(1, at=NOON - timedelta(days=9))


async def queued(
    *, kind: str = "marketing", member: int | None = 1, store: int | None = 1, phone: str | None = PHONE
) -> int:
    send: int = await make.value(
        "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, state, business_date, scheduled_at, send_before)"
        " VALUES ($1, $2, $3, $4, gen_random_uuid()::text, 'queued', $5, $6, $7) RETURNING id",
        member, phone, store, kind, D, NOON, NOON + timedelta(days=3),
    )  # fmt: skip
    return send


async def judged(send: int, *, at: datetime, connection: Connection) -> tuple[str | None, datetime | None]:
    rows = await connection.fetch(CHECK, [send], at, make.ZONE.key, hmac_pads(secret=settings().secret))
    return (rows[0]["reason"], rows[0]["wait_until"]) if rows else (None, None)


async def verdict(send: int, *, at: datetime = NOON) -> tuple[str | None, datetime | None]:
    async with scope(role="job") as connection:
        return await judged(send, at=at, connection=connection)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (local(7, 59), local(8)), (local(8), local(8)), (local(20, 59), local(20, 59)),
        (local(21), local(8, day=date(2031, 4, 1))), (local(0), local(8)),
        (local(21, day=date(2031, 12, 31)), local(8, day=date(2032, 1, 1))),
    ],
)  # fmt: skip
async def test_without_a_rule_the_hours_are_eight_to_nine(at: datetime, opens: datetime) -> None:
    async with scope(role="job") as connection:
        asked = await connection.fetchrow(
            "SELECT deed.hours_open($1, $2, NULL) AS open, deed.hours_next($1, $2, NULL) AS next", at, make.ZONE.key
        )
    assert asked is not None
    assert (asked["open"], asked["next"]) == (opens == at, opens)


async def test_of_several_hours_the_strictest_count_and_a_stores_own_are_its_own() -> None:
    await make.make_store("S1")
    await make.make_store("S2")
    for opens, closes, store in ((9, 20, None), (8, 12, 1), (13, 21, 2)):
        await make.execute(
            "INSERT INTO contact_rule (kind, opens, closes, store) VALUES ('hours', $1, $2, $3)",
            time(opens), time(closes), store,
        )  # fmt: skip
    async with scope(role="job") as connection:
        found = [
            await connection.fetchval("SELECT deed.hours_next($1, $2, $3)", local(12), make.ZONE.key, store)
            for store in (None, 1, 2)
        ]
        assert found == [local(12), local(9, day=date(2031, 4, 1)), local(13)]
        await make.execute("INSERT INTO contact_rule (kind, opens, closes) VALUES ('hours', '20:00', '21:00')")
        assert await connection.fetchval("SELECT deed.hours_next($1, $2, 1)", NOON, make.ZONE.key) is None


async def test_what_has_no_hour_left_stays() -> None:
    await shop()
    send = await queued()
    await make.execute(
        "INSERT INTO contact_rule (kind, opens, closes) VALUES ('hours', '08:00', '09:00'), ('hours', '20:00', '21:00')"
    )
    assert await verdict(send) == ("quiet_hours", None)


@pytest.mark.parametrize("kind", ["verification", "staff"])
async def test_what_is_said_at_once_asks_for_neither_hours_nor_consent(kind: str) -> None:
    await shop()
    await consent(1, granted=False, at=NOON)
    await consent(1, granted=False, at=NOON, purpose="notice_sms")
    assert await verdict(await queued(kind=kind), at=local(3, day=date(2031, 4, 1))) == (None, None)
    assert await verdict(await queued(kind=kind, phone=None)) == ("no_phone", None)
    assert await verdict(await queued(kind=kind), at=NOON + timedelta(days=3)) == ("too_late", None)


async def test_a_notice_stops_when_notices_were_refused_and_only_then() -> None:
    await shop()
    await consent(1, granted=False, at=NOON)
    send = await queued(kind="notice")
    assert await verdict(send) == (None, None)
    assert await verdict(send, at=local(22)) == (None, local(8, day=date(2031, 4, 1)))
    await consent(1, granted=False, at=NOON, purpose="notice_sms")
    assert await verdict(send) == ("opted_out", None)
    assert await verdict(await queued(kind="notice", member=None)) == (None, None), "a stranger who asked is answered"
    assert await verdict(await queued(member=None)) == ("no_consent", None)


async def test_the_database_makes_the_same_digests() -> None:
    pads = hmac_pads(secret=settings().secret)
    sql = "SELECT encode(sha256($1::bytea || sha256($2::bytea || convert_to($3, 'UTF8'))), 'hex')"
    assert await make.value(sql, pads[1], pads[0], PHONE) == phone_hmac(secret=settings().secret, phone=PHONE)


@pytest.mark.parametrize("first", [0, 1])
async def test_two_campaigns_that_claim_one_member_at_once_cannot_both_pass(first: int) -> None:
    """P20, on two real connections: neither sees what the other is about to commit, in whichever order they ask."""
    await shop()
    await make.execute("INSERT INTO contact_rule (kind, most, days) VALUES ('frequency', 1, 7)")
    sends = [await queued(), await queued()]
    async with session() as one, session() as two, scope(role="job", connection=one) as here:
        told = [(await judged(sends[first], at=NOON, connection=here))[0]]
        if told[0] is None:
            await here.execute("UPDATE send_log SET state = 'sending', next_at = NULL WHERE id = $1", sends[first])
        await two.execute("SET ROLE regulars_job")
        told.append((await judged(sends[1 - first], at=NOON, connection=two))[0])
    assert told == [[None, "frequency_cap"], ["frequency_cap", None]][first]


async def test_what_may_have_left_counts_whoever_is_first() -> None:
    await shop()
    await make.execute("INSERT INTO contact_rule (kind, most, days) VALUES ('frequency', 1, 7)")
    early, late = await queued(), await queued()
    assert await verdict(late) == ("frequency_cap", None)
    await make.execute("UPDATE send_log SET gateway = 'simulator' WHERE id = $1", late)
    assert await verdict(early) == ("frequency_cap", None)


async def test_a_yes_and_a_no_of_the_same_instant_count_as_they_were_written_down() -> None:
    await shop()
    await consent(1, granted=False, at=NOON)
    await consent(1, granted=True, at=NOON)
    send = await queued()
    assert await verdict(send) == (None, None)
    await consent(1, granted=False, at=NOON)
    assert await verdict(send) == ("opted_out", None)
    assert NOON.astimezone(UTC).hour == 4
