"""What the door says itself: JSON, files of ours, and a no with its sentence in both languages."""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from starlette.types import Message, Send

from rules.refusals import Refusal

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

# The stock screen needs inline styles; scripts, pictures and calls come from here alone.
_FROM_HERE = (
    b"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    b" font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
)
SAFETY: Headers = (
    (b"content-security-policy", _FROM_HERE),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)
STATUS = {
    "unauthorized": 401, "password_is_temporary": 403, "second_factor_missing": 403, "factor_wrong": 401, "factor_used": 401,
    "clock_skewed": 401, "factor_unreadable": 401, "not_allowed": 403, "not_found": 404, "read_only": 405,
    "conflict": 409, "other_person": 409, "too_large": 413, "too_many": 429, "unavailable": 503, "unknown_column": 400, "bad_value": 400,
    "bad_page": 400, "bad_order": 400, "too_broad": 400, "bad_request": 400, "internal": 500,
}  # fmt: skip
DEFAULT_STATUS = 422


def status_of(*, code: str) -> int:
    return STATUS.get(code, DEFAULT_STATUS)


async def reply(send: Send, *, status: int, body: bytes, kind: str = "application/json", headers: Headers = ()) -> None:
    """One whole answer."""
    fixed = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode()), *SAFETY, *headers]
    await send({"type": "http.response.start", "status": status, "headers": fixed})
    await send({"type": "http.response.body", "body": body})


def refusal_body(*, refusal: Refusal, language: str, extra: Mapping[str, object] | None = None) -> bytes:
    """The JSON of a no. `custom_form_error` is where the stock screen looks for the sentence."""
    sentence = refusal.zh if language == "zh" else refusal.en
    content = {"code": refusal.code, "zh": refusal.zh, "en": refusal.en, "custom_form_error": sentence, **(extra or {})}
    return json.dumps(content, ensure_ascii=False).encode()


async def refuse(send: Send, *, refusal: Refusal, language: str) -> None:
    """A no, with the status that belongs to its code."""
    body = refusal_body(refusal=refusal, language=language)
    await reply(send, status=status_of(code=refusal.code), body=body, headers=((b"cache-control", b"no-store"),))


class Held:
    """An answer kept back until its transaction has been committed."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"]) if self.messages else 500

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    async def release(self, send: Send, *, body: bytes | None = None, cache: bytes = b"no-store") -> None:
        """Sends what was kept, with another body, of JSON, when one is given."""
        start, *rest = self.messages
        ours = {b"content-length", b"cache-control"} | ({b"content-type"} if body is not None else set())
        kept = [(name, value) for name, value in start["headers"] if name.lower() not in ours]
        if body is not None:
            kept.append((b"content-type", b"application/json"))
        whole = b"".join(message.get("body", b"") for message in rest) if body is None else body
        headers = [*kept, (b"content-length", str(len(whole)).encode()), (b"cache-control", cache), *SAFETY]
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": whole})
