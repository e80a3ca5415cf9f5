"""Months as people write them."""

from datetime import date

import pytest

from rules.months import month_name, named_month
from rules.refusals import Refusal


def test_a_month_is_its_first_day() -> None:
    assert named_month(text=" 2026-10 ") == date(2026, 10, 1)
    assert month_name(day=date(2026, 9, 30)) == "2026-09"


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "2026-1", "26-10", "2026-10-01", "1999-12", "२०२६-१०", "x"]
)
def test_what_is_no_month_is_told_so(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        named_month(text=text)
    assert refusal.value.code == "bad_month"
