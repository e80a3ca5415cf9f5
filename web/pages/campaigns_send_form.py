"""The wizard's sixth step as a form: times of each step, the share held out, the canary."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from config.settings import settings
from queries.campaigns_plan import CampaignPlan
from rules.campaigns_plan import StepPlan
from web.pages.campaigns_send_words import WORDS
from web.pages.campaigns_steps import YEARS

CANARIES = (0, 1_000, 2_000, 5_000)
MOST_HELD_OUT = 50
_FORM = "%Y-%m-%dT%H:%M"


def typed_send(*, plan: CampaignPlan) -> dict[str, str]:
    """The fields as they are stored. Steps that follow others have no times of their own."""
    zone = settings().zone
    fields = {"holdout": str(round(plan.holdout * 100)), "canary": str(plan.canary)}
    for one in plan.steps:
        if one.plan.follows is None:
            fields[f"from_{one.number}"] = f"{one.plan.scheduled_at.astimezone(zone):{_FORM}}"
            fields[f"until_{one.number}"] = f"{one.plan.send_before.astimezone(zone):{_FORM}}"
    return fields


def read_send(
    *, plan: CampaignPlan, typed: Mapping[str, str]
) -> tuple[list[StepPlan], dict[str, Any], dict[str, str]]:  # fmt: skip
    """The steps at their new times, the campaign's own fields, and what is wrong by the name of its field."""
    words, errors = WORDS[settings().language], {}
    steps = []
    for one in plan.steps:
        if one.plan.follows is not None:
            steps.append(one.plan)
            continue
        begins, ends = (_instant(typed.get(f"{name}_{one.number}", "")) for name in ("from", "until"))
        if begins is None or ends is None:
            errors[f"step_{one.number}"] = words["bad_time"]
        elif ends <= begins:
            errors[f"step_{one.number}"] = words["bad_order"]
        else:
            steps.append(replace(one.plan, scheduled_at=begins, send_before=ends))
    fields: dict[str, Any] = {}
    share, canary = typed.get("holdout", ""), typed.get("canary", "")
    if share.isascii() and share.isdigit() and int(share) <= MOST_HELD_OUT:
        fields["holdout"] = Decimal(int(share)) / 100
    else:
        errors["holdout"] = words["bad_share"]
    # A number that somebody stored elsewhere stays possible.
    if canary in {str(n) for n in (*CANARIES, plan.canary)}:
        fields["canary"] = int(canary)
    else:
        errors["canary"] = words["bad_canary"]
    return steps, fields, errors


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.strptime(text[:16], _FORM).replace(tzinfo=settings().zone)
    except ValueError:
        return None
    return at if at.year in YEARS else None
