"""Step 4 of the wizard: who would get it, what it costs, and what stands in its way, before anything is sent."""

from datetime import date
from decimal import Decimal
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_400_BAD_REQUEST

from actions.campaigns_edit import change_campaign
from actions.campaigns_forecast import StepForecast
from config.settings import settings
from queries.calendar_collisions import Collision
from queries.campaigns_plan import CampaignPlan
from queries.staff import Identity
from rules.campaigns_cut import cut
from tables.access import STORE_ROLES
from web.pages.campaigns_content_words import LOOK
from web.pages.campaigns_facts import Facts, TextFacts, gathered
from web.pages.campaigns_facts_words import LEFT_OUT, WORDS
from web.pages.campaigns_frame import (
    DEED,
    MAY_EDIT,
    PAGE,
    PATH,
    campaign_form,
    campaigns_page,
    check_may_edit,
    clock,
    own_scope,
    plan_of,
)
from web.pages.campaigns_look import TONES, marked
from web.pages.frame import number, yuan
from web.pages.live import Asked, back_to

_REACHED = 4
_CENT = Decimal("0.01")


@get(f"{PATH}/{{campaign:int}}/check", **PAGE)
async def campaign_check(
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int], part: FromQuery[str | None] = None
) -> Template:
    """The page, which asks for its `part` `report` by itself; without a script a link does. Raises Refusal unknown_campaign."""
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    return await _page(request=request, staff=staff, plan=plan, part=part)


@post(f"{PATH}/{{campaign:int}}/check", **DEED)
async def campaign_checked(
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int]
) -> Redirect | Template:
    """On to the test, if nothing forbids it. Raises Refusal unknown_campaign, not_allowed."""
    await campaign_form(request=request)
    check_may_edit(staff=staff)
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    facts = await gathered(plan=plan, now=clock())
    if facts.stops:
        return await _page(request=request, staff=staff, plan=plan, part="whole", facts=facts)
    if plan.state == "draft":
        async with own_scope(request=request, staff=staff):
            await change_campaign(campaign=campaign, reached=max(plan.reached, _REACHED))
    return back_to(f"{PATH}/{campaign}/test")


async def _page(
    *, request: Asked, staff: Identity, plan: CampaignPlan, part: str | None, facts: Facts | None = None
) -> Template:
    if part is not None and facts is None:
        facts = await gathered(plan=plan, now=clock())
    context: dict[str, Any] = {"editable": staff.role in MAY_EDIT and plan.state == "draft"}
    if facts is not None:
        context["report"] = report(facts=facts, plan=plan, own=staff.role in STORE_ROLES)
    name = "campaigns_report.html" if part == "report" else "campaigns_check.html"
    return campaigns_page(
        request=request, staff=staff, name=name, words=WORDS[settings().language], context=context, plan=plan, step=4,
        status=HTTP_400_BAD_REQUEST if part == "whole" and facts and facts.stops and request.method == "POST" else HTTP_200_OK,
    )  # fmt: skip


def report(*, facts: Facts, plan: CampaignPlan, own: bool) -> dict[str, Any]:
    """The facts as words and numbers. `own`: for somebody of a store, who is not told of accounts."""
    return {
        "stops": facts.stops,
        "times": facts.times,
        "steps": [_step(one) for one in facts.forecasts],
        "total": _total(facts) if len(facts.forecasts) > 1 else None,
        "texts": [_text(one, own=own) for one in facts.texts],
        "money": _money(facts),
        "neighbours": [_neighbour(one, plan) for one in facts.neighbours],
    }


def _step(one: StepForecast) -> dict[str, Any]:
    words, told = WORDS[settings().language], one.forecast
    reasons = LEFT_OUT[settings().language]
    left_out = sorted(told.left_out.items(), key=lambda pair: -pair[1])
    figures = told.members, sum(told.left_out.values()), told.messages, told.parts, told.cost
    return {
        "number": one.number,
        "figures": _figures(*figures),
        "cells": _cells(*figures),
        "why": [(reasons.get(why, why), number(people)) for why, people in left_out if people],
        "notes": [words[name] for name, on in (("estimated", one.estimated), ("at_most", one.at_most)) if on],
        "long": _long(one),
    }


def _long(one: StepForecast) -> str | None:
    """How many need more than one part, and what could be saved."""
    words, told = WORDS[settings().language], one.forecast
    if not told.long or not told.messages:
        return None
    said = words["long"].format(share=_share(Decimal(told.long) / told.messages))
    less = cut(lengths=told.lengths, price=told.price)
    if less is not None and less.yuan:
        said += words["cut"].format(characters=less.characters, yuan=_money_said(less.yuan))
    elif less is not None:
        said += words["cut_parts"].format(characters=less.characters, parts=number(less.parts))
    return said


def _figures(members: int, left_out: int, messages: int, many: int, cost: Decimal | None) -> list[tuple[str, str]]:
    """Each figure with its name; of those left for a winner, where there are any."""
    words = WORDS[settings().language]
    cells = _cells(members, left_out, messages, many, cost)
    return [(name, said) for name, said in cells if said or name != words["aside"]]


def _cells(
    members: int | None, left_out: int | None, messages: int, many: int, cost: Decimal | None
) -> list[tuple[str, str]]:
    """The same for a table, in which every column stands; None: the sum would mean nothing."""
    words = WORDS[settings().language]
    aside = 0 if members is None or left_out is None else members - left_out - messages
    return [
        (words["people"], "" if members is None else number(members)),
        (words["left_out"], "" if left_out is None else number(left_out)),
        (words["aside"], number(aside) if aside > 0 else ""),
        (words["messages"], number(messages)),
        (words["parts"], number(many)),
        (words["cost"], words["unknown_price"] if cost is None else _money_said(cost)),
    ]


def _total(facts: Facts) -> list[tuple[str, str]]:
    """What all steps are together; people are in several of them."""
    told = [one.forecast for one in facts.forecasts]
    return _cells(None, None, sum(one.messages for one in told), sum(one.parts for one in told), facts.cost)


def _text(one: TextFacts, *, own: bool) -> dict[str, Any]:
    words, language = WORDS[settings().language], settings().language
    carrying = sum(check.carries for check in one.accounts)
    return {
        "number": one.number,
        "label": words["version"].format(label=one.label) if one.label else "",
        "marked": marked(text=one.text, findings=one.findings),
        "findings": [
            (LOOK[language][finding.level], TONES[finding.level], getattr(finding, language))
            for finding in one.findings
        ],
        "carried": words["carried"].format(n=carrying) if carrying else words["not_carried"],
        "good": carrying > 0,
        "accounts": [] if own else [
            (check.account, check.carries, [getattr(no, language) for no in check.objections]) for check in one.accounts
        ],
    }  # fmt: skip


def _money(facts: Facts) -> dict[str, Any] | None:
    if facts.money is None:
        return None
    words, view = WORDS[settings().language], facts.money
    figures: list[tuple[str, str]] = [
        (words[f"left_{name}"], _money_said(left))
        for name in ("campaign", "store", "chain")
        if (left := getattr(view.room, name)) is not None
    ]
    for name, share in (("activity_share", view.activity_share), ("high_share", view.high_value_share)):
        if share is not None:
            figures.append((words[name], _share(share)))
    findings = [("bad" if one.stops else "still", getattr(one, settings().language)) for one in view.findings]
    return {"figures": figures, "findings": findings}


def _neighbour(one: Collision, plan: CampaignPlan) -> str:
    words = WORDS[settings().language]
    said = words["itself" if one.campaign == plan.id else "collides"].format(
        day=_day(one.own_day), name=one.name, number=one.number, other=_day(one.day), people=number(one.people),
        said=getattr(one, settings().language),
    )  # fmt: skip
    return said + (words["free"].format(day=_day(one.free_day)) if one.free_day else "")


def _day(day: date) -> str:
    return f"{day:%m-%d}"


def _share(share: Decimal) -> str:
    """23 %, and 0.4 % where it is less than one."""
    percent = share * 100
    return f"{percent:.0f}%" if percent >= 1 or percent == 0 else f"{percent:.1f}%"


def _money_said(amount: Decimal) -> str:
    return yuan(amount.quantize(_CENT))
