"""How an account at a gateway stands, and why a message still waits: the sentences of deed.accounts_ready, for people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal, get_args
from zoneinfo import ZoneInfo

State = Literal["ok", "off", "unusable", "paused", "licence_over", "no_balance", "down", "outside_hours"]
# ready: leaves as soon as a worker has a hand free · rate: behind others, at the operator's pace · the rest really waits
Reason = Literal[
    "ready", "rate", "scheduled", "retry", "quiet_hours", "campaign_halted", "no_account", "unusable", "paused",
    "licence_over", "no_balance", "down", "outside_hours",
]  # fmt: skip
REASONS: tuple[Reason, ...] = get_args(Reason)
AT_ONCE = ("verification", "staff")  # what asks for no hours: somebody waits for it
_NEAR = 0.8  # of the rate: from there on it is the rate that holds up


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountFacts:
    """An account as far as it decides what may leave. `is_usable`: settings and credentials are all there; `used`:
    messages in the last second; hours are of the chain's day.
    """

    name: str
    classes: Collection[str]
    is_active: bool = True
    is_usable: bool = True
    is_paused: bool = False
    down_until: datetime | None = None
    opens: time | None = None
    closes: time | None = None
    balance: Decimal | None = None
    valid_until: date | None = None
    rate: int | None = None
    used: int = 0

    def state(self, *, now: datetime, zone: ZoneInfo, at_once: bool = False) -> State:
        """What keeps it from carrying anything at `now`, the gravest first; `at_once`: as far as AT_ONCE is concerned."""
        local = now.astimezone(zone)
        hours = self.opens is not None and self.closes is not None and not self.opens <= local.time() < self.closes
        troubles: tuple[tuple[bool, State], ...] = (
            (not self.is_active, "off"),
            (not self.is_usable, "unusable"),
            (self.is_paused, "paused"),
            (self.valid_until is not None and self.valid_until < local.date(), "licence_over"),
            (self.balance is not None and self.balance <= 0, "no_balance"),
            (self.down_until is not None and self.down_until > now, "down"),
            (hours and not at_once, "outside_hours"),
        )
        return next((state for trouble, state in troubles if trouble), "ok")


def why_it_waits(
    *, message_class: str, gateway: str | None, accounts: Sequence[AccountFacts], now: datetime, zone: ZoneInfo
) -> tuple[Reason, str | None]:
    """Why a due message of a class is still here, and the account that is the cause; `accounts` in order of priority,
    `gateway` where no other account may have it. The first choice tells the cause when none is free.
    """
    mine = [
        (account, account.state(now=now, zone=zone, at_once=message_class in AT_ONCE))
        for account in accounts
        if account.is_active and message_class in account.classes and gateway in {None, account.name}
    ]
    ready = next((account for account, state in mine if state == "ok"), None)
    if ready is not None:
        slow = ready.rate is not None and ready.used >= ready.rate * _NEAR
        return ("rate", ready.name) if slow else ("ready", ready.name)
    return next(((state, account.name) for account, state in mine if state not in {"ok", "off"}), ("no_account", None))  # type: ignore[return-value]  # ok and off are out


def open_hours(*, rules: Sequence[tuple[int | None, time, time]], store: int | None, local: time) -> bool:
    """Whether marketing and notices of a store may leave at a time of day, by all the hours rules (store or None, opens,
    closes); from 08:00 until before 21:00 where no rule says otherwise.
    """
    mine = [(opens, closes) for shop, opens, closes in rules if shop is None or shop == store]
    opens = max((opens for opens, _ in mine), default=time(8))
    closes = min((closes for _, closes in mine), default=time(21))
    return opens <= local < closes
