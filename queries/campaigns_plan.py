"""A campaign as it is planned: what the wizard shows, what the clock goes by, and what results are compared with."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from queries.audience import Version, Wave
from rules.campaigns_plan import StepPlan, VariantPlan
from tables.scope import current

_CAMPAIGN = """
SELECT c.id, c.name, c.goal, c.content_kind, c.rhythm, c.store, c.state, c.reason, c.rule, c.holdout, c.canary, c.attribution_days,
    c.budget, c.activity_budget, c.reached, c.created_at, c.staff, c.approved_at, o.code AS store_code, o.name AS store_name
FROM campaign c LEFT JOIN store o ON o.id = c.store WHERE c.id = $1
"""
_STEPS = """
SELECT s.id, s.number, s.kind, f.number AS follows, s.days_before, s.wait_minutes, s.sample, s.winner_by, s.winner, s.verdict,
    s.canary_state, s.canary_at, s.text, s.landing, s.expects_reply, s.scheduled_at, s.send_before, s.state, s.audience, s.frozen_at
FROM campaign_step s LEFT JOIN campaign_step f ON f.id = s.follows WHERE s.campaign = $1 ORDER BY s.number
"""
_VARIANTS = """
SELECT v.step, v.id, v.label, v.share, v.text, v.landing, v.landing_kind, v.minutes_later
FROM campaign_variant v JOIN campaign_step s ON s.id = v.step WHERE s.campaign = $1 ORDER BY v.step, v.label
"""
_OF_STEP = ("id", "number", "state", "audience", "frozen_at", "winner", "verdict", "canary_state", "canary_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class StepShown:
    """A step as it is planned, and how far it is. `variants`: the ids of its plan's variants."""

    id: int
    number: int
    plan: StepPlan
    variants: tuple[int, ...]
    state: str
    audience: int | None
    frozen_at: datetime | None
    winner: str | None
    verdict: str | None
    canary_state: str | None
    canary_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignPlan:
    """A campaign with its steps in order; the columns are those of tables/campaigns.py."""

    id: int
    name: str
    goal: str
    content_kind: str
    rhythm: str | None
    store: int | None
    store_code: str | None
    store_name: str | None
    state: str
    reason: str | None
    rule: str
    holdout: Decimal
    canary: int
    attribution_days: int
    budget: Decimal | None
    activity_budget: Decimal | None
    reached: int
    created_at: datetime
    staff: int | None
    approved_at: datetime | None
    steps: tuple[StepShown, ...]


async def campaign_plan(*, campaign: int) -> CampaignPlan | None:
    """The plan of a campaign (id) that the scope's role sees."""
    connection = current()
    row = await connection.fetchrow(_CAMPAIGN, campaign)
    if row is None:
        return None
    variants: dict[int, list[tuple[int, VariantPlan]]] = defaultdict(list)
    for one in map(dict, await connection.fetch(_VARIANTS, campaign)):
        variants[one.pop("step")].append((one.pop("id"), VariantPlan(**one)))
    steps = []
    for step in map(dict, await connection.fetch(_STEPS, campaign)):
        own = {name: step.pop(name) for name in _OF_STEP}
        versions = variants[own["id"]]
        plan = StepPlan(**step, variants=tuple(plan for _, plan in versions))
        steps.append(StepShown(**own, plan=plan, variants=tuple(key for key, _ in versions)))
    return CampaignPlan(**row, steps=tuple(steps))


def wave_of(*, plan: CampaignPlan, step: StepShown, personal: bool = False) -> Wave:
    """What a step of a campaign says, to whom of its audience and when; `personal`: as the audience is."""
    versions = [
        Version(label=one.label, share=one.share, text=one.text, minutes_later=one.minutes_later, id=key)
        for key, one in zip(step.variants, step.plan.variants, strict=True)
    ]
    return Wave(
        text=step.plan.text, scheduled_at=step.plan.scheduled_at, send_before=step.plan.send_before, rhythm=plan.rhythm,
        versions=versions, holdout=plan.holdout, sample=step.plan.sample, campaign=plan.id, step=step.id,
        # Whoever clicked gets no follow-up: that is what they did.
        personal=personal or step.plan.kind == "follow_up",
    )  # fmt: skip
