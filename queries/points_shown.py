"""The parts of an explained ledger as values, read from what `deed.member_explain` tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Self

Told = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shop:
    """A store as people call it."""

    code: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """A till receipt, `amount` in yuan (negative: a refund, and `sale` is what it takes back)."""

    store: Shop
    number: str
    on: date
    amount: Decimal
    sale: "Receipt | None"

    @classmethod
    def read(cls, told: Told) -> Self:
        sale = told.get("sale")
        return cls(
            store=Shop(**told["store"]), number=told["number"], on=_day(told["on"]), amount=Decimal(told["amount"]),
            sale=None if sale is None else Receipt.read(sale),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where the points of a lot came from: the deed, its day and store, and the receipt that bore it."""

    kind: str
    source: str
    on: date
    store: Shop
    receipt: Receipt | None

    @classmethod
    def read(cls, told: Told) -> Self:
        return cls(
            kind=told["kind"], source=told["source"], on=_day(told["on"]), store=Shop(**told["store"]),
            receipt=_receipt(told),
        )  # fmt: skip

    @property
    def seller(self) -> Shop | None:
        """The store whose receipt bore the points."""
        return self.receipt.store if self.source == "purchase" and self.receipt is not None else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Earning:
    """How a sale earned: yuan by what their lines earned by (0: nothing), all of it times the two multipliers."""

    per_yuan: Decimal
    tier_multiplier: Decimal
    shares: tuple[tuple[Decimal, Decimal], ...]

    @classmethod
    def read(cls, told: Told) -> Self:
        shares = tuple((Decimal(one["multiplier"]), Decimal(one["amount"])) for one in told.get("shares", ()))
        return cls(per_yuan=Decimal(told["per_yuan"]), tier_multiplier=Decimal(told["tier_multiplier"]), shares=shares)


@dataclass(frozen=True, kw_only=True, slots=True)
class Extension:
    """A lot's end moved from `was` to `until`."""

    on: date
    was: date
    until: date
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """Points that a deed took out of a lot (negative: gave back); `paid`: they paid what was owed."""

    on: date
    kind: str
    points: int
    paid: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LotShown:
    """Earned points and what is left of them; `store` owes them. `uses` are the first of `used` times that they moved."""

    store: Shop
    points: int
    remaining: int
    available_on: date
    expires_on: date | None
    matured: bool
    extensions: tuple[Extension, ...]
    uses: tuple[Use, ...] = ()
    used: int = 0
    origin: Origin | None = None

    @classmethod
    def read(cls, told: Told) -> Self:
        return cls(
            store=Shop(**told["store"]), points=told["points"], remaining=told["remaining"], matured=told["matured"],
            available_on=_day(told["available_on"]), expires_on=_end(told),
            extensions=tuple(
                Extension(on=_day(one["on"]), was=_day(one["was"]), until=_day(one["until"]), reason=one["reason"])
                for one in told.get("extensions", ())
            ),
            uses=tuple(Use(**{**one, "on": _day(one["on"])}) for one in told.get("uses", ())),
            used=told.get("used", 0), origin=Origin.read(told["origin"]) if "origin" in told else None,
        )  # fmt: skip

    def is_held(self, *, on: date) -> bool:
        """Whether the points cannot be spent yet."""
        return not self.matured and self.available_on > on


@dataclass(frozen=True, kw_only=True, slots=True)
class Consumed:
    """Points that an entry took from a lot (negative: gave back). `paid_on`: when a later lot paid what was owed."""

    points: int
    origin: Origin
    store: Shop
    expires_on: date | None
    paid_on: date | None

    @classmethod
    def read(cls, told: Told) -> Self:
        return cls(
            points=told["points"], origin=Origin.read(told["origin"]), store=Shop(**told["store"]),
            expires_on=_end(told), paid_on=_day(told["paid_on"]) if "paid_on" in told else None,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """The redemption that a restore gives back; `points` above zero."""

    on: date
    points: int
    reward: str | None
    receipt: Receipt | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryShown:
    """One line of the ledger with what bore it. `value`: yuan that redeemed points were worth; `owed`: what a refund's
    points still lack; `bonus`: newcomer | referrer | taken_back of a referral.
    """

    id: int
    on: date
    kind: str
    source: str
    points: int
    balance_after: int
    store: Shop
    reason: str | None
    reward: str | None
    value: Decimal | None
    receipt: Receipt | None
    earning: Earning | None
    spent: Spent | None
    bonus: str | None
    owed: int
    lots: tuple[LotShown, ...]
    consumed: tuple[Consumed, ...]

    @classmethod
    def read(cls, told: Told) -> Self:
        spent = told.get("spent")
        return cls(
            id=told["id"], on=_day(told["on"]), kind=told["kind"], source=told["source"], points=told["points"],
            balance_after=told["after"], store=Shop(**told["store"]), reason=told.get("reason"), reward=told.get("reward"),
            value=Decimal(told["value"]) if "value" in told else None, receipt=_receipt(told),
            earning=Earning.read(told["earning"]) if "earning" in told else None,
            spent=None if spent is None else Spent(
                on=_day(spent["on"]), points=spent["points"], reward=spent.get("reward"), receipt=_receipt(spent)
            ),
            bonus=told.get("bonus"), owed=told.get("owed", 0),
            lots=tuple(LotShown.read(one) for one in told.get("lots", ())),
            consumed=tuple(Consumed.read(one) for one in told.get("parts", ())),
        )  # fmt: skip


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _end(told: Told) -> date | None:
    return _day(told["expires_on"]) if "expires_on" in told else None


def _receipt(told: Told) -> Receipt | None:
    return Receipt.read(told["receipt"]) if "receipt" in told else None
