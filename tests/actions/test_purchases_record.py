"""One purchase from a form: what it earns, what is known, what is refused."""

import asyncio
from contextvars import Context
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from actions.purchases import AHEAD, Line, Recorded, record_purchase
from queries.invariants import check_all
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope, session
from tests import make

DAY = date(2031, 3, 3)
NOW = make.noon(DAY)


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    """Store 1 with member 1, store 2; tobacco, which earns nothing; an apple and a cigarette."""
    await make.make_program()
    await make.make_member(store=await make.make_store("S1"))
    await make.make_store("S2")
    await make.execute("INSERT INTO category (name, earns) VALUES ('烟草', false), ('水果', true)")
    await make.execute(
        "INSERT INTO product (sku, name, category) VALUES ('A', '苹果', 2), ('C', '香烟', 1), ('X', '袋', NULL)"
    )


def line(amount: str, **said: Any) -> Line:
    return Line(amount=Decimal(amount), **said)


async def sold(*lines: Line, role: Role = "cashier", **said: Any) -> Recorded:
    form: dict[str, Any] = {
        "store": 1, "receipt_no": "R1", "purchased_at": NOW, "member": 1, "zone": make.ZONE, "now": NOW, **said,
    }  # fmt: skip
    async with session() as connection, scope(role=role, stores=[1], connection=connection):
        return await record_purchase(lines=lines or [line("100")], **form)


async def refused(*lines: Line, **said: Any) -> str:
    before = await make.digest()
    with pytest.raises(Refusal) as refusal:
        await sold(*lines, **said)
    assert await make.digest() == before
    return refusal.value.code


async def test_a_purchase_earns_what_its_lines_earn() -> None:
    done = await sold(
        line("10.50", sku=" A ", quantity=Decimal("0.755")), line("30", sku="C"), line("20.50", category="水果"),
        line("5", sku="X", category="烟草"), line("8"), line("-2"),
    )  # fmt: skip
    assert (done.earned, done.known) == (37, False)
    assert await make.fetch("SELECT id, receipt_no, member, amount, points, source, business_date FROM purchase") == [
        {"id": done.purchase, "receipt_no": "R1", "member": 1, "amount": Decimal("72.00"), "points": 37, "source": "form", "business_date": DAY}
    ]  # fmt: skip
    assert await make.value("SELECT quantity FROM purchase_line WHERE product = 1") == Decimal("0.755")
    assert await make.value("SELECT balance FROM points_account") == 37
    assert await check_all(progress=lambda *_: None) == []


async def test_the_same_receipt_again_is_known_and_another_one_a_conflict() -> None:
    first = await sold(line("10", sku="A"), line("5"))
    again = await sold(line("5.00"), line("10", sku="A", quantity=Decimal("1.0")), receipt_no=" R1 ")
    assert again == Recorded(purchase=first.purchase, earned=first.earned, known=True)
    same = [line("10", sku="A"), line("5")]
    assert await refused(line("16")) == "conflict"
    assert await refused(*same, member=None) == "conflict"
    assert await refused(*same, purchased_at=NOW - timedelta(minutes=1)) == "conflict"


async def test_without_a_member_it_is_recorded_and_earns_nothing() -> None:
    assert (await sold(member=None)).earned == 0
    assert await make.value("SELECT count(*) FROM points_entry") == 0


async def test_a_sale_lies_on_the_shops_day() -> None:
    just_after_midnight = make.noon(DAY) + timedelta(hours=12)
    await sold(purchased_at=just_after_midnight, now=just_after_midnight)
    assert await make.value("SELECT business_date FROM purchase") == DAY + timedelta(days=1)


async def test_zero_is_a_legal_sale_and_a_little_ahead_a_legal_clock() -> None:
    assert (await sold(line("5"), line("-5"), purchased_at=NOW + AHEAD)).earned == 0


async def test_hq_and_the_job_record_in_any_store() -> None:
    for role in ("hq_admin", "job"):
        assert not (await sold(store=2, receipt_no=role, role=role)).known


@pytest.mark.parametrize(
    ("lines", "said", "code"),
    [
        ([], {"store": 2}, "foreign_store"),
        ([], {"store": 99, "role": "hq_admin"}, "unknown_store"),
        ([], {"role": "hq_viewer"}, "not_allowed"),
        ([], {"member": 99}, "unknown_member"),
        ([], {"purchased_at": NOW + AHEAD + timedelta(seconds=1)}, "future_date"),
        ([], {"receipt_no": " "}, "bad_receipt"),
        ([], {"receipt_no": "R\n1"}, "bad_receipt"),
        ([], {"receipt_no": "9" * 65}, "bad_receipt"),
        ([line("1"), line("-1.01")], {}, "bad_amount"),
        ([line("1.001")], {}, "bad_amount"),
        ([line("NaN")], {}, "bad_amount"),
        ([line("Infinity")], {}, "bad_amount"),
        ([line("1e40")], {}, "bad_amount"),
        ([line("9999999999.99"), line("0.01")], {}, "bad_amount"),
        ([line("1")] * 501, {}, "bad_amount"),
        ([line("1", quantity=Decimal("0.0001"))], {}, "bad_quantity"),
        ([line("1", sku="B")], {}, "unknown_product"),
        ([line("1", category="蔬菜")], {}, "unknown_category"),
        ([line("1", sku="A", category="蔬菜")], {}, "unknown_category"),
    ],
)
async def test_what_cannot_be_is_refused_with_nothing_written(
    lines: list[Line], said: dict[str, Any], code: str
) -> None:
    assert await refused(*lines, **said) == code


async def test_a_receipt_without_lines_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        async with scope(role="cashier", stores=[1]):
            await record_purchase(
                store=1, receipt_no="R1", purchased_at=NOW, member=None, lines=[], zone=make.ZONE, now=NOW
            )
    assert refusal.value.code == "bad_amount"


async def test_without_a_policy_nobody_knows_what_it_earns() -> None:
    await make.execute("DELETE FROM points_policy")
    assert await refused() == "no_program"


async def test_a_form_sent_twice_at_once_is_recorded_once() -> None:
    for member, receipt in ((1, "R1"), (None, "R2")):
        forms = [
            asyncio.get_running_loop().create_task(sold(member=member, receipt_no=receipt), context=Context())
            for _ in range(4)
        ]
        done = await asyncio.gather(*forms)
        assert sorted(one.known for one in done) == [False, True, True, True]
        assert len({(one.purchase, one.earned) for one in done}) == 1
    assert await make.value("SELECT balance FROM points_account") == 100
    assert await check_all(progress=lambda *_: None) == []
