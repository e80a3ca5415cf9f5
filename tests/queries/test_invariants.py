"""Each invariant finds what it is there to find, in the full check and, of what is new, in the night's proof."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import asyncpg
import pytest

from config.settings import OWNER, settings
from queries.invariants import CHECKED, check_all
from queries.night_proof import broken_for
from tables.scope import scope
from tests import make
from tests.conftest import _wiped

DAY = date(2031, 3, 3)
# Entries: 1 earns 100 on sale 1, 2 redeems 40 with it on sale 2, 3 earns 60 on it, 4 restores 20 and 5 takes 30 back for
# refund 3 of half of sale 2, 6 earns 50 on sale 4 of member 2, 7 and 8 are its bonuses for member 2 and for member 1, 9
# redeems 140, 10 takes 100 back for refund 5 of sale 1, all of it owed, and 11 earns 10, which pay a part of it.
FINDS: dict[str, tuple[str, ...]] = {
    "account and totals exist": ("DELETE FROM member_stats WHERE member = 2",),
    "the account is the running sum of its entries": (
        "UPDATE points_entry SET balance_after = balance_after + 1 WHERE id = 2",
        "UPDATE points_account SET pending = 1 WHERE member = 3",  # who has no entries
    ),
    "debits are allocated or owed": (
        "DELETE FROM points_allocation WHERE entry = 2",
        "UPDATE points_allocation SET points = points + 1 WHERE entry = 2",
        "INSERT INTO points_allocation (entry, lot, points) VALUES (10, 1, 200)",
        "UPDATE points_allocation SET paid_on = '2031-03-03' WHERE entry = 2",
        "UPDATE points_allocation SET lot = (SELECT id FROM points_lot WHERE member = 2 LIMIT 1) WHERE entry = 2",
        "UPDATE points_allocation SET points = -points WHERE entry = 5",
        "UPDATE points_entry SET kind = 'refund' WHERE id = 2",
        "UPDATE points_account SET debt = debt + 1 WHERE member = 1",
        "UPDATE points_account SET debt = 0 WHERE member = 1",
        "UPDATE points_account SET debt = 5 WHERE member = 2",
        "DELETE FROM points_allocation WHERE paid_on IS NOT NULL",
    ),
    "credits are one lot each, only redemptions have a value": (
        "UPDATE points_lot SET points = points + 1 WHERE entry = 1",
        "DELETE FROM points_lot WHERE entry = 6",
        "UPDATE points_lot SET entry = 2 WHERE entry = 1",
        "UPDATE points_lot SET member = 2 WHERE entry = 1",
        "UPDATE points_entry SET kind = 'restore' WHERE id = 1",
        "UPDATE points_entry SET kind = 'earn' WHERE id = 4",
        "UPDATE points_entry SET value = 1 WHERE id = 3",
    ),
    "what is restored is in lots again": (
        "UPDATE points_entry SET points = points + 1 WHERE id = 4",
        "DELETE FROM points_allocation WHERE entry = 4",
        "INSERT INTO points_lot (entry, member, store, points, remaining, available_on) VALUES (4, 1, 1, 1, 0, '2031-03-03')",
        "UPDATE points_allocation SET points = -points WHERE entry = 4",
        "UPDATE points_allocation SET lot = (SELECT id FROM points_lot WHERE member = 2 LIMIT 1) WHERE entry = 4",
        "UPDATE points_allocation SET paid_on = '2031-03-03' WHERE entry = 4",
    ),
    "a redemption gives back no more than it took": (
        "UPDATE points_entry SET points = 41 WHERE id = 4",
        "UPDATE points_entry SET reference = '1:1' WHERE id = 4",  # no redemption
        "UPDATE points_entry SET reference = '2' WHERE id = 4",
        "UPDATE points_entry SET member = 2 WHERE id = 2",
    ),
    "refunds are of their sale and never exceed it": (
        "UPDATE purchase SET sold_on = '2031-03-02' WHERE id = 3",
        "UPDATE purchase SET member = 2 WHERE id = 3",
        "UPDATE purchase SET member = NULL WHERE id = 3",
        "UPDATE purchase SET refund_of = 5 WHERE id = 3",
        "UPDATE purchase SET business_date = '2031-03-04', sold_on = '2031-03-04' WHERE id = 2",
        "UPDATE purchase SET amount = -60.01 WHERE id = 3",
        "UPDATE purchase SET points = -61 WHERE id = 3",
        "UPDATE purchase SET points = 1 WHERE id = 3",
    ),
    "a refund's lines never exceed the sale's": (
        "UPDATE purchase_line SET amount = -60.01 WHERE purchase = 3",
        "UPDATE purchase_line SET amount = 1 WHERE purchase = 3",
        "UPDATE purchase_line SET quantity = -1.001 WHERE purchase = 3",
        "UPDATE purchase_line SET refund_of = 1 WHERE purchase = 3",  # of another sale
    ),
    "a refund is the sum of its lines": (
        "UPDATE purchase_line SET amount = amount + 1 WHERE purchase = 3",
        "DELETE FROM purchase_line WHERE purchase = 3",
        "UPDATE purchase_line SET refund_of = NULL WHERE purchase = 3",
    ),
    "what refunds took back is in the ledger and was earned": (
        "UPDATE purchase SET points = -29 WHERE id = 3",
        "UPDATE points_entry SET points = -29 WHERE id = 5",
        "UPDATE points_entry SET member = 2 WHERE id = 5",
        "UPDATE points_entry SET reference = reference || ':1' WHERE id = 5",  # as of a referral that was not
        "UPDATE points_entry SET purchase = NULL WHERE id = 5",
    ),
    "a redemption is its own member's": (
        "UPDATE points_entry SET member = 2 WHERE id = 2",
        "UPDATE points_entry SET purchase = 3 WHERE id = 2",  # a refund
    ),
    "a referral is paid once to the right members": (
        "UPDATE points_entry SET member = 1 WHERE id = 7",
        "UPDATE points_entry SET member = 2 WHERE id = 8",
        "UPDATE points_entry SET reference = '02:newcomer' WHERE id = 7",
        "UPDATE points_entry SET reference = '2:friend' WHERE id = 7",
        "UPDATE points_entry SET purchase = 1 WHERE id = 7",
        "UPDATE points_entry SET purchase = NULL WHERE id = 7",
        "UPDATE points_entry SET kind = 'import' WHERE id = 7",
    ),
    "who brought somebody was there before": ("UPDATE member SET referred_by = 3 WHERE id = 2",),
    "balance and pending are the lots": ("UPDATE points_account SET balance = balance + 1 WHERE member = 2",),
    "what a lot lost is allocated": (
        "UPDATE points_lot SET remaining = remaining - 1 WHERE entry = 6",  # new, and nothing took from it
        "UPDATE points_lot SET remaining = remaining + 1 WHERE entry = 1",
    ),
}
CASES = [(name, deed) for name, deeds in FINDS.items() for deed in deeds]
# What a night proves in other words, or does not look at.
OTHER_NAMES = {
    "account and totals exist": None, "who brought somebody was there before": None,
    "the account is the running sum of its entries": "the account is the running sum of its new entries",
    "credits are one lot each, only redemptions have a value": "every new credit is one lot",
    "balance and pending are the lots": "balance and pending are the living lots",
}  # fmt: skip
# A night does not look at members without entries, nor at purchases without a member.
_NOT_OF_A_NIGHT = {
    "UPDATE points_account SET pending = 1 WHERE member = 3",
    "UPDATE purchase SET member = NULL WHERE id = 3",
}


async def job(sql: str, *arguments: object) -> None:
    async with scope(role="job") as connection:
        await connection.fetch(sql, *arguments)


async def refund(sale: str, number: str, amount: str | None) -> None:
    await job(
        "SELECT deed.refund_record(1, $1, 1, $2, $3, $4, $5, '{}', '{}', '{}', '{}', 'till', NULL)",
        number, sale, make.noon(DAY), DAY, None if amount is None else Decimal(amount),
    )  # fmt: skip


@pytest.fixture(autouse=True)
async def shop(db: None) -> AsyncIterator[None]:
    """One store, three members, and the entries told above."""
    await _story()
    dropped.clear()
    yield
    if dropped:
        await _wiped()
        for table, name, definition in dropped:
            await make.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


async def _story() -> None:
    await make.make_program(newcomer_points=20, referrer_points=30)
    store = await make.make_store()
    for n in (1, 2, 3):
        await make.make_member(f"+861390000000{n}", store=store)
    await make.sell("A", at=make.noon(DAY))
    await job(
        "SELECT deed.sales_record(ARRAY[ROW(1, 1, 'B', 1, $1, $2, 'till', NULL, NULL, 1, 60)::deed.sale_line], ROW(40, NULL, NULL)::deed.wish)",
        make.noon(DAY), DAY,
    )  # fmt: skip
    await refund("B", "F1", "30")
    await make.execute("UPDATE member SET referred_by = 1 WHERE id = 2")
    await make.sell("C", at=make.noon(DAY), amount="50", member=2)
    await job("SELECT deed.redemption_post(1, 1, 'r', ROW(140, NULL, NULL)::deed.wish, $1, NULL)", DAY)
    await refund("A", "F2", None)
    await make.sell("D", at=make.noon(DAY), amount="10")


dropped: list[tuple[str, str, str]] = []


async def broken_by(deed: str) -> None:
    """As the superuser, for whom triggers and policies can be set aside, and without the check that would refuse it."""
    connection = await asyncpg.connect(settings().owner_dsn.replace(OWNER, "postgres", 1))
    try:
        await connection.execute("SET session_replication_role = replica")
        try:
            await connection.execute(deed)
        except asyncpg.CheckViolationError as no:
            table, check = str(no.table_name), str(no.constraint_name)
            sql = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1"
            dropped.append((table, check, await connection.fetchval(sql, check)))
            await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {check}")
            await connection.execute(deed)
    finally:
        await connection.close()


async def found() -> set[str]:
    return {finding.name for finding in await check_all(progress=lambda *_: None)}


async def proven(*, after_entry: int = 0) -> set[str]:
    async with scope(role="job") as connection:
        return set(await broken_for(connection=connection, members=[1, 2], business_date=DAY, after_entry=after_entry))


async def test_the_story_is_the_one_that_is_told_above() -> None:
    rows = await make.fetch("SELECT kind, source, member, points, purchase FROM points_entry ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        ("earn", "purchase", 1, 100, 1), ("redeem", "redeem", 1, -40, 2), ("earn", "purchase", 1, 60, 2),
        ("restore", "restore", 1, 20, 3), ("refund", "refund", 1, -30, 3), ("earn", "purchase", 2, 50, 4),
        ("earn", "referral", 2, 20, 4), ("earn", "referral", 1, 30, 4), ("redeem", "redeem", 1, -140, None),
        ("refund", "refund", 1, -100, 5), ("earn", "purchase", 1, 10, 6),
    ]  # fmt: skip
    account = await make.fetch("SELECT balance, pending, debt FROM points_account WHERE member = 1")
    assert account == [{"balance": 0, "pending": 0, "debt": 90}]


async def test_nothing_is_found_where_all_is_well() -> None:
    assert await found() == set()
    assert await proven() == set()


@pytest.mark.parametrize(("name", "deed"), CASES)
async def test_what_is_broken_is_found_by_the_next_night_and_by_a_check(name: str, deed: str) -> None:
    await broken_by(deed)
    at_night = OTHER_NAMES.get(name, name)
    if at_night and deed not in _NOT_OF_A_NIGHT:
        assert at_night in await proven()
    assert name in await found()


async def test_every_check_has_a_name_that_its_column_holds() -> None:
    assert len(set(CHECKED)) == len(CHECKED)
    assert max(map(len, CHECKED)) <= 60
