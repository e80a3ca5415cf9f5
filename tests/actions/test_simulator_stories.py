"""Stories that the simulator once found to go wrong, or that it tells too seldom; each is judged by the oracle."""

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from tests import make
from tests.oracle import Receipt
from tests.oracle_ledger import DAY, Policy
from tests.oracle_ledger import Deed as Posting
from tests.oracle_refunds import Back, Refund
from tests.simulator import Start, live
from tests.simulator_deeds import Cancel, Claim, Correct, Deed, GiveBack, Sell
from tests.simulator_edits import Extend, Night
from tests.simulator_files import File

FIRST = date(2031, 2, 10)


def at(day: int) -> datetime:
    return datetime.combine(FIRST + day * DAY, time(12), make.ZONE)


def receipt(
    number: str,
    *lines: tuple[str, str],
    day: int = 0,
    points: int | None = None,
    reward: int | None = None,
    member: int = 1,
) -> Receipt:
    said = tuple((category, Decimal(amount)) for category, amount in lines)
    return Receipt(1, number, member, at(day), said, points=points, reward=reward)


def sell(sold: Receipt) -> Sell:
    return Sell(sold, sold.day)


def back(number: str, *lines: Back, amount: str | None = None, day: int = 0, of: str = "R") -> GiveBack:
    money = None if amount is None else Decimal(amount)
    return GiveBack(Refund(2, number, 1, of, at(day), money, tuple(lines)), FIRST + day * DAY)


def give(points: int, *, day: int = 0) -> Correct:
    posting = Posting(1, 1, "adjust", points, "adjust", f"f{day}", FIRST + day * DAY)
    return Correct(posting, FIRST + day * DAY)


def claim(points: int, *, day: int = 0) -> Claim:
    return Claim(1, 1, "K", points, None, FIRST + day * DAY)


def night(day: int) -> Night:
    """That of the day before."""
    return Night(FIRST + day * DAY)


FRUIT, ALL = "水果", Policy(point_value=Decimal("0.015"))
HELD = Policy(hold_days=3, valid_days=13)
STORIES: dict[str, tuple[Policy, list[Deed]]] = {
    "a sale with a reward that there is not": (ALL, [sell(receipt("R", ("", "30"), reward=99))]),
    "a value is in cents, first and again": (ALL, [give(33), claim(33), claim(33)]),
    "lines lie in the order of the receipt": (
        ALL,
        [sell(receipt("R", ("烟草", "10"), (FRUIT, "20"), ("", "30"))), back("B", amount="10.01"), night(1)],
    ),
    "lines above zero are more than the whole sale": (
        ALL,
        [sell(receipt("R", (FRUIT, "100"), ("", "-30"))), back("B", Back(Decimal(100), category=FRUIT)), night(1)],
    ),
    "a line of a sale of nothing": (
        ALL,
        [sell(receipt("R", (FRUIT, "10"), ("", "-10"))), back("B", Back(Decimal(5), category=FRUIT)), back("C"), night(1)],
    ),
    "a reward comes back with all its points, though lines are left": (
        ALL,
        [
            give(60), sell(receipt("R", (FRUIT, "100"), ("", "-30"), reward=2)),
            back("B", Back(Decimal(70), category=FRUIT)), night(1), back("C", day=1), night(2),
        ],
    ),
    "a sale of nothing, paid with points, is refunded once": (
        ALL,
        [give(60), sell(receipt("R", ("", "0"), points=60)), back("B"), back("C"), night(1)],
    ),
    "what matures pays what is owed before the till spends it": (
        HELD,
        [
            sell(receipt("R", ("", "100"))), night(3), claim(100, day=3), back("B", day=3),
            sell(receipt("S", ("", "150"), day=4)), Cancel(1, "none", FIRST), night(7),
            Claim(1, 1, "L", 51, None, FIRST + 7 * DAY), Claim(1, 1, "M", 50, None, FIRST + 7 * DAY), night(8),
        ],
    ),
    "a lot that lives longer gives back what it still has": (
        HELD,
        [
            sell(receipt("R", ("", "100"))),
            Extend("x", None, FIRST + 13 * DAY, FIRST + 13 * DAY, FIRST + 40 * DAY, FIRST + DAY), night(14),
            claim(30, day=14), back("B", amount="50", day=15), back("C", day=16), night(17),
        ],
    ),
    "what lasts for ever is taken back last": (
        Policy(valid_days=60),
        [
            Correct(Posting(1, 1, "import", 50, "import", "opening:1", FIRST), FIRST), sell(receipt("R", ("", "100"))),
            claim(100), sell(receipt("S", ("", "30"))), back("B", amount="60"), night(1),
        ],
    ),
    "of a newcomer's receipts in one file the earliest counts for the referral": (
        Policy(newcomer_points=20, referrer_points=30),
        [
            File(
                (receipt("R", ("", "10"), day=-2, member=2), receipt("S", ("", "10"), day=-5, member=2)),
                (Refund(1, "B", 1, "S", at(0), Decimal(10)),), FIRST,
            ),
            night(1),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
async def test_a_story_agrees_with_the_oracle(db: None, story: str, tmp_path: Path) -> None:
    policy, deeds = STORIES[story]
    await live(Start(FIRST, policy), deeds, tmp_path)
