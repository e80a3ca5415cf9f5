"""What is sent to the panel: one JSON object that a database can hold, or a no before the panel sees it."""

import json
import math
from typing import Any, NoReturn

from starlette.types import Message, Receive

from rules.refusals import Refusal

MOST_BYTES = 1_000_000
# Lone surrogates cannot be stored, and the database's texts hold no NUL.
_NO_TEXT = range(0xD800, 0xE000)


def _refuse(_: str) -> NoReturn:
    raise ValueError("a number that is none")


def _storable(value: Any) -> bool:  # noqa: ANN401  any JSON
    if isinstance(value, str):
        return "\0" not in value and not any(ord(letter) in _NO_TEXT for letter in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_storable(key) and _storable(item) for key, item in value.items())
    return all(map(_storable, value)) if isinstance(value, list) else True


async def checked_body(receive: Receive) -> Receive:
    """Reads the whole body, and gives it back to be read again. Raises Refusal bad_request, too_large."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BYTES:
            raise Refusal(code="too_large", en="That is too much: send less than 1 MB.", zh="内容太大：请少于 1 MB。")
    try:
        # Of bytes Python reads UTF-16 and UTF-32 too, and what reads the body after us may not.
        content = json.loads(body.decode(), parse_constant=_refuse) if body else {}
        good = isinstance(content, dict) and _storable(content)
    except (ValueError, RecursionError):
        good = False
    if not good:
        raise Refusal(
            code="bad_request",
            en="This is not a JSON object that can be read: look at what was sent.",
            zh="提交的内容不是可识别的 JSON 对象：请检查后重试。",
        )
    return _again(body or b"{}", receive)


def _again(body: bytes, receive: Receive) -> Receive:
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
