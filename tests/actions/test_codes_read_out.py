"""A code is read out: when one is required, what a wrong one costs, and that one is good for one redemption."""

from decimal import Decimal
from typing import Any

import pytest

from actions.codes import CodeAsked, verify_code
from actions.points import Posted
from actions.purchases import Line, Spend, record_purchase
from queries.invariants import check_all
from rules.refusals import Refusal
from tables.scope import scope
from tests import make
from tests.actions.code_desk import (
    DAY,
    MINUTE,
    NOW,
    SECOND,
    ask,
    at_desk,
    codes,
    handed,
    read_out,
    sent,
    shop,
    spend,
    texts,
    verify,
    wrong,
)  # fmt: skip

pytestmark = pytest.mark.usefixtures("db")


def points(posted: Posted | str) -> int | str:
    return posted if isinstance(posted, str) else posted.points


async def test_one_point_below_the_threshold_asks_for_nothing() -> None:
    await shop()
    assert points(await spend(49)) == -49
    assert await texts() == []


async def test_exactly_the_threshold_asks_and_with_the_code_it_goes_through() -> None:
    await shop()
    assert await spend(50) == "code_required"
    assert len(await texts()) == 1
    assert await spend(50) == "code_required"
    assert len(await texts()) == 1, "the second click sends nothing more"
    digits = read_out(await handed())
    posted = await spend(50, digits)
    assert isinstance(posted, Posted)
    assert (posted.points, posted.balance_after, posted.known) == (-50, 50, False)
    assert [code[1:3] for code in await codes()] == [(0, posted.entry)]
    assert await check_all(progress=lambda *_: None) == []


async def test_a_reward_asks_by_its_price() -> None:
    await shop()
    await make.execute(
        "INSERT INTO reward (name, kind, points, is_active) VALUES ('杯', 'gift', 49, true), ('篮', 'gift', 50, true)"
    )
    assert points(await spend(None, reward=1, key="a")) == -49
    await make.sell("B", at=make.noon(NOW.date()))
    assert await spend(None, reward=2, key="b") == "code_required"


async def test_away_from_home_every_point_asks_when_headquarters_says_so() -> None:
    await shop(redeem_code_from=None, code_away_from_home=True)
    assert points(await spend(1, store=1, key="a")) == -1
    assert await spend(1, store=2, key="b") == "code_required"
    digits = read_out(await handed())
    assert points(await spend(1, digits, store=2, key="b")) == -1
    await make.execute("UPDATE points_policy SET code_away_from_home = false")
    assert points(await spend(1, store=2, key="c")) == -1


async def test_where_the_balance_is_short_no_code_is_sent() -> None:
    await shop()
    assert await spend(101) == "insufficient_points"
    assert await texts() == []


async def test_a_sale_may_be_paid_with_a_code() -> None:
    await shop()
    digits = await sent()

    async def sale(typed: str) -> Any:
        code = await verify_code(member=1, store=1, code=typed, reference="1:B", now=NOW)
        return await record_purchase(
            store=1, receipt_no="B", purchased_at=NOW, member=1, lines=[Line(amount=Decimal(30))], zone=make.ZONE,
            now=NOW, spend=Spend(points=50, code=code),
        )  # fmt: skip

    first = await at_desk(lambda: sale(digits))
    assert (first.redeemed, first.known) == (50, False)
    again = await at_desk(lambda: sale(digits))
    assert (again.purchase, again.redeemed, again.known) == (first.purchase, 50, True)


async def test_five_wrong_ones_end_a_code_and_each_is_remembered() -> None:
    await shop()
    digits = await sent()
    for n in range(1, 6):
        assert await verify(wrong(digits, n)) == "code_wrong"
        assert [code[1] for code in await codes()] == [n]
    assert await verify(digits) == "code_expired"
    assert await spend(50, digits) == "code_expired"
    assert [code[1] for code in await codes()] == [5]


async def test_after_four_wrong_ones_the_right_one_is_right() -> None:
    await shop()
    digits = await sent()
    for n in range(1, 5):
        await verify(wrong(digits, n))
    assert points(await spend(50, f" {digits[:3]} {digits[3:]}")) == -50


async def test_the_sentence_says_how_many_tries_are_left() -> None:
    await shop()
    digits = await sent()
    said = []
    for n in range(1, 6):
        async with scope(role="cashier", stores=[1]):
            with pytest.raises(Refusal) as refusal:
                await verify_code(member=1, store=1, code=wrong(digits, n), reference="1:r", now=NOW)
        said.append(refusal.value)
    for n, one in enumerate(said[:4]):
        assert f"Tries left: {4 - n}." in one.en
        assert f"还可尝试 {4 - n} 次" in one.zh
    assert "重新获取" in said[4].zh


@pytest.mark.parametrize("slip", ["12345", "12345a", "验证码", "1234567"])
async def test_a_slip_of_the_fingers_is_no_guess(slip: str) -> None:
    await shop()
    assert await verify(slip) == "code_expired"
    await sent()
    assert await verify(slip) == "code_wrong"
    assert [code[1] for code in await codes()] == [0]


@pytest.mark.parametrize("nothing", ["", "  "])
async def test_nothing_typed_is_no_code(nothing: str) -> None:
    await shop()
    await sent()
    assert await verify(nothing) is None


async def test_a_code_ends_with_its_five_minutes() -> None:
    await shop()
    digits = await sent()
    assert await verify(digits, NOW + 5 * MINUTE - SECOND) == 1
    assert await verify(digits, NOW + 5 * MINUTE) == "code_expired"
    assert await verify(wrong(digits), NOW + 5 * MINUTE) == "code_expired"
    assert [code[1] for code in await codes()] == [0]


async def test_a_code_is_good_for_one_redemption_and_its_replay() -> None:
    await shop(redeem_code_from=10)
    digits = await sent()
    first = await spend(10, digits)
    assert isinstance(first, Posted)
    assert await spend(10, digits, key="r2") == "code_expired"
    for later in (NOW, NOW + DAY):
        again = await spend(10, digits, later)
        assert isinstance(again, Posted)
        assert (again.entry, again.known) == (first.entry, True)
    assert await spend(10, wrong(digits), NOW + DAY) == "code_expired"
    assert [code[1:3] for code in await codes()] == [(0, first.entry)]


async def test_a_replay_with_a_newer_code_is_known_and_uses_nothing_up() -> None:
    await shop(redeem_code_from=10)
    first = await spend(10, await sent())
    newer = await sent(NOW + MINUTE)
    again = await spend(10, newer, NOW + MINUTE)
    assert isinstance(first, Posted)
    assert isinstance(again, Posted)
    assert (again.entry, again.known) == (first.entry, True)
    assert points(await spend(10, newer, NOW + MINUTE, key="r2")) == -10


async def test_a_refused_redemption_leaves_the_code_good() -> None:
    await shop()
    digits = await sent()
    assert await spend(101, digits) == "insufficient_points"
    assert points(await spend(60, digits)) == -60


async def test_nobody_reads_out_the_code_of_another_member() -> None:
    await shop()
    digits = await sent()
    await make.make_member("+8613900000002", store=1)
    assert await verify(digits, member=2) == "code_expired"


async def test_a_code_that_is_not_needed_is_used_up_all_the_same() -> None:
    await shop()
    digits = await sent()
    assert points(await spend(10, digits)) == -10
    assert await spend(50, digits, key="r2") == "code_expired"


async def test_a_code_proves_one_redemption_of_its_member_in_its_store() -> None:
    await shop()
    assert isinstance(await ask(), CodeAsked)
    proves = "SELECT deed.code_proves($1, $2, $3)"
    assert await make.value(proves, 1, 1, 1)
    for other in ((2, 1, 1), (1, 2, 1), (1, 1, 2), (None, 1, 1)):
        assert not await make.value(proves, *other)
    assert points(await spend(50, read_out(await handed()))) == -50
    assert not await make.value(proves, 1, 1, 1)
