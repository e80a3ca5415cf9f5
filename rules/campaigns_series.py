"""Several steps from one: a countdown, a weekly rhythm, a reminder, a winner; and what is left when a step goes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from rules.campaigns_plan import MOST_STEPS, StepPlan, countdown, weekly
from rules.refusals import Refusal

FOLLOWING = timedelta(days=3)  # so long a step that waits for another may leave


def counted_down(
    *, step: StepPlan, day: date, days_before: Sequence[int], at: time, zone: ZoneInfo, now: datetime
) -> list[StepPlan]:
    """A step for each of `days_before` that is still to come, its text with the days to go in front: the same text twice in 90
    days would reach nobody. Raises Refusal past_time.
    """
    instants = [(days, at_) for days, at_ in countdown(day=day, days_before=days_before, at=at, zone=zone) if at_ > now]
    if not instants:
        raise Refusal(
            "past_time",
            "No day of this countdown is still to come: choose a later day.",
            "这个倒计时的日子都已过去：请选择更晚的日期。",
        )
    return [
        replace(
            _moved(step, to=instant), kind="countdown", days_before=days, text=_led(step, _to_go(days)), variants=(),
            follows=None, wait_minutes=None, sample=Decimal(1), winner_by=None,
        )
        for days, instant in instants
    ]  # fmt: skip


def every_week(
    *, step: StepPlan, first: date, weekday: int, weeks: int, at: time, zone: ZoneInfo, now: datetime
) -> list[StepPlan]:
    """A step for each of so many weeks, with its date in front of the text. Raises Refusal past_time, bad_number."""
    if not 1 <= weeks <= MOST_STEPS:
        raise Refusal("bad_number", f"Choose 1 to {MOST_STEPS} weeks.", f"请选择 1 到 {MOST_STEPS} 周。")
    instants = weekly(first=first, weekday=weekday, weeks=weeks, at=at, zone=zone)
    if instants[0] <= now:
        raise Refusal("past_time", "The first day is over: choose a later one.", "开始日期已过：请选择更晚的日期。")
    return [
        replace(
            _moved(step, to=instant), kind="weekly", text=_led(step, f"{instant.month}月{instant.day}日，"), variants=(),
            follows=None, wait_minutes=None, sample=Decimal(1), winner_by=None, days_before=None,
        )
        for instant in instants
    ]  # fmt: skip


def reminder(*, steps: Sequence[StepPlan], follows: int, wait_minutes: int) -> StepPlan:
    """A step for those who do not click the one numbered `follows`, so many minutes after it."""
    return after(
        replace(
            steps[follows - 1], kind="follow_up", follows=follows, wait_minutes=wait_minutes, variants=(), sample=Decimal(1),
            winner_by=None, days_before=None, text=_led(steps[follows - 1], "再提醒您，"),
        ),
        steps=steps,
    )  # fmt: skip


def winner(*, steps: Sequence[StepPlan], follows: int, wait_minutes: int, by: str) -> StepPlan:
    """A step that sends the better version of the one numbered `follows` to all whom that one left aside."""
    tried = steps[follows - 1]
    return after(
        StepPlan(
            kind="winner", text=tried.variants[0].text, landing=tried.variants[0].landing, follows=follows, winner_by=by,
            wait_minutes=wait_minutes, scheduled_at=tried.scheduled_at, send_before=tried.send_before,
            expects_reply=tried.expects_reply,
        ),
        steps=steps,
    )  # fmt: skip


def after(step: StepPlan, *, steps: Sequence[StepPlan]) -> StepPlan:
    """A step at the time that the one it follows gives it."""
    if step.follows is None or step.wait_minutes is None:
        return step
    begins = steps[step.follows - 1].scheduled_at + timedelta(minutes=step.wait_minutes)
    return replace(step, scheduled_at=begins, send_before=begins + FOLLOWING)


def timed(*, steps: Sequence[StepPlan]) -> list[StepPlan]:
    """The steps, those that follow others at the times these give them."""
    told: list[StepPlan] = []
    for step in steps:
        told.append(after(step, steps=told))
    return told


def without(*, steps: Sequence[StepPlan], number: int) -> list[StepPlan]:
    """The steps but for one (its number) and those that follow it, numbered anew."""
    gone = {number}
    for place, step in enumerate(steps, 1):
        if step.follows in gone:
            gone.add(place)
    stays = [place for place in range(1, len(steps) + 1) if place not in gone]
    places = {old: new for new, old in enumerate(stays, 1)}
    return [replace(steps[old - 1], follows=places.get(steps[old - 1].follows or 0)) for old in stays]


def _moved(step: StepPlan, *, to: datetime) -> StepPlan:
    """A step at another time, as long as before."""
    return replace(step, scheduled_at=to, send_before=to + (step.send_before - step.scheduled_at))


def _to_go(days: int) -> str:
    return f"还有{days}天：" if days else "就在今天："


def _led(step: StepPlan, words: str) -> str:
    """A step's text with words in front; of versions, the first one's."""
    return words + (step.variants[0].text if step.variants else step.text).strip()
