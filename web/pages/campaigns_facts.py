"""What is known of a campaign before it is sent: its forecast, its channels, its money, its neighbours, and what forbids it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from actions.campaigns import check_wave
from actions.campaigns_forecast import StepForecast, forecast_campaign
from config.settings import settings
from queries.audience import blocked_words
from queries.budgets_view import BudgetView, budget_view
from queries.calendar_collisions import Collision, collisions
from queries.campaigns_plan import CampaignPlan, StepShown, wave_of
from queries.precheck import AccountCheck, precheck, refuse_uncarried
from rules.refusals import Refusal
from rules.review import Finding
from tables.scope import scope
from web.pages.campaigns_deeds import texts_of
from web.pages.campaigns_facts_words import WORDS
from web.pages.campaigns_look import findings_of

# What only says that the times are still to be settled.
_OF_TIME = {"bad_window", "long_window", "outside_hours", "past_time"}


@dataclass(frozen=True, kw_only=True)
class TextFacts:
    """A text of a step: what the review says, and which accounts carry it."""

    number: int
    label: str
    text: str
    findings: Sequence[Finding]
    accounts: Sequence[AccountCheck]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """`stops`: why it may not be sent, as sentences; `times`: what is wrong with its times alone."""

    forecasts: Sequence[StepForecast]
    texts: Sequence[TextFacts]
    money: BudgetView | None
    neighbours: Sequence[Collision]
    stops: Sequence[str]
    times: Sequence[str]

    @property
    def cost(self) -> Decimal | None:
        return cost_of(forecasts=self.forecasts)


def cost_of(*, forecasts: Sequence[StepForecast]) -> Decimal | None:
    """Yuan of all steps together; None where no account tells a price."""
    costs = [one.forecast.cost for one in forecasts]
    return None if None in costs else sum((one for one in costs if one is not None), Decimal(0))


async def gathered(*, plan: CampaignPlan, now: datetime) -> Facts:
    """Everything, in scopes of its own; a broken rule is a stop, and nothing is counted then."""
    texts, wrong, times = await _texts(plan, now)
    zone = settings().zone
    try:
        forecasts = await forecast_campaign(
            campaign=plan.id, now=now, zone=zone, secret=settings().secret, public_url=settings().public_url
        )
        async with scope(role="job"):
            money = await budget_view(campaign=plan.id, forecast_cost=cost_of(forecasts=forecasts), now=now, zone=zone)
            neighbours = (await collisions(campaigns=[plan.id], now=now, zone=zone)).get(plan.id, [])
    except Refusal as refusal:
        return Facts(forecasts=(), texts=texts, money=None, neighbours=(), stops=[*wrong, _said(refusal)], times=times)
    stops = [*wrong, *_stops(plan, forecasts, money)]
    return Facts(
        forecasts=forecasts,
        texts=texts,
        money=money,
        neighbours=neighbours,
        stops=list(dict.fromkeys(stops)),
        times=times,
    )


async def _texts(plan: CampaignPlan, now: datetime) -> tuple[list[TextFacts], list[str], list[str]]:
    """The texts of the steps that are still to be frozen, what forbids them, and what is wrong with their times."""
    told: list[TextFacts] = []
    stops: list[str] = []
    times: list[str] = []
    async with scope(role="job"):
        blocked = await blocked_words()
        for step in plan.steps:
            if step.state != "draft" or step.plan.kind == "winner":
                continue
            for place, text in enumerate(texts_of(step=step.plan)):
                found = findings_of(text=text, content_kind=plan.content_kind, blocked=blocked)
                accounts = await precheck(text=text, message_class="marketing", now=now)
                label = step.plan.variants[place].label if step.plan.variants else ""
                told.append(TextFacts(number=step.number, label=label, text=text, findings=found, accounts=accounts))
            try:
                await check_wave(wave=wave_of(plan=plan, step=step), now=now, zone=settings().zone)
            except Refusal as refusal:
                (times if refusal.code in _OF_TIME else stops).append(_of_step(plan, step, _said(refusal)))
    for one in told:
        stops += [str(getattr(finding, settings().language)) for finding in one.findings if finding.level == "stop"]
        try:
            refuse_uncarried(checks=one.accounts)
        except Refusal as refusal:
            stops.append(_said(refusal))
    return told, stops, times


def _stops(plan: CampaignPlan, forecasts: Sequence[StepForecast], money: BudgetView) -> list[str]:
    words = WORDS[settings().language]
    stops = [str(getattr(one, settings().language)) for one in money.findings if one.stops]
    if not plan.steps:
        stops.append(words["no_steps"])
    elif forecasts and not forecasts[0].forecast.members:
        stops.append(words["nobody"])
    elif forecasts and not sum(one.forecast.messages for one in forecasts):
        stops.append(words["nobody_left"])
    return stops


def _of_step(plan: CampaignPlan, step: StepShown, sentence: str) -> str:
    """A sentence with the step that it is about, where there are several."""
    if len(plan.steps) == 1:
        return sentence
    return WORDS[settings().language]["of_step"].format(n=step.number, said=sentence)


def _said(refusal: Refusal) -> str:
    return str(getattr(refusal, settings().language))
