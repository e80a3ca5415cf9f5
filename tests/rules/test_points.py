"""The points policy."""

import pytest

from rules.points import PointsPolicy, shortest_validity


@pytest.mark.parametrize(("months", "days"), [(1, 28), (2, 59), (12, 365), (48, 1461)])
def test_the_shortest_run_of_months(months: int, days: int) -> None:
    assert shortest_validity(policy=PointsPolicy(valid_months=months)) == days


def test_days_are_as_many_as_they_say_and_for_ever_has_no_end() -> None:
    assert shortest_validity(policy=PointsPolicy(valid_days=60)) == 60
    assert shortest_validity(policy=PointsPolicy()) is None
