"""What no page of ours is for, an address, a method or a parameter that is none: a page that says so, under /api problem details."""

from typing import Any

from asyncpg import CharacterNotInRepertoireError
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import ClientException, HTTPException
from litestar.response import Template
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR
from litestar.types import ExceptionHandlersMap

from rules.refusals import Refusal
from web.api.problems import refused_by_litestar
from web.pages.frame import refused
from web.requests import internal_error

_MACHINES = ("/api/", "/hooks/")
_SENTENCES = {
    403: Refusal("not_allowed", "Your role may not do this.", "无权操作：您的角色不能执行此操作。"),
    404: Refusal("not_found", "There is no page at this address: look at it again.", "该页面不存在：请检查地址。"),
    405: Refusal("not_found", "Nothing can be sent to this address.", "该地址不接受提交。"),
    413: Refusal("too_large", "That is too much at once: send less.", "提交的内容太大：请减少后重试。"),
}
_BAD = Refusal(
    "bad_request", "The address cannot be read: follow the links of the pages.", "地址无法识别：请使用页面上的链接。"
)


def astray(request: Request[Any, Any, State], error: HTTPException) -> Response[Any] | Template:
    """Handler of whatever the framework refuses, for the whole application."""
    if error.status_code >= HTTP_500_INTERNAL_SERVER_ERROR:
        return internal_error(request, error)
    if request.scope["path"].startswith(_MACHINES):
        return refused_by_litestar(request, error)
    answer = refused(request, _SENTENCES.get(error.status_code, _BAD))
    answer.status_code = error.status_code
    return answer


def unstorable(request: Request[Any, Any, State], _: Exception) -> Response[Any] | Template:
    """Handler of a text that no table can hold: it has a NUL."""
    return astray(request, ClientException())


ASTRAY: ExceptionHandlersMap = {HTTPException: astray, CharacterNotInRepertoireError: unstorable}
