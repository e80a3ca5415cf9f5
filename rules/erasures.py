"""By when a wish to be forgotten is answered."""

from datetime import date, timedelta
from typing import Literal

Proof = Literal["phone", "document", "known", "letter"]
WORKING_DAYS = 15
_FRIDAY = 4


def due_on(*, asked: date) -> date:
    """The last day for the answer to a wish of the business date `asked`: 15 working days after it, the longest that the
    regulators accept for what a person handles (《App违法违规收集使用个人信息行为认定方法》, 2019, article 6).

    Monday to Friday count as working days, public holidays too: the answer is then rather early than late.
    """
    day = asked
    for _ in range(WORKING_DAYS):
        day += timedelta(days=1)
        while day.weekday() > _FRIDAY:
            day += timedelta(days=1)
    return day
