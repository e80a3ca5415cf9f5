"""What the clouds (Aliyun, Tencent) have in common: texts that were reviewed, calls that carry many messages, signed JSON.

A call is never repeated after an answer that did not come. One that was refused as a whole because of one of its messages
was surely not taken: its messages are offered one by one.
"""

import asyncio
import logging
import re
import ssl
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import TracebackType
from typing import Any, ClassVar, Literal, Self, cast
from urllib.parse import parse_qsl, urlsplit

import httpx

from gateways.protocol import Account, Answer, BadAccountError, ErrorClass, Gateway, Message
from gateways.vendor_text import Filed, FiledTexts
from rules.refusals import Refusal
from rules.webhooks import check_url

# Its log lines hold whole addresses, and Aliyun's hold phones.
logging.getLogger("httpx").setLevel(logging.WARNING)

_CONNECT, _PATIENCE = 5.0, 15.0
_BROKEN = 500
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A message in the cloud's words."""

    message: Message
    filed: Filed


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """What a code means. `single`: it speaks of one number or text, so in a call with others it says nothing of those."""

    state: Literal["failed", "again", "elsewhere", "unknown"]
    error_class: ErrorClass
    single: bool = False


class UnclearError(Exception):
    """An answer from which nobody can tell what was taken; the message names no person."""


class Cloud(Gateway):
    """The base of both. Settings: if wished `endpoint`, `longest_variable` (characters in one placeholder's value)."""

    reviews_texts = True
    opt_out_texts = ("拒收请回复R",)
    longest_call = 45.0
    longest_answer: float = 12.0
    at_once: ClassVar[int] = 8
    default_endpoint: ClassVar[str]
    placeholder: ClassVar[re.Pattern[str]]
    default_longest_variable: ClassVar[int]

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.endpoint = _endpoint(account, default=self.default_endpoint)
        self.host = urlsplit(self.endpoint).netloc
        # What follows from the installation's secret: the same in every process, and as long as our addresses last.
        self.key = dict(parse_qsl(urlsplit(account.reports_url).query)).get("token", "")
        self._texts = self._filed(account)
        self.slots = asyncio.Semaphore(self.at_once)
        self._client: httpx.AsyncClient | None = None

    @classmethod
    def knows(cls, *, text: str, account: Account) -> bool:
        """See `Gateway.knows`: one of the account's reviewed texts, under a filed signature."""
        return isinstance(cls._filed(account).match(text=text), Filed)

    @classmethod
    def _filed(cls, account: Account) -> FiledTexts:
        return FiledTexts(
            texts=account.texts,
            signatures=account.signatures,
            placeholder=cls.placeholder,
            longest_variable=_longest_variable(account, default=cls.default_longest_variable),
        )

    async def __aenter__(self) -> Self:
        self._client = httpx.AsyncClient(
            verify=_trusted(),
            timeout=httpx.Timeout(self.longest_answer, connect=_CONNECT),
            limits=httpx.Limits(max_connections=self.at_once),
            follow_redirects=False,
            # A proxy of the environment is on the way out, not at home, where alone http: is allowed.
            trust_env=self.endpoint.startswith("https:"),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    @abstractmethod
    def together(self, ready: Ready) -> Hashable:
        """Messages for which this is the same may share a call."""

    @abstractmethod
    async def call(self, call: Sequence[Ready], now: datetime) -> list[Answer] | Refused:
        """One request for messages that may share it, each phone once. Raises UnclearError, httpx.HTTPError."""

    def fits(self, call: Sequence[Ready], ready: Ready) -> bool:
        """Whether a message may join a call; they come in the order of their ids."""
        return len(call) < self.most and all(one.message.phone != ready.message.phone for one in call)

    async def send(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:
        """See `Gateway.send`; what the cloud would refuse for its text or signature is not offered."""
        answers = []
        groups: defaultdict[Hashable, list[Ready]] = defaultdict(list)
        for message in sorted(messages, key=lambda message: message.id):
            filed = self._texts.match(text=message.text)
            if isinstance(filed, str):
                answers.append(Answer(id=message.id, state="elsewhere", error_class=filed))
            else:
                ready = Ready(message=message, filed=filed)
                groups[self.together(ready)].append(ready)
        calls = [call for group in groups.values() for call in self._calls(group)]
        for answered in await asyncio.gather(*(self._offer(call, now) for call in calls)):
            answers += answered
        return answers

    async def posted(self, *, query: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        """The status and the object that the cloud answers. Raises UnclearError, httpx.HTTPError."""
        client = cast("httpx.AsyncClient", self._client)
        url = f"{self.endpoint}/?{query}" if query else f"{self.endpoint}/"
        response = await client.post(url, content=body, headers={**headers, "host": self.host})
        try:
            said = response.json()
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict) or response.status_code >= _BROKEN:
            raise UnclearError(f"status {response.status_code}")
        return response.status_code, said

    def _calls(self, group: Sequence[Ready]) -> list[list[Ready]]:
        calls: list[list[Ready]] = []
        for ready in group:
            if calls and self.fits(calls[-1], ready):
                calls[-1].append(ready)
            else:
                calls.append([ready])
        return calls

    async def _offer(self, call: Sequence[Ready], now: datetime) -> list[Answer]:
        answered = await self._once(call, now)
        if not isinstance(answered, Refused):
            return answered
        if answered.single and len(call) > 1:
            alone = await asyncio.gather(*(self._offer([ready], now) for ready in call))
            return [answer for answers in alone for answer in answers]
        return [Answer(id=ready.message.id, state=answered.state, error_class=answered.error_class) for ready in call]

    async def _once(self, call: Sequence[Ready], now: datetime) -> list[Answer] | Refused:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self.slots.acquire()
        except TimeoutError:
            return Refused(state="again", error_class="gateway_down")
        try:
            async with asyncio.timeout(self.longest_answer):
                return await self.call(call, now)
        except _NOT_SENT:
            return Refused(state="again", error_class="gateway_down")
        except (httpx.HTTPError, TimeoutError, UnclearError):
            return Refused(state="unknown", error_class="gateway_down")
        finally:
            self.slots.release()


@cache
def _trusted() -> ssl.SSLContext:
    """Reading the authorities takes longer than a call."""
    return httpx.create_ssl_context()


def _endpoint(account: Account, *, default: str) -> str:
    given = str(account.settings.get("endpoint") or default).rstrip("/")
    try:
        check_url(url=given)
    except Refusal as refusal:
        raise _bad(account, en=f"endpoint: {refusal.en}", zh=f"endpoint：{refusal.zh}") from None
    if urlsplit(given).path or urlsplit(given).query:
        raise _bad(
            account, en="endpoint has a path: write https://host alone.", zh="endpoint 含有路径：只填写 https://主机。"
        )
    return given


def _longest_variable(account: Account, *, default: int) -> int:
    given = str(account.settings.get("longest_variable") or default)
    if not re.fullmatch(r"[1-9][0-9]{0,2}", given, re.ASCII):
        raise _bad(
            account,
            en="longest_variable is not a number from 1 to 999: enter what the cloud's console says.",
            zh="longest_variable 不是 1–999 的数字：请填写云控制台显示的变量长度。",
        )
    return int(given)


def _bad(account: Account, *, en: str, zh: str) -> BadAccountError:
    return BadAccountError(en=f"The account {account.name}: {en}", zh=f"通道账号 {account.name}：{zh}")
