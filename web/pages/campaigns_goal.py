"""Step 1 of the wizard: what a campaign is for, whose it is, and what it may cost."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_400_BAD_REQUEST

from actions.campaigns_edit import change_campaign, drop_campaign, new_campaign
from config.settings import settings
from queries.campaigns_plan import CampaignPlan
from queries.staff import Identity
from rules.refusals import Refusal
from tables.access import STORE_ROLES
from tables.scope import current
from web.pages.campaigns_frame import (
    DEED,
    MAY_EDIT,
    PAGE,
    PATH,
    Form,
    campaign_form,
    campaigns_page,
    check_may_edit,
    clock,
    own_scope,
    plan_of,
    said,
)
from web.pages.campaigns_goal_words import WORDS
from web.pages.campaigns_words import CONTENT_KINDS, GOALS
from web.pages.live import Asked, back_to

RHYTHMS = ("event", "rhythm", "plain")
MOST_DAYS = 90
_STORES = "SELECT id, code::text AS code, name::text AS name FROM store WHERE is_active ORDER BY code"
_YUAN = re.compile(r"[0-9]{1,8}(\.[0-9]{1,2})?", re.ASCII)
_DAYS = re.compile(r"[0-9]{1,2}", re.ASCII)
_FIELDS = ("name", "goal", "content_kind", "rhythm", "store", "attribution_days", "budget", "activity_budget")
# At which field a refusal is said.
_PLACES = {"name_taken": "name", "bad_name": "name", "foreign_store": "store"}
_FRESH = {
    "name": "", "goal": "sell", "content_kind": "promotion", "rhythm": "event", "store": "", "attribution_days": "7", "budget": "",
    "activity_budget": "",
}  # fmt: skip


@get(f"{PATH}/new", **PAGE)
async def campaign_new(request: Asked, staff: NamedDependency[Identity]) -> Template:
    """An empty form. Raises Refusal not_allowed."""
    check_may_edit(staff=staff)
    return await _page(request=request, staff=staff, plan=None, typed=_FRESH)


@post(f"{PATH}/new", **DEED)
async def campaign_begun(request: Asked, staff: NamedDependency[Identity]) -> Redirect | Template:
    """Stores a draft and goes on to its text; what is wrong is said at its field."""
    form = await campaign_form(request=request)
    check_may_edit(staff=staff)
    return await _stored(request=request, staff=staff, plan=None, form=form)


@get(f"{PATH}/{{campaign:int}}/goal", **PAGE)
async def campaign_goal(request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int]) -> Template:
    """The form as it was stored. Raises Refusal unknown_campaign, not_allowed."""
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    typed = {
        "name": plan.name, "goal": plan.goal, "content_kind": plan.content_kind, "rhythm": plan.rhythm or "plain",
        "store": str(plan.store or ""), "attribution_days": str(plan.attribution_days),
        "budget": _plain(plan.budget), "activity_budget": _plain(plan.activity_budget),
    }  # fmt: skip
    return await _page(request=request, staff=staff, plan=plan, typed=typed)


@post(f"{PATH}/{{campaign:int}}/goal", **DEED)
async def campaign_goal_kept(
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int]
) -> Redirect | Template:  # fmt: skip
    """Stores the goal, or deletes the draft. Raises Refusal unknown_campaign, not_allowed, not_draft."""
    form = await campaign_form(request=request)
    check_may_edit(staff=staff)
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    if form.one("do") == "delete":
        async with own_scope(request=request, staff=staff):
            await drop_campaign(campaign=campaign)
        return back_to(PATH)
    return await _stored(request=request, staff=staff, plan=plan, form=form)


async def _stored(
    *, request: Asked, staff: Identity, plan: CampaignPlan | None, form: Form
) -> Redirect | Template:  # fmt: skip
    typed = {name: form.one(name) for name in _FIELDS}
    stores = await _stores(request=request, staff=staff)
    fields, errors = read_goal(typed=typed, stores=[one["id"] for one in stores], chain=staff.role not in STORE_ROLES)
    if not errors:
        try:
            async with own_scope(request=request, staff=staff):
                campaign = await _written(plan=plan, fields=fields)
            return back_to(f"{PATH}/{campaign}/content")
        except Refusal as refusal:
            errors = {_PLACES.get(refusal.code, ""): said(refusal)}
    return await _page(request=request, staff=staff, plan=plan, typed=typed, errors=errors)


async def _written(*, plan: CampaignPlan | None, fields: Mapping[str, Any]) -> int:
    later = {name: fields[name] for name in ("attribution_days", "budget", "activity_budget")}
    first = {name: fields[name] for name in ("name", "goal", "content_kind", "rhythm", "store")}
    if plan is None:
        campaign = await new_campaign(**first, now=clock())
        await change_campaign(campaign=campaign, **later)
    else:
        campaign = plan.id
        await change_campaign(campaign=campaign, **first, **later)
    return campaign


def read_goal(
    *, typed: Mapping[str, str], stores: list[int], chain: bool
) -> tuple[dict[str, Any], dict[str, str]]:  # fmt: skip
    """The fields of a campaign as they are stored, and what is wrong by the name of its field. `stores`: those that may own it;
    `chain`: so may head office.
    """
    words, errors = WORDS[settings().language], {}
    fields: dict[str, Any] = {"name": typed["name"]}
    for name, known in (
        ("goal", tuple(GOALS["en"])),
        ("content_kind", tuple(CONTENT_KINDS["en"])),
        ("rhythm", RHYTHMS),
    ):
        fields[name] = typed[name]
        if typed[name] not in known:
            errors[name] = words["bad_choice"]
    fields["rhythm"] = None if typed["rhythm"] == "plain" else typed["rhythm"]
    fields["store"] = next((one for one in stores if str(one) == typed["store"]), None)
    if fields["store"] is None and (typed["store"] or not chain):
        errors["store"] = words["bad_choice"]
    days = typed["attribution_days"]
    if _DAYS.fullmatch(days) and 1 <= int(days) <= MOST_DAYS:
        fields["attribution_days"] = int(days)
    else:
        errors["attribution_days"] = words["bad_days"]
    for name in ("budget", "activity_budget"):
        amount = typed[name].replace(",", "").replace("，", "")
        if amount and not _YUAN.fullmatch(amount):
            errors[name] = words["bad_yuan"]
        else:
            fields[name] = Decimal(amount) if amount else None
    return fields, errors


async def _stores(*, request: Asked, staff: Identity) -> list[dict[str, Any]]:
    async with own_scope(request=request, staff=staff):
        return [dict(row) for row in await current().fetch(_STORES)]


async def _page(
    *, request: Asked, staff: Identity, plan: CampaignPlan | None, typed: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
) -> Template:  # fmt: skip
    language = settings().language
    stores = await _stores(request=request, staff=staff)
    chain = staff.role not in STORE_ROLES
    context = {
        "typed": typed,
        "errors": errors or {},
        "editable": staff.role in MAY_EDIT and (plan is None or plan.state == "draft"),
        "goals": GOALS[language],
        "kinds": CONTENT_KINDS[language],
        "stores": stores,
        "chain": chain,
    }
    return campaigns_page(
        request=request, staff=staff, name="campaigns_goal.html", words=WORDS[language], context=context, plan=plan, step=1,
        status=HTTP_400_BAD_REQUEST if errors else HTTP_200_OK,
    )  # fmt: skip


def _plain(amount: Decimal | None) -> str:
    """800 rather than 800.00."""
    if amount is None:
        return ""
    return str(int(amount)) if amount == int(amount) else str(amount)
