"""The forecast of a campaign: how each of its steps would turn out now, person by person, before anything is written."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from functools import partial
from zoneinfo import ZoneInfo

from queries.audience import Forecast, forecast, members_of, wave_values
from queries.campaigns_plan import CampaignPlan, StepShown, campaign_plan, wave_of
from queries.segments import audience_of
from rules.calendar import business_date
from rules.refusals import Refusal
from tables.scope import scope

SAMPLE = 20_000  # people by whom a larger audience is estimated, unless every single one is asked for

Worded = Callable[..., Awaitable[tuple[object, ...]]]  # a wave's values, for this instant and place

_LEFT_ASIDE = """
SELECT coalesce(array_agg(m ORDER BY place), '{}') FROM unnest($1::bigint[]) WITH ORDINALITY AS u(m, place)
WHERE deed.lot(m, hashtextextended('sample', $2)) >= $3
"""
_SOME = (
    "SELECT coalesce(array_agg(m), '{}') FROM (SELECT m FROM unnest($1::bigint[]) m ORDER BY deed.lot(m, 0) LIMIT $2) s"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class StepForecast:
    """How a step (id, number) would turn out. `estimated`: counted on some of its people; `at_most`: who clicked before does
    not get it.
    """

    step: int
    number: int
    forecast: Forecast
    estimated: bool = False
    at_most: bool = False


async def forecast_campaign(
    *, campaign: int, now: datetime, zone: ZoneInfo, secret: str, public_url: str, exact: bool = False
) -> list[StepForecast]:
    """The forecasts of a campaign's steps that are still drafts; opens its own scopes. Audiences above SAMPLE people are
    estimated by so many of them, drawn by lot, unless `exact`.

    Raises Refusal unknown_campaign, and those of queries/segments.py.
    """
    async with scope(role="job"):
        plan = await campaign_plan(campaign=campaign)
        if plan is None:
            raise Refusal("unknown_campaign", "There is no such campaign.", "没有该群发活动。")
        today = business_date(at=now, zone=zone)
        audience = await audience_of(text=plan.rule, today=today, zone=zone, store=plan.store)
        people = await members_of(audience=audience)
    worded = partial(wave_values, now=now, zone=zone, secret=secret, public_url=public_url)
    return [
        await _of_step(plan=plan, step=step, people=people, worded=worded, exact=exact, personal=audience.personal)
        for step in plan.steps
        if step.state == "draft"
    ]


async def _of_step(
    *, plan: CampaignPlan, step: StepShown, people: Sequence[int], worded: Worded, exact: bool, personal: bool
) -> StepForecast:
    async with scope(role="job") as connection:
        if step.plan.kind == "winner":
            tried = next(one for one in plan.steps if one.number == step.plan.follows)
            people = await connection.fetchval(_LEFT_ASIDE, people, tried.id, float(tried.plan.sample))
        some = people if exact or len(people) <= SAMPLE else await connection.fetchval(_SOME, people, SAMPLE)
        told = await forecast(members=some, values=await worded(wave=wave_of(plan=plan, step=step, personal=personal)))
    return StepForecast(
        step=step.id,
        number=step.number,
        forecast=_scaled(told, Fraction(len(people), len(some)) if len(some) < len(people) else Fraction(1)),
        estimated=len(some) < len(people),
        at_most=step.plan.kind == "follow_up",
    )


def _scaled(told: Forecast, times: Fraction) -> Forecast:
    def more(count: int) -> int:
        return round(count * times)

    if times == 1:
        return told
    paid = more(told.parts)
    return replace(
        told, members=more(told.members), messages=more(told.messages), parts=paid, long=more(told.long),
        left_out={why: more(count) for why, count in told.left_out.items()},
        lengths={length: more(count) for length, count in told.lengths.items()},
        cost=told.price * paid if told.price is not None else None,
    )  # fmt: skip
