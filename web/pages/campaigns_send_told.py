"""A campaign in one sentence, before it is let go."""

from decimal import Decimal

from actions.campaigns_forecast import forecast_campaign
from config.settings import settings
from queries.campaigns_plan import CampaignPlan
from rules.refusals import Refusal
from web.pages.campaigns_facts import cost_of
from web.pages.campaigns_frame import clock, moment, said
from web.pages.campaigns_send_words import WORDS
from web.pages.frame import number, yuan


async def sentence(*, plan: CampaignPlan) -> str:
    """To whom, how many, for how much and when; or why that cannot be told."""
    words = WORDS[settings().language]
    if not plan.steps:
        return words["no_steps"]
    try:
        forecasts = await forecast_campaign(
            campaign=plan.id,
            now=clock(),
            zone=settings().zone,
            secret=settings().secret,
            public_url=settings().public_url,
        )
    except Refusal as refusal:
        return said(refusal)
    cost = cost_of(forecasts=forecasts)
    begins = min(one.plan.scheduled_at for one in plan.steps)
    return words["sentence"].format(
        who=_who(plan),
        people=number(max((one.forecast.members for one in forecasts), default=0)),
        messages=number(sum(one.forecast.messages for one in forecasts)),
        parts=number(sum(one.forecast.parts for one in forecasts)),
        cost=words["sentence_unknown"] if cost is None else yuan(cost.quantize(Decimal("0.01"))),
        steps=words["one_step"] if len(plan.steps) == 1 else words["many_steps"].format(n=len(plan.steps)),
        holdout=words["with_holdout"].format(share=round(plan.holdout * 100)) if plan.holdout else "",
        canary=words["with_canary"].format(n=number(plan.canary)) if plan.canary else "",
        **{"from": moment(begins)},
    )


def _who(plan: CampaignPlan) -> str:
    words = WORDS[settings().language]
    if plan.rule.strip():
        return words["of_rule"]
    return words["of_store"].format(store=plan.store_name) if plan.store_name else words["everybody"]
