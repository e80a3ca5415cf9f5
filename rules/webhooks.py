"""Webhooks: which events there are, where they may go, how they are signed, what an answer means."""

import hashlib
import hmac
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Literal, get_args
from urllib.parse import urlsplit

from rules.refusals import Refusal

Event = Literal["purchase", "refund", "redemption", "tier_change"]
EVENTS: tuple[Event, ...] = get_args(Event)
# certificate: whose connection cannot be trusted; invalid: nothing that could be sent there.
ErrorClass = Literal["timeout", "unreachable", "certificate", "bad_answer", "gone", "switched_off", "invalid"]
# After the first try, the second …; then it has failed.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 2 * 60, 10 * 60, 3600, 6 * 3600, 24 * 3600))
LONGEST_URL = 500
_GOOD = range(200, 300)
_GONE = 410
# Said by whoever is too busy or not there: the next message would hear the same.
_BUSY = {429, 502, 503, 504}
_AT_HOME = [
    ip_network(net) for net in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What came back: a status, or the reason why there is none."""

    status: int | None = None
    error: ErrorClass | None = None

    @property
    def good(self) -> bool:
        return self.status in _GOOD

    @property
    def gone(self) -> bool:
        """The receiver wants no more, ever."""
        return self.status == _GONE

    @property
    def silences(self) -> bool:
        """Whether there is no use in offering this receiver the next message right away."""
        return self.status is None or self.gone or self.status in _BUSY


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """What becomes of a delivery; `next_at` while it is queued."""

    state: Literal["queued", "sent", "failed"]
    next_at: datetime | None = None
    error: ErrorClass | None = None


def fate(*, said: Said, tries: int, now: datetime) -> Fate:
    """What an answer to the `tries`-th try means."""
    if said.good:
        return Fate(state="sent")
    error: ErrorClass = "gone" if said.gone else said.error or "bad_answer"
    if said.gone or tries > len(WAITS):
        return Fate(state="failed", error=error)
    return Fate(state="queued", next_at=now + WAITS[tries - 1], error=error)


def message_id(*, delivery: int) -> str:
    """The same for every try, so that a receiver knows what it has seen."""
    return f"msg_{delivery}"


def signing_secret(*, webhook: int, secret: str) -> str:
    """What a webhook's messages are signed with, as its receiver keeps it. It follows from the installation's secret, so
    that none has to be stored.
    """
    made = hmac.new(secret.encode(), f"webhook:{webhook}".encode(), hashlib.sha256).digest()
    return f"whsec_{b64encode(made).decode()}"


def check_url(*, url: str) -> None:
    """Refuses (`bad_url`) an address to which nothing may be sent: https goes anywhere, http within the house."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _NO_ADDRESS from None
    if not host or len(url) > LONGEST_URL or not url.isprintable() or " " in url or "\\" in url:
        raise _NO_ADDRESS
    if parts.username is not None or parts.fragment:
        raise Refusal(
            "bad_url",
            "The address holds a user name or a fragment (#): leave them out, messages are signed instead.",
            "地址中不能含用户名或 #：请去掉，消息本身带有签名。",
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and _at_home(host)):
        raise _NOT_SAFE


def _at_home(host: str) -> bool:
    """Whether it is this machine or a private address; a name could be anybody's tomorrow."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in net for net in _AT_HOME)


_NO_ADDRESS = Refusal(
    "bad_url",
    f"That is not an address: write https://host/path, at most {LONGEST_URL} characters.",
    f"这不是有效的地址：请填写 https://主机/路径，最多 {LONGEST_URL} 个字符。",
)
_NOT_SAFE = Refusal(
    "bad_url",
    "Messages leave by https:// alone; http:// is for localhost and private addresses such as 192.168.1.5.",
    "消息只通过 https:// 发送；http:// 仅可用于 localhost 和内网地址（如 192.168.1.5）。",
)
