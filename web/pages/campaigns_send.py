"""Step 6 of the wizard: times, holdout and canary, one sentence that sums it up, and the button that lets it go."""

from collections.abc import Mapping
from typing import Any, Literal

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_400_BAD_REQUEST

from actions.campaigns import move
from actions.campaigns_edit import change_campaign
from config.settings import settings
from queries.campaigns_plan import CampaignPlan, campaign_plan
from queries.staff import Identity
from rules.campaigns import check_begin
from rules.refusals import Refusal
from tables.access import STORE_ROLES
from web.pages.campaigns_content_told import explained
from web.pages.campaigns_content_words import WORDS as CONTENT
from web.pages.campaigns_deeds import rewritten
from web.pages.campaigns_facts import gathered
from web.pages.campaigns_frame import (
    DEED,
    HQ_EDITS,
    MAY_EDIT,
    PAGE,
    PATH,
    campaign_form,
    campaigns_page,
    check_may_edit,
    clock,
    moment,
    own_scope,
    plan_of,
    said,
)
from web.pages.campaigns_send_form import CANARIES, read_send, typed_send
from web.pages.campaigns_send_told import sentence
from web.pages.campaigns_send_words import WORDS
from web.pages.live import Asked, back_to

_REACHED = 6
# What a button does to a campaign, and in which states it is there.
_BUTTONS: Mapping[str, tuple[str, ...]] = {
    "submit": ("draft",), "schedule": ("draft",), "approve": ("review",), "back": ("review", "scheduled"),
    "cancel": ("review", "scheduled"),
}  # fmt: skip
_TARGETS: Mapping[str, Literal["review", "scheduled", "draft", "cancelled"]] = {
    "submit": "review", "schedule": "scheduled", "approve": "scheduled", "back": "draft", "cancel": "cancelled",
}  # fmt: skip


@get(f"{PATH}/{{campaign:int}}/send", **PAGE)
async def campaign_send(
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int], part: FromQuery[str | None] = None
) -> Template:
    """The page; its `part` `summary` is asked for by itself. Raises Refusal unknown_campaign, not_allowed."""
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    return await _page(request=request, staff=staff, plan=plan, typed=typed_send(plan=plan), part=part)


@post(f"{PATH}/{{campaign:int}}/send", **DEED)
async def campaign_sent(
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int]
) -> Redirect | Template:
    """Stores the times, and hands in, schedules, approves, takes back or cancels. Raises Refusal unknown_campaign, not_allowed."""
    form = await campaign_form(request=request)
    check_may_edit(staff=staff)
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    deed = form.one("do")
    typed, errors = typed_send(plan=plan), {}
    if plan.state == "draft":
        typed = {name: form.one(name) for name in form.fields}
        errors = await _stored(request=request, staff=staff, plan=plan, typed=typed)
    if not errors and plan.state in _BUTTONS.get(deed, ()):
        errors = await _moved(request=request, staff=staff, campaign=campaign, deed=deed)
    if errors:
        fresh = await plan_of(request=request, staff=staff, campaign=campaign)
        return await _page(request=request, staff=staff, plan=fresh, typed=typed, errors=errors)
    return back_to(PATH if deed == "cancel" else f"{PATH}/{campaign}/send")


async def _stored(
    *, request: Asked, staff: Identity, plan: CampaignPlan, typed: Mapping[str, str]
) -> dict[str, str]:  # fmt: skip
    steps, fields, errors = read_send(plan=plan, typed=typed)
    if errors:
        return errors
    try:
        async with own_scope(request=request, staff=staff):
            await rewritten(campaign=plan.id, steps=steps)
            await change_campaign(campaign=plan.id, reached=max(plan.reached, _REACHED - 1), **fields)
    except Refusal as refusal:
        return {"": said(refusal)}
    return {}


async def _moved(*, request: Asked, staff: Identity, campaign: int, deed: str) -> dict[str, str]:
    """Moves the campaign; what forbids it, as sentences. What was planned before is checked again when it is let go."""
    try:
        if deed in {"submit", "schedule", "approve"}:
            stops = await _stops(request=request, staff=staff, campaign=campaign)
            if stops:
                return {"stops": "\n".join(stops)}
        async with own_scope(request=request, staff=staff):
            await move(campaign=campaign, target=_TARGETS[deed], now=clock())
    except Refusal as refusal:
        return {"": said(refusal)}
    return {}


async def _stops(*, request: Asked, staff: Identity, campaign: int) -> list[str]:
    async with own_scope(request=request, staff=staff):
        plan = await campaign_plan(campaign=campaign)
    if plan is None or not plan.steps:
        return [WORDS[settings().language]["no_steps"]]
    try:
        check_begin(scheduled_at=min(one.plan.scheduled_at for one in plan.steps), now=clock())
    except Refusal as refusal:
        return [said(refusal)]
    facts = await gathered(plan=plan, now=clock())
    return [*facts.stops, *facts.times]


async def _page(
    *, request: Asked, staff: Identity, plan: CampaignPlan, typed: Mapping[str, str], part: str | None = None,
    errors: Mapping[str, str] | None = None,
) -> Template:  # fmt: skip
    words, editable = WORDS[settings().language], staff.role in MAY_EDIT and plan.state == "draft"
    context: dict[str, Any] = {
        "typed": typed,
        "errors": errors or {},
        "editable": editable,
        "canaries": [(n, words["canary_n"].format(n=f"{n:,}") if n else words["canary_none"]) for n in CANARIES],
        "status": _status(plan),
        "buttons": _buttons(plan, staff),
        "sentence": await sentence(plan=plan) if part else None,
        "kinds": CONTENT[settings().language],
        "explained": {one.number: explained(step=one.plan) for one in plan.steps},
        "begun": plan.state in {"sending", "paused", "finished", "stopped"},
    }
    return campaigns_page(
        request=request, staff=staff, name="campaigns_send_summary.html" if part == "summary" else "campaigns_send.html",
        words=words, context=context, plan=plan, step=6, status=HTTP_400_BAD_REQUEST if errors else HTTP_200_OK,
    )  # fmt: skip


def _status(plan: CampaignPlan) -> str | None:
    words = WORDS[settings().language]
    if plan.state == "scheduled" and plan.steps:
        return words["is_scheduled"].format(at=moment(min(one.plan.scheduled_at for one in plan.steps)))
    return {"review": words["in_review"], "cancelled": words["is_cancelled"]}.get(plan.state)


def _buttons(plan: CampaignPlan, staff: Identity) -> dict[str, Any]:
    """Which buttons somebody has, and what is said beside them."""
    words, leads = WORDS[settings().language], staff.role in HQ_EDITS
    if staff.role not in MAY_EDIT:
        return {}
    if plan.state == "draft":
        name = "schedule" if leads else "submit"
        return {"first": (name, words[name]), "about": words[f"{name}_about"]}
    if plan.state == "review" and leads:
        own = plan.staff == staff.staff
        return {
            "first": None if own else ("approve", words["approve"]),
            "about": words["own"] if own else words["review_for_hq"].format(author=plan.store_name or ""),
            "back": words["take_back"] if own else words["back_to_draft"],
        }  # fmt: skip
    if plan.state in {"review", "scheduled"}:
        return {"back": words["take_back"] if staff.role in STORE_ROLES else words["back_to_draft"]}
    return {}
