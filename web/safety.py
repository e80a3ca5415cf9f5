"""What every answer tells the browser that it may do with it, whoever made the answer."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

# Where a page says nothing of its own: it loads nothing, runs nothing, and stands in nobody's frame.
_UNLESS_SAID: Headers = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
)
# A year; without subdomains, which are not ours.
_ONLY_HTTPS: Headers = ((b"strict-transport-security", b"max-age=31536000"),)


def safe_headers(*, headers: Iterable[tuple[bytes, bytes]], https: bool) -> list[tuple[bytes, bytes]]:
    """The headers with those that are missing; behind https also that it stays so, and no cookie leaves it."""
    told = [(name, _cookie(value, https=https) if name.lower() == b"set-cookie" else value) for name, value in headers]
    said = {name.lower() for name, _ in told}
    wanted = (*_UNLESS_SAID, *(_ONLY_HTTPS if https else ()))
    return [*told, *((name, value) for name, value in wanted if name not in said)]


def _cookie(value: bytes, *, https: bool) -> bytes:
    attributes = {part.strip().lower().split(b"=")[0] for part in value.split(b";")[1:]}
    strict = b"" if b"samesite" in attributes else b"; SameSite=lax"
    return value + strict + (b"; Secure" if https and b"secure" not in attributes else b"")
