"""Kannel (kannel.org) over its HTTP interface sendsms, one request a message: for SMPP and CMPP lines of one's own.

Kannel is neither idempotent nor can it be asked: what was not answered is `unknown` until its report comes. It repeats our
own id in its reports. Its side (kannel.conf) is in docs/kannel.md; its answers are in its user guide, chapter 6.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, cast

import httpx

from gateways import kannel_told
from gateways.protocol import (
    Account,
    Answer,
    BadAccountError,
    Gateway,
    HookAnswer,
    HookRequest,
    Inbound,
    Message,
    Report,
)
from rules.messages import is_gsm

_CONNECT, _ANSWER, _PATIENCE = 5.0, 12.0, 15.0
_AT_ONCE = 8
# Final reports only (1 delivered, 2 not delivered, 16 refused by the operator): the others would double the requests to us.
_MASK = "19"
_LINE = re.compile(r"[!-~](?:[ -~]{0,126}[!-~])?")
_FORMS = {
    "from": re.compile(r"[0-9A-Za-z+*#_.-]{1,21}"),
    "smsc": _LINE,
    "connections": re.compile(r"[1-9]|[1-5][0-9]|6[0-4]"),
    "validity": re.compile(r"[1-9][0-9]{0,3}"),
}


class Kannel(Gateway):
    """One sendsms-user of one Kannel. Settings: `url`, `from`; if wished `smsc` (which line), `connections` (8), `validity`
    (minutes that the operator tries).
    """

    most = 50
    longest_call = 30.0
    settings_needed = ("url", "from")
    credentials_needed = ("username", "password")

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        _check(account)
        given = account.settings
        self._slots = asyncio.Semaphore(int(given.get("connections") or _AT_ONCE))
        self._client: httpx.AsyncClient | None = None
        head = {
            "X-Kannel-Username": account.credentials["username"],
            "X-Kannel-Password": account.credentials["password"],
            "X-Kannel-From": str(given["from"]),
            "X-Kannel-SMSC": str(given.get("smsc") or ""),
            "X-Kannel-Validity": str(given.get("validity") or ""),
            "Content-Type": "text/plain; charset=UTF-8",
        }
        self._head = {name: value for name, value in head.items() if value}

    async def __aenter__(self) -> Self:
        # A proxy of the environment is not on the way to a Kannel of one's own; certificates are read where they are asked for.
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(_ANSWER, connect=_CONNECT),
            follow_redirects=False,
            trust_env=False,
            verify=httpx.URL(self.account.settings["url"]).scheme != "http",
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def send(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:  # noqa: ARG002
        """See `Gateway.send`; as many at once as there are `connections`. What had to wait too long was not offered."""
        return await asyncio.gather(*(self._offer(message) for message in messages))

    def told_reports(self, *, request: HookRequest, now: datetime) -> list[Report]:
        """See `Gateway.told_reports`; what is not final is no report."""
        told = kannel_told.report(request=request, now=now)
        return [] if told is None else [told]

    def told_replies(self, *, request: HookRequest, now: datetime) -> list[Inbound]:
        """See `Gateway.told_replies`."""
        return [kannel_told.reply(request=request, now=now)]

    def hook_answer(self) -> HookAnswer:
        """Nothing: Kannel would send words to the phone as an SMS."""
        return HookAnswer(body="")

    async def _offer(self, message: Message) -> Answer:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._slots.acquire()
        except TimeoutError:
            return Answer(id=message.id, state="again", error_class="gateway_down")
        try:
            return await self._ask(message)
        finally:
            self._slots.release()

    async def _ask(self, message: Message) -> Answer:
        client = cast("httpx.AsyncClient", self._client)
        try:
            async with asyncio.timeout(_ANSWER):
                said = await client.post(
                    self.account.settings["url"],
                    content=message.text.encode("utf-8", "replace"),
                    headers=self._headers(message),
                )
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Answer(id=message.id, state="again", error_class="gateway_down")
        except (TimeoutError, httpx.HTTPError):
            return Answer(id=message.id, state="unknown")
        return kannel_told.answered(message=message.id, status=said.status_code, body=said.text)

    def _headers(self, message: Message) -> dict[str, str]:
        own = {"X-Kannel-To": message.phone, "X-Kannel-Coding": "0" if is_gsm(text=message.text) else "2"}
        address = self.account.reports_url
        if address:
            # Kannel fills in what follows a percent sign; two of them are one.
            ours = f"{address.replace('%', '%%')}{'&' if '?' in address else '?'}id={message.id}"
            own |= {"X-Kannel-DLR-Mask": _MASK, "X-Kannel-DLR-URL": f"{ours}&{kannel_told.REPORT}"}
        return self._head | own


GATEWAY = Kannel


def _check(account: Account) -> None:
    """Raises BadAccountError for what could not be sent as it is."""
    given: Mapping[str, Any] = account.settings
    wrong = [name for name, form in _FORMS.items() if given.get(name) and not form.fullmatch(str(given[name]))]
    wrong += [name for name in ("username", "password") if not _LINE.fullmatch(account.credentials[name])]
    try:
        url = httpx.URL(given["url"])
        readable = url.scheme in {"http", "https"} and bool(url.host)
    except (httpx.InvalidURL, TypeError):
        readable = False
    if not readable:
        wrong.insert(0, "url")
    if wrong:
        names = ", ".join(wrong)
        raise BadAccountError(
            en=f"The account {account.name} (kannel): {names} cannot be used as it is. url is the address of sendsms, such as "
            "http://127.0.0.1:13013/cgi-bin/sendsms; from is a number or a name of Latin letters; connections is 1 to 64.",
            zh=f"通道账号 {account.name}（kannel）：{names} 无效。url 为 sendsms 地址，例如 "
            "http://127.0.0.1:13013/cgi-bin/sendsms；from 为号码或拉丁字母名称；connections 为 1–64。",
        )
