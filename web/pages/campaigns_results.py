"""/campaigns/{id}/results: what a campaign brought, the wizard's last step; and /campaigns/results: all of the last 90 days."""

import asyncio
from datetime import datetime
from io import BytesIO
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from actions.report_file import write_csv
from actions.results_file import chain_table, write_results_csv, write_results_xlsx
from config.settings import settings
from queries.results import campaign_results
from queries.results_chain import MOST, MOST_PROMOTION, ChainResults, chain_results
from queries.results_facts import Results
from queries.staff import Identity
from rules.refusals import Refusal
from tables.access import STORE_ROLES
from tables.scope import scope
from web.pages.campaigns_facts_words import LEFT_OUT
from web.pages.campaigns_frame import PATH, campaigns_page, check_may_see, clock, plan_of
from web.pages.campaigns_words import CONTENT_KINDS, STATES, TONES
from web.pages.exports import CSV, XLSX, taken
from web.pages.frame import REFUSED, number, yuan
from web.pages.live import Asked
from web.pages.results_charts import ratio, share
from web.pages.results_told import CENT, ResultsTeller
from web.pages.results_words import WORDS

_STEP = 7


@get(f"{PATH}/{{campaign:int}}/results", include_in_schema=False, exception_handlers=REFUSED)
async def results_page(
    request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int], part: FromQuery[str | None] = None
) -> Template:
    """The results; `part`: only the cells of the overview's row. Raises Refusal unknown_campaign, not_allowed."""
    plan = await plan_of(request=request, staff=staff, campaign=campaign)
    results = await _counted(campaign, now=clock())
    words = WORDS[settings().language]
    if part is not None:
        return campaigns_page(
            request=request, staff=staff, name="campaigns_results_row.html", words=words, context=_row(results)
        )
    teller = ResultsTeller(words=words, reasons=LEFT_OUT[settings().language], zone=settings().zone)
    context = {**teller.page(results), "state": STATES[settings().language][plan.state], "days": results.days}
    return campaigns_page(
        request=request, staff=staff, name="campaigns_results.html", words=words, plan=plan, step=_STEP,
        context={**context, "tone_of_state": TONES.get(plan.state, "")},
    )  # fmt: skip


@get(f"{PATH}/{{campaign:int}}/results.csv", include_in_schema=False, exception_handlers=REFUSED)
async def results_csv(request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int]) -> Response[bytes]:
    """The detail as one table. Raises Refusal unknown_campaign, not_allowed."""
    await plan_of(request=request, staff=staff, campaign=campaign)
    results, file = await _counted(campaign, now=clock()), BytesIO()
    await asyncio.to_thread(write_results_csv, results=results, language=settings().language, file=file)
    return await taken(
        request=request, staff=staff, what="campaign", body=file.getvalue(), name=f"campaign-{campaign}.csv", media_type=CSV,
        rows=len(results.steps) + len(results.stores) + len(results.hours),
    )  # fmt: skip


@get(f"{PATH}/{{campaign:int}}/results.xlsx", include_in_schema=False, exception_handlers=REFUSED)
async def results_xlsx(request: Asked, staff: NamedDependency[Identity], campaign: FromPath[int]) -> Response[bytes]:
    """Overview, detail, and who got nothing, a sheet each. Raises Refusal unknown_campaign, not_allowed."""
    await plan_of(request=request, staff=staff, campaign=campaign)
    results, file, language = await _counted(campaign, now=clock()), BytesIO(), settings().language
    reasons = LEFT_OUT[language]
    await asyncio.to_thread(
        write_results_xlsx, results=results, reasons=reasons, zone=settings().zone, language=language, file=file
    )
    return await taken(
        request=request, staff=staff, what="campaign", body=file.getvalue(), name=f"campaign-{campaign}.xlsx", media_type=XLSX,
        rows=len(results.steps) + len(results.stores) + len(results.hours),
    )  # fmt: skip


@get(f"{PATH}/results", include_in_schema=False, exception_handlers=REFUSED)
async def results_overview(request: Asked, staff: NamedDependency[Identity]) -> Template:
    """The campaigns of the last 90 days; what each brought follows row by row. Raises Refusal not_allowed."""
    check_may_see(staff=staff)
    found = await _chain(staff, now=clock())
    words = WORDS[settings().language]
    context = {**_overview(found), "most": number(MOST)}
    return campaigns_page(
        request=request, staff=staff, name="campaigns_results_all.html", words=words, context=context, here="results"
    )


@get(f"{PATH}/results.csv", include_in_schema=False, exception_handlers=REFUSED)
async def results_overview_csv(request: Asked, staff: NamedDependency[Identity]) -> Response[bytes]:
    """A row for each campaign of the last 90 days. Raises Refusal not_allowed."""
    check_may_see(staff=staff)
    now, file, language = clock(), BytesIO(), settings().language
    found = await _chain(staff, now=now)
    told = [(one, await _counted(one.id, now=now)) for one in found.campaigns]
    table = chain_table(campaigns=told, zone=settings().zone, language=language)
    await asyncio.to_thread(write_csv, table=table, file=file)
    return await taken(
        request=request, staff=staff, what="campaign", body=file.getvalue(), name="campaigns.csv", media_type=CSV, rows=len(told)
    )  # fmt: skip


RESULT_PAGES: list[HTTPRouteHandler] = [
    results_page,
    results_csv,
    results_xlsx,
    results_overview,
    results_overview_csv,
]


async def _counted(campaign: int, *, now: datetime) -> Results:
    """Of a campaign that the asker's own scope has shown: clicks, and purchases at other stores, are nobody's of a store."""
    async with scope(role="job"):
        found = await campaign_results(campaign=campaign, now=now, zone=settings().zone)
    if found is None:
        raise Refusal("unknown_campaign", "This campaign is not there any more.", "该活动已不存在。")
    return found


async def _chain(staff: Identity, *, now: datetime) -> ChainResults:
    async with scope(role="job"):
        return await chain_results(now=now, stores=staff.stores if staff.role in STORE_ROLES else None)


def _row(results: Results) -> dict[str, Any]:
    effect = results.effect
    return {
        "incremental": yuan(effect.incremental) if effect.incremental is not None else None,
        "roi": ratio(effect.roi),
        "clear": effect.verdict in {"more", "less"},
        "cost": yuan(effect.cost.quantize(CENT)),
        "opt_out": share(results.total.opted_out / results.total.sent) if results.total.sent else "–",
    }


def _overview(found: ChainResults) -> dict[str, Any]:
    language, zone = settings().language, settings().zone
    words = WORDS[language]
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "store": one.store_name,
            "state": STATES[language][one.state],
            "tone": TONES.get(one.state, ""),
            "kind": CONTENT_KINDS[language][one.content_kind],
            "began": f"{one.began_at.astimezone(zone):%m-%d %H:%M}",
            "sent": number(one.sent),
            "delivered": share(one.delivered / one.sent) if one.sent else "–",
        }
        for one in found.campaigns
    ]
    rhythms = [(words[one.rhythm], share(one.opted_out / one.sent), one.opted_out, one.sent) for one in found.rhythms]
    over = [f"{name} {share(float(part))}" for name, part in found.over.items()]
    return {
        "rows": rows,
        "all_of_them": len(rows) < MOST,
        "rhythms": rhythms,
        "promotion": share(found.promotion / found.sent) if found.sent else None,
        "promotion_most": share(float(MOST_PROMOTION)),
        "over": ("、" if language == "zh" else ", ").join(over),
        "consent": share(found.granted / found.members) if found.members else None,
        "members": number(found.members),
    }
