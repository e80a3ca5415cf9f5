"""The plan of a campaign: its steps with their versions, the days of a countdown and of a weekly rhythm, and what they may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from rules.refusals import Refusal

StepKind = Literal["once", "countdown", "weekly", "follow_up", "winner"]
Landing = Literal["page", "qr"]
LABELS = "ABCDE"
COUNTDOWN = (14, 7, 3, 1, 0)  # days before the day, as shops count down to a festival
MOST_STEPS = 30
_WEEK = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class VariantPlan:
    """One version of a step's message for a `share` of its people, `minutes_later` than the step."""

    label: str
    share: Decimal
    text: str
    landing: str = ""
    landing_kind: Landing = "page"
    minutes_later: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class StepPlan:
    """One wave. `follows`: the number of the step that a follow_up or winner waits for, `wait_minutes` long; `sample`: the share
    of the audience on which versions are tried; `winner_by`: click | purchase, of a winner.
    """

    text: str
    scheduled_at: datetime
    send_before: datetime
    kind: StepKind = "once"
    landing: str = ""
    expects_reply: bool = False
    follows: int | None = None
    days_before: int | None = None
    wait_minutes: int | None = None
    sample: Decimal = Decimal(1)
    winner_by: str | None = None
    variants: tuple[VariantPlan, ...] = ()


def check_step(*, number: int, step: StepPlan, earlier: Sequence[StepPlan]) -> None:
    """Refuses a step (its number, from 1) that could not be: Refusal bad_number, bad_shares, bad_versions, bad_window,
    bad_follow, bad_wait, bad_sample. `earlier`: those before it, in order.
    """
    if not 1 <= number <= MOST_STEPS:
        raise Refusal(
            "bad_number",
            f"A campaign has at most {MOST_STEPS} steps: make another one.",
            f"一个活动最多 {MOST_STEPS} 步：请另建活动。",
        )
    if step.send_before <= step.scheduled_at:
        raise Refusal(
            "bad_window",
            f"Step {number} would end before it begins: choose a later end.",
            f"第 {number} 步的截止时间不晚于开始时间：请选择更晚的截止时间。",
        )
    _check_versions(number=number, step=step)
    if step.kind in {"follow_up", "winner"}:
        _check_follow(number=number, step=step, earlier=earlier)


def _check_versions(*, number: int, step: StepPlan) -> None:
    labels = [one.label for one in step.variants]
    if step.variants and (labels != list(LABELS[: len(labels)]) or len(labels) < 2):  # noqa: PLR2004  one is no comparison
        raise Refusal(
            "bad_versions",
            f"Step {number}: write two to five versions, A, B …, or none.",
            f"第 {number} 步：请写 2 到 5 个版本（A、B……），或不分版本。",
        )
    total = sum((one.share for one in step.variants), Decimal(0))
    if step.variants and (total != 1 or any(one.share <= 0 for one in step.variants)):
        raise Refusal(
            "bad_shares",
            f"Step {number}: the versions' shares sum to {total:.1%}, not 100 %: change one of them.",
            f"第 {number} 步：各版本占比合计为 {total:.1%}，应为 100%：请调整。",
        )
    if not 0 < step.sample <= 1 or (step.sample < 1 and not step.variants):
        raise Refusal(
            "bad_sample",
            f"Step {number}: a trial needs versions and a share above 0 and up to 100 %.",
            f"第 {number} 步：试发需要多个版本，且占比应大于 0、不超过 100%。",
        )


def _check_follow(*, number: int, step: StepPlan, earlier: Sequence[StepPlan]) -> None:
    followed = earlier[step.follows - 1] if step.follows is not None and 1 <= step.follows <= len(earlier) else None
    if followed is None or (step.kind == "winner" and (not followed.variants or followed.sample == 1)):
        raise Refusal(
            "bad_follow",
            f"Step {number} has to follow an earlier step; a winner follows one whose versions are tried on a part.",
            f"第 {number} 步须跟随更早的一步；“优胜版”须跟随一个用部分会员试发多个版本的步骤。",
        )
    if step.wait_minutes is None or step.wait_minutes <= 0:
        raise Refusal(
            "bad_wait",
            f"Step {number}: say how long it waits, at least a minute.",
            f"第 {number} 步：请填写等待时间，至少 1 分钟。",
        )


def countdown(*, day: date, days_before: Sequence[int], at: time, zone: ZoneInfo) -> list[tuple[int, datetime]]:
    """The instants of a series counted back from a day, the farthest first, each with its days before."""
    chosen = sorted(set(days_before), reverse=True)
    return [(days, datetime.combine(day - timedelta(days=days), at, tzinfo=zone)) for days in chosen]


def weekly(*, first: date, weekday: int, weeks: int, at: time, zone: ZoneInfo) -> list[datetime]:
    """The instants of a weekly rhythm: `weekday` (1 = Monday) from the day `first` on, so many weeks."""
    begin = first + timedelta(days=(weekday - first.isoweekday()) % _WEEK)
    return [datetime.combine(begin + timedelta(days=_WEEK * week), at, tzinfo=zone) for week in range(weeks)]
