"""/simulator: pretend phones that receive and reply, and the faults of their gateway, for head office to try everything."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromQuery
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_303_SEE_OTHER
from litestar.template import TemplateConfig
from markupsafe import Markup, escape

from actions.accounts import load_accounts
from config.settings import settings
from gateways.protocol import Account
from gateways.simulator import FAULTS, PretendPhone, PretendText, Simulator
from queries.staff import Identity
from rules.messages import parts
from rules.phones import normalise_phone
from rules.refusals import Refusal
from tables.access import STORE_ROLES, Role
from tables.scope import scope
from tasks.reports import ask_soon
from web.pages.frame import REFUSED
from web.pages.live import MOST_BYTES, Asked, back_to, live_page, own_form
from web.pages.simulator_words import FAULTS as FAULT_WORDS
from web.pages.simulator_words import WORDS

TEMPLATES = TemplateConfig(directory=Path(__file__).parent / "templates", engine=JinjaTemplateEngine)
MAY_PLAY: tuple[Role, ...] = ("hq_admin", "hq_marketing")
LONGEST_REPLY = 300
_PATH = "/simulator"
_DEED: dict[str, Any] = {
    "status_code": HTTP_303_SEE_OTHER, "include_in_schema": False, "exception_handlers": REFUSED,
    "request_max_body_size": MOST_BYTES,
}  # fmt: skip
_LINK = r"https?://[A-Za-z0-9./?=&%_~#:+-]*[A-Za-z0-9/]"


@get(_PATH, include_in_schema=False)
async def simulator_page(
    request: Asked, staff: NamedDependency[Identity], part: FromQuery[str | None] = None
) -> Template:
    """The newest texts by phone, masked. HQ alone may look: the texts are of all stores' members."""
    accounts, language = await _accounts(staff), settings().language
    phones = await next(iter(accounts.values())).phones(now=datetime.now(UTC))
    context = {
        "words": WORDS[language],
        "faults": FAULT_WORDS[language],
        "phones": [_phone(phone) for phone in phones],
        "accounts": [(name, await account.faults()) for name, account in accounts.items()],
        "may_play": staff.role in MAY_PLAY,
        "longest": LONGEST_REPLY,
    }
    name = "simulator.html" if part is None else "simulator_live.html"
    return live_page(request=request, name=name, context=context)


@post(f"{_PATH}/replies", **_DEED)
async def simulator_reply(request: Asked, staff: NamedDependency[Identity]) -> Redirect:
    """A phone sends us a text: one of those on the page, or any number. Raises Refusal bad_phone, bad_text."""
    accounts = await _accounts(staff, playing=True)
    fields, now = await own_form(request=request), datetime.now(UTC)
    text = fields.get("text", "").strip()
    if not text or len(text) > LONGEST_REPLY:
        raise Refusal(
            "bad_text", f"Write a text of 1 to {LONGEST_REPLY} characters.", f"请填写 1 到 {LONGEST_REPLY} 个字的短信。"
        )
    first = next(iter(accounts.values()))
    known = {_handle(phone): phone for phone in await first.phones(now=now, most=2000, texts=1)}
    phone = known.get(fields.get("phone", ""))
    number = normalise_phone(text=fields.get("number", "")) if phone is None else phone.number
    # It answers to where its newest text came from.
    account = accounts.get(phone.texts[0].account, first) if phone is not None else first
    await account.say(phone=number, text=text, now=now)
    await ask_soon()
    return back_to(_PATH)


@post(f"{_PATH}/faults", **_DEED)
async def simulator_faults(request: Asked, staff: NamedDependency[Identity]) -> Redirect:
    """Exactly the faults that were chosen are on, for an hour."""
    accounts = await _accounts(staff, playing=True)
    fields = await own_form(request=request)
    account = accounts.get(fields.get("account", ""))
    if account is None:
        raise NotFoundException
    seconds = fields.get("seconds", "")
    slow = int(seconds) if re.fullmatch("[0-9]{1,2}", seconds) else 1
    await account.switch(faults={fault: slow if fault == "slow" else 1 for fault in FAULTS if fault in fields})
    return back_to(_PATH)


async def _accounts(staff: Identity, *, playing: bool = False) -> dict[str, Simulator]:
    """The simulators that messages may leave through, by account, the most wanted first."""
    if staff.role in STORE_ROLES or (playing and staff.role not in MAY_PLAY):
        raise PermissionDeniedException
    async with scope(role="job"):
        accounts: Mapping[str, Account] = await load_accounts()
    found = {name: Simulator(account) for name, account in accounts.items() if account.gateway == "simulator"}
    if not found:
        raise NotFoundException
    return found


def _handle(phone: PretendPhone) -> str:
    """What the page calls a phone by: its number is not for everybody who may look."""
    return hmac.new(settings().secret.encode(), f"phone:{phone.number}".encode(), hashlib.sha256).hexdigest()[:16]


def _phone(phone: PretendPhone) -> dict[str, Any]:
    return {"id": _handle(phone), "phone": phone.phone, "texts": [_shown(text) for text in phone.texts]}


def _shown(text: PretendText) -> dict[str, Any]:
    when = text.at.astimezone(settings().zone)
    number = WORDS[settings().language]["parts"].format(n=parts(text=text.text))
    return {"text": _linked(text.text), "at": f"{when:%m-%d %H:%M}", "state": text.state, "parts": number}


def _linked(text: str) -> Markup:
    """The text with its addresses as links; all else of it stays text."""
    own = urlsplit(settings().public_url)
    found = re.split(rf"({_LINK}|{re.escape(own.netloc)}/s/[A-Za-z0-9]+)", text)
    return Markup().join(
        Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(
            one if "://" in one else f"{own.scheme}://{one}", one
        ) if n % 2 else escape(one)
        for n, one in enumerate(found)
    )  # fmt: skip
