"""/members/{id}/points: where each point of a member came from and where it went, for whoever may see the member."""

from typing import Any, Literal

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template
from litestar.status_codes import HTTP_404_NOT_FOUND

from config.settings import settings
from queries.consents import consent_story
from queries.points import PointsExplained, explain
from queries.staff import Identity
from queries.tags import tag_story
from rules.refusals import Refusal
from tables.scope import scope
from web.pages.frame import number, page, today
from web.pages.member_consents import consents_shown
from web.pages.points_told import TagLine, Teller

NAME = "member_points.html"
# So many lots and days are on the page at once; the other lots are folded away.
LOTS_OPEN, ENDS = 12, 4


@get("/members/{member:int}/points", include_in_schema=False)
async def member_points_page(
    staff: NamedDependency[Identity],
    member: FromPath[int],
    before: FromQuery[int | None] = None,
) -> Template:
    """The newest 200 lines of the ledger, or those older than the entry `before`. One answer for all that may not be seen."""
    day = today()
    try:
        async with scope(role=staff.role, stores=staff.stores, staff=staff.staff):
            found = await explain(member=member, today=day, before=before)
            story = await consent_story(member=member)
    except Refusal:
        words = Teller(language=settings().language, today=day).words
        return page(name=NAME, context={"words": words, "found": None}, status=HTTP_404_NOT_FOUND)
    teller = Teller(language=settings().language, today=day)
    labels = [] if before is not None or staff.role == "cashier" else await _tags(member, teller)
    export = f"/members/{member}/export.zip" if staff.role == "hq_admin" else None
    shown = _shown(found, teller, is_older=before is not None)
    consents = None if before is not None else consents_shown(story=story, teller=teller, zone=settings().zone)
    return page(name=NAME, context=shown | {"labels": labels, "export": export, "consents": consents})


async def _tags(member: int, teller: Teller) -> list[TagLine]:
    """Of a member that the caller may see: a rule may ask for what the caller may not read."""
    language: Literal["zh", "en"] = "zh" if teller.language == "zh" else "en"
    async with scope(role="job"):
        stories = await tag_story(member=member, today=teller.today, zone=settings().zone, language=language)
    return [teller.tag(story, zone=settings().zone) for story in stories]


def _shown(found: PointsExplained, teller: Teller, *, is_older: bool) -> dict[str, Any]:
    lots = [teller.lot(lot) for lot in found.lots]
    unseen = found.alive - len(lots)
    return {
        "words": teller.words,
        "found": found,
        "name": _name(found, teller),
        "phone": (found.phone or "").removeprefix("+86"),
        "home": teller.say("home", store=found.home_store.name),
        "lapsed": teller.say("lapsed", points=number(found.lapsed)) if found.lapsed else None,
        "ends": _ends(found, teller),
        "lots": lots[:LOTS_OPEN],
        "rest": lots[LOTS_OPEN:],
        "rest_words": teller.say("lots_rest", lots=number(len(lots) - LOTS_OPEN)),
        "unseen": teller.say("lots_unseen", lots=number(unseen)) if unseen else None,
        "lines": [teller.line(entry) for entry in found.entries],
        "is_older": is_older,
        "proof": _proof(found, teller),
        "after": lambda points: teller.say("after", points=number(points)),
    }


def _name(found: PointsExplained, teller: Teller) -> str:
    if found.merged_into is not None:
        return teller.say("merged", name=found.name, member=str(found.merged_into)).strip()
    return teller.words["erased"] if found.erased else found.name


def _ends(found: PointsExplained, teller: Teller) -> list[dict[str, str]]:
    """What ends when: the next days, then the rest in one line each."""
    ends = [
        {"points": teller.say("ends_points", points=number(points)), "day": teller.end(day), "left": teller.left(day)}
        for day, points in found.ends[:ENDS]
    ]
    later = sum(points for _, points in found.ends[ENDS:])
    lasting = sum(lot.remaining for lot in found.lots if lot.expires_on is None)
    for word, points in (("ends_more", later), ("lasting", lasting)):
        ends += [{"points": "", "day": teller.say(word, points=number(points)), "left": ""}] if points else []
    return ends


def _proof(found: PointsExplained, teller: Teller) -> str:
    """That the figures above are the sum of the whole ledger."""
    figures = {
        "balance": found.balance, "pending": found.pending, "lapsed": found.lapsed, "debt": found.debt,
        "sum": found.balance + found.pending + found.lapsed - found.debt, "earned": found.earned_total,
    }  # fmt: skip
    return teller.say("proof", **{name: number(points) for name, points in figures.items()})
