"""What one file brings to the other when they are merged: debts, redemptions, tier, answers, messages."""

from datetime import UTC, date, timedelta
from decimal import Decimal

import pytest

from actions.merges import merge
from actions.night import close_nights
from actions.points import cancel_redemption, redeem
from actions.refunds import record_refund
from config.settings import settings
from queries.invariants import check_all
from queries.settlement import settlement
from rules.suppression import phone_hmac
from tables.access import Role
from tables.scope import scope
from tests import make

DAY = timedelta(days=1)
MON = date(2031, 3, 3)
KEPT, GONE, THIRD = 1, 2, 3


@pytest.fixture(autouse=True)
async def chain(db: None) -> None:
    """Two stores; members 1 and 3 are at home in the first, 2 in the second."""
    await make.make_program(point_value=Decimal("0.01"))
    for code in ("S1", "S2"):
        await make.make_store(code)
    for member, store in ((KEPT, 1), (GONE, 2), (THIRD, 1)):
        await make.make_member(f"+861390000000{member}", store=store)


async def joined(
    kept: int = KEPT, gone: int = GONE, *, day: date = MON + DAY, role: Role = "hq_admin", stores: tuple[int, ...] = ()
) -> None:
    async with scope(role=role, stores=stores):
        await merge(kept=kept, gone=gone, secret=settings().secret, business_date=day, now=make.noon(day))


async def account(member: int) -> tuple[int, ...]:
    [row] = await make.fetch("SELECT balance, pending, debt FROM points_account WHERE member = $1", member)
    return tuple(row.values())


async def broken() -> list[str]:
    return [str(finding) for finding in await check_all(progress=lambda *_: None)]


async def spend(member: int, points: int, *, store: int = 1, key: str = "K") -> None:
    async with scope(role="job"):
        await redeem(member=member, store=store, reference=key, points=points, business_date=MON)


async def refund(receipt: str, *, store: int = 1, day: date = MON) -> None:
    async with scope(role="job"):
        await record_refund(
            store=store, refund_no=f"R{receipt}", sold_at=store, receipt_no=receipt, refunded_at=make.noon(day), amount=None,
            zone=make.ZONE, now=make.night_time(day), source="till",
        )  # fmt: skip


@pytest.mark.parametrize(("bought", "account_then"), [("250", (150, 0, 0)), ("40", (0, 0, 60)), (None, (0, 0, 100))])
async def test_what_a_file_owes_is_owed_by_the_other_and_paid_as_the_stores_would_settle_it(
    bought: str | None, account_then: tuple[int, ...]
) -> None:
    await make.sell("A", at=make.noon(MON), amount="100", member=GONE, store=1)
    await spend(GONE, 100, store=2)
    await refund("A")
    if bought:
        await make.sell("B", at=make.noon(MON), amount=bought, member=KEPT, store=2)
    assert (await account(GONE))[2] == 100
    await joined()
    assert (await account(KEPT), await account(GONE)) == (account_then, (0, 0, 0))
    assert await broken() == []
    # What is missing is paid by what comes in later.
    await make.sell("C", at=make.noon(MON + DAY), amount="300", member=KEPT, store=2)
    assert await account(KEPT) == (300 + account_then[0] - account_then[2], 0, 0)
    async with scope(role="hq_admin"):
        pairs = {(pair.owes.id, pair.served.id): pair.points for pair in (await settlement(month=MON)).pairs}
    # Store 1 owes what it sold and store 2 gave away for; store 2's lots paid store 1's refund back.
    assert pairs == {(1, 2): 100, (2, 1): 100}
    assert await broken() == []


async def test_a_redemption_of_the_file_that_ended_comes_back_to_the_one_that_was_kept() -> None:
    await make.sell("A", at=make.noon(MON - 56 * DAY), amount="100", member=GONE)
    await make.sell("B", at=make.noon(MON), amount="200", member=GONE, store=2)
    await spend(GONE, 150)
    for kept, gone in ((THIRD, GONE), (KEPT, THIRD)):
        await joined(kept, gone)
    assert await account(KEPT) == (150, 0, 0)
    async with scope(role="cashier", stores=[1]):
        back = await cancel_redemption(store=1, reference="K", business_date=MON + DAY)
    assert (back.points, back.balance_after, await account(KEPT)) == (150, 300, (300, 0, 0))
    lots = await make.fetch(
        "SELECT store, expires_on, remaining FROM points_lot WHERE remaining > 0 AND member = 1 ORDER BY expires_on, id"
    )
    # What would have ended within a week is good for one; the rest goes on as it would have.
    assert [tuple(lot.values()) for lot in lots] == [
        (1, MON + 8 * DAY, 100),
        (2, MON + 60 * DAY, 150),
        (2, MON + 60 * DAY, 50),
    ]
    async with scope(role="cashier", stores=[1]):
        assert (await cancel_redemption(store=1, reference="K", business_date=MON + DAY)).known
    await refund("B", store=2, day=MON + DAY)
    assert await account(KEPT) == (100, 0, 0)
    assert await broken() == []


async def test_points_that_ended_after_the_merge_are_not_asked_back() -> None:
    await make.sell("A", at=make.noon(MON), amount="100", member=GONE)
    await joined()
    await make.sell("B", at=make.noon(MON + 61 * DAY), amount="30", member=KEPT)
    await refund("A", day=MON + 61 * DAY)
    assert await account(KEPT) == (30, 0, 0)
    assert await broken() == []


async def test_the_higher_tier_holds_at_once_and_both_files_receipts_count_for_the_next_one() -> None:
    await make.sell("A", at=make.noon(MON), amount="700", member=GONE)
    await make.sell("B", at=make.noon(MON), amount="600", member=KEPT, store=2)
    await make.execute(
        "INSERT INTO tier_grant (member, tier, valid_from, valid_until, reason) VALUES (2, 3, '2031-03-01', '2031-12-31', '贺')"
    )
    await close_nights(through=None, now=make.noon(MON + DAY), zone=make.ZONE)
    ranks = "SELECT array_agg(t.rank ORDER BY m.id) FROM member m JOIN tier t ON t.id = m.tier WHERE m.id < 3"
    assert await make.value(ranks) == [2, 3]
    await joined()
    assert await make.value("SELECT array_agg(ARRAY[tier::text, tier_valid_until::text]) FROM member WHERE id = 1") == [
        ["3", "2031-12-31"]
    ]
    assert await broken() == []
    await close_nights(through=None, now=make.noon(MON + 2 * DAY), zone=make.ZONE)
    assert await make.fetch(
        "SELECT t.rank, m.tier_valid_until FROM member m JOIN tier t ON t.id = m.tier WHERE m.id = 1"
    ) == [{"rank": 3, "tier_valid_until": date(2031, 12, 31)}]
    # 1,300 yuan of one quarter are worth that rank without any grant.
    await make.execute("UPDATE tier_grant SET valid_until = '2031-03-03'")
    await close_nights(through=None, now=make.noon(MON + 3 * DAY), zone=make.ZONE)
    assert await make.value("SELECT tier_valid_until FROM member WHERE id = 1") == date(2031, 6, 30)
    assert await make.value("SELECT count(*) FROM notice WHERE member = 2 AND kind = 'tier_down'") == 0
    assert await broken() == []


async def answer(member: int, yes: bool, hour: int) -> None:  # noqa: FBT001
    await make.execute(
        "INSERT INTO consent (member, purpose, granted, source, text_version, at) VALUES ($1, 'marketing_sms', $2, '柜台', '1', $3)",
        member, yes, make.noon(MON) + timedelta(hours=hour),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kept", "gone", "holds", "refused"),
    [
        ([], [], None, False), ([], [(True, 1)], True, False), ([], [(False, 1)], False, True),
        ([(True, 1)], [(False, 2)], False, True), ([(True, 2)], [(False, 1)], True, True), ([(False, 1)], [(True, 2)], True, False),
        ([(False, 2)], [(True, 1)], False, False), ([(True, 1)], [(False, 1)], False, True), ([(False, 1)], [(True, 1)], False, False),
        ([(True, 1)], [(False, 2), (True, 3)], True, False),
    ],
)  # fmt: skip
async def test_the_newest_answer_counts_and_at_once_a_no(
    kept: list[tuple[bool, int]], gone: list[tuple[bool, int]], holds: bool | None, refused: bool  # noqa: FBT001
) -> None:  # fmt: skip
    for member, answers in ((KEPT, kept), (GONE, gone)):
        for yes, hour in answers:
            await answer(member, yes, hour)
    before = await make.value("SELECT count(*) FROM consent")
    await joined()
    newest = (
        "SELECT granted FROM consent WHERE member = 1 AND purpose = 'marketing_sms' ORDER BY at DESC, id DESC LIMIT 1"
    )
    assert await make.value(newest) == holds
    digest = phone_hmac(secret=settings().secret, phone="+8613900000002")
    assert await make.value("SELECT array_agg(phone_hmac::text) FROM suppression") == ([digest] if refused else None)
    new = await make.fetch("SELECT member, source FROM consent ORDER BY id OFFSET $1", before)
    assert new in ([], [{"member": 1, "source": "merge"}])


async def test_messages_to_the_number_that_ended_stay_and_a_reminder_of_points_follows() -> None:
    await make.execute(
        "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, state, next_at, send_before)"
        " SELECT 2, '+8613900000002', 2, c, c, 'queued', $1::timestamptz, $1::timestamptz + interval '1 day'"
        " FROM unnest('{marketing,notice,verification}'::text[]) c", make.noon(MON),
    )  # fmt: skip
    await make.execute(
        "INSERT INTO notice (member, kind, reference, business_date, send_before, state, send_log)"
        " VALUES (2, 'points_expiring', 'x', $1, $2, 'queued', 2), (2, 'tier_up', 'y', $1, $2, 'queued', 2),"
        " (2, 'points_expiring', 'z', $1, $2, 'due', NULL), (2, 'statement', 'z', $1, $2, 'due', NULL)", MON, make.noon(MON + DAY),
    )  # fmt: skip
    await joined()
    assert await make.fetch("SELECT member, state, reason FROM send_log ORDER BY id") == [
        {"member": 2, "state": "skipped", "reason": "merged"},
        {"member": 1, "state": "queued", "reason": None},
        {"member": 2, "state": "skipped", "reason": "merged"},
    ]
    assert await make.fetch("SELECT member, state, reason FROM notice ORDER BY id") == [
        {"member": 1, "state": "queued", "reason": None},
        {"member": 2, "state": "skipped", "reason": "merged"},
        {"member": 1, "state": "due", "reason": None},
        {"member": 2, "state": "skipped", "reason": "merged"},
    ]


async def test_who_was_brought_by_the_other_file_still_earns_its_person_the_bonus() -> None:
    await make.execute("UPDATE points_policy SET newcomer_points = 5, referrer_points = 9")
    await make.execute("UPDATE member SET referred_by = id - 1 WHERE id IN (2, 3)")
    await joined()
    assert await make.value("SELECT array_agg(referred_by ORDER BY id) FROM member") == [None, 1, 2]
    await make.sell("A", at=make.noon(MON + DAY), amount="100", member=THIRD)
    assert (await account(KEPT), await account(THIRD)) == ((9, 0, 0), (105, 0, 0))
    # Later the newcomer, too, turns out to be an older customer.
    fourth = await make.make_member("+8613900000004", store=1)
    await joined(fourth, THIRD)
    await joined(fourth, KEPT)
    assert await account(fourth) == (114, 0, 0)
    await refund("A", day=MON + DAY)
    assert await account(fourth) == (0, 0, 0)
    assert await broken() == []


async def test_the_number_is_free_and_whoever_joins_with_it_is_somebody_new() -> None:
    await joined()
    again = await make.make_member("+8613900000002", store=1)
    assert await make.fetch("SELECT id, phone, merged_into FROM member WHERE id <> 3 ORDER BY id") == [
        {"id": 1, "phone": "+8613900000001", "merged_into": None},
        {"id": 2, "phone": None, "merged_into": 1},
        {"id": again, "phone": "+8613900000002", "merged_into": None},
    ]
    assert await make.value("SELECT erased_at FROM member WHERE id = 2") == make.noon(MON + DAY).astimezone(UTC)
