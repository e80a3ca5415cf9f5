"""What happened to a member, in the words in which a program can be played over it.

Days are ordinals (`date.toordinal`), `closed` is the last night that was closed when it happened (0: none yet). Money is
in fen, `earns` (amount × promotion multiplier over the lines that earn) in hundred-thousandths of a yuan: whole numbers.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

NEVER = 10_000_000  # the last good day of points that never expire
FEN = 100
EARNS = 100_000


# Of a receipt's lines: category (id; 0: none, below 0: one that is never promoted), what they earned by in thousandths, fen.
Parts: TypeAlias = Sequence[Sequence[int]]


class Buyer(NamedTuple):
    """What promotions ask of a member: tags (ids) and the month of birth, 0 where it is not known."""

    tags: frozenset[int]
    born_in: int


class Sale(NamedTuple):
    """A receipt; `counts` is the part of its amount that counts for the tier. `parts`: only where promotions change."""

    closed: int
    day: int
    key: int
    amount: int
    counts: int
    earns: int
    store: int
    parts: Parts | None


class Refund(NamedTuple):
    """What was taken back of a sale: amounts below zero; `whole`: nothing is left of it."""

    closed: int
    day: int
    sale: int
    amount: int
    counts: int
    earns: int
    whole: bool
    parts: Parts | None


class Redeem(NamedTuple):
    """Points asked for: a number of them, or what a reward (id) cost then; `sale`: the receipt that it was part of."""

    closed: int
    day: int
    key: int
    points: int
    reward: int
    sale: int


class Cancel(NamedTuple):
    """What is left of a redemption is given back."""

    closed: int
    day: int
    redemption: int


class Adjust(NamedTuple):
    """Points given (> 0) or taken (< 0) by hand."""

    closed: int
    day: int
    points: int


class Opening(NamedTuple):
    """Points brought over from another system, with a last good day of their own."""

    closed: int
    day: int
    points: int
    expires: int


class Grant(NamedTuple):
    """A rank given from a day to a day; `at_once`: it was imported, and did not wait for a night."""

    closed: int
    first: int
    rank: int
    last: int
    at_once: bool


class Extend(NamedTuple):
    """A longer life for what ends from `first` to `last`."""

    closed: int
    day: int
    first: int
    last: int
    good_until: int


class Bonus(NamedTuple):
    """The first purchase of a newcomer whom somebody had brought; `brought`: it is for who came, else for who brought."""

    closed: int
    day: int
    newcomer: int
    brought: bool


class BonusBack(NamedTuple):
    """That purchase was taken back as a whole."""

    closed: int
    day: int
    newcomer: int


class Erased(NamedTuple):
    """From here on no night moves the member."""

    closed: int


Event: TypeAlias = (
    Sale | Refund | Redeem | Cancel | Adjust | Opening | Grant | Extend | Bonus | BonusBack | Erased
)  # fmt: skip


class Life(NamedTuple):
    """One member, born on a day, and what happened in the order in which it was posted; `refunded` are sales (keys)."""

    member: int
    joined: int
    erased: bool
    buyer: Buyer
    events: list[Event]
    refunded: frozenset[int]
