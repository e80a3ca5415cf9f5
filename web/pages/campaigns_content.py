"""Step 2 of the wizard: what is said, in which versions and how often; each text is looked at while it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_400_BAD_REQUEST

from config.settings import settings
from queries.audience import blocked_words
from queries.campaigns_look import Around, LibraryText, around, library
from queries.campaigns_plan import CampaignPlan
from queries.staff import Identity
from rules.campaigns import Blocked
from rules.refusals import Refusal
from tables.scope import scope
from web.pages.campaigns_content_told import shown
from web.pages.campaigns_content_words import WORDS
from web.pages.campaigns_deeds import STRUCTURE, Place, restructured, stored
from web.pages.campaigns_frame import (
    DEED,
    HQ_EDITS,
    MAY_EDIT,
    PAGE,
    PATH,
    Form,
    campaign_form,
    campaigns_page,
    check_may_edit,
    clock,
    plan_of,
    said,
)
from web.pages.campaigns_look import findings_of, look, mended_text
from web.pages.campaigns_steps import (
    Typed,
    fresh_step,
    read_step,
    typed_in,
    typed_of,
    with_text,
    with_version,
    without_version,
)
from web.pages.live import Asked, back_to


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What a page of texts needs besides the campaign: what stands around a text, which words are blocked, what may be taken."""

    around: Around
    blocked: Sequence[Blocked]
    texts: Sequence[LibraryText]


@get(f"{PATH}/{{campaign:int}}/content", **PAGE)
async def campaign_content(
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int], step: FromQuery[str | None] = None
) -> Template:
    """The editor of a step (its number). Raises Refusal unknown_campaign, not_allowed."""
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    place = place_of(plan=plan, number=step or "")
    return await _page(request=request, staff=staff, place=place, typed=_typed(place), form=Form({}))


@post(f"{PATH}/{{campaign:int}}/content", **DEED)
async def campaign_content_kept(
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int]
) -> Redirect | Template:
    """One of the editor's buttons: stores, goes on, mends a text, adds a version or steps. Raises Refusal unknown_campaign,
    not_allowed.
    """
    form = await campaign_form(request=request)
    check_may_edit(staff=staff)
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    place, typed = place_of(plan=plan, number=form.one("step")), typed_in(form=form)
    deed, _, rest = form.one("do").partition(":")
    if deed in {"mend", "use", "add_version", "drop_version"}:
        changed = await _changed(deed=deed, rest=rest, place=place, typed=typed)
        return await _page(request=request, staff=staff, place=place, typed=changed, form=form)
    wanted, errors = read_step(typed=typed, base=place.step)
    if deed == "drop_step":
        errors = {}
    if not errors:
        try:
            number = place.number
            if deed != "drop_step":
                await stored(request=request, staff=staff, place=place, step=wanted, typed=typed)
            if deed in STRUCTURE:
                number = await restructured(request=request, staff=staff, place=place, deed=deed, form=form)
        except Refusal as refusal:
            errors = {_field(refusal, deed): said(refusal)}
        else:
            return back_to(
                f"{PATH}/{campaign}/people" if deed == "next" else f"{PATH}/{campaign}/content?step={number}"
            )
    return await _page(request=request, staff=staff, place=place, typed=typed, form=form, errors=errors)


@post(f"{PATH}/{{campaign:int}}/content/look", **{**DEED, "status_code": HTTP_200_OK})
async def campaign_looked(
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int], label: FromQuery[str]
) -> Template:
    """The look at one version's text as it is typed. Raises Refusal unknown_campaign, not_allowed."""
    form = await campaign_form(request=request)
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    typed, desk = typed_in(form=form), await _desk(plan)
    wanted = label if label in typed.labels else "A"
    context = {"at": _look(plan, typed.of("text", wanted), wanted, desk), "editable": True, "open_preview": True}
    return campaigns_page(
        request=request,
        staff=staff,
        name="campaigns_look.html",
        words=WORDS[settings().language],
        context=context,
        plan=plan,
    )


def place_of(*, plan: CampaignPlan, number: str) -> Place:
    """The step of a number as a form has it; the first one where there is no such step."""
    found = next((one for one in plan.steps if str(one.number) == number), plan.steps[0] if plan.steps else None)
    step = found.plan if found else fresh_step(now=clock())
    return Place(plan=plan, number=found.number if found else 1, shown=found, step=step)


def _typed(place: Place) -> Typed:
    winner = next(
        (one.plan for one in place.plan.steps if one.plan.kind == "winner" and one.plan.follows == place.number), None
    )
    return typed_of(step=place.step, winner=winner)


def _field(refusal: Refusal, deed: str) -> str:
    """At which field a refusal is said: the series' own, else the text's."""
    return deed if deed in STRUCTURE else {"bad_shares": "share_A", "bad_wait": "wait"}.get(refusal.code, "text_A")


async def _changed(*, deed: str, rest: str, place: Place, typed: Typed) -> Typed:
    """What was typed after a button that stores nothing."""
    if deed == "add_version":
        return with_version(typed=typed)
    if deed == "drop_version":
        return without_version(typed=typed, label=rest)
    desk = await _desk(place.plan)
    label, _, number = rest.partition(":")
    if deed == "mend":
        text = typed.of("text", label)
        findings = findings_of(text=text, content_kind=place.plan.content_kind, blocked=desk.blocked)
        return with_text(typed=typed, label=label, text=mended_text(text=text, place=number, findings=findings))
    taken = next((one.text for one in desk.texts if str(one.id) == label), None)
    empty = next((one for one in typed.labels if not typed.of("text", one)), "A")
    return typed if taken is None else with_text(typed=typed, label=empty, text=taken)


async def _desk(plan: CampaignPlan) -> Desk:
    async with scope(role="job"):
        return Desk(around=await around(store=plan.store), blocked=await blocked_words(), texts=await library())


def _look(plan: CampaignPlan, text: str, label: str, desk: Desk) -> dict[str, Any]:
    return look(text=text, label=label, content_kind=plan.content_kind, around=desk.around, blocked=desk.blocked)


async def _page(
    *, request: Asked, staff: Identity, place: Place, typed: Typed, form: Form, errors: Mapping[str, str] | None = None
) -> Template:
    plan, desk = place.plan, await _desk(place.plan)
    open_step = place.shown is None or place.shown.state == "draft"
    late = plan.state == "paused" and staff.role in HQ_EDITS
    context = {
        **shown(place=place, typed=typed, form=form, texts=desk.texts, now=clock()),
        "errors": errors or {},
        "editable": staff.role in MAY_EDIT and open_step and (plan.state == "draft" or late),
        "draft": plan.state == "draft",
        "looks": {one: _look(plan, typed.of("text", one), one, desk) for one in typed.labels},
    }
    return campaigns_page(
        request=request, staff=staff, name="campaigns_content.html", words=WORDS[settings().language], context=context,
        plan=plan, step=2, status=HTTP_400_BAD_REQUEST if errors else HTTP_200_OK,
    )  # fmt: skip
