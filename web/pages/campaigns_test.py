"""Step 5 of the wizard: what real members would get, and a test to colleagues' phones."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_400_BAD_REQUEST

from actions.campaigns_edit import change_campaign
from actions.campaigns_test import Colleague, colleagues, test_send
from config.settings import settings
from queries.audience import members_of, wave_values
from queries.campaigns_plan import CampaignPlan, StepShown, wave_of
from queries.campaigns_tests import tests_of
from queries.previews import Preview, previews
from queries.segments import audience_of
from queries.staff import Identity
from rules.calendar import business_date
from rules.refusals import Refusal
from tables.access import STORE_ROLES
from tables.scope import scope
from tasks.messages import hand_over_soon
from web.pages.campaigns_content_words import WORDS as CONTENT
from web.pages.campaigns_facts_words import LEFT_OUT
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
from web.pages.campaigns_test_words import SENT, TONES, WORDS
from web.pages.live import Asked, back_to
from web.pages.messages_words import ERRORS

_REACHED = 5
_ASKED, _SHOWN = 60, 5  # people among whom some are looked for who would get it; those shown
_MOST_LABEL = 2


@get(f"{PATH}/{{campaign:int}}/test", **PAGE)
async def campaign_test(  # noqa: PLR0917  as they stand in the address
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int], step: FromQuery[str | None] = None,
    others: FromQuery[str | None] = None, sent: FromQuery[str | None] = None,
) -> Template:  # fmt: skip
    """The texts of a step (its number); `others`: of other members; `sent`: so many tests are on their way."""
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    shown = _step(plan, step or "")
    notice = None
    if sent is not None and sent.isascii() and sent.isdigit():
        words = WORDS[settings().language]
        notice = words["sent"].format(n=int(sent)) if int(sent) else words["none_sent"]
    return await _page(request=request, staff=staff, plan=plan, step=shown, seed=others or "", notice=notice)


@post(f"{PATH}/{{campaign:int}}/test", **DEED)
async def campaign_tested(
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int]
) -> Redirect | Template:
    """Sends a test, or goes on. Raises Refusal unknown_campaign, not_allowed."""
    form = await campaign_form(request=request)
    check_may_edit(staff=staff)
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    if form.one("do") == "next":
        if plan.state == "draft":
            async with own_scope(request=request, staff=staff):
                await change_campaign(campaign=campaign, reached=max(plan.reached, _REACHED))
        return back_to(f"{PATH}/{campaign}/send")
    shown = _step(plan, form.one("step"))
    try:
        queued = await _sent(plan=plan, step=shown, form=form)
    except Refusal as refusal:
        return await _page(request=request, staff=staff, plan=plan, step=shown, form=form, error=said(refusal))
    await hand_over_soon()
    return back_to(f"{PATH}/{campaign}/test?step={shown.number if shown else 1}&sent={queued}")


async def _sent(*, plan: CampaignPlan, step: StepShown | None, form: Form) -> int:
    if step is None:
        raise Refusal("no_step", "Write a text first.", "请先填写短信内容。")
    label = form.one("label")[:_MOST_LABEL] or None
    return await test_send(
        campaign=plan.id, step=step.id, label=label, staff=[_id(one) for one in form.every("staff")],
        member=await _member(plan, _id(form.one("member"))), now=clock(), zone=settings().zone, secret=settings().secret,
        public_url=settings().public_url,
    )  # fmt: skip


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0  # noqa: PLR2004  digits of a bigint


async def _member(plan: CampaignPlan, member: int) -> int | None:
    """The member, if the campaign is for them: nobody reads another store's data out of a test."""
    if not member:
        return None
    return member if member in (await _people(plan))[0] else None


def _step(plan: CampaignPlan, number: str) -> StepShown | None:
    return next((one for one in plan.steps if str(one.number) == number), plan.steps[0] if plan.steps else None)


async def _people(plan: CampaignPlan) -> tuple[list[int], bool]:
    """The audience, and whether it is one by what people did."""
    today = business_date(at=clock(), zone=settings().zone)
    async with scope(role="job"):
        audience = await audience_of(text=plan.rule, today=today, zone=settings().zone, store=plan.store)
        return await members_of(audience=audience), audience.personal


async def _versions(plan: CampaignPlan, step: StepShown, seed: str) -> list[dict[str, Any]]:
    """Each version's text as five members would get it, those who get it before those who do not."""
    people, personal = await _people(plan)
    asked = random.Random(f"{plan.id}:{seed}").sample(people, min(_ASKED, len(people)))  # noqa: S311  whom one looks at
    wave = wave_of(plan=plan, step=step, personal=personal)
    found = []
    async with scope(role="job"):
        for one in wave.spoken:
            # Of nobody is it asked whether they are held out: it is the text that is looked at.
            alone = replace(wave, text=one.text, versions=(), holdout=Decimal(0), sample=Decimal(1))
            values = await wave_values(
                wave=alone,
                now=clock(),
                zone=settings().zone,
                secret=settings().secret,
                public_url=settings().public_url,
            )
            shown = sorted(await previews(members=asked, values=values), key=lambda told: told.reason is not None)[
                :_SHOWN
            ]
            found.append({"label": one.label if wave.versions else "", "shown": [_preview(told) for told in shown]})
    return found


def _preview(told: Preview) -> dict[str, Any]:
    words, reasons = WORDS[settings().language], LEFT_OUT[settings().language]
    return {
        "member": told.member,
        "name": told.name,
        "store": told.store,
        "text": told.text,
        "length": words["length"].format(characters=told.characters, parts=told.parts) if told.text else None,
        "why": words["not_sent"].format(why=reasons.get(told.reason, told.reason)) if told.reason else None,
    }


async def _results(step: StepShown | None, known: Sequence[Colleague]) -> list[dict[str, str]]:
    if step is None:
        return []
    names = {one.id: one.username for one in known}
    words, states, errors = WORDS[settings().language], SENT[settings().language], ERRORS[settings().language]
    async with scope(role="job"):
        rows = await tests_of(step=step.id)
    return [
        {
            "name": names.get(one.staff or 0, words["colleague"]),
            "at": f"{one.at.astimezone(settings().zone):%H:%M:%S}",
            "state": states.get(one.state, one.state),
            "tone": TONES.get(one.state, ""),
            "why": errors.get(one.why, "") if one.why else "",
        }
        for one in rows
    ]


async def _page(
    *, request: Asked, staff: Identity, plan: CampaignPlan, step: StepShown | None, seed: str = "", notice: str | None = None,
    form: Form | None = None, error: str | None = None,
) -> Template:  # fmt: skip
    language = settings().language
    known, broken, versions = await colleagues(store=plan.store), None, []
    if step is not None and step.plan.kind != "winner":
        try:
            versions = await _versions(plan, step, seed)
        except Refusal as refusal:
            broken = said(refusal)
    context: Mapping[str, Any] = {
        "step": step,
        "kinds": CONTENT[language],
        "versions": versions,
        "broken": broken,
        "colleagues": known,
        "chosen": form.every("staff") if form else [str(staff.staff)],
        "notice": notice,
        "error": error,
        "tests": await _results(step, known),
        "seed": str(_id(seed) + 1),
        "editable": staff.role in MAY_EDIT,
        "simulator": settings().gateway == "simulator" and staff.role not in STORE_ROLES,
    }
    return campaigns_page(
        request=request, staff=staff, name="campaigns_test.html", words=WORDS[language], context=context, plan=plan, step=5,
        status=HTTP_400_BAD_REQUEST if error else HTTP_200_OK,
    )  # fmt: skip
