"""The log-in desk: how often passwords and codes may be wrong, how many are looked at at once, and the second factor."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from piccolo.apps.user.tables import BaseUser
from piccolo_api.mfa.provider import MFAProvider
from piccolo_api.rate_limiting.middleware import RateLimitProvider
from starlette.types import Message, Receive, Send

from actions.log_in import TRIES, too_many
from actions.noting import note_log_in
from actions.second_factor import is_asked, use_code
from admin.bodies import checked_body
from admin.replies import refusal_body, reply, status_of
from admin.screens import Language
from config.settings import settings
from rules.refusals import Refusal

Inside = Callable[[Receive, Send], Awaitable[None]]
# Hashing keeps a core busy for a quarter of a second: tills must not wait for it, nor connections be held meanwhile.
_AT_ONCE = 2
_MOST_WAITING = 40
_GOOD_BELOW, _UNAUTHORIZED, _BROKEN = 400, 401, 500
# What the stock panel answers when the password is right and the code is still to come: its screen waits for these words.
_CODE_WANTED = "MFA code required"
_WRONG_PASSWORD = "Incorrect password."  # noqa: S105  a sentence
_BUSY = Refusal("unavailable", "Many are logging in: try again in some seconds.", "登录人数较多：请几秒后再试。")
_UNREADABLE = Refusal("bad_request", "Write username and password as texts.", "用户名和密码须为文字：请重新填写。")


class Desk:
    """Stands before every request that proves who somebody is."""

    def __init__(self, *, language: Language) -> None:
        self.language = language
        self.gate = asyncio.Semaphore(_AT_ONCE)
        self.waiting = 0

    async def __call__(
        self, *, username: str | None, address: str, receive: Receive, send: Send, inside: Inside
    ) -> None:
        """Lets a request through to `inside` if its person (None: whom the body names) may try; tells what was wrong."""
        try:
            body = await _body(receive)
            name = _name(body) if username is None else username
            good = await self._tried(name, address, body, send, inside)
            if username is None and good is not None:
                await note_log_in(username=name, good=good, address=address)
        except Refusal as refusal:
            await self._refuse(send, refusal)

    async def _tried(self, name: str, address: str, body: bytes, send: Send, inside: Inside) -> bool | None:
        """Whether it was the right password and code; None: neither yes nor no."""
        if self.waiting >= _MOST_WAITING:
            raise _BUSY
        seconds = await TRIES.start(username=name, address=address, now=datetime.now(UTC))
        if seconds:
            await self._refuse(send, too_many(seconds=seconds), seconds=seconds)
            return None
        heard, wrong = _Heard(send), False
        self.waiting += 1
        try:
            async with self.gate:
                await inside(_again(body), heard)
            wrong = heard.wrong
        finally:
            self.waiting -= 1
            if heard.good:
                await TRIES.right(username=name, address=address)
            elif not wrong:
                await TRIES.undo(username=name, address=address)
        return True if heard.good else False if wrong else None

    async def _refuse(self, send: Send, refusal: Refusal, *, seconds: int = 0) -> None:
        body = refusal_body(refusal=refusal, language=self.language)
        headers = [(b"cache-control", b"no-store")]
        if seconds:
            headers.append((b"retry-after", str(seconds).encode()))
        await reply(send, status=status_of(code=refusal.code), body=body, headers=headers)


class _Heard:
    """`send` that remembers what was answered."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.status = _BROKEN
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
        self.body += message.get("body", b"")
        await self.send(message)

    @property
    def good(self) -> bool:
        return self.status < _GOOD_BELOW

    @property
    def wrong(self) -> bool:
        """Whether a password or a code was: neither an accident of ours nor a field left empty is."""
        try:
            content = json.loads(self.body)
        except ValueError:
            content = {}
        detail = content.get("detail") if isinstance(content, dict) else None
        return detail == _WRONG_PASSWORD or (self.status == _UNAUTHORIZED and detail != _CODE_WANTED)


class Authenticator(MFAProvider):
    """The stock log-in's second question. Setting up is a page of ours."""

    async def authenticate_user(self, user: BaseUser, code: str) -> bool:
        """Raises Refusal with what is wrong about the code."""
        await use_code(staff=user.id, typed=code, secret=settings().secret, now=datetime.now(UTC))
        return True

    async def is_user_enrolled(self, user: BaseUser) -> bool:
        return await is_asked(staff=user.id)

    async def send_code(self, user: BaseUser) -> bool:  # noqa: ARG002  an authenticator needs no message
        return False

    async def get_registration_html(self, user: BaseUser) -> str:
        raise NotImplementedError

    async def get_registration_json(self, user: BaseUser) -> dict[str, Any]:
        raise NotImplementedError

    async def delete_registration(self, user: BaseUser) -> None:
        raise NotImplementedError


class CountedAtTheDesk(RateLimitProvider):
    """In place of the stock panel's limit, which locks out whole addresses."""

    def increment(self, identifier: str) -> None:
        """Nothing: the desk has counted."""


async def _body(receive: Receive) -> bytes:
    message = await (await checked_body(receive))()
    body: bytes = message["body"]
    return body


def _name(body: bytes) -> str:
    content = json.loads(body)
    given = [content.get(name, "") for name in ("username", "password", "mfa_code")]
    if not all(isinstance(text, str) for text in given):
        raise _UNREADABLE
    name: str = given[0]
    return name


def _again(body: bytes) -> Receive:
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return {"type": "http.disconnect"}
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
