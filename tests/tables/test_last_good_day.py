"""Until when points are good: the rule is stated in SQL, its situations are here."""

from datetime import date

import pytest

from tests import make


@pytest.mark.parametrize(
    ("days", "months", "rounded", "earned", "last"),
    [
        (60, None, "none", date(2024, 1, 1), date(2024, 3, 1)),
        (60, None, "none", date(2023, 1, 1), date(2023, 3, 2)),
        (None, 12, "none", date(2024, 2, 29), date(2025, 2, 28)),
        (None, 1, "none", date(2023, 1, 31), date(2023, 2, 28)),
        (None, 1, "month", date(2024, 1, 31), date(2024, 2, 29)),
        (60, None, "month", date(2024, 1, 1), date(2024, 3, 31)),
        (60, None, "quarter", date(2024, 2, 1), date(2024, 6, 30)),
        (60, None, "quarter", date(2024, 1, 31), date(2024, 3, 31)),
        (60, None, "year", date(2024, 1, 1), date(2024, 12, 31)),
        (60, None, "year", date(2024, 12, 1), date(2025, 12, 31)),
        (None, 12, "year", date(2024, 1, 1), date(2025, 12, 31)),
        (None, None, "year", date(2024, 1, 1), None),
    ],
)
async def test_points_are_good_until(
    db: None, days: int | None, months: int | None, rounded: str, earned: date, last: date | None
) -> None:
    await make.make_program(valid_days=days, valid_months=months, round_expiry=rounded)
    assert await make.value("SELECT deed.last_good_day($1::date, p) FROM points_policy p", earned) == last
