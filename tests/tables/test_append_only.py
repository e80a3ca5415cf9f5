"""History is never rewritten, and rows that cannot be true are refused, whoever writes them."""

from datetime import date

import asyncpg
import pytest

from tables.scope import scope
from tests import make

DAY = date(2031, 3, 3)
HISTORY = ("points_entry", "points_allocation", "purchase", "purchase_line", "tier_change", "consent", "audit_log")


@pytest.fixture(autouse=True)
async def history(db: None) -> None:
    """One row or more in every table of history."""
    await make.make_program()
    await make.make_member(store=await make.make_store())
    await make.sell("A", at=make.noon(DAY))
    await make.execute(
        "SELECT deed.points_debit(ARRAY[ROW(1, 1, 'redeem', -10, 'redeem', 'r', NULL, NULL, NULL, $1, NULL, NULL)::deed.posting])",
        DAY,
    )
    await make.execute(
        "INSERT INTO tier_change (member, from_tier, to_tier, reason, business_date) VALUES (1, 1, 2, '', $1)", DAY
    )
    await make.execute(
        "INSERT INTO consent (member, purpose, granted, source, text_version) VALUES (1, 'marketing_sms', true, '', '1')"
    )


@pytest.mark.parametrize("verb", ["UPDATE {0} SET id = id", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
@pytest.mark.parametrize("table", HISTORY)
async def test_history_is_never_rewritten_not_even_by_the_owner(table: str, verb: str) -> None:
    before = await make.digest()
    assert before[table] != "None", "a table without rows proves nothing"
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await make.execute(verb.format(table))
    assert await make.digest() == before


@pytest.mark.parametrize("verb", ["UPDATE {0} SET id = id", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
@pytest.mark.parametrize("table", HISTORY)
async def test_the_job_cannot_rewrite_history_either(table: str, verb: str) -> None:
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RestrictViolationError)):
        async with scope(role="job") as connection:
            await connection.execute(verb.format(table))


ENTRY = "INSERT INTO points_entry (member, store, kind, points, balance_after, source, reference, business_date) VALUES (1, 1, "
LOT = "INSERT INTO points_lot (entry, member, store, points, remaining, available_on, expires_on) VALUES (1, 1, 1, "
SALE = (
    "INSERT INTO purchase (store, receipt_no, kind, member, purchased_at, business_date, sold_on, amount, refund_of, source, content)"
    " VALUES (1, "
)
NOTICE = (
    "INSERT INTO notice (kind, member, reference, business_date, send_before, state, reason) VALUES ('statement', 1, "
)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE points_account SET balance = -1",
        "UPDATE points_account SET pending = -1",
        "UPDATE points_account SET debt = -1",
        "UPDATE points_account SET debt = 1",  # with a balance beside it
        "UPDATE points_lot SET remaining = points + 1",
        "UPDATE points_lot SET remaining = -1",
        "UPDATE points_lot SET expires_on = available_on - 1",
        f"{LOT}0, 0, '2031-03-03', NULL)",
        f"{ENTRY}'earn', -1, 89, 'purchase', 'x', '2031-03-03')",
        f"{ENTRY}'redeem', 1, 91, 'redeem', 'x', '2031-03-03')",
        f"{ENTRY}'expire', 1, 91, 'night', 'x', '2031-03-03')",
        f"{ENTRY}'adjust', 0, 90, 'adjust', 'x', '2031-03-03')",
        f"{ENTRY}'gift', 1, 91, 'adjust', 'x', '2031-03-03')",
        "INSERT INTO points_allocation (entry, lot, points) VALUES (2, 1, 0)",
        f"{SALE}'B', 'sale', 1, now(), '2031-03-03', '2031-03-03', -1, NULL, '', '')",
        f"{SALE}'B', 'sale', 1, now(), '2031-03-03', '2031-03-02', 1, NULL, '', '')",
        f"{SALE}'B', 'refund', 1, now(), '2031-03-03', '2031-03-03', -1, NULL, '', '')",
        f"{SALE}'B', 'refund', 1, now(), '2031-03-03', '2031-03-03', 1, 1, '', '')",
        f"{SALE}'B', 'gift', 1, now(), '2031-03-03', '2031-03-03', 1, NULL, '', '')",
        "INSERT INTO tier_change (member, from_tier, to_tier, reason, business_date) VALUES (1, 1, 1, '', '2031-03-03')",
        "INSERT INTO tier_grant (member, tier, valid_from, valid_until, reason) VALUES (1, 2, '2031-03-03', '2031-03-02', '')",
        f"{NOTICE}'x', '2031-03-03', now(), 'skipped', NULL)",
        f"{NOTICE}'x', '2031-03-03', now(), 'due', 'small')",
        "INSERT INTO points_policy (id, remind_days) VALUES (2, '{}')",
        "UPDATE points_policy SET valid_days = 7, hold_days = 7",
        "UPDATE points_policy SET valid_months = 1",  # beside valid_days
        "UPDATE tier SET quarterly_spend = 1 WHERE rank = 1",
        "INSERT INTO job_run (job, business_date, state, started_at) VALUES ('nap', '2031-03-03', 'done', now())",
    ],
)
async def test_what_cannot_be_true_is_refused(statement: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await make.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        f"{ENTRY}'earn', 1, 91, 'purchase', '1:A', '2031-03-03')",
        f"{ENTRY}'redeem', -1, 89, 'redeem', 'r', '2031-03-03')",
        f"{SALE}'A', 'sale', NULL, now(), '2031-03-03', '2031-03-03', 1, NULL, '', '')",
        "INSERT INTO member (phone, name, home_store, joined_on, tier) VALUES ('+8613900000001', '', 1, '2031-03-03', 1)",
        "INSERT INTO points_account (member) VALUES (1)",
        "INSERT INTO tier (rank, name, quarterly_spend) VALUES (2, '新', 1)",
        "INSERT INTO job_run (job, business_date, state, started_at) SELECT 'check', '2031-03-03', 'done', now() FROM points_entry",
        f"{NOTICE}'x', '2031-03-03', now(), 'due', NULL), ('statement', 1, 'x', '2031-03-04', now(), 'due', NULL)",
        "INSERT INTO send_log (message_class, dedupe_key) VALUES ('notice', 'k'), ('notice', 'k')",
    ],
)  # fmt: skip
async def test_a_key_is_used_once(statement: str) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await make.execute(statement)


@pytest.mark.parametrize("table", ["member", "store", "tier", "purchase"])
async def test_what_history_points_at_stays(table: str) -> None:
    with pytest.raises((asyncpg.ForeignKeyViolationError, asyncpg.RestrictViolationError)):
        await make.execute(f"DELETE FROM {table} WHERE id = 1")
