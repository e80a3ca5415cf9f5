"""The live page of a campaign: how it leaves, why something failed, how it stands to its red lines; pause, resume, cancel."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from config.settings import settings
from queries.campaigns_live import Red, StepLive, live_steps, reasons, red
from queries.campaigns_plan import CampaignPlan
from queries.staff import Identity
from tables.scope import scope
from web.pages.campaigns_facts_words import LEFT_OUT
from web.pages.campaigns_frame import MAY_EDIT, PAGE, PATH, campaigns_page, clock, moment, plan_of
from web.pages.campaigns_live_words import WORDS
from web.pages.campaigns_words import REASONS, STATES, TONES
from web.pages.frame import number
from web.pages.live import Asked
from web.pages.messages_words import ERRORS

_PARTS = {"live": "campaigns_live_part.html", "reasons": "campaigns_live_reasons.html"}
_BEGUN = {"sending", "paused", "finished", "stopped"}
_SLOW = 10


@get(f"{PATH}/{{campaign:int}}/live", **PAGE)
async def campaign_live(
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int], part: FromQuery[str | None] = None,
    was: FromQuery[str | None] = None,
) -> Template:  # fmt: skip
    """The page, or the `part` of it that renews itself: `live` every two seconds, `reasons` less often. `was`: the state
    that the browser shows; where it is another one now, the whole page is loaded again. Raises Refusal unknown_campaign.
    """
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    context: dict[str, Any] = {"part": part}
    if part != "reasons":
        async with scope(role="job"):
            now = clock()
            steps = await live_steps(campaign=campaign, now=now)
            lines = await red(campaign=campaign, now=now)
        context |= live(plan=plan, steps=steps, lines=lines, edits=staff.role in MAY_EDIT)
    if part != "live":
        async with scope(role="job"):
            failed, left_out = await reasons(campaign=campaign)
        context |= why(failed=failed, left_out=left_out)
    answer = campaigns_page(
        request=request, staff=staff, name=_PARTS.get(part or "", "campaigns_live.html"), words=WORDS[settings().language],
        context=context, plan=plan, step=6,
    )  # fmt: skip
    if was is not None and was != plan.state:
        answer.headers["HX-Refresh"] = "true"
    return answer


def live(*, plan: CampaignPlan, steps: Sequence[StepLive], lines: Red, edits: bool) -> dict[str, Any]:
    """What renews itself, as words and numbers. `edits`: for somebody who may pause and cancel."""
    language = settings().language
    waiting = sum(one.waiting for one in steps)
    coming = sum(one.state != "frozen" for one in steps)
    # Reports come after the last message has left, and a campaign is finished before them.
    unreported = sum(one.size - one.open - one.skipped - one.delivered - one.failed - one.unknown for one in steps)
    return {
        "state": STATES[language][plan.state],
        "tone": TONES.get(plan.state, ""),
        "said": _state_said(plan),
        "is_open": plan.state in {"scheduled", "sending", "paused"} or unreported > 0,
        "begun": plan.state in _BEGUN,
        "steps": [_step(one, plan) for one in steps],
        "red": _red(lines) if lines.sent else None,
        "deeds": _deeds(plan.state, waiting, coming) if edits else {},
    }


def _state_said(plan: CampaignPlan) -> str | None:
    words, language = WORDS[settings().language], settings().language
    why_ = REASONS[language].get(plan.reason or "", plan.reason)
    if plan.state == "stopped" or (plan.state == "paused" and plan.reason):
        return words["stopped" if plan.state == "stopped" else "paused_why"].format(why=why_)
    return words.get(plan.state) if plan.state in {"paused", "finished", "cancelled"} else None


def _deeds(state: str, waiting: int, coming: int) -> dict[str, str]:
    """What can be done, each with exactly what it would do."""
    words = WORDS[settings().language]
    left, deeds = number(waiting), {}
    if state == "sending":
        more = words["pause_steps"].format(n=coming) if coming else ""
        deeds["paused"] = f"{words['pause_about'].format(n=left)} {more}".strip()
    if state == "paused":
        deeds["sending"] = words["resume_about"].format(n=left) if waiting else words["resume_steps"]
    if state in {"scheduled", "sending", "paused"}:
        more = words["cancel_steps"].format(n=coming) if coming else ""
        deeds["cancelled"] = f"{words['cancel_about'].format(n=left)} {more}".strip()
    return deeds


def _step(one: StepLive, plan: CampaignPlan) -> dict[str, Any]:
    words = WORDS[settings().language]
    left_out = max((one.audience or 0) - one.size, 0)
    settled = one.size - one.open
    figures = [
        (name, words[name].format(n=number(count)))
        for name, count in (
            ("accepted", one.accepted), ("delivered", one.delivered), ("failed", one.failed), ("unknown", one.unknown),
            ("skipped", one.skipped), ("left_out", left_out),
        )
        if count
    ]  # fmt: skip
    size = max(one.size, 1)
    parts = {"accepted": one.accepted, "failed": one.failed, "unknown": one.unknown, "skipped": one.skipped}
    return {
        "name": words["step"].format(n=one.number),
        "frozen": one.state == "frozen",
        "when": _when(one, plan),
        "done": words["done"].format(done=number(settled), size=number(one.size)) if one.size else None,
        "bars": [(name, round(100 * count / size, 2)) for name, count in parts.items() if count],
        "figures": figures,
        "pace": words["pace"].format(n=_pace(one.pace)) if one.pace and plan.state == "sending" else None,
        "canary": words[f"canary_{one.canary_state}"].format(held=number(one.held)) if one.canary_state else None,
        "canary_tone": {"waiting": "still", "passed": "good", "stopped": "bad"}.get(one.canary_state or "", ""),
    }


def _when(one: StepLive, plan: CampaignPlan) -> str:
    words = WORDS[settings().language]
    if one.state == "frozen":
        people = words["frozen"].format(people=number(one.audience or 0))
        early = one.open == one.size > 0 and one.scheduled_at > clock()
        return f"{people} · {words['waits'].format(at=moment(one.scheduled_at))}" if early else people
    if one.state == "freezing":
        return words["freezing"]
    follows = next((step.plan.follows for step in plan.steps if step.id == one.id), None)
    return words["waits_follow"].format(n=follows) if follows else words["waits"].format(at=moment(one.scheduled_at))


def _red(lines: Red) -> list[dict[str, Any]]:
    """Each line: what it is, how it stands, where it lies, and whether it looks crossed."""
    words = WORDS[settings().language]
    delivered = lines.delivered / lines.reported if lines.reported else None
    shown = [
        {
            "name": words["delivery"], "said": words["no_reports"] if delivered is None else _share(delivered),
            "line": words["delivery_line"].format(line=_share(lines.lines.delivery)),
            "bad": delivered is not None and delivered < lines.lines.delivery,
        }
    ]  # fmt: skip
    for name, count, line in (
        ("opt_out", lines.opted_out, lines.lines.opt_out),
        ("complaints", lines.complained, lines.lines.complaints),
    ):
        share = count / lines.sent
        said = f"{_share(share)} · {words['people'].format(n=number(count))}"
        shown.append(
            {
                "name": words[name],
                "said": said,
                "line": words[f"{name}_line"].format(line=_share(line)),
                "bad": share > line,
            }
        )
    replies = {
        "name": words["replies"],
        "said": words["people"].format(n=number(lines.replies)),
        "line": "",
        "bad": False,
    }
    return [*shown, replies]


def why(*, failed: Sequence[tuple[str, int]], left_out: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Why messages failed and why people were left out, in words."""
    errors, reasons_ = ERRORS[settings().language], LEFT_OUT[settings().language]
    return {
        "failed": [(errors.get(name, name), number(count)) for name, count in failed],
        "left_out": [(reasons_.get(name, name), number(count)) for name, count in left_out],
    }


def _pace(pace: float) -> str:
    return number(round(pace)) if pace >= _SLOW else f"{pace:.1f}"


def _share(share: float) -> str:
    """98%, 0.3%: no more digits than it has."""
    return f"{Decimal(str(round(share * 100, 2))).normalize():f}%"
