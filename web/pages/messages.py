"""/messages: what is queued, leaving, held and why; the accounts that carry it, with a button to pause each; what came of it."""

from datetime import UTC, datetime, time
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_303_SEE_OTHER

from actions.accounts import faults
from actions.accounts_edit import pause_account
from actions.backups import release
from config.settings import settings
from queries.restores import held
from queries.sending import MOST, sending
from queries.sending_accounts import account_lines
from queries.sending_news import news
from queries.staff import Identity
from rules.calendar import business_date
from rules.refusals import Refusal
from tables.access import STORE_ROLES, Role
from tables.scope import scope
from web.clients import client
from web.pages.frame import REFUSED, number
from web.pages.live import MOST_BYTES, Asked, back_to, live_page, own_form
from web.pages.messages_told import Teller, shown

MAY_PAUSE: tuple[Role, ...] = ("hq_admin", "hq_marketing")
_PATH = "/messages"


@get(_PATH, include_in_schema=False, exception_handlers=REFUSED)
async def messages_page(
    request: Asked, staff: NamedDependency[Identity], part: FromQuery[str | None] = None
) -> Template:
    """The whole page; `part`: only what renews itself."""
    context = await _context(staff=staff, now=_now())
    name = "messages.html" if part is None else "messages_live.html"
    return live_page(request=request, name=name, context=context)


@post(
    f"{_PATH}/accounts/{{account:str}}",
    status_code=HTTP_303_SEE_OTHER,
    include_in_schema=False,
    exception_handlers=REFUSED,
    request_max_body_size=MOST_BYTES,
)
async def account_paused(request: Asked, staff: NamedDependency[Identity], account: FromPath[str]) -> Redirect:
    """Pauses an account, or lets it go on; the audit remembers who. Raises Refusal not_allowed, bad_request, unknown_account."""
    if staff.role not in MAY_PAUSE:
        raise Refusal(
            "not_allowed",
            "Accounts are paused and resumed by head office: ask them.",
            "暂停和恢复通道仅限总部管理员和总部营销：请联系总部。",
        )
    fields = await own_form(request=request)
    async with scope(role=staff.role, staff=staff.staff, address=client(request)):
        await pause_account(name=account, paused=fields.get("paused") == "yes")
    return back_to(_PATH)


@post(
    f"{_PATH}/release",
    status_code=HTTP_303_SEE_OTHER,
    include_in_schema=False,
    exception_handlers=REFUSED,
    request_max_body_size=MOST_BYTES,
)
async def sending_released(request: Asked, staff: NamedDependency[Identity]) -> Redirect:
    """Lets messages leave again after a restore. Raises Refusal not_allowed, bad_request."""
    if staff.role != "hq_admin":
        raise Refusal(
            "not_allowed",
            "What a restore holds is released by an administrator of head office: ask them.",
            "恢复备份后放行短信仅限总部管理员：请联系总部。",
        )
    await own_form(request=request)
    async with scope(role=staff.role, staff=staff.staff, address=client(request)):
        await release(now=_now())
    return back_to(_PATH)


def _now() -> datetime:
    return datetime.now(UTC)


async def _context(*, staff: Identity, now: datetime) -> dict[str, Any]:
    zone, language = settings().zone, settings().language
    since = datetime.combine(business_date(at=now, zone=zone), time(), tzinfo=zone)
    async with scope(role="job"):
        unusable = {name: getattr(no, language) for name, no in (await faults()).items()}
        accounts = await account_lines(now=now, since=since, zone=zone, unusable=unusable)
        hold = await held()
    async with scope(role=staff.role, stores=staff.stores, staff=staff.staff):
        found = await sending(now=now, since=since, zone=zone, accounts=[line.facts for line in accounts])
        told = await news(since=since)
    own, teller = staff.role in STORE_ROLES, Teller(language=language, zone=zone, now=now)
    return {
        "words": teller.words,
        "own": own,
        "at": f"{now.astimezone(zone):%H:%M:%S}",
        "may_pause": staff.role in MAY_PAUSE,
        "may_release": staff.role == "hq_admin",
        "hold": teller.hold(hold) if hold else None,
        "simulator": not own and any(line.gateway == "simulator" and line.facts.is_active for line in accounts),
        "more": teller.words["more"].format(most=number(MOST)) if found.more else None,
        **shown(found=found, news=told, accounts=[] if own else accounts, teller=teller),
    }
