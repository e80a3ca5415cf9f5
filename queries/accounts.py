"""Accounts at gateways: which there are, and how they are doing."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tables.scope import current

_ALL = """
SELECT a.name, a.gateway, a.priority, a.is_active, h.is_paused, h.down_until, a.rate, a.classes, h.balance, a.low_balance, a.valid_until
FROM gateway_account a JOIN gateway_health h ON h.account = a.id ORDER BY a.priority, a.id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountShown:
    """An account without what opens it. `rate`: messages a second, None: no limit; `balance` as the gateway told it last."""

    name: str
    gateway: str
    priority: int
    is_active: bool
    is_paused: bool
    down_until: datetime | None
    rate: int | None
    classes: list[str]
    balance: Decimal | None
    low_balance: Decimal | None
    valid_until: date | None

    def state(self, *, now: datetime, today: date) -> str:
        """One of on, off, paused, down, licence over: whichever stops it first."""
        if not self.is_active:
            return "off"
        if self.is_paused:
            return "paused"
        if self.valid_until is not None and self.valid_until < today:
            return "licence over"
        return "down" if self.down_until is not None and self.down_until > now else "on"


async def all_accounts() -> list[AccountShown]:
    """Every account, the most wanted first; inside the caller's scope."""
    return [AccountShown(**row) for row in await current().fetch(_ALL)]
