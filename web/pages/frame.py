"""What pages of ours for logged-in people share: headers, how figures are written, and a no that says why."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from litestar import MediaType, Request, Response
from litestar.datastructures import State
from litestar.response import Template
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_400_BAD_REQUEST,
    HTTP_403_FORBIDDEN,
    HTTP_404_NOT_FOUND,
    HTTP_429_TOO_MANY_REQUESTS,
)
from litestar.types import ExceptionHandlersMap

from config.settings import settings
from rules.calendar import business_date
from rules.refusals import Refusal

# Figures of the shop stay in no cache; a page of ours has its style inside, no script, and asks nobody.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
BACK = {"zh": "返回后台", "en": "Back office"}
# Pages where whoever mistyped something tries again.
_AGAIN = {"zh": "返回重试", "en": "Try again"}
_TRIED = {"account", "audit"}
_STATUS = {
    "not_allowed": HTTP_403_FORBIDDEN,
    "too_many": HTTP_429_TOO_MANY_REQUESTS,
    "unknown_campaign": HTTP_404_NOT_FOUND,
    "unknown_segment": HTTP_404_NOT_FOUND,
    "unknown_member": HTTP_404_NOT_FOUND,
}


def page(*, name: str, context: Mapping[str, Any], status: int = HTTP_200_OK) -> Template:
    """A page in the language of the house; templates write figures with `number` and `yuan`."""
    shown = {"language": settings().language, "number": number, "yuan": yuan, **context}
    return Template(name, context=shown, headers=HEADERS, status_code=status, media_type=MediaType.HTML)


def attachment(*, body: bytes, name: str, media_type: str) -> Response[bytes]:
    """A file to keep; its name is of ASCII alone."""
    kept = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=media_type, headers=kept)


def refused(request: Request[Any, Any, State], refusal: Refusal) -> Template:
    """A no as a page, in both languages, the house's own first."""
    sentences = [("zh-CN", refusal.zh), ("en", refusal.en)]
    ordered = sentences if settings().language == "zh" else sentences[::-1]
    status = _STATUS.get(refusal.code, HTTP_400_BAD_REQUEST)
    place = request.scope["path"].split("/")[1]
    again = place in _TRIED and refusal.code != "not_allowed"
    back, href = (_AGAIN, f"/{place}") if again else (BACK, "/admin/")
    shown = {"sentences": ordered, "back": back[settings().language], "href": href}
    return page(name="refused.html", context=shown, status=status)


# For `exception_handlers`: elsewhere a refusal is JSON.
REFUSED: ExceptionHandlersMap = {Refusal: refused}


def today() -> date:
    """The day it is in the shops."""
    return business_date(at=datetime.now(UTC), zone=settings().zone)


def number(points: int) -> str:
    """1,234 or −1,234."""
    return f"{points:,}".replace("-", "−")


def yuan(amount: Decimal) -> str:
    """¥1,234.50 or −¥1,234.50."""
    return f"{'−' if amount < 0 else ''}¥{abs(amount):,}"
