"""What it saves to shorten a text, by everybody's exact length."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from rules.messages import parts

MOST = 30  # characters that somebody would cut
_ENOUGH = Decimal("0.9")  # of what could be saved at most


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """`characters` less save so many `parts`, and `yuan` (None: nobody knows the price)."""

    characters: int
    parts: int
    yuan: Decimal | None


def cut(*, lengths: Mapping[int, int], price: Decimal | None) -> Cut | None:
    """The fewest characters that save nearly all that up to MOST could save; None where nothing is saved. `lengths`: people by the
    characters of their message; `price`: yuan a part.
    """
    saved = [0] + [
        sum(people * (_parts(length) - _parts(max(length - less, 1))) for length, people in lengths.items())
        for less in range(1, MOST + 1)
    ]
    if saved[MOST] == 0:
        return None
    fewest = next(less for less, count in enumerate(saved) if count >= _ENOUGH * saved[MOST])
    return Cut(characters=fewest, parts=saved[fewest], yuan=None if price is None else price * saved[fewest])


def _parts(length: int) -> int:
    return parts(text="字" * length)
