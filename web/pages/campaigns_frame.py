"""What all pages below /campaigns share: who may open them, their frame with menu and rail, their forms, their own files."""

import hmac
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs
from uuid import uuid4

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from config.settings import settings
from queries.campaigns_plan import CampaignPlan, campaign_plan
from queries.staff import Identity
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import Connection, scope
from web.clients import client
from web.pages.campaigns_words import NAV, RAIL, WORDS
from web.pages.frame import REFUSED, page
from web.pages.live import Asked, is_foreign

PATH = "/campaigns"
MAY_SEE: tuple[Role, ...] = ("hq_admin", "hq_marketing", "hq_viewer", "store_manager")
MAY_EDIT: tuple[Role, ...] = ("hq_admin", "hq_marketing", "store_manager")
HQ_EDITS: tuple[Role, ...] = ("hq_admin", "hq_marketing")
# A series of texts in five versions each, every letter as %E5%90%8D, still fits.
MOST_BYTES = 200_000
_MOST_FIELDS = 400
# How these pages are served, and how their forms are taken.
PAGE: dict[str, Any] = {"include_in_schema": False, "exception_handlers": REFUSED}
DEED: dict[str, Any] = {**PAGE, "status_code": HTTP_303_SEE_OTHER, "request_max_body_size": MOST_BYTES}
_COOKIE = "csrftoken"
# Only files of ours run; htmx is told to evaluate nothing, and no style of a member's name could do more than look odd.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:;"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_FOLDER = Path(__file__).parents[1] / "static"
_TYPES = {"css": "text/css", "js": "text/javascript"}
_FILES = {path.name: path.read_bytes() for path in _FOLDER.iterdir() if path.suffix[1:] in _TYPES}
# A browser keeps a file for ever under the address that its content has.
ADDRESSES = {name: f"{PATH}/static/{name}?{sha256(body).hexdigest()[:12]}" for name, body in _FILES.items()}
_STEPS = ("goal", "content", "people", "check", "test", "send", "results")
Here = Literal["list", "calendar", "segments", "budget", "results"]


@get(f"{PATH}/static/{{name:str}}", include_in_schema=False)
async def campaigns_file(
    staff: NamedDependency[Identity],  # noqa: ARG001  anybody who is logged in
    name: FromPath[str],
) -> Response[bytes]:
    """A file of these pages. Raises NotFoundException."""
    if name not in _FILES:
        raise NotFoundException
    kept = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(_FILES[name], media_type=_TYPES[name.rsplit(".", 1)[-1]], headers=kept)


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody typed: every field, the last of each name by `one`."""

    fields: Mapping[str, list[str]]

    def one(self, name: str, default: str = "") -> str:
        """A field without the space around it."""
        return self.fields.get(name, [default])[-1].strip()

    def every(self, name: str) -> list[str]:
        """All fields of one name, as check boxes have them."""
        return self.fields.get(name, [])

    def __contains__(self, name: str) -> bool:
        return name in self.fields


def campaigns_page(
    *, request: Asked, staff: Identity, name: str, words: Mapping[str, str], context: Mapping[str, Any],
    here: Here = "list", plan: CampaignPlan | None = None, step: int | None = None, status: int = HTTP_200_OK,
) -> Template:  # fmt: skip
    """A page (its template extends campaigns_base.html) or a part of one. `here`: its place in the menu; `plan`, `step`: the
    campaign and which of the wizard's seven steps this is. The template writes `token` into each form as the field `token`.
    """
    token = request.cookies.get(_COOKIE) or str(uuid4())
    language = settings().language
    frame = {
        "words": {**WORDS[language], **words},
        "nav": [(href, word, key == here) for key, (href, word) in NAV[language].items()],
        "rail": rail(plan=plan, step=step) if step is not None else [],
        "plan": plan,
        "token": token,
        "files": ADDRESSES,
        "may_edit": staff.role in MAY_EDIT,
        "hq": staff.role in HQ_EDITS,
    }
    answer = page(name=name, context={**frame, **context}, status=status)
    answer.headers["Content-Security-Policy"] = _POLICY
    if _COOKIE not in request.cookies:
        answer.set_cookie(_COOKIE, token, samesite="lax")
    return answer


def rail(*, plan: CampaignPlan | None, step: int) -> list[dict[str, Any]]:
    """The seven steps: those that were filled in and the next one are links; results are there once something was sent."""
    begun = plan is not None and plan.state not in {"draft", "review", "scheduled"}
    reached = 0 if plan is None else len(_STEPS) if begun else min(plan.reached, len(_STEPS) - 2)
    return [
        {
            "number": number,
            "name": RAIL[settings().language][key],
            "href": f"{PATH}/{plan.id}/{'live' if begun and key == 'send' else key}"
            if plan is not None and number <= reached + 1
            else None,
            "here": number == step,
            "done": number <= reached and number != step,
        }
        for number, key in enumerate(_STEPS, 1)
    ]


async def campaign_form(*, request: Asked) -> Form:
    """What a form of these pages has sent. Raises Refusal bad_request."""
    try:
        body = (await request.body()).decode()
        fields = parse_qs(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        fields = {}
    known = request.cookies.get(_COOKIE, "")
    if (
        is_foreign(request=request)
        or not known
        or not hmac.compare_digest(known.encode(), fields.get("token", [""])[-1].encode())
    ):
        raise Refusal("bad_request", "The page is too old: load it again.", "页面已过期：请刷新后再试。")
    if any("\0" in said for every in fields.values() for said in every):
        raise Refusal("bad_request", "The form holds a character that cannot be kept.", "表单中含有无法保存的字符。")
    return Form(fields)


def check_may_see(*, staff: Identity) -> None:
    """Raises Refusal not_allowed."""
    if staff.role not in MAY_SEE:
        raise Refusal(
            "not_allowed", "Campaigns are for head office and store managers.", "群发活动仅限总部和店长查看。"
        )


def check_may_edit(*, staff: Identity) -> None:
    """Raises Refusal not_allowed."""
    if staff.role not in MAY_EDIT:
        raise Refusal(
            "not_allowed",
            "Campaigns are planned by head office and store managers: ask them.",
            "群发活动由总部和店长策划：请联系他们。",
        )


def own_scope(*, request: Asked, staff: Identity) -> AbstractAsyncContextManager[Connection]:
    """One transaction with the rights of who asks; the audit remembers who and from where."""
    return scope(role=staff.role, stores=staff.stores, staff=staff.staff, address=client(request))


async def plan_of(*, request: Asked, staff: Identity, campaign: int) -> CampaignPlan:
    """A campaign that this person may see. Raises Refusal unknown_campaign, not_allowed."""
    check_may_see(staff=staff)
    plan = None
    if campaign < 1 << 63:
        async with own_scope(request=request, staff=staff):
            plan = await campaign_plan(campaign=campaign)
    if plan is None:
        raise Refusal(
            "unknown_campaign",
            "This campaign is not there, or not for you to see.",
            "该活动不存在，或您无权查看。",
        )
    return plan


def said(refusal: Refusal) -> str:
    """A no in the language of the house."""
    return str(getattr(refusal, settings().language))


def clock() -> datetime:
    """The instant it is."""
    return datetime.now(UTC)


def moment(at: datetime) -> str:
    """11-23 10:00 in the shops, with the year where it is not this one."""
    local = at.astimezone(settings().zone)
    this_year = local.year == datetime.now(settings().zone).year
    return f"{local:%m-%d %H:%M}" if this_year else f"{local:%Y-%m-%d %H:%M}"
