"""Pages that renew themselves and have buttons: their script, their headers, and the proof that a form came from one of them."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from litestar import Request
from litestar.datastructures import State
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_303_SEE_OTHER
from markupsafe import Markup

from config.settings import settings
from rules.refusals import Refusal
from web.pages.frame import HEADERS, page

SCRIPT = (Path(__file__).parent / "templates" / "live.js").read_text(encoding="utf-8")
# The browser runs exactly this text, and nothing that a member's text or name might bring along.
_DIGEST = b64encode(sha256(SCRIPT.encode()).digest()).decode()
_POLICY = f"{HEADERS['Content-Security-Policy']}; script-src 'sha256-{_DIGEST}'; connect-src 'self'"
# The back office's own cookie: a form of another site can neither read nor name it.
_COOKIE = "csrftoken"
MOST_BYTES = 4_000
_MOST_FIELDS = 20

Asked = Request[Any, Any, State]


def live_page(*, request: Asked, name: str, context: Mapping[str, Any]) -> Template:
    """A page whose template writes `script`, and `token` into each of its forms as the field `token`."""
    token = request.cookies.get(_COOKIE) or str(uuid4())
    answer = page(name=name, context={**context, "script": Markup(SCRIPT), "token": token})  # noqa: S704  our own file
    answer.headers["Content-Security-Policy"] = _POLICY
    if _COOKIE not in request.cookies:
        answer.set_cookie(_COOKIE, token, samesite="lax")
    return answer


async def own_form(*, request: Asked) -> dict[str, str]:
    """The fields of a form that a page of ours has sent, the last of each name. Raises Refusal bad_request."""
    try:
        body = (await request.body()).decode()
        fields = {name: said[-1] for name, said in parse_qs(body, max_num_fields=_MOST_FIELDS, errors="strict").items()}
    except ValueError:
        fields = {}
    known = request.cookies.get(_COOKIE, "")
    if (
        is_foreign(request=request)
        or not known
        or not hmac.compare_digest(known.encode(), fields.get("token", "").encode())
    ):
        raise Refusal("bad_request", "The page is too old: load it again.", "页面已过期：请刷新后再试。")
    return fields


def is_foreign(*, request: Asked) -> bool:
    """Whether the browser says that another site's page sent this; where it says nothing, the token decides alone."""
    origin = request.headers.get("origin")
    if origin is None:
        return False
    ours = {urlsplit(settings().public_url).hostname, urlsplit(f"//{request.headers.get('host', '')}").hostname}
    try:
        sender = urlsplit(origin).hostname
    except ValueError:
        sender = None
    return sender is None or sender not in ours


def back_to(path: str) -> Redirect:
    """To the page, so that loading it again does not send the form again."""
    return Redirect(path, status_code=HTTP_303_SEE_OTHER)
