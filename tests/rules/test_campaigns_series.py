"""Several steps from one, and what shortening saves."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from rules.campaigns_cut import MOST, cut
from rules.campaigns_plan import StepPlan, VariantPlan, check_step
from rules.campaigns_series import FOLLOWING, every_week, reminder, timed, winner, without
from rules.messages import parts
from rules.refusals import Refusal

NOW = datetime(2031, 3, 31, 4, tzinfo=UTC)
FIRST = StepPlan(text="{短链}", scheduled_at=NOW, send_before=NOW + timedelta(hours=8))
TRIED = StepPlan(
    text="甲", scheduled_at=NOW, send_before=NOW + timedelta(hours=8), sample=Decimal("0.2"),
    variants=(VariantPlan(label="A", share=Decimal("0.5"), text="甲"), VariantPlan(label="B", share=Decimal("0.5"), text="乙")),
)  # fmt: skip


def test_what_follows_a_step_moves_with_it() -> None:
    steps = [FIRST]
    steps.append(reminder(steps=steps, follows=1, wait_minutes=60))
    steps.append(reminder(steps=steps, follows=2, wait_minutes=30))
    later = StepPlan(text="x", scheduled_at=NOW + timedelta(days=2), send_before=NOW + timedelta(days=3))
    told = timed(steps=[later, *steps[1:]])
    assert [one.scheduled_at - later.scheduled_at for one in told] == [
        timedelta(0),
        timedelta(minutes=60),
        timedelta(minutes=90),
    ]
    assert [one.send_before - one.scheduled_at for one in told[1:]] == [FOLLOWING, FOLLOWING]


def test_a_winner_is_a_step_that_may_be() -> None:
    step = winner(steps=[TRIED], follows=1, wait_minutes=720, by="click")
    check_step(number=2, step=step, earlier=[TRIED])
    assert (step.kind, step.winner_by, step.sample, len(step.variants)) == ("winner", "click", Decimal(1), 0)


@pytest.mark.parametrize(
    ("weeks", "first", "code"), [(0, 1, "bad_number"), (31, 1, "bad_number"), (2, -9, "past_time")]
)
def test_a_rhythm_that_cannot_be_is_refused(weeks: int, first: int, code: str) -> None:
    day = (NOW + timedelta(days=first)).date()
    with pytest.raises(Refusal) as caught:
        every_week(step=FIRST, first=day, weekday=2, weeks=weeks, at=NOW.time(), zone=UTC, now=NOW)  # type: ignore[arg-type]  # any zone
    assert caught.value.code == code


@effort(max_examples=40)
@given(follows=st.lists(st.integers(0, 5), max_size=6), gone=st.integers(1, 7))
def test_without_a_step_nobody_follows_what_is_not_there(follows: list[int], gone: int) -> None:
    steps = [FIRST]
    for n in follows:
        wanted = n % (len(steps) + 1)
        steps.append(reminder(steps=steps, follows=wanted, wait_minutes=5) if wanted else FIRST)
    gone = min(gone, len(steps))
    left = without(steps=steps, number=gone)
    lost = {gone}
    for number, step in enumerate(steps, 1):
        lost |= {number} if step.follows in lost else set()
    assert len(left) == len(steps) - len(lost)
    assert all(step.follows is None or step.follows < number for number, step in enumerate(left, 1))
    kept = [step for number, step in enumerate(steps, 1) if number not in lost]
    assert [one.follows is None for one in left] == [one.follows is None for one in kept]


@effort(max_examples=40)
@given(
    lengths=st.dictionaries(st.integers(1, 300), st.integers(1, 1000), max_size=5),
    price=st.sampled_from([None, Decimal("0.05")]),
)
def test_a_cut_saves_what_it_says(lengths: dict[int, int], price: Decimal | None) -> None:
    def paid(less: int) -> int:
        return sum(people * parts(text="字" * max(length - less, 1)) for length, people in lengths.items())

    found = cut(lengths=lengths, price=price)
    if found is None:
        assert paid(MOST) == paid(0)
        return
    assert found.parts == paid(0) - paid(found.characters) > 0
    assert found.yuan == (None if price is None else price * found.parts)
    assert paid(0) - paid(found.characters - 1) < Decimal("0.9") * (paid(0) - paid(MOST)) <= found.parts
