"""How often log-ins may go wrong. Every block ends by itself, and nobody's mistakes block those who are known where they are.

What counts is here; `Tries` keeps it in memory, actions/log_in.py for all processes together.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network


@dataclass(frozen=True, slots=True)
class Limit:
    """So many wrong ones within so long; then the rest of that time is waited for."""

    most: int
    within: timedelta


# One person at one place; one person, from wherever; one place, whoever is tried there (a shop has one address).
PAIR = Limit(most=8, within=timedelta(minutes=5))
ACCOUNT = Limit(most=40, within=timedelta(minutes=15))
ADDRESS = Limit(most=60, within=timedelta(minutes=5))
OF_KNOWN = 1
# Somebody who has IPv6 has a whole network of addresses.
_OWN_BITS = 64
_MOST_KEPT = 40_000


@dataclass(slots=True)
class _Window:
    ends: datetime
    count: int = 0


@dataclass(slots=True)
class Tries:
    """What went wrong of late in this process. A try counts from its start, so that many at once are many."""

    _windows: OrderedDict[bytes, _Window] = field(default_factory=OrderedDict)
    _known: OrderedDict[bytes, None] = field(default_factory=OrderedDict)

    def start(self, *, username: str, address: str, now: datetime) -> int:
        """Counts a try; or, without counting, for how many seconds there may be none (0: there was one)."""
        limits = self._limits(username, address)
        waits = [
            (window.ends - now).total_seconds()
            for key, limit in limits.items()
            if (window := self._window(key, now)) is not None and window.count >= limit.most
        ]
        if waits:
            return int(max(waits)) + 1
        for key, limit in limits.items():
            window = self._window(key, now)
            if window is None:
                window = self._windows[key] = _Window(ends=now + limit.within)
                self._windows.move_to_end(key)
            window.count += 1
        # Names without end: the oldest go first, in a step of the same length however many there are.
        while len(self._windows) > _MOST_KEPT:
            self._windows.popitem(last=False)
        return 0

    def undo(self, *, username: str, address: str) -> None:
        """The try was not wrong."""
        for key in self._limits(username, address):
            if key in self._windows:
                self._windows[key].count -= 1

    def right(self, *, username: str, address: str) -> None:
        """The try was right: this person is known at this place until the process ends."""
        self.undo(username=username, address=address)
        pair = pair_of(username=username, address=address)
        self._windows.pop(pair, None)
        self._known[pair] = None
        self._known.move_to_end(pair)
        if len(self._known) > _MOST_KEPT:
            self._known.popitem(last=False)

    def _limits(self, username: str, address: str) -> dict[bytes, Limit]:
        known = pair_of(username=username, address=address) in self._known
        limits = limits_of(username=username, address=address)
        return dict(list(limits.items())[:OF_KNOWN]) if known else limits

    def _window(self, key: bytes, now: datetime) -> _Window | None:
        window = self._windows.get(key)
        return window if window is not None and window.ends > now else None


def pair_of(*, username: str, address: str) -> bytes:
    """The key of this person at this place."""
    return _key("pair", username.casefold(), _household(address))


def limits_of(*, username: str, address: str) -> dict[bytes, Limit]:
    """What a try counts towards, by keys that tell nobody's name; the first `OF_KNOWN` bind those who are known here too.

    Who is known here is locked out neither by strangers who try the name elsewhere nor by a colleague's typing.
    """
    return {
        pair_of(username=username, address=address): PAIR,
        _key("account", username.casefold()): ACCOUNT,
        _key("address", _household(address)): ADDRESS,
    }


def _key(*parts: str) -> bytes:
    # No name is kept, not even here.
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).digest()


def _household(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network((known, _OWN_BITS), strict=False)) if isinstance(known, IPv6Address) else str(known)
