"""One browser, two people: a page that the first had opened does nothing in the name of the second who logged in meanwhile.

Pages of ours carry the browser's token in their forms: it becomes another one when another person logs in, and stays when the
same one does, whose half-written text would else be lost. The stock screen reads the cookie anew each time, so it says for
whom it was opened (screen.js).
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from http.cookies import SimpleCookie
from uuid import uuid4

from starlette.types import Message, Send

from config.settings import settings
from queries.staff import Identity, identify
from rules.refusals import Refusal

TOKEN = "csrftoken"  # noqa: S105  the name of a cookie
# As long as the stock panel keeps its own.
_SECONDS = 365 * 24 * 3_600
_GOOD_BELOW = 400
_OPENED_FOR = b"x-regulars-staff"
_WRITES = {"POST", "PUT", "PATCH", "DELETE"}


class NewPerson:
    """`send` of a log-in: with the session comes a token, unless the browser has one of the same person."""

    def __init__(self, send: Send, *, known: str) -> None:
        """`known`: the token that the browser has."""
        self.send = send
        self.known = known

    async def __call__(self, message: Message) -> None:
        """Adds the cookie to a good answer."""
        if message["type"] == "http.response.start" and message["status"] < _GOOD_BELOW:
            message = {**message, "headers": [*message["headers"], *await self._token(message)]}
        await self.send(message)

    async def _token(self, message: Message) -> list[tuple[bytes, bytes]]:
        cookies = SimpleCookie()
        for name, value in message["headers"]:
            if name == b"set-cookie":
                cookies.load(value.decode("latin-1"))
        session = cookies["id"].value if "id" in cookies else ""
        who = await identify(token=session, now=datetime.now(UTC)) if session else None
        if who is None or self._is_of(who):
            return []
        token = _signed(str(uuid4()), staff=who.staff)
        return [(b"set-cookie", f"{TOKEN}={token}; Path=/; Max-Age={_SECONDS}; SameSite=lax".encode())]

    def _is_of(self, who: Identity) -> bool:
        random, _, _ = self.known.partition(".")
        return hmac.compare_digest(self.known.encode(), _signed(random, staff=who.staff).encode())


def check_opened_for(*, who: Identity, method: str, headers: Mapping[bytes, bytes]) -> None:
    """Raises Refusal other_person when the stock screen was opened for somebody else. Whoever says nothing is no screen."""
    said = headers.get(_OPENED_FOR)
    if method in _WRITES and said is not None and said != str(who.staff).encode():
        raise Refusal(
            "other_person",
            f"This page was opened by somebody else; now {who.username} is logged in: load the page again.",
            f"本页由另一位员工打开，当前登录的是“{who.username}”：请刷新页面后再操作。",
        )


def _signed(random: str, *, staff: int) -> str:
    proof = hmac.new(settings().secret.encode(), f"form:{staff}:{random}".encode(), sha256)
    return f"{random}.{proof.hexdigest()[:32]}"
