"""/campaigns/segments: saved rules, how many they select and where they are used; each with the editor of step 3."""

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_400_BAD_REQUEST

from actions.segments import drop_segment, keep_segment, used_by
from config.settings import settings
from queries.rule_choices import RuleChoices, rule_choices
from queries.segment_list import SavedSegment, saved_segment, saved_segments
from queries.segment_uses import segment_uses
from queries.segments import audience_of, counted
from queries.staff import Identity
from rules.refusals import Refusal
from tables.access import STORE_ROLES
from tables.scope import scope
from web.pages.campaigns_editor import edited, mended, opened
from web.pages.campaigns_editor_look import Looked, look, look_shown, wants_count
from web.pages.campaigns_editor_rows import rows_shown
from web.pages.campaigns_frame import (
    HQ_EDITS,
    MOST_BYTES,
    PATH,
    Form,
    campaign_form,
    campaigns_page,
    check_may_see,
    clock,
    own_scope,
    said,
)
from web.pages.campaigns_people import segment_card
from web.pages.campaigns_people_words import WORDS
from web.pages.frame import REFUSED, number, today
from web.pages.live import Asked, back_to

_PATH = f"{PATH}/segments"
_ONE = f"{_PATH}/{{segment:int}}"
_DEED: dict[str, Any] = {
    "include_in_schema": False, "exception_handlers": REFUSED, "request_max_body_size": MOST_BYTES,
}  # fmt: skip


@get(_PATH, include_in_schema=False, exception_handlers=REFUSED)
async def segments_page(request: Asked, staff: NamedDependency[Identity]) -> Template:
    """The list. Raises Refusal not_allowed."""
    check_may_see(staff=staff)
    language = settings().language
    async with own_scope(request=request, staff=staff):
        saved = await saved_segments()
        uses = await segment_uses()
    used = {name: used_by(uses=found, language=language) for name, found in uses.items()}
    rows = [{**segment_card(one, hq=staff.role not in STORE_ROLES), "used": used.get(one.name)} for one in saved]
    context = {"rows": rows, "own": staff.role in STORE_ROLES}
    return campaigns_page(
        request=request, staff=staff, name="campaigns_segments.html", words=WORDS[language], context=context, here="segments"
    )  # fmt: skip


@get(f"{_ONE}/count", include_in_schema=False, exception_handlers=REFUSED)
async def segment_counted(request: Asked, staff: NamedDependency[Identity], segment: FromPath[int]) -> Template:
    """How many of the own stores' members a segment selects now: a cell of the list. Raises Refusal not_allowed, unknown_segment."""
    check_may_see(staff=staff)
    one = await _segment(request=request, staff=staff, segment=segment)
    members = 0
    try:
        async with scope(role="job"):
            for store in staff.stores if staff.role in STORE_ROLES else (None,):
                audience = await audience_of(text=one.rule, today=today(), zone=settings().zone, store=store)
                members += await counted(audience=audience)
        told = number(members)
    except Refusal:
        told = "–"
    return campaigns_page(
        request=request, staff=staff, name="campaigns_segments_count.html", words={}, context={"told": told}, here="segments"
    )  # fmt: skip


@get([f"{_PATH}/new", _ONE], include_in_schema=False, exception_handlers=REFUSED)
async def segment_page(
    request: Asked, staff: NamedDependency[Identity], segment: FromPath[int | None] = None,
    store: FromQuery[int | None] = None, saved: FromQuery[str | None] = None,
) -> Template:  # fmt: skip
    """A segment, or an empty one; `store`: whose members are counted (id). Raises Refusal not_allowed, unknown_segment."""
    check_may_see(staff=staff)
    one = None if segment is None else await _segment(request=request, staff=staff, segment=segment)
    if one is None:
        _check_hq(staff)
    edit = opened(text="" if one is None else one.rule, language=settings().language)
    whose = _counted_store(staff, store)
    looked = await look(edit=edit, store=whose, count=False, now=clock())
    more = {"saved": saved is not None, "name": one.name if one else "", "note": one.note if one else ""}
    return await _answer(request=request, staff=staff, one=one, looked=looked, store=whose, more=more)


@post([f"{_PATH}/new", _ONE], **_DEED)
async def segment_edited(
    request: Asked, staff: NamedDependency[Identity], segment: FromPath[int | None] = None
) -> Redirect | Template:
    """What was typed, looked at; or saved, by head office. Raises Refusal bad_request, not_allowed, unknown_segment."""
    form = await campaign_form(request=request)
    check_may_see(staff=staff)
    one = None if segment is None else await _segment(request=request, staff=staff, segment=segment)
    edit = edited(form=form, language=settings().language)
    whose = _counted_store(staff, int(form.one("store")) if form.one("store").isdecimal() else None)
    act = form.one("act")
    if act == "mend":
        edit = mended(edit=(await look(edit=edit, store=whose, count=False, now=clock())).edit)
    if act == "save":
        _check_hq(staff)
    counts = act != "save" and wants_count(request=request, by=form.one("by"))
    looked = await look(edit=edit, store=whose, count=counts, now=clock())
    more: dict[str, Any] = {"name": form.one("name"), "note": form.one("note")}
    status = HTTP_200_OK
    if act == "save":
        status = HTTP_400_BAD_REQUEST
        if looked.edit.refusal is None and edit.wrong_row is None:
            kept = await _kept(request=request, staff=staff, segment=segment, form=form, text=edit.text)
            if isinstance(kept, int):
                return back_to(f"{_PATH}/{kept}?saved=1")
            more["error"] = kept
    return await _answer(
        request=request, staff=staff, one=one, looked=looked, store=whose, more=more, status=status
    )  # fmt: skip


@post(f"{_ONE}/delete", status_code=HTTP_303_SEE_OTHER, **_DEED)
async def segment_dropped(request: Asked, staff: NamedDependency[Identity], segment: FromPath[int]) -> Redirect:
    """Deletes a segment that nothing uses. Raises Refusal bad_request, not_allowed, unknown_segment, segment_used."""
    await campaign_form(request=request)
    _check_hq(staff)
    await _segment(request=request, staff=staff, segment=segment)
    async with own_scope(request=request, staff=staff):
        await drop_segment(segment=segment)
    return back_to(_PATH)


async def _kept(*, request: Asked, staff: Identity, segment: int | None, form: Form, text: str) -> int | str:
    """The id of what was saved, or the sentence why it was not."""
    try:
        async with own_scope(request=request, staff=staff):
            return await keep_segment(segment=segment, name=form.one("name"), rule=text, note=form.one("note"))
    except Refusal as refusal:
        return said(refusal)


async def _segment(*, request: Asked, staff: Identity, segment: int) -> SavedSegment:
    found = None
    if segment < 1 << 63:
        async with own_scope(request=request, staff=staff):
            found = await saved_segment(segment=segment)
    if found is None:
        raise Refusal("unknown_segment", "This segment is not there any more.", "该人群已不存在。")
    return found


def _check_hq(staff: Identity) -> None:
    if staff.role not in HQ_EDITS:
        raise Refusal(
            "not_allowed",
            "Segments are made by head office: ask them for one.",
            "人群由总部营销建立和修改：请联系总部。",
        )


def _counted_store(staff: Identity, asked: int | None) -> int | None:
    """Whose members a segment is counted among: head office may ask for any store, a store for its own alone."""
    if staff.role not in STORE_ROLES:
        return asked if asked is not None and asked < 1 << 63 else None
    if asked in staff.stores:
        return asked
    return staff.stores[0] if staff.stores else 0


async def _answer(
    *, request: Asked, staff: Identity, one: SavedSegment | None, looked: Looked, store: int | None, more: dict[str, Any],
    status: int = HTTP_200_OK,
) -> Template:  # fmt: skip
    words = WORDS[settings().language]
    async with own_scope(request=request, staff=staff):
        choices: RuleChoices = await rule_choices()
        uses = (await segment_uses()).get(one.name, []) if one is not None else []
    own = staff.role in STORE_ROLES
    stores = [(each.id, each.name, each.id == store) for each in choices.stores]
    context = {
        "url": f"{_PATH}/{one.id if one else 'new'}",
        "one": None if one is None else segment_card(one, hq=staff.role not in STORE_ROLES),
        "may_write": staff.role in HQ_EDITS,
        "everyone": words["everyone"],
        "store": store,
        "stores": stores if len(stores) > 1 else [],
        "any_store": not own,
        "used": used_by(uses=uses, language=settings().language) if uses else None,
        **rows_shown(edit=looked.edit, choices=choices),
        **look_shown(looked=looked, now=clock()),
        **more,
    }
    return campaigns_page(
        request=request, staff=staff, name="campaigns_segments_one.html", words=words, context=context, here="segments",
        status=status,
    )  # fmt: skip
