"""Hours and lengths of messages."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.messages import parts, within_hours

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("at", "open_"),
    [
        (time(7, 59, 59), False),
        (time(8), True),
        (time(20, 59, 59), True),
        (time(21), False),
        (time(0), False),
    ],
)
def test_notices_leave_from_eight_until_before_nine(at: time, open_: bool) -> None:  # noqa: FBT001
    local = datetime.combine(datetime(2031, 1, 5, tzinfo=ZONE).date(), at, tzinfo=ZONE)
    assert within_hours(at=local, zone=ZONE) is open_
    assert within_hours(at=local.astimezone(UTC), zone=ZONE) is open_
    assert within_hours(at=local + timedelta(days=180), zone=ZONE) is open_


@pytest.mark.parametrize(
    ("length", "expected"), [(0, 1), (1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (160, 3), (201, 3), (202, 4)]
)
@pytest.mark.parametrize("character", ["积", "a", "，", ",", "1"])
def test_every_character_counts_one_on_a_mainland_channel(character: str, length: int, expected: int) -> None:
    assert parts(text=character * length) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # an extension character goes to the next part as a whole
        ("【a】" + "a" * 67, 1),
        ("【a】" + "a" * 68, 2),
    ],
)
def test_abroad_a_plain_text_has_160_and_an_extension_character_costs_two(text: str, expected: int) -> None:
    assert parts(text=text, international=True) == expected


def test_an_emoji_is_two_units_and_is_not_torn() -> None:
    assert parts(text="😀" * 35) == 1
    assert parts(text="😀" * 36) == 2
    assert parts(text="积" * 66 + "😀" + "积" * 65) == 2
    assert parts(text="积" * 66 + "😀" + "积" * 66) == 3
