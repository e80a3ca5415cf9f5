"""How the API says no: RFC 9457 problem details, in both languages, with a code that never changes its meaning."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from actions.tills_counter import AN_HOUR, Later
from rules.refusals import Refusal
from web.requests import PROBLEM, internal_error

LOG = structlog.get_logger("api")
FRESH = {"Cache-Control": "no-store"}
AWAY_SECONDS = 2
SERVER_ERROR = 500

# code: status, title
CODES = {
    "malformed": (400, "Not what is asked for here"),
    "unauthorized": (401, "No key, or none that is good"),
    "foreign_store": (403, "Not one of this key's stores"),
    "unknown_member": (404, "No such member"),
    "unknown_store": (404, "No such store"),
    "unknown_receipt": (404, "No such receipt"),
    "unknown_reward": (404, "No such reward"),
    "not_found": (404, "No such address"),
    "method_not_allowed": (405, "Not with this method"),
    "conflict": (409, "Known with other content"),
    "insufficient_points": (422, "Not enough points"),
    "out_of_stock": (422, "Out of stock"),
    "reward_not_allowed": (422, "Not for this member or store"),
    "refund_exceeds": (422, "More than is left of the sale"),
    "code_required": (422, "A code is needed"),
    "code_wrong": (422, "The code is wrong"),
    "code_expired": (422, "No code is good any more"),
    "bad_phone": (422, "Not a phone number"),
    "future_date": (422, "In the future"),
    "bad_amount": (422, "Not an amount that can be taken"),
    "too_many": (429, "Too many"),
    "unavailable": (503, "Not now"),
}
# What the rest of the house calls by finer names.
MEANS = {
    "bad_quantity": "bad_amount",
    "bad_money": "bad_amount",
    "code_unreachable": "code_required",
    "no_program": "conflict",
    "not_allowed": "foreign_store",
    "unknown_redemption": "unknown_receipt",
}
# The database is not there, has had enough, or let two deeds stand in each other's way: the same again may work.
AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.UniqueViolationError,
)


def problem(refusal: Refusal) -> dict[str, Any]:
    """A Refusal as problem details; what has no code of its own here is `malformed`."""
    code = MEANS.get(refusal.code, refusal.code)
    code = code if code in CODES else "malformed"
    status, title = CODES[code]
    return {
        "type": f"urn:regulars:problem:{code}",
        "title": title,
        "status": status,
        "detail": refusal.en,
        "detail_zh": refusal.zh,
        "code": code,
    }


def refused(_: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    """Handler of refusals."""
    body = problem(refusal)
    headers = dict(FRESH)
    if isinstance(refusal, Later):
        headers["Retry-After"] = str(refusal.seconds)
    elif body["code"] == "too_many":
        headers["Retry-After"] = str(AN_HOUR)
    elif body["code"] == "unauthorized":
        headers["WWW-Authenticate"] = 'Bearer realm="regulars"'
    return _told(body, headers)


def refused_by_litestar(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Handler of what the framework refuses: addresses, methods, parameters, bodies that are too long."""
    if error.status_code >= SERVER_ERROR:
        return internal_error(request, error)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "malformed")
    return _told(problem(_OF_LITESTAR[code]), {**FRESH, **(error.headers or {})})


def away(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Handler of a database that does not answer."""
    LOG.warning("database away", error=type(error).__name__)
    return _told(problem(_AWAY), {**FRESH, "Retry-After": str(AWAY_SECONDS)})


def _told(body: Mapping[str, Any], headers: dict[str, str]) -> Response[bytes]:
    return Response(msgspec.json.encode(body), status_code=body["status"], media_type=PROBLEM, headers=headers)


_OF_LITESTAR = {
    "not_found": Refusal("not_found", "There is nothing at this address.", "该地址不存在。"),
    "method_not_allowed": Refusal(
        "method_not_allowed", "This address does not take that method.", "该地址不支持此方法。"
    ),
    "malformed": Refusal(
        "malformed",
        "The request is not what is asked for here: mind its parameters, and send at most 1 MB.",
        "请求不符合要求：请检查参数，且正文不超过 1 MB。",
    ),
}
_AWAY = Refusal(
    "unavailable", "The database does not answer: try again in a moment.", "数据库暂时无法访问：请稍后再试。"
)

HANDLERS: ExceptionHandlersMap = {
    Refusal: refused,
    HTTPException: refused_by_litestar,
    **dict.fromkeys(AWAY, away),
}
