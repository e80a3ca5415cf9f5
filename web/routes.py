"""The template of a request's route: what logs and metrics may hold of its path."""

import re
from collections.abc import Mapping
from typing import Any

from litestar.handlers import ASGIRouteHandler

UNMATCHED = "unmatched"
# The stock panel is an application of its own, whose routes Litestar does not know. What is named comes before what has a place.
_PANEL = (
    "/admin/",
    "/admin/{page}.html/",
    "/admin/assets/{file}/",
    "/admin/regulars/{file}/",
    "/admin/public/login/",
    "/admin/public/logout/",
    "/admin/public/meta/",
    "/admin/public/translations/",
    "/admin/public/translations/{language}/",
    "/admin/api/tables/",
    "/admin/api/tables/grouped/",
    *(f"/admin/api/tables/{{table}}/{what}/" for what in ("schema", "count", "ids", "new", "references")),
    "/admin/api/tables/{table}/",
    "/admin/api/tables/{table}/{row}/",
    "/admin/api/forms/",
    "/admin/api/forms/grouped/",
    "/admin/api/forms/{form}/schema/",
    "/admin/api/forms/{form}/",
    "/admin/api/links/",
    "/admin/api/user/",
    "/admin/api/change-password/",
)
_PATTERNS = tuple(
    (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)).removesuffix("/") + "/?"), template)
    for template in _PANEL
)


def route(*, scope: Mapping[str, Any], path: str) -> str:
    """`/hooks/{gateway}/reports`, never what stood in place of the braces; `unmatched` when nothing answers there.

    `scope` is the one that Litestar has routed, `path` the one that came in: a mount shortens it.
    """
    handler = scope.get("route_handler")
    if handler is None:
        return UNMATCHED
    if isinstance(handler, ASGIRouteHandler):
        return next((template for pattern, template in _PATTERNS if pattern.fullmatch(path)), UNMATCHED)
    return str(scope.get("path_template") or UNMATCHED)
