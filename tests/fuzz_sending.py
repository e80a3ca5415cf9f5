"""What a fuzzer sends, to the byte, and what came back: the application is called as a server would call it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from web.requests import RequestLog

CSRF = "t"
Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One request as it stands on the wire; `template` is the route that it is meant for."""

    method: str
    path: bytes
    template: str
    query: bytes = b""
    body: bytes = b""
    headers: Headers = ()
    address: str = "10.0.0.1"

    def told(self) -> str:
        return f"{self.method} {self.path[:200]!r}?{self.query[:300]!r} {self.headers!r} {self.body[:600]!r}"


@dataclass
class Answer:
    """Status 0: none came."""

    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""

    @property
    def kind(self) -> str:
        return self.headers.get(b"content-type", b"").decode().partition(";")[0]


def identified(token: str) -> Headers:
    """The headers of somebody who is logged in, with the proof that a page of ours sends."""
    return ((b"cookie", f"id={token}; csrftoken={CSRF}".encode()), (b"x-csrftoken", CSRF.encode()))


async def call(app: RequestLog, sent: Sent) -> Answer:
    """The application's answer."""
    answer, chunks = Answer(), [sent.body]
    headers = [(b"host", b"localhost"), *sent.headers]
    if sent.body and not any(name == b"content-length" for name, _ in headers):
        headers.append((b"content-length", str(len(sent.body)).encode()))
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": sent.method,
        "scheme": "http", "path": unquote(sent.path.decode("ascii")), "raw_path": sent.path, "query_string": sent.query,
        "root_path": "", "headers": headers, "client": (sent.address, 1), "server": ("localhost", 80), "state": {},
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": chunks.pop()} if chunks else {"type": "http.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], dict(message["headers"])
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, send)  # type: ignore[arg-type]  # ASGI, typed twice
    return answer
