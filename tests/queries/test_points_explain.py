"""Every point of a member has a receipt that bore it, a store that owes it, and an end."""

from datetime import date

import pytest

from queries.points import PointsExplained, explain_member
from rules.refusals import Refusal
from tables.scope import owner, scope

pytestmark = pytest.mark.usefixtures("db")

PHONE = "139 1234 5678"
MADE = """
INSERT INTO store (id, code, name) VALUES (1, 'S1', '一店'), (2, 'S2', '二店');
INSERT INTO tier (id, rank, name, quarterly_spend) VALUES (1, 1, '铜卡', 0);
INSERT INTO member (id, phone, home_store, joined_on, tier) VALUES
    (1, '+8613912345678', 1, '2026-01-01', 1), (2, '+8613912345679', 1, '2026-01-01', 1);
INSERT INTO purchase
    (id, store, receipt_no, kind, member, purchased_at, business_date, sold_on, amount, source, content)
VALUES (1, 1, 'A-1', 'sale', 1, '2026-01-02 12:00+08', '2026-01-02', '2026-01-02', 100, 'import', ''),
       (2, 2, 'B-1', 'sale', 1, '2026-01-10 12:00+08', '2026-01-10', '2026-01-10', 50, 'import', ''),
       (3, 2, 'B-2', 'sale', 2, '2026-01-10 12:00+08', '2026-01-10', '2026-01-10', 70, 'import', '');
SELECT deed.points_credit(ARRAY[
    ROW(1, 1, 'earn', 100, 'purchase', '1:A-1', NULL, 1, NULL, '2026-01-02', '2026-01-02', '2026-01-31'),
    ROW(1, 2, 'earn', 50, 'purchase', '2:B-1', NULL, 2, NULL, '2026-01-10', '2026-01-12', '2026-03-11'),
    ROW(2, 2, 'earn', 70, 'purchase', '2:B-2', NULL, 3, NULL, '2026-01-10', '2026-01-10', NULL)]::deed.posting[]);
SELECT deed.points_debit(ARRAY[
    ROW(1, 2, 'redeem', -120, 'redeem', '2:r1', NULL, NULL, NULL, '2026-01-13', NULL, NULL)]::deed.posting[]);
SELECT deed.points_credit(ARRAY[ROW(
    1, 1, 'adjust', 7, 'adjust', 'u-1', '补偿', NULL, NULL, '2026-01-14', '2026-01-14', '2026-01-20')]::deed.posting[])
"""


async def explained(*, phone: str = PHONE, today: date = date(2026, 1, 14)) -> PointsExplained:
    async with owner() as connection:
        await connection.execute(MADE)
    async with scope(role="hq_admin"):
        return await explain_member(phone=phone, today=today)


async def test_a_receipt_bears_a_lot_that_its_store_owes() -> None:
    first, second, *_ = (await explained()).entries
    assert (first.kind, first.points, first.balance_after, first.receipt) == ("earn", 100, 100, "S1 A-1")
    [lot] = first.lots
    assert (lot.store, lot.points, lot.remaining, lot.expires_on) == ("S1", 100, 0, date(2026, 1, 31))
    [lot] = second.lots
    assert (lot.store, lot.remaining, lot.available_on) == ("S2", 30, date(2026, 1, 12))


async def test_a_debit_names_the_receipts_it_consumed() -> None:
    redeem = (await explained()).entries[2]
    assert (redeem.kind, redeem.points, redeem.balance_after, redeem.store, redeem.lots) == (
        "redeem",
        -120,
        30,
        "S2",
        (),
    )
    assert [(part.points, part.origin, part.store) for part in redeem.consumed] == [
        (100, "S1 A-1", "S1"),
        (20, "S2 B-1", "S2"),
    ]


async def test_points_without_a_receipt_give_their_reason() -> None:
    adjust = (await explained()).entries[3]
    assert (adjust.receipt, adjust.reason, adjust.source) == (None, "补偿", "adjust")


@pytest.mark.parametrize(("today", "balance", "lapsed"), [(date(2026, 1, 20), 37, 0), (date(2026, 1, 21), 30, 7)])
async def test_totals_leave_out_what_has_lapsed_and_add_up(today: date, balance: int, lapsed: int) -> None:
    account = await explained(today=today)
    assert (account.home_store, account.balance, account.lapsed, account.earned_total) == ("S1", balance, lapsed, 150)
    assert account.balance + account.pending + account.lapsed - account.debt == account.entries[-1].balance_after


async def test_somebody_else_is_not_part_of_it() -> None:
    other = await explained(phone="13912345679")
    assert [(entry.receipt, entry.lots[0].expires_on) for entry in other.entries] == [("S2 B-2", None)]


@pytest.mark.parametrize(("phone", "code"), [("13800000000", "unknown_member"), ("123", "bad_phone")])
async def test_a_stranger_is_refused(phone: str, code: str) -> None:
    with pytest.raises(Refusal) as no:
        await explained(phone=phone)
    assert no.value.code == code


async def test_a_store_sees_its_own_part_alone() -> None:
    await explained()
    async with scope(role="store_manager", stores=[2]):
        with pytest.raises(Refusal):
            await explain_member(phone=PHONE, today=date(2026, 1, 14))
