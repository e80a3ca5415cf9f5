"""From where a request comes, and how often strangers may guess there."""

import time
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from litestar import Request

# Somebody who has IPv6 has a whole network of addresses.
_OWN_BITS = 64


def client(request: Request[Any, Any, Any]) -> str:
    """The address (IP) of who asks; empty where there is none."""
    host = request.client.host if request.client else ""
    try:
        return str(ip_address(host))
    except ValueError:
        return ""


class Guesses:
    """How often each address was wrong of late, in this process."""

    def __init__(self, *, most: RateLimitItem) -> None:
        """`most`: so many wrong guesses are nobody's slip any more."""
        self._most = most
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def wait(self, *, address: str) -> int:
        """For how many seconds this address is not listened to; 0: it is."""
        whom = _household(address)
        if await self._limiter.test(self._most, whom):
            return 0
        reset = (await self._limiter.get_window_stats(self._most, whom)).reset_time
        return max(int(reset - time.time()) + 1, 1)

    async def wrong(self, *, address: str) -> None:
        """One more that led nowhere."""
        await self._limiter.hit(self._most, _household(address))


def _household(address: str) -> str:
    """Those who are counted as one."""
    if not address:
        return address
    known = ip_address(address)
    return str(ip_network((known, _OWN_BITS), strict=False)) if isinstance(known, IPv6Address) else address
