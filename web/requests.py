"""Around every request: an id, one line in the log, one count. Paths, query strings and bodies stay out of all three."""

import asyncio
import json
import re
from time import perf_counter
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import structlog
from litestar import Request, Response
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from config.logging import without_phones
from web.connections import Body, TooSlow
from web.metrics import Metrics
from web.routes import route
from web.safety import safe_headers

LOG = structlog.get_logger("request")
PROBLEM = "application/problem+json"
MILLISECONDS = 1_000
TIMED_OUT = 408
_GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_SLASH = re.compile(b"%2f", re.IGNORECASE)
# A method is any word that a client likes.
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class RequestLog:
    """Pure ASGI, around the whole application: inside Litestar it would not see what no route answers."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, https: bool = False) -> None:
        """`https`: people reach us behind it, says the public URL."""
        self.app = app
        self.https = https
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        _keep_slashes(scope)
        outside = structlog.contextvars.get_contextvars()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=_request_id(scope))
        try:
            await self._answer(scope, receive, send)
        finally:
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.bind_contextvars(**outside)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, began, answer = scope["path"], perf_counter(), _Answer(send, https=self.https)
        body = Body(receive, clock=asyncio.get_running_loop().time)
        try:
            await self.app(scope, body, answer)
        except Exception as error:  # noqa: BLE001  the last one who could tell of it
            _tell(error)
            if answer.status is None:
                await answer.problem(error)
        finally:
            self._done(scope, path=path, status=answer.status, seconds=perf_counter() - began)

    def _done(self, scope: Scope, *, path: str, status: int | None, seconds: float) -> None:
        asked = str(scope.get("method", ""))
        method = asked if asked in _METHODS else "other"
        template = route(scope=scope, path=path)
        answered = status or HTTP_500_INTERNAL_SERVER_ERROR
        # Whoever found out who asks has bound `staff`, or left it where the request is.
        who = getattr(scope.get("staff"), "staff", None)
        LOG.info(
            "request",
            method=method,
            route=template,
            status=answered,
            milliseconds=round(seconds * MILLISECONDS, 1),
            **({} if who is None else {"staff": who}),
        )
        self.metrics.answered(method=method, route=template, status=answered, seconds=seconds)


class _Answer:
    """`send` that remembers the status, and puts into the header the request's id and what keeps browsers safe."""

    def __init__(self, send: Send, *, https: bool) -> None:
        self.send = send
        self.https = https
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), (b"x-request-id", _id().encode())]
            message["headers"] = safe_headers(headers=headers, https=self.https)
        await self.send(message)

    async def problem(self, error: Exception) -> None:
        status, said = _problem(error)
        body = json.dumps(said, ensure_ascii=False).encode()
        headers = [(b"content-type", PROBLEM.encode()), (b"content-length", str(len(body)).encode())]
        start: Any = {"type": "http.response.start", "status": status, "headers": headers}
        await self(start)
        await self({"type": "http.response.body", "body": body, "more_body": False})


def internal_error(_: Request[Any, Any, State], error: Exception) -> Response[dict[str, str]]:
    """Litestar's handler of whatever nobody expected: logged here, because Litestar keeps it to itself."""
    _tell(error)
    status, said = _problem(error)
    return Response(said, status_code=status, media_type=PROBLEM)


def _tell(error: Exception) -> None:
    if not isinstance(error, TooSlow):
        LOG.error("request failed", exc_info=error)


def _problem(error: Exception) -> tuple[int, dict[str, str]]:
    slow = isinstance(error, TooSlow)
    return TIMED_OUT if slow else HTTP_500_INTERNAL_SERVER_ERROR, {**(_SLOW if slow else _INTERNAL), "request": _id()}


_INTERNAL = {
    "code": "internal",
    "zh": "系统内部错误，请稍后再试；如需协助，请提供请求编号。",
    "en": "Something went wrong on our side: try again later, or tell us the number of this request.",
}
_SLOW = {
    "code": "too_slow",
    "zh": "提交的内容迟迟未传完：请检查网络后重试。",
    "en": "What was sent did not come to its end in time: mind the network, and send it again.",
}


def _id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request", ""))


def _keep_slashes(scope: Scope) -> None:
    """A slash that a till sent as %2F is part of a receipt's number: for the route it is a letter like any other."""
    raw = scope.get("raw_path") or b""
    if b"%2" in raw and scope["path"].startswith("/api/v1/"):
        scope["path"] = unquote(_SLASH.sub(b"-", raw).decode("ascii", "replace"))


def _request_id(scope: Scope) -> str:
    """The client's own id where it is one and cannot be a phone, else a new one."""
    given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
    return given if _GIVEN_ID.fullmatch(given) and without_phones(given) == given else uuid4().hex
