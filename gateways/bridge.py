"""A bridge of one's own: JSON over HTTP to a small programme beside the operator's line (CMPP, SGIP, a modem, a new vendor).

Each request is signed as Standard Webhooks (standardwebhooks.com) with the account's secret. `POST {url}/send` and
`POST {url}/ask` hold `{"messages": [{"id", "phone", "text"}]}` and are answered with `{"answers": [{"id", "state",
"gateway_message_id"?, "error_class"?}]}`; reports and replies come to our addresses as JSON arrays. What the bridge promises
about an id that it was told twice is a setting.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal, Self
from uuid import uuid4

import httpx
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from standardwebhooks import Webhook

from gateways.protocol import (
    Account,
    Answer,
    BadAccountError,
    BadHookError,
    ErrorClass,
    Gateway,
    HookRequest,
    Inbound,
    Message,
    Report,
)

PROMISES = ("idempotent", "askable", "neither")
_BUSY = 503


class _Said(BaseModel):
    id: int
    state: Literal["accepted", "failed", "again", "elsewhere", "unknown"]
    gateway_message_id: str | None = Field(default=None, max_length=100)
    error_class: ErrorClass | None = None


class _Answers(BaseModel):
    answers: list[_Said]


class _Report(BaseModel):
    gateway_message_id: str = Field(max_length=100)
    state: Literal["delivered", "failed"]
    at: datetime
    error_class: ErrorClass | None = None
    id: int | None = None
    part: str = Field(default="", max_length=40)


class _Reply(BaseModel):
    id: str = Field(max_length=100)
    phone: str = Field(max_length=30)
    text: str
    at: datetime


_REPORTS = TypeAdapter(list[_Report])
_REPLIES = TypeAdapter(list[_Reply])


class Bridge(Gateway):
    settings_needed: ClassVar[tuple[str, ...]] = ("url",)
    credentials_needed: ClassVar[tuple[str, ...]] = ("secret",)
    repeats_id = True

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        promise = account.settings.get("promise", "neither")
        if promise not in PROMISES:
            raise BadAccountError(
                en=f"The account {account.name} promises {promise!r}: use one of {', '.join(PROMISES)}.",
                zh=f"通道账号 {account.name} 的 promise 为 {promise!r}：可用的有 {'、'.join(PROMISES)}。",
            )
        self.idempotent, self.askable = promise == "idempotent", promise == "askable"
        self.most = int(account.settings.get("most", 100))
        self.longest_call = float(account.settings.get("longest_call", 30))

    async def __aenter__(self) -> Self:
        # The engine ends a call that takes too long; until then the bridge may think.
        self._client = httpx.AsyncClient(base_url=str(self.account.settings["url"]), timeout=None)  # noqa: S113
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def send(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:
        """See `Gateway.send`."""
        try:
            response = await self._post("/send", messages=messages, now=now)
        except httpx.ConnectError:
            return [Answer(id=one.id, state="again", error_class="gateway_down") for one in messages]
        if response.status_code == _BUSY:
            return [Answer(id=one.id, state="again", error_class="rate") for one in messages]
        return _told(response)

    async def ask(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:
        """See `Gateway.ask`."""
        return _told(await self._post("/ask", messages=messages, now=now))

    def told_reports(self, *, request: HookRequest, now: datetime) -> list[Report]:  # noqa: ARG002
        """See `Gateway.told_reports`."""
        try:
            told = _REPORTS.validate_json(request.body)
        except ValidationError as error:
            raise _malformed(error) from None
        return [
            Report(
                gateway_message_id=one.gateway_message_id, state=one.state, at=_aware(one.at), message=one.id,
                error_class=one.error_class, part=one.part,
            )
            for one in told
        ]  # fmt: skip

    def told_replies(self, *, request: HookRequest, now: datetime) -> list[Inbound]:  # noqa: ARG002
        """See `Gateway.told_replies`."""
        try:
            told = _REPLIES.validate_json(request.body)
        except ValidationError as error:
            raise _malformed(error) from None
        return [Inbound(gateway_reply_id=one.id, phone=one.phone, text=one.text, at=_aware(one.at)) for one in told]

    async def _post(self, path: str, *, messages: Sequence[Message], now: datetime) -> httpx.Response:
        said = [{"id": one.id, "phone": one.phone, "text": one.text} for one in messages]
        body = json.dumps({"messages": said}, ensure_ascii=False)
        return await self._client.post(path, content=body.encode(), headers=self._signed(body=body, now=now))

    def _signed(self, *, body: str, now: datetime) -> Mapping[str, str]:
        name, secret = f"req_{uuid4().hex}", self.account.credentials["secret"]
        signature = Webhook(secret).sign(msg_id=name, timestamp=now.astimezone(UTC), data=body)
        return {
            "content-type": "application/json", "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature,
        }  # fmt: skip


def _told(response: httpx.Response) -> list[Answer]:
    """What was answered; anything but a good answer means that nobody knows."""
    response.raise_for_status()
    return [Answer(**one.model_dump()) for one in _Answers.model_validate_json(response.content).answers]


def _malformed(error: ValidationError) -> BadHookError:
    first: Any = error.errors(include_input=False, include_url=False)[0]
    return BadHookError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}")


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


GATEWAY = Bridge
