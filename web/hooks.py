"""/hooks/{gateway}/reports and /replies: what gateways tell about an account, each of which has a secret address of its own.

A stranger hears one answer, whether there is such an account or not, and is not listened to. What is told is kept in one
statement before it is answered; whatever has to follow is done by a worker. Nothing that is told stands in a log.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs

import msgspec
import structlog
from litestar import HttpMethod, Request, Response, route
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_413_REQUEST_ENTITY_TOO_LARGE
from litestar.types import ExceptionHandlersMap

from actions.accounts import faults, load_accounts
from actions.replies import take_replies
from actions.reports import fault_of, is_moment, is_storable, take_reports
from config.settings import settings
from gateways.protocol import BadHookError, Gateway, HookRequest, Inbound, Report
from gateways.registry import opened
from rules.hooks import token_is_good
from rules.refusals import Refusal
from tables.scope import scope
from tasks.messages import hand_over_soon
from tasks.reports import join_soon
from web.api.problems import FRESH, HANDLERS, problem
from web.requests import PROBLEM

LOG = structlog.get_logger("hooks")
MOST_BYTES = 1_000_000
MOST_FIELDS = 64
# An edit of an account is seen after so long.
KNOWN_SECONDS = 2.0
# So many bodies are held at once, and so long is waited for one.
AT_ONCE = 16
SLOWEST_BODY = 15
# All who come within this time share one nudge.
NUDGE_SECONDS = 0.2
_BOTH = [HttpMethod.GET, HttpMethod.POST]

News = TypeVar("News", Report, Inbound)


class Soon:
    """Wakes a worker a moment later, once for all who asked meanwhile."""

    def __init__(self, wake: Callable[[], Awaitable[None]]) -> None:
        self._wake = wake
        self._asked: asyncio.Task[None] | None = None
        self._waiting = False

    def ask(self) -> None:
        if not self._waiting:
            self._waiting = True
            self._asked = asyncio.create_task(self._later())

    async def _later(self) -> None:
        await asyncio.sleep(NUDGE_SECONDS)
        self._waiting = False
        await self._wake()


class Desk:
    """Who may tell, as of a moment ago, and how much is read at once."""

    def __init__(self) -> None:
        self.slots = asyncio.Semaphore(AT_ONCE)
        self._known: dict[str, Gateway | Refusal] = {}
        self._since: float | None = None
        self._asking = asyncio.Lock()

    async def gateway(self, *, name: str) -> Gateway:
        """The gateway of an active account. Raises Refusal unauthorized, unavailable (an account that lacks something)."""
        async with self._asking:
            if self._since is None or time.monotonic() - self._since > KNOWN_SECONDS:
                await self._ask()
        found = self._known.get(name)
        if found is None:
            raise _STRANGER
        if isinstance(found, Refusal):
            raise found
        return found

    async def _ask(self) -> None:
        async with scope(role="job"):
            accounts, troubles = await load_accounts(), await faults()
        self._known = {name: Refusal("unavailable", no.en, no.zh) for name, no in troubles.items()}
        self._known |= {name: opened(account=account) for name, account in accounts.items()}
        self._since = time.monotonic()


def hooks() -> list[HTTPRouteHandler]:
    """The two addresses, which share what they know of accounts."""
    desk, join, hand_over = Desk(), Soon(join_soon), Soon(hand_over_soon)

    @route("/hooks/{gateway:str}/reports", **_ROUTE)
    async def hook_reports(request: Request[Any, Any, Any], gateway: FromPath[str]) -> Response[str]:
        _check_token(request, account=gateway)
        async with desk.slots:
            sms, told = await desk.gateway(name=gateway), await _request(request)
            now = datetime.now(UTC)
            reports = _told(lambda: sms.told_reports(request=told, now=now), account=gateway)
            _check(fault_of(report=report) for report in reports)
            if await take_reports(gateway=gateway, reports=reports, now=now):
                join.ask()
        return _thanks(sms)

    @route("/hooks/{gateway:str}/replies", **_ROUTE)
    async def hook_replies(request: Request[Any, Any, Any], gateway: FromPath[str]) -> Response[str]:
        _check_token(request, account=gateway)
        async with desk.slots:
            sms, told = await desk.gateway(name=gateway), await _request(request)
            now, known = datetime.now(UTC), settings()
            replies = _told(lambda: sms.told_replies(request=told, now=now), account=gateway)
            _check(_fault_of(reply) for reply in replies)
            if await take_replies(gateway=gateway, replies=replies, now=now, zone=known.zone, secret=known.secret):
                hand_over.ask()
        return _thanks(sms)

    return [hook_reports, hook_replies]


def _check_token(request: Request[Any, Any, Any], *, account: str) -> None:
    """Before anything is read or looked up: strangers cost nothing. Raises Refusal unauthorized."""
    given = _query(request, errors="replace").get("token", "")
    if not token_is_good(secret=settings().secret, account=account, given=given):
        raise _STRANGER


def _query(request: Request[Any, Any, Any], *, errors: str) -> dict[str, str]:
    """Of several values the last one; without errors="strict" nothing is refused."""
    try:
        raw = request.scope["query_string"].decode("utf-8", errors)
        found = parse_qs(raw, keep_blank_values=True, errors=errors, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        if errors == "strict":
            raise _malformed("the query is not UTF-8, or too long", "查询参数不是 UTF-8 编码，或过多") from error
        return {}
    return {name: values[-1] for name, values in found.items()}


async def _request(request: Request[Any, Any, Any]) -> HookRequest:
    """The request as gateways know it, without our secret."""
    query = _query(request, errors="strict")
    query.pop("token", None)
    async with asyncio.timeout(SLOWEST_BODY):
        body = await request.body()
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.scope["headers"]}
    return HookRequest(query=query, headers=headers, body=body)


def _told(read: Callable[[], list[News]], *, account: str) -> list[News]:
    """What the gateway makes of a request. Raises Refusal malformed."""
    try:
        return read()
    except BadHookError as error:
        why = str(error)
    except Exception as error:  # noqa: BLE001  whatever a gateway stumbles over is not what it is meant to be told
        why = f"it is not what this gateway sends ({type(error).__name__})"
    LOG.warning("hook not understood", account=account)
    raise _malformed(why, why)


def _check(found: Iterable[str | None]) -> None:
    """All or nothing. Raises Refusal malformed."""
    for why in found:
        if why is not None:
            raise _malformed(why, why)


def _fault_of(reply: Inbound) -> str | None:
    if not is_storable(texts=(reply.gateway_reply_id, reply.phone, reply.text)):
        return "a text is none, or holds half a character or a null"
    return None if is_moment(at=reply.at) else "a time is none, or without a zone"


def _thanks(sms: Gateway) -> Response[str]:
    answer = sms.hook_answer()
    return Response(answer.body, media_type=answer.media_type, headers=FRESH)


def _malformed(en: str, zh: str) -> Refusal:
    return Refusal("malformed", f"The request cannot be read: {en}.", f"无法读取请求：{zh}。")


def _too_large(_: Request[Any, Any, Any], __: Exception) -> Response[bytes]:
    body = problem(_TOO_LARGE) | {
        "type": "urn:regulars:problem:too_large", "title": "Too much at once",
        "status": HTTP_413_REQUEST_ENTITY_TOO_LARGE, "code": "too_large",
    }  # fmt: skip
    return Response(msgspec.json.encode(body), status_code=body["status"], media_type=PROBLEM, headers=FRESH)


_STRANGER = Refusal(
    "unauthorized",
    "Only a gateway may speak here, at the address of its account: `regulars account hooks NAME` shows it.",
    "此地址仅供短信通道使用：请用 regulars account hooks NAME 查看该账号的回调地址。",
)
_TOO_LARGE = Refusal("too_large", "The body is larger than 1 MB: send less at once.", "请求正文超过 1 MB：请分批推送。")
_HANDLERS: ExceptionHandlersMap = {**HANDLERS, RequestEntityTooLarge: _too_large}
_ROUTE: dict[str, Any] = {
    "http_method": _BOTH, "status_code": HTTP_200_OK, "include_in_schema": False, "exception_handlers": _HANDLERS,
    "request_max_body_size": MOST_BYTES,
}  # fmt: skip
