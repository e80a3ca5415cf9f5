"""The same deed sent again, and the same key with other content."""

from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from random import Random

from tests import make
from tests.oracle_ledger import DAY
from tests.oracle_refunds import Refund
from tests.simulator import MEMBERS
from tests.simulator_deeds import Claim, Correct, Deed, GiveBack, Sell
from tests.simulator_edits import Extend

SECOND = datetime.resolution * 1_000_000


def again(deed: Deed, today: date, draw: Random) -> Deed:
    """What a till repeats days later: its own time may be another one, what it says is the same."""
    if isinstance(deed, GiveBack):
        days = (today - deed.refund.day).days
        at = datetime.combine(deed.refund.day + draw.randint(0, max(days, 0)) * DAY, time(20), make.ZONE)
        return GiveBack(replace(deed.refund, at=at), today)
    if isinstance(deed, Correct):
        return Correct(replace(deed.posting, day=today), today)
    return replace(deed, today=today) if hasattr(deed, "today") else deed  # type: ignore[type-var]


def twisted(deed: Deed, today: date, draw: Random) -> Deed:
    """As `again`, but it says something else; a cancellation has nothing else to say."""
    deed = again(deed, today, draw)
    if isinstance(deed, Sell):
        return replace(deed, receipt=replace(deed.receipt, **_other_receipt(deed, draw)))  # type: ignore[arg-type]
    if isinstance(deed, GiveBack):
        return replace(deed, refund=_other_refund(deed, draw))
    if isinstance(deed, Claim):
        points = deed.points + 1 if deed.points else deed.points
        other = draw.choice([member for member in MEMBERS if member != deed.member])
        return replace(deed, points=points) if deed.points and draw.random() < 0.5 else replace(deed, member=other)
    if isinstance(deed, Extend):
        return replace(deed, good_until=deed.good_until + DAY)
    if isinstance(deed, Correct):
        points = deed.posting.points + (1 if deed.posting.points > 0 else -1)
        deed = replace(deed, posting=replace(deed.posting, points=points))
    return deed


def _other_refund(deed: GiveBack, draw: Random) -> Refund:
    refund = deed.refund
    if refund.lines and draw.random() < 0.5:
        changed = replace(refund.lines[0], amount=refund.lines[0].amount + 1)
        return replace(refund, lines=(changed, *refund.lines[1:]))
    return replace(refund, lines=(), amount=(refund.amount or Decimal(0)) + Decimal("0.01"))


def _other_receipt(deed: Sell, draw: Random) -> dict[str, object]:
    receipt = deed.receipt
    (category, amount), *others = receipt.lines
    member = draw.choice([member for member in MEMBERS if member != receipt.member])
    changes: list[dict[str, object]] = [
        {"lines": ((category, amount + 1), *others)},
        {"member": member},
        {"at": receipt.at + SECOND},
        {
            "lines": (*receipt.lines, ("", Decimal(0))),
            "skus": (*receipt.skus, None),
            "quantities": (*receipt.quantities, Decimal(1)),
        },
    ]
    if receipt.points is not None:
        changes.append({"points": receipt.points + 1})
    return draw.choice(changes)
