"""Every point of a member has a receipt that bore it, a store that owes it, and an end."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from queries import points
from queries.points import PointsExplained, explain, explain_all
from queries.points_shown import EntryShown, Shop
from tables.access import Role
from tables.scope import scope
from tests import make

DAY = date(2031, 3, 3)
DAYS = timedelta(days=1)
S1, S2 = Shop(code="S1", name="S1"), Shop(code="S2", name="S2")


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    """Member 1 of store 1, member 2 of store 2; 60 days, a point is worth 1 fen."""
    await make.make_program(point_value=Decimal("0.01"))
    for n in (1, 2):
        await make.make_member(f"+861390000000{n}", store=await make.make_store(f"S{n}"))


async def told(
    member: int = 1, *, on: date = DAY, role: Role = "cashier", stores: tuple[int, ...] = (1,), **page: Any
) -> PointsExplained:
    async with scope(role=role, stores=stores):
        return await explain(member=member, today=on, **page)


async def newest(**asked: Any) -> EntryShown:
    return (await told(**asked)).entries[0]


async def job(sql: str, *arguments: object) -> None:
    async with scope(role="job") as connection:
        await connection.fetch(sql, *arguments)


async def redeem(points: int, *, key: str = "r", store: int = 1, on: date = DAY, reward: int | None = None) -> None:
    wish = f"ROW({'NULL' if reward else points}, {reward or 'NULL'}, NULL)::deed.wish"
    await job(f"SELECT deed.redemption_post(1, $1, $2, {wish}, $3, NULL)", store, key, on)


async def refund(sale: str, *, amount: str | None = None, number: str = "F", on: date = DAY) -> None:
    await job(
        "SELECT deed.refund_record(2, $1, 1, $2, $3, $4, $5, '{}', '{}', '{}', '{}', 'till', NULL)",
        number, sale, make.noon(on), on, None if amount is None else Decimal(amount),
    )  # fmt: skip


async def test_a_receipt_bears_a_lot_that_its_store_owes() -> None:
    await make.sell("A-1", at=make.noon(DAY), amount="99.90", store=2)
    entry = await newest()
    assert (entry.kind, entry.points, entry.balance_after, entry.store) == ("earn", 99, 99, S2)
    assert entry.receipt is not None
    assert (entry.receipt.store, entry.receipt.number, entry.receipt.amount) == (S2, "A-1", Decimal("99.90"))
    [lot] = entry.lots
    assert (lot.store, lot.points, lot.remaining, lot.available_on) == (S2, 99, 99, DAY)
    assert lot.expires_on == DAY + 60 * DAYS


async def test_a_debit_names_the_receipts_it_consumed_and_they_name_it() -> None:
    await make.sell("A-1", at=make.noon(DAY - DAYS))
    await make.sell("B-1", at=make.noon(DAY), amount="50", store=2)
    await redeem(120, store=2)
    account = await told()
    spent, second, first = account.entries
    assert (spent.kind, spent.points, spent.balance_after, spent.value, spent.lots) == (
        "redeem",
        -120,
        30,
        Decimal("1.20"),
        (),
    )
    origins = [(part.points, part.origin.receipt, part.store) for part in spent.consumed]
    assert origins == [(100, first.receipt, S1), (20, second.receipt, S2)]
    [use] = first.lots[0].uses
    assert (use.on, use.kind, use.points, use.paid, first.lots[0].remaining) == (DAY, "redeem", 100, False, 0)
    assert [(lot.remaining, lot.origin.receipt) for lot in account.lots if lot.origin] == [(30, second.receipt)]
    assert account.ends == [(DAY + 60 * DAYS, 30)]


async def test_a_redemption_names_its_reward() -> None:
    await make.execute("INSERT INTO reward (name, kind, points, value) VALUES ('10 元券', 'cash', 40, 10)")
    await make.sell("A", at=make.noon(DAY))
    await redeem(40, reward=1)
    assert ((await newest()).reward, (await newest()).value) == ("10 元券", Decimal(10))


async def test_what_multiplied_a_receipt_is_told_line_by_line() -> None:
    await make.execute(
        "INSERT INTO category (name, earns) VALUES ('烟', false), ('果', true);"
        "INSERT INTO points_promotion (name, multiplier, starts_on, ends_on, categories)"
        " VALUES ('双倍', 2, '2031-01-01', '2031-12-31', ARRAY[2]);"
        "UPDATE member SET tier = 3 WHERE id = 1; UPDATE points_policy SET per_yuan = 0.5"
    )
    await make.sell("A", at=make.noon(DAY), lines=[("烟", "20"), ("果", "30"), (None, "10"), ("果", "5")])
    entry = await newest()
    assert entry.earning is not None
    assert (entry.points, entry.earning.per_yuan, entry.earning.tier_multiplier) == (60, Decimal("0.5"), Decimal("1.5"))
    assert entry.earning.shares == ((Decimal(2), Decimal(35)), (Decimal(1), Decimal(10)), (Decimal(0), Decimal(20)))


async def test_debt_is_told_until_it_is_paid_and_by_what() -> None:
    await make.sell("A", at=make.noon(DAY))
    await redeem(80)
    await refund("A")
    account = await told()
    assert (account.balance, account.debt, account.entries[0].owed) == (0, 80, 80)
    [part] = account.entries[0].consumed
    assert (part.points, part.paid_on) == (20, None)
    assert account.entries[0].receipt is not None
    assert account.entries[0].receipt.sale is not None
    assert (account.entries[0].receipt.amount, account.entries[0].receipt.sale.number) == (Decimal(-100), "A")
    await make.sell("B", at=make.noon(DAY + DAYS), amount="30")
    account = await told(on=DAY + DAYS)
    paid, back = account.entries[0], account.entries[1]
    assert (account.debt, back.owed, back.consumed[1].points, back.consumed[1].paid_on) == (50, 50, 30, DAY + DAYS)
    assert [(use.kind, use.points, use.paid) for use in paid.lots[0].uses] == [("refund", 30, True)]


async def test_a_restore_names_the_redemption_and_where_the_points_are() -> None:
    await make.sell("A", at=make.noon(DAY - 57 * DAYS), amount="10")
    await make.sell("B", at=make.noon(DAY), amount="20")
    await redeem(25, key="r1")
    await job("SELECT deed.redemption_cancel(1, 'r1', $1, NULL)", DAY)
    entry = await newest()
    assert entry.spent is not None
    assert (entry.kind, entry.spent.points, entry.spent.on, entry.receipt) == ("restore", 25, DAY, None)
    assert [(part.points, part.origin.receipt and part.origin.receipt.number) for part in entry.consumed] == [
        (-15, "B")
    ]
    assert [(lot.points, lot.expires_on) for lot in entry.lots] == [(10, DAY + 7 * DAYS)]
    assert [lot.origin.source for lot in (await told()).lots if lot.origin] == ["restore", "purchase"]


async def test_points_spent_within_a_sale_and_given_back_by_its_refund_name_both() -> None:
    await make.sell("A", at=make.noon(DAY))
    await job(
        "SELECT deed.sales_record(ARRAY[ROW(1, 1, 'B', 1, $1, $2, 'till', NULL, NULL, 1, 60)::deed.sale_line], ROW(40, NULL, NULL)::deed.wish)",
        make.noon(DAY), DAY,
    )  # fmt: skip
    await refund("B")
    back, restore, _, spent = (await told()).entries[:4]
    assert spent.receipt is not None
    assert (spent.kind, spent.receipt.number) == ("redeem", "B")
    assert restore.receipt is not None
    assert restore.spent is not None
    assert (restore.receipt.number, restore.spent.receipt) == ("F", spent.receipt)
    assert (back.kind, back.points, back.bonus) == ("refund", -60, None)


async def test_bonuses_for_a_referral_are_told_with_the_receipt_and_so_is_their_end() -> None:
    await make.execute(
        "UPDATE points_policy SET newcomer_points = 50, referrer_points = 100; UPDATE member SET referred_by = 1 WHERE id = 2"
    )
    await make.sell("A", at=make.noon(DAY), member=2)
    assert [entry.bonus for entry in (await told(2, role="hq_admin")).entries] == ["newcomer", None]
    assert ((await newest()).bonus, (await newest()).source) == ("referrer", "referral")
    await refund("A")
    assert [entry.bonus for entry in (await told(2, role="hq_admin")).entries[:2]] == ["taken_back", None]
    assert ((await newest()).bonus, (await newest()).points) == ("taken_back", -100)


async def test_a_longer_life_is_told_with_its_reason() -> None:
    await make.sell("A", at=make.noon(DAY))
    await make.execute(
        "INSERT INTO points_extension (form, content, first_on, last_on, good_until, reason, members, lots, points, business_date)"
        " VALUES ('f', '', '2031-05-01', '2031-05-31', '2031-06-30', '装修', 1, 1, 100, '2031-03-03');"
        "INSERT INTO points_extension_lot (extension, lot, points, expired_on) VALUES (1, 1, 100, '2031-05-02');"
        "UPDATE points_lot SET expires_on = '2031-06-30'"
    )
    [extension] = (await newest()).lots[0].extensions
    assert (extension.was, extension.until, extension.reason) == (date(2031, 5, 2), date(2031, 6, 30), "装修")
    assert (await told()).lots[0].extensions == (extension,)


async def test_points_without_a_receipt_give_their_reason() -> None:
    await job(
        "SELECT deed.points_credit(ARRAY[ROW(1, 1, 'adjust', 7, 'adjust', 'u', '补偿', NULL, NULL, $1, $1, NULL)::deed.posting])",
        DAY,
    )
    entry = await newest()
    assert (entry.receipt, entry.reason, entry.source, entry.earning) == (None, "补偿", "adjust", None)
    assert (await told()).lots[0].expires_on is None


async def test_totals_leave_out_what_has_lapsed_and_add_up() -> None:
    await make.sell("A", at=make.noon(DAY), amount="7")
    await make.sell("B", at=make.noon(DAY + DAYS), amount="30")
    for on, balance, lapsed in ((DAY + 60 * DAYS, 37, 0), (DAY + 61 * DAYS, 30, 7)):
        account = await told(on=on)
        assert (account.balance, account.lapsed, account.earned_total, account.home_store) == (balance, lapsed, 37, S1)
        assert account.balance + account.pending + account.lapsed - account.debt == account.entries[0].balance_after
        assert account.alive == len(account.lots) == (2 if balance > 30 else 1)


async def test_held_points_are_pending_until_their_day_and_then_pay_what_is_owed() -> None:
    await make.sell("A", at=make.noon(DAY))
    await redeem(100)
    await refund("A")
    await make.execute("UPDATE points_policy SET hold_days = 3")
    await make.sell("B", at=make.noon(DAY), amount="130")
    before, after = await told(on=DAY + 2 * DAYS), await told(on=DAY + 3 * DAYS)
    assert (before.balance, before.pending, before.debt) == (0, 130, 100)
    assert before.lots[0].is_held(on=DAY + 2 * DAYS)
    assert (after.balance, after.pending, after.debt) == (30, 0, 0)
    assert not after.lots[0].is_held(on=DAY + 3 * DAYS)


async def test_a_long_history_comes_page_by_page_and_whole_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(5):
        await make.sell(f"R{n}", at=make.noon(DAY), amount="10")
    pages = [await told(most=2)]
    while pages[-1].older is not None:
        pages.append(await told(most=2, before=pages[-1].older))
    assert [[entry.balance_after for entry in page.entries] for page in pages] == [[50, 40], [30, 20], [10]]
    monkeypatch.setattr(points, "STRIDE", 2)
    async with scope(role="hq_admin"):
        everything = await explain_all(member=1, today=DAY)
    assert [entry.balance_after for entry in everything.entries] == [50, 40, 30, 20, 10]
    assert (len(everything.lots), everything.older) == (5, None)
    few = await told(most_lots=2)
    assert (len(few.lots), few.alive) == (2, 5)
    assert (await told(before=0)).entries == (await told(before=-(2**70))).entries == ()
    assert len((await told(before=2**70)).entries) == 5


async def test_somebody_elses_points_are_no_part_of_it() -> None:
    await make.sell("A", at=make.noon(DAY), member=2)
    assert (await told()).entries == ()
    assert (await told(2, stores=(2,))).balance == 100
