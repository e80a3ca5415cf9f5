"""/campaigns/{id}/people, step 3 of the wizard: a saved segment, a rule in words or in a form, and whom it reaches now."""

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_400_BAD_REQUEST

from actions.campaigns_edit import change_campaign
from actions.segments import keep_segment
from config.settings import settings
from queries.campaigns_plan import CampaignPlan
from queries.rule_choices import rule_choices
from queries.segment_list import SavedSegment, saved_segments
from queries.staff import Identity
from rules.refusals import Refusal
from rules.segments import parse
from rules.segments import said as rule_said
from tables.access import STORE_ROLES
from web.pages.campaigns_editor import Edit, edited, mended, opened
from web.pages.campaigns_editor_look import Looked, look, look_shown, wants_count
from web.pages.campaigns_editor_rows import rows_shown
from web.pages.campaigns_frame import (
    MAY_EDIT,
    MOST_BYTES,
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
from web.pages.campaigns_people_words import WORDS
from web.pages.frame import REFUSED, number
from web.pages.live import Asked, back_to

_PATH = f"{PATH}/{{campaign:int}}/people"
_STEP = 3


@get(_PATH, include_in_schema=False, exception_handlers=REFUSED)
async def people_page(
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int], kept: FromQuery[str | None] = None
) -> Template:
    """The step as it was saved. Raises Refusal unknown_campaign, not_allowed."""
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    edit = opened(text=plan.rule, language=settings().language)
    looked = await look(edit=edit, store=plan.store, count=False, now=clock())
    return await _answer(request=request, staff=staff, plan=plan, looked=looked, more={"kept": kept})


@post(_PATH, include_in_schema=False, exception_handlers=REFUSED, request_max_body_size=MOST_BYTES)
async def people_edited(
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int]
) -> Redirect | Template:
    """What was typed, looked at; or saved, as the campaign's people or as a segment. Raises Refusal bad_request,
    unknown_campaign, not_allowed, not_draft.
    """
    form = await campaign_form(request=request)
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    edit = edited(form=form, language=settings().language)
    act = form.one("act")
    if act == "mend":
        named = await look(edit=edit, store=plan.store, count=False, now=clock())
        edit = mended(edit=named.edit)
    saves = act in {"save", "keep"}
    if saves:
        check_may_edit(staff=staff)
    counts = wants_count(request=request, by=form.one("by"))
    looked = await look(edit=edit, store=plan.store, count=counts and not saves, now=clock())
    if not saves:
        return await _answer(request=request, staff=staff, plan=plan, looked=looked)
    if looked.edit.refusal is None and edit.wrong_row is None:
        if act == "save":
            return await _saved(request=request, staff=staff, plan=plan, text=edit.text)
        return await _kept(request=request, staff=staff, plan=plan, looked=looked, form=form)
    return await _answer(request=request, staff=staff, plan=plan, looked=looked, status=HTTP_400_BAD_REQUEST)


async def _saved(*, request: Asked, staff: Identity, plan: CampaignPlan, text: str) -> Redirect:
    async with own_scope(request=request, staff=staff):
        await change_campaign(campaign=plan.id, rule=text, reached=max(plan.reached, _STEP))
    return Redirect(f"{PATH}/{plan.id}/check", status_code=HTTP_303_SEE_OTHER)


async def _kept(
    *, request: Asked, staff: Identity, plan: CampaignPlan, looked: Looked, form: Form
) -> Redirect | Template:
    name, text = form.one("segment_name"), looked.edit.text
    try:
        async with own_scope(request=request, staff=staff):
            await keep_segment(segment=None, name=name, rule=text)
    except Refusal as refusal:
        more = {"keep_error": said(refusal), "segment_name": name}
        return await _answer(
            request=request, staff=staff, plan=plan, looked=looked, more=more, status=HTTP_400_BAD_REQUEST
        )
    async with own_scope(request=request, staff=staff):
        await change_campaign(campaign=plan.id, rule=text)
    return back_to(f"{PATH}/{plan.id}/people?kept=1")


async def _answer(
    *, request: Asked, staff: Identity, plan: CampaignPlan, looked: Looked, more: dict[str, Any] | None = None,
    status: int = HTTP_200_OK,
) -> Template:  # fmt: skip
    words = WORDS[settings().language]
    async with own_scope(request=request, staff=staff):
        choices = await rule_choices()
        # What the script asks for again and again is the rule, not the cards above it.
        segments = [] if "hx-request" in request.headers else await saved_segments()
    own = plan.store_name if plan.store is not None else None
    context = {
        "url": f"{PATH}/{plan.id}/people",
        "may_write": staff.role in MAY_EDIT and plan.state == "draft",
        "of_store": None if own is None else words["of_store"].format(store=own),
        "everyone": words["everyone"] if own is None else words["everyone_store"].format(store=own),
        "everyone_about": words["everyone_about"] if own is None else words["everyone_store"].format(store=own),
        "segments": [segment_card(one, hq=plan.store is None and staff.role not in STORE_ROLES) for one in segments],
        **rows_shown(edit=looked.edit, choices=choices),
        **look_shown(looked=looked, now=clock()),
        **(more or {}),
    }
    return campaigns_page(
        request=request, staff=staff, name="campaigns_people.html", words=words, context=context, plan=plan, step=_STEP,
        status=status,
    )  # fmt: skip


def segment_card(one: SavedSegment, *, hq: bool) -> dict[str, Any]:
    """A saved segment with its rule in words, and for head office with the chain's number."""
    words = WORDS[settings().language]
    counted = one.members is not None and one.counted_on is not None
    return {
        "id": one.id,
        "name": one.name,
        "said": in_words(rule=one.rule),
        "note": one.note,
        "members": number(one.members) if hq and one.members is not None else None,
        "as_of": None if not hq else words["counted"].format(day=f"{one.counted_on:%m-%d}") if counted else words["not_counted"],
    }  # fmt: skip


def in_words(*, rule: str) -> str:
    """A rule in the language of the house; one that cannot be read as it is written."""
    try:
        edit: Edit = opened(text=rule, language=settings().language)
        return rule_said(rule=parse(text=edit.text), language="zh" if edit.language == "zh" else "en")
    except Refusal:
        return rule
