"""/audit: who did what, as sentences, for head office; found by member, staff, table, deed and day."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Template

from actions.rights import rights_refused
from config.settings import settings
from queries.audit import READERS, Place, Search, audit_lines, large_exports, member_of, row_names
from queries.staff import Identity
from rules.phones import normalise_phone
from rules.refusals import Refusal
from tables.scope import scope
from web.clients import client
from web.pages.audit_told import Screens, Teller, mentioned, readable
from web.pages.frame import REFUSED, page
from web.pages.live import Asked

PATH = "/audit"
# The digits of a phone; nobody has so many members.
_PHONE_DIGITS = 11


@get(PATH, include_in_schema=False, exception_handlers=REFUSED)
async def audit_page(
    request: Asked,
    staff: NamedDependency[Identity],
    *,
    member: FromQuery[str] = "",
    username: FromQuery[str] = "",
    table: FromQuery[str] = "",
    action: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Template:
    """The newest lines, or those before a place. Raises Refusal not_allowed, bad_phone, bad_request."""
    if staff.role not in READERS:
        raise _NOT_ALLOWED
    asked = {"member": member, "username": username, "table": table, "action": action, "since": since, "until": until}
    asked = {name: said.strip() for name, said in asked.items()}
    screens: Screens = request.app.state.screens
    if not all(said.isprintable() for said in asked.values()):
        raise _BAD
    async with scope(role=staff.role, staff=staff.staff, address=client(request)):
        context = await _context(asked, before, staff, screens)
    return page(name="audit.html", context=context)


async def _context(asked: Mapping[str, str], before: str, staff: Identity, screens: Screens) -> dict[str, Any]:
    now, language = datetime.now(UTC), settings().language
    lines, older = await audit_lines(search=await _search(asked, staff), below=_place(before))
    wanted = mentioned(lines=lines, screens=screens)
    names = await row_names(readable=readable(screens=screens), wanted=wanted, role=staff.role)
    teller = Teller(screens=screens, names=names, language=language, zone=settings().zone, now=now)
    filters = urlencode({name: said for name, said in asked.items() if said})
    alarms = await large_exports(now=now)
    words = teller.words
    choices = screens["audit_log"].choices
    return {
        "words": words,
        "asked": asked,
        "lines": [teller.line(line) for line in lines],
        "tables": [(name, said.of(language)) for name, said in choices["table_name"].items()],
        "actions": [(name, said.of(language)) for name, said in choices["action"].items()],
        "older": older and f"{PATH}?{filters}&before={older.text()}",
        "newest": f"{PATH}?{filters}" if before else None,
        "alarm": words["alarm"].format(count=alarms) if alarms else None,
    }


async def _search(asked: Mapping[str, str], staff: Identity) -> Search:
    """What the form asks for; days are the shops'."""
    until = _day(asked["until"])
    return Search(
        member=await _member(asked["member"], staff) if asked["member"] else None,
        staff=asked["username"] or None,
        table=asked["table"] or None,
        action=asked["action"] or None,
        since=_midnight(_day(asked["since"])),
        until=_midnight(until + timedelta(days=1)) if until is not None and until < date.max else None,
    )


async def _member(said: str, staff: Identity) -> int:
    """A member's number as it is, or that of who has the phone; 0, which nobody has, for a phone that nobody has."""
    number = said.removeprefix("#")
    if number.isdecimal() and len(number) < _PHONE_DIGITS:
        return int(number)
    with rights_refused():
        return await member_of(phone=normalise_phone(text=said), role=staff.role) or 0


def _place(said: str) -> Place | None:
    place = Place.read(said) if said else None
    if said and place is None:
        raise _BAD
    return place


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError as error:
        raise _BAD from error


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), tzinfo=settings().zone)


_NOT_ALLOWED = Refusal(
    "not_allowed",
    "Who did what is read by head office: ask them.",
    "操作记录仅限总部管理员和总部只读查看：请联系总部。",
)
_BAD = Refusal(
    "bad_request",
    "This search cannot be read: write days as 2026-03-02, and follow the links of the page.",
    "查询条件无法识别：日期请写成 2026-03-02，翻页请使用页面上的链接。",
)
