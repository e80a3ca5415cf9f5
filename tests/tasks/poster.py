"""A till of its own process: posts the same list of deeds each time it is started, and says each that was acknowledged.

python -m tests.tasks.poster NUMBER
"""

import asyncio
import sys
from datetime import date
from decimal import Decimal

from actions.points import redeem
from actions.purchases import Line, record_purchase
from actions.refunds import record_refund
from tables.scope import database, scope
from tests import make

DAY = date(2031, 3, 3)


async def deed(number: int) -> bool:
    """The deed of a number; whether it was known. Sales of 100, every third deed a redemption, every fifth a refund of 1."""
    member, at = number // 3 % 7 + 1, make.noon(DAY)
    async with scope(role="job"):
        if number % 3 == 2:
            done = await redeem(member=member, store=1, reference=f"r{number}", points=10, business_date=DAY)
            return done.known
        if number % 5 == 4:
            back = await record_refund(
                store=1, refund_no=f"b{number}", sold_at=1, receipt_no=f"S{(0, 1, 3, 6)[number % 4]}", refunded_at=at, zone=make.ZONE,
                now=at, amount=Decimal(1),
            )  # fmt: skip
            return back.known
        sold = await record_purchase(
            store=1, receipt_no=f"S{number}", purchased_at=at, member=member, lines=[Line(amount=Decimal(100))],
            zone=make.ZONE, now=at,
        )  # fmt: skip
        return sold.known


async def main(numbers: int) -> None:
    async with database(max_size=1):
        for number in range(numbers):
            known = await deed(number)
            # Only what was committed is said, and at once.
            sys.stdout.write(f"{number} {'known' if known else 'posted'}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
