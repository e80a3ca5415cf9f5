"""/s/{code}: short links, the page of a member, and the way out without a log-in (field-notes P23).

Nobody logs in here: the code is the key. A form of another site would have to know it, and who knows it may do all there is
to do here; so no token stands beside it. Programmes that follow links only look: they are told apart from people, and a GET
never refuses anything.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import segno
from limits import RateLimitItemPerMinute
from litestar import HttpMethod, MediaType, Request, Response, post, route
from litestar.params import FromPath
from litestar.response import Template
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_302_FOUND,
    HTTP_400_BAD_REQUEST,
    HTTP_404_NOT_FOUND,
    HTTP_410_GONE,
    HTTP_429_TOO_MANY_REQUESTS,
    HTTP_503_SERVICE_UNAVAILABLE,
)
from litestar.types import ExceptionHandlersMap

from actions.links import Opened, Recommending, Way, open_link, opt_out, recommending
from config.settings import settings
from rules.links import CHOICES, Choice, Visitor, code_in, link_address, visitor
from rules.notices import Addressee, member_words
from web.api.problems import AWAY, AWAY_SECONDS
from web.clients import Guesses, client
from web.pages.frame import HEADERS
from web.pages.links_words import LANDING, NO, WAY_OUT

# The address is the key: no page that is opened from here is told it, and no search engine keeps it.
_PRIVATE = {**HEADERS, "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}
# More wrong codes than a household types; many phones share an address.
GUESSES = Guesses(most=RateLimitItemPerMinute(60))
MOST_BYTES = 1_000
_PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_READ = [HttpMethod.GET, HttpMethod.HEAD]
_WISHES = {"no": False, "yes": True}


class _No(Exception):  # noqa: N818  an answer, not an accident
    def __init__(self, status: int, *, seconds: int = 0, code: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.seconds = seconds
        self.code = code


def _refused(_: Request[Any, Any, Any], no: _No) -> Template:
    (zh, en), house = NO[no.status], settings().language
    told = [("zh-CN", *zh), ("en", *en)]
    out = [("zh-CN", LANDING["zh"]["opt_out_link"]), ("en", LANDING["en"]["opt_out_link"])]
    turn = 1 if house == "zh" else -1
    context = {"title": "", "told": told[::turn], "out": out[::turn], "code": no.code}
    answer = _page("link_no.html", context, status=no.status)
    if no.seconds:
        answer.headers["Retry-After"] = str(no.seconds)
    return answer


def _away(request: Request[Any, Any, Any], _: Exception) -> Template:
    return _refused(request, _No(HTTP_503_SERVICE_UNAVAILABLE, seconds=AWAY_SECONDS))


_HANDLERS: ExceptionHandlersMap = {_No: _refused, **dict.fromkeys(AWAY, _away)}


@route("/s/{code:str}", http_method=_READ, include_in_schema=False, exception_handlers=_HANDLERS)
async def short_link_page(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """There where the link leads, else a page of ours for the member. HEAD looks, and counts for nothing."""
    known = await _code(request, code)
    found = await open_link(
        code=known, visitor=_visitor(request) if request.method == HttpMethod.GET else None, now=datetime.now(UTC)
    )
    if found is None:
        raise await _wrong(request)
    if found.is_over:
        raise _No(HTTP_410_GONE, code=known)
    if found.url is not None:
        return Response(
            b"", media_type=MediaType.TEXT, status_code=HTTP_302_FOUND, headers={**_PRIVATE, "Location": found.url}
        )
    return _page("link.html", _landing(found, known))


@route(
    ["/s/{code:str}/optout", "/s/{code:str}/personal"],
    http_method=_READ,
    include_in_schema=False,
    exception_handlers=_HANDLERS,
)
async def opt_out_page(request: Request[Any, Any, Any], code: FromPath[str]) -> Template:
    """The choices, each with one button; nothing is refused by looking."""
    known = await _code(request, code)
    personal = await _recommending(request, known, None)
    first = request.url.path.endswith("/personal")
    return _way_out(await _way(request, known, None), code=known, personal=personal, personal_first=first)


@post(
    "/s/{code:str}/optout",
    status_code=HTTP_200_OK,
    include_in_schema=False,
    exception_handlers=_HANDLERS,
    request_max_body_size=MOST_BYTES,
)
async def opt_out_deed(request: Request[Any, Any, Any], code: FromPath[str]) -> Template:
    """The no itself, at once."""
    known = await _code(request, code)
    said = _said(await request.body())
    choice = next((one for one in CHOICES if one == said), None)
    return _way_out(await _way(request, known, choice), code=known, unclear=choice is None)


@post(
    "/s/{code:str}/personal",
    status_code=HTTP_200_OK,
    include_in_schema=False,
    exception_handlers=_HANDLERS,
    request_max_body_size=MOST_BYTES,
)
async def personal_deed(request: Request[Any, Any, Any], code: FromPath[str]) -> Template:
    """The no to offers by what somebody buys, or its end, at once."""
    known = await _code(request, code)
    wish = _WISHES.get(_said(await request.body()))
    personal = await _recommending(request, known, wish)
    way = await _way(request, known, None)
    return _way_out(way, code=known, personal=personal, personal_first=True, unclear=wish is None)


async def _code(request: Request[Any, Any, Any], text: str) -> str:
    """The code of the path. Raises _No."""
    seconds = await GUESSES.wait(address=client(request))
    if seconds:
        raise _No(HTTP_429_TOO_MANY_REQUESTS, seconds=seconds)
    code = code_in(text=text)
    if code is None:
        raise await _wrong(request)
    return code


async def _wrong(request: Request[Any, Any, Any]) -> _No:
    await GUESSES.wrong(address=client(request))
    return _No(HTTP_404_NOT_FOUND)


async def _way(request: Request[Any, Any, Any], code: str, choice: Choice | None) -> Way:
    found = await opt_out(code=code, choice=choice, address=client(request), now=datetime.now(UTC))
    if found is None:
        raise await _wrong(request)
    return found


async def _recommending(request: Request[Any, Any, Any], code: str, wish: bool | None) -> Recommending:  # noqa: FBT001  None asks
    found = await recommending(code=code, wish=wish, address=client(request), now=datetime.now(UTC))
    if found is None:
        raise await _wrong(request)
    return found


def _visitor(request: Request[Any, Any, Any]) -> Visitor:
    purpose = " ".join(request.headers.get(name, "") for name in _PURPOSES)
    return visitor(agent=request.headers.get("user-agent", ""), purpose=purpose)


def _said(body: bytes) -> str:
    try:
        return parse_qs(body.decode("ascii", "replace"), max_num_fields=9).get("choice", [""])[0]
    except ValueError:
        return ""


def _landing(found: Opened, code: str) -> dict[str, Any]:
    words = LANDING[settings().language]
    who = member_words(to=Addressee(name=found.name, title=found.title, tier=""))["title_or_name"]
    return {
        "words": words,
        "found": found,
        "title": found.chain or found.store,
        "hello": words["hello"].format(name=who) if found.personal else words["hello_all"],
        "code": code,
        "qr": _qr(code) if found.landing_kind == "qr" else "",
    }


def _qr(code: str) -> str:
    """The link's own address as a picture that a till can read."""
    address = link_address(public_url=settings().public_url, code=code)
    return segno.make_qr(address, error="m").svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None)


def _way_out(
    way: Way, *, code: str, personal: Recommending | None = None, personal_first: bool = False, unclear: bool = False
) -> Template:  # fmt: skip
    words = WAY_OUT[settings().language]
    context = {
        "words": words, "way": way, "choices": CHOICES, "title": way.chain, "unclear": unclear, "code": code,
        "personal": personal, "personal_first": personal_first,
    }  # fmt: skip
    return _page("link_optout.html", context, status=HTTP_400_BAD_REQUEST if unclear else HTTP_200_OK)


def _page(name: str, context: dict[str, Any], *, status: int = HTTP_200_OK) -> Template:
    shown = {"language": settings().language, **context}
    return Template(name, context=shown, headers=_PRIVATE, status_code=status, media_type=MediaType.HTML)
