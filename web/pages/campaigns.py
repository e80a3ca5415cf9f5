"""/campaigns: every campaign that somebody may see, how far it is, and what can be done with it."""

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from actions.campaigns import move
from actions.campaigns_edit import copy_campaign
from config.settings import settings
from queries.campaigns_list import CampaignListed, counted_by_state, listed
from queries.staff import Identity
from rules.refusals import Refusal
from web.pages.campaigns_frame import (
    DEED,
    HQ_EDITS,
    MAY_EDIT,
    PAGE,
    PATH,
    campaign_form,
    campaigns_page,
    check_may_edit,
    check_may_see,
    clock,
    moment,
    own_scope,
    plan_of,
)
from web.pages.campaigns_list_words import WORDS
from web.pages.campaigns_words import REASONS, STATES, TONES
from web.pages.frame import number
from web.pages.live import Asked, back_to

MOST = 200
_LONGEST_NAME = 60
_MOST_COPIES = 20
_PAGES = ("goal", "content", "people", "check", "test", "send")
# To where one goes back after a button, and to which states buttons lead.
_BACK = {"list": PATH, "live": f"{PATH}/{{campaign}}/live", "send": f"{PATH}/{{campaign}}/send"}
# What lets a campaign go is asked on its own page, where everything is checked again.
_TARGETS = ("sending", "paused", "cancelled")


@get(PATH, **PAGE)
async def campaigns_list(
    request: Asked, staff: NamedDependency[Identity], show: FromQuery[str | None] = None
) -> Template:
    """The list; `show`: only those in this state. Raises Refusal not_allowed."""
    check_may_see(staff=staff)
    language = settings().language
    states, wanted = STATES[language], show if show in STATES[language] else None
    async with own_scope(request=request, staff=staff):
        rows = await listed(state=wanted, most=MOST)
        counts = await counted_by_state()
    tabs = [(name, word, counts[name], name == wanted) for name, word in states.items() if counts.get(name)]
    context = {
        "tabs": tabs,
        "total": sum(counts.values()),
        "wanted": wanted,
        "rows": [_row(one, staff=staff) for one in rows],
        "more": WORDS[language]["more"].format(most=MOST) if len(rows) == MOST else None,
    }
    return campaigns_page(
        request=request, staff=staff, name="campaigns_list.html", words=WORDS[language], context=context
    )


def _row(one: CampaignListed, *, staff: Identity) -> dict[str, Any]:
    language = settings().language
    edits = staff.role in MAY_EDIT
    return {
        "id": one.id,
        "name": one.name,
        "state": STATES[language].get(one.state, one.state),
        "tone": TONES.get(one.state, ""),
        "reason": REASONS[language].get(one.reason, one.reason) if one.reason else None,
        "store": one.store_name,
        "author": one.author_name,
        "begins": moment(one.begins) if one.begins else None,
        "steps": one.steps,
        "audience": None if one.audience is None else number(one.audience),
        "accepted": number(one.accepted),
        "delivered": number(one.delivered),
        "began": one.state in {"sending", "paused", "finished", "stopped"} or one.accepted > 0,
        "href": f"{PATH}/{one.id}/{page_of(state=one.state, reached=one.reached)}",
        "verb": _verb(one.state, edits=edits, leads=staff.role in HQ_EDITS),
        "move": {"sending": "paused", "paused": "sending"}.get(one.state) if edits else None,
    }


def page_of(*, state: str, reached: int) -> str:
    """The page of a campaign that one wants first: a draft's next step, else what became of it."""
    if state == "draft":
        return _PAGES[min(reached, len(_PAGES) - 1)]
    return {"review": "send", "scheduled": "send", "cancelled": "send", "finished": "results"}.get(state, "live")


def _verb(state: str, *, edits: bool, leads: bool) -> str:
    """The name of the link to that page."""
    known = {"sending": "live", "paused": "live", "stopped": "live", "finished": "results"}
    if edits:
        known |= {"draft": "go_on"}
    if leads:
        known |= {"review": "review"}
    return known.get(state, "open")


@get(f"{PATH}/{{campaign:int}}", **PAGE)
async def campaign_opened(
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int]
) -> Redirect:  # fmt: skip
    """To the page of it that one wants first. Raises Refusal unknown_campaign, not_allowed."""
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    return back_to(f"{PATH}/{campaign}/{page_of(state=plan.state, reached=plan.reached)}")


@post(f"{PATH}/{{campaign:int}}/move", **DEED)
async def campaign_moved(request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int]) -> Redirect:
    """Pauses, resumes or cancels. Raises Refusal not_now, not_allowed, unknown_campaign."""
    form = await campaign_form(request=request)
    check_may_edit(staff=staff)
    await plan_of(request=request, staff=staff, campaign=campaign)
    target = next((one for one in _TARGETS if one == form.one("target")), None)
    if target is None:
        raise Refusal("bad_request", "There is no such button.", "没有这个操作。")
    async with own_scope(request=request, staff=staff):
        await move(campaign=campaign, target=target, now=clock())  # type: ignore[arg-type]  # one of its targets
    return back_to(_BACK.get(form.one("back"), PATH).format(campaign=campaign))


@post(f"{PATH}/{{campaign:int}}/copy", **DEED)
async def campaign_copied(request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int]) -> Redirect:
    """A draft with the same texts, people and steps under the next free name; opens it. Raises Refusal name_taken."""
    await campaign_form(request=request)
    check_may_edit(staff=staff)
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    said = WORDS[settings().language]["copy_of"]
    for n in range(1, _MOST_COPIES + 1):
        ending = said.format(name="", n="" if n == 1 else f" {n}")
        name = plan.name[: _LONGEST_NAME - len(ending)] + ending
        try:
            async with own_scope(request=request, staff=staff):
                fresh = await copy_campaign(campaign=campaign, name=name, now=clock())
            break
        except Refusal as refusal:
            if refusal.code != "name_taken" or n == _MOST_COPIES:
                raise
    return back_to(f"{PATH}/{fresh}/goal")
