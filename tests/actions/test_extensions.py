"""Points that get a longer life: whose, which, once, and nobody else's."""

import asyncio
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from actions.extensions import Extended, Whose, extend, tag_named
from actions.night import close_nights
from actions.points import redeem
from queries.invariants import check_all
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope
from tests import make

DAY = timedelta(days=1)
MONDAY = date(2031, 3, 3)  # what is earned on it is good through ENDS
ENDS = date(2031, 5, 2)
TODAY = date(2031, 4, 28)
UNTIL = date(2031, 6, 30)
LOTS = "SELECT member, remaining, expires_on FROM points_lot ORDER BY id"


@pytest.fixture(autouse=True)
async def shops(db: None) -> None:
    """Stores 1 and 2, each with the member of its number; member 1 has a tag; another one nobody has."""
    await make.make_program()
    for number in (1, 2):
        await make.make_member(f"+861390000000{number}", store=await make.make_store(f"S{number}"))
    await make.execute("INSERT INTO tag (name) VALUES ('VIP'), ('无人')")
    await make.execute("INSERT INTO member_tag (member, tag) VALUES (1, 1)")


async def earn(*, day: date = MONDAY, points: int = 100, member: int = 1) -> None:
    await make.sell(f"{day}/{points}/{member}", at=make.noon(day), amount=str(points), member=member)


async def longer(
    whose: Whose | None = None, *, form: str = "f", role: Role = "hq_admin", today: date = TODAY, **other: Any
) -> Extended:
    wanted: dict[str, Any] = {"first_on": TODAY, "last_on": ENDS, "good_until": UNTIL, "reason": "门店装修", **other}
    async with scope(role=role, stores=[1]):
        return await extend(form=form, whose=whose or Whose(), business_date=today, **wanted)


async def ends() -> list[date | None]:
    return [row["expires_on"] for row in await make.fetch(LOTS)]


async def test_the_lots_that_end_in_those_days_live_longer_and_no_others() -> None:
    for days, points in ((-1, 10), (0, 20), (3, 30), (4, 40), (5, 50)):
        await earn(day=MONDAY + (days - 4) * DAY, points=points)
    await make.execute("UPDATE points_policy SET valid_days = NULL")
    await earn(points=60)
    await make.execute("UPDATE points_policy SET valid_days = 60")
    async with scope(role="job"):
        await redeem(member=1, store=1, reference="r", points=10 + 20 + 5, business_date=MONDAY)
    before = await ends()
    assert before == [ENDS - 5 * DAY, ENDS - 4 * DAY, ENDS - DAY, ENDS, ENDS + DAY, None]
    done = await longer()
    # The first has ended, the second is spent, the last two end later or never.
    assert (done.members, done.lots, done.points, done.known) == (1, 2, 25 + 40, False)
    assert await ends() == [*before[:2], UNTIL, UNTIL, *before[4:]]
    [kept] = await make.fetch("SELECT * FROM points_extension")
    assert (kept["first_on"], kept["last_on"], kept["good_until"], kept["business_date"]) == (TODAY, ENDS, UNTIL, TODAY)
    assert (kept["members"], kept["lots"], kept["points"], kept["reason"], kept["staff"]) == (
        1,
        2,
        65,
        "门店装修",
        None,
    )
    assert await make.fetch("SELECT extension, lot, points, expired_on FROM points_extension_lot ORDER BY lot") == [
        {"extension": kept["id"], "lot": 3, "points": 25, "expired_on": ENDS - DAY},
        {"extension": kept["id"], "lot": 4, "points": 40, "expired_on": ENDS},
    ]


async def test_they_are_spent_after_their_first_end_and_lapse_after_the_new_one() -> None:
    await make.execute("UPDATE points_policy SET valid_days = 2")
    await earn()
    old, new = MONDAY + 2 * DAY, MONDAY + 4 * DAY
    await longer(today=MONDAY, first_on=MONDAY, last_on=old, good_until=new)
    await close_nights(through=old, now=make.night_time(old), zone=make.ZONE)
    assert await make.value("SELECT balance FROM points_account WHERE member = 1") == 100
    async with scope(role="job"):
        await redeem(member=1, store=1, reference="r", points=30, business_date=new)
    await close_nights(through=new, now=make.night_time(new), zone=make.ZONE)
    assert await make.value("SELECT balance FROM points_account WHERE member = 1") == 0
    assert await make.value("SELECT points FROM points_entry WHERE kind = 'expire'") == -70
    assert [finding for finding in await check_all(progress=lambda *_: None) if finding.rows] == []


async def test_what_would_end_later_anyway_is_never_cut_short() -> None:
    await earn()
    assert (await longer(good_until=ENDS)).lots == 0
    assert (await longer(form="g", last_on=UNTIL + 9 * DAY, good_until=ENDS)).lots == 0
    assert await ends() == [ENDS]


@pytest.mark.parametrize(
    ("whose", "reached"),
    [
        (Whose(), [1, 2]), (Whose(member=2), [2]), (Whose(store=2), [2]), (Whose(tag=1), [1]),
        (Whose(tag=2), []), (Whose(store=9), []), (Whose(member=9), []),
    ],
)  # fmt: skip
async def test_those_who_are_meant_and_nobody_else(whose: Whose, reached: list[int]) -> None:
    for member in (1, 2):
        await earn(member=member)
    done = await longer(whose)
    assert (done.members, done.lots, done.points) == (len(reached), len(reached), 100 * len(reached))
    assert [row["member"] for row in await make.fetch(LOTS) if row["expires_on"] == UNTIL] == reached


async def test_the_same_form_answers_the_same_and_with_other_content_is_a_conflict() -> None:
    await earn()
    first = await longer()
    await earn(points=7)
    before = await make.digest()
    again = await longer(reason=" 门店装修 ")
    assert (again.extension, again.points, again.known) == (first.extension, 100, True)
    for other in ({"reason": "别的"}, {"good_until": UNTIL + DAY}, {"last_on": ENDS - DAY}, {"whose": Whose(member=1)}):
        with pytest.raises(Refusal) as no:
            await longer(**other)
        assert no.value.code == "conflict", other
    assert await make.digest() == before
    assert (await longer(form="g")).points == 7


async def test_the_same_form_twice_at_once_counts_once() -> None:
    await earn()
    said = await asyncio.gather(*(longer() for _ in range(4)))
    assert sorted(done.known for done in said) == [False, True, True, True]
    assert {done.points for done in said} == {100}
    assert await make.value("SELECT count(*) FROM points_extension_lot") == 1


async def test_tills_spend_meanwhile_and_the_books_agree() -> None:
    for member in (1, 2):
        for back in range(5):
            await earn(day=MONDAY - back * DAY, points=10, member=member)

    async def spend(member: int, number: int) -> None:
        async with scope(role="job"):
            await redeem(member=member, store=1, reference=f"{member}/{number}", points=7, business_date=TODAY - DAY)

    spends = [spend(member, number) for number in range(6) for member in (1, 2)]
    deeds: list[Any] = [*spends[:6], longer(last_on=ENDS + DAY, today=TODAY - DAY), *spends[6:]]
    await asyncio.gather(*deeds)
    assert await make.value("SELECT array_agg(balance) FROM points_account") == [8, 8]
    extended = await make.value("SELECT array_agg(lot ORDER BY lot) FROM points_extension_lot")
    assert extended == await make.value("SELECT array_agg(id ORDER BY id) FROM points_lot WHERE expires_on = $1", UNTIL)
    assert [finding for finding in await check_all(progress=lambda *_: None) if finding.rows] == []


@pytest.mark.parametrize("role", ["hq_marketing", "hq_viewer", "store_manager", "cashier", "till"])
async def test_only_headquarters_does_it(role: Role) -> None:
    await earn()
    with pytest.raises(Refusal) as no:
        await longer(role=role)
    assert no.value.code == "not_allowed"
    assert await ends() == [ENDS]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"good_until": TODAY - DAY}, "past_date"), ({"last_on": TODAY - DAY}, "bad_dates"), ({"reason": " "}, "no_reason"),
        ({"first_on": UNTIL, "last_on": UNTIL}, "bad_dates"), ({"reason": "长" * 201}, "bad_value"),
        ({"reason": "a\x00"}, "bad_value"), ({"form": ""}, "bad_reference"), ({"form": "k" * 65}, "bad_reference"),
        ({"whose": Whose(member=1, store=1)}, "bad_value"),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_in_both_languages(wrong: dict[str, Any], code: str) -> None:
    await earn()
    before = await make.digest()
    with pytest.raises(Refusal) as no:
        await longer(**wrong)
    assert no.value.code == code
    assert no.value.zh
    assert no.value.en
    assert await make.digest() == before


async def test_an_extension_is_history() -> None:
    await earn()
    await longer()
    for table in ("points_extension", "points_extension_lot"):
        for sql in (f"UPDATE {table} SET points = 1", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await make.execute(sql)


async def test_a_tag_is_found_by_what_people_call_it() -> None:
    async with scope(role="hq_admin"):
        assert await tag_named(name="vip ") == 1
    with pytest.raises(Refusal) as no:
        async with scope(role="hq_admin"):
            await tag_named(name="nope")
    assert (no.value.code, no.value.zh) == ("unknown_tag", "没有该标签：可填写 VIP、无人。")
