"""/account: where one is logged in, ending that, and one's second factor; for head office's administrators everybody's log-ins."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import segno
from litestar import get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from actions.log_in import counted
from actions.second_factor import begin, confirm, pending, turn_off
from actions.sessions import end_session, end_sessions
from config.settings import settings
from queries.sessions import OpenSession, open_sessions
from queries.staff import Identity
from rules.refusals import Refusal
from rules.second_factor import enrolment
from tables.scope import current, scope
from web.clients import client
from web.login import ACCOUNT
from web.pages.account_words import WORDS
from web.pages.frame import REFUSED
from web.pages.live import MOST_BYTES, Asked, back_to, live_page, own_form

_DEED: dict[str, Any] = {
    "include_in_schema": False, "exception_handlers": REFUSED, "request_max_body_size": MOST_BYTES,
}  # fmt: skip
_ID = re.compile("[0-9]{1,18}")
_FACTOR = "SELECT is_on, since, cardinality(hashes) AS left FROM second_factor WHERE staff = $1"
_RULE = "SELECT coalesce(max(idle_hours), 8) AS hours, coalesce(max(session_days), 7) AS days FROM chain"
_SITE = {"zh": "回头客", "en": "Regulars"}
_NOTHING = Refusal("bad_request", "The page is too old: load it again.", "页面已过期：请刷新后再试。")


@get(ACCOUNT, include_in_schema=False, exception_handlers=REFUSED)
async def account_page(request: Asked, staff: NamedDependency[Identity]) -> Template:
    """The page of who is logged in. Raises Refusal factor_unreadable."""
    async with _as(request, staff):
        context = await _context(staff)
    return live_page(request=request, name="account.html", context=context)


@post(f"{ACCOUNT}/sessions", status_code=HTTP_303_SEE_OTHER, **_DEED)
async def account_sessions(request: Asked, staff: NamedDependency[Identity]) -> Redirect:
    """Ends the session, all of the person, or all others, as the form says. Raises Refusal bad_request."""
    fields = await own_form(request=request)
    session, person = fields.get("session", ""), fields.get("staff", "")
    async with _as(request, staff):
        if _ID.fullmatch(session):
            await end_session(session=int(session))
        elif _ID.fullmatch(person):
            await end_sessions(staff=int(person))
        elif fields.get("others") == "yes":
            await end_sessions(staff=staff.staff, but=staff.session)
        else:
            raise _NOTHING
    return back_to(ACCOUNT)


@post(f"{ACCOUNT}/factor/begin", status_code=HTTP_303_SEE_OTHER, **_DEED)
async def factor_begin(request: Asked, staff: NamedDependency[Identity]) -> Redirect:
    """Makes a secret, which the page then shows. Raises Refusal wrong_password, already_on, too_many."""
    fields = await own_form(request=request)
    await _proving(
        request, staff,
        lambda: begin(staff=staff.staff, password=fields.get("password", ""), secret=settings().secret),
    )  # fmt: skip
    return back_to(ACCOUNT)


@post(f"{ACCOUNT}/factor/confirm", status_code=HTTP_200_OK, **_DEED)
async def factor_confirm(request: Asked, staff: NamedDependency[Identity]) -> Template:
    """Turns it on; the recovery codes are on this page and never again. Raises Refusal not_begun, factor_wrong, …, too_many."""
    fields, now = await own_form(request=request), datetime.now(UTC)
    codes = await _proving(
        request, staff,
        lambda: confirm(staff=staff.staff, typed=fields.get("code", ""), secret=settings().secret, now=now),
    )  # fmt: skip
    context = {"words": WORDS[settings().language], "codes": codes}
    return live_page(request=request, name="account_codes.html", context=context)


@post(f"{ACCOUNT}/factor/off", status_code=HTTP_303_SEE_OTHER, **_DEED)
async def factor_off(request: Asked, staff: NamedDependency[Identity]) -> Redirect:
    """Takes it away. Raises Refusal wrong_password, factor_wrong, …, too_many."""
    fields, now = await own_form(request=request), datetime.now(UTC)
    await _proving(
        request, staff,
        lambda: turn_off(
            staff=staff.staff, password=fields.get("password", ""), typed=fields.get("code", ""),
            secret=settings().secret, now=now,
        ),
    )  # fmt: skip
    return back_to(ACCOUNT)


def _as(request: Asked, staff: Identity) -> Any:  # noqa: ANN401  a scope
    return scope(role=staff.role, stores=staff.stores, staff=staff.staff, address=client(request))


async def _proving(request: Asked, staff: Identity, deed: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401  what the deed says
    async with (
        counted(username=staff.username, address=client(request), now=datetime.now(UTC)),
        _as(request, staff),
    ):
        return await deed()


async def _context(staff: Identity) -> dict[str, Any]:
    words, now = WORDS[settings().language], datetime.now(UTC)
    sessions = await open_sessions(now=now)
    rule = await current().fetchrow(_RULE)
    secret = await pending(staff=staff.staff, secret=settings().secret)
    factor = await current().fetchrow(_FACTOR, staff.staff)
    return {
        "words": words,
        "staff": staff,
        "about": words["here_about"].format(**dict(rule or {})),
        "own": [_shown(one) for one in sessions if one.staff == staff.staff],
        "others": [_shown(one) for one in sessions if one.staff != staff.staff],
        "everybody": staff.role == "hq_admin",
        "on": words["factor_on"].format(since=_time(factor["since"]), left=factor["left"])
        if factor is not None and factor["is_on"]
        else None,
        "secret": secret,
        "qr": _qr(secret, staff.username) if secret else "",
    }


def _qr(secret: str, username: str) -> str:
    address = enrolment(secret=secret, username=username, site=_SITE[settings().language])
    return segno.make_qr(address, error="m").svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None)


def _shown(one: OpenSession) -> dict[str, Any]:
    return {
        "id": one.id, "staff": one.staff, "username": one.username, "address": one.address,
        "browser": one.browser or "–",
        "opened": _time(one.opened_at), "seen": _time(one.seen_at),
    }  # fmt: skip


def _time(at: datetime) -> str:
    return f"{at.astimezone(settings().zone):%Y-%m-%d %H:%M}"


ACCOUNT_PAGES = (account_page, account_sessions, factor_begin, factor_confirm, factor_off)
