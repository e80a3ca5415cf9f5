"""Hours and lengths of messages."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from rules.messages import is_gsm, parts, within_hours

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
        ("a" * 151 + "€" + "a" * 153, 2),
        ("[Fruit]" + "a" * 151, 1),  # the brackets of an English signature cost two places each
        ("[Fruit]" + "a" * 152, 2),
        ("【a】" + "a" * 67, 1),  # those of a Chinese one make the whole text UCS-2
        ("【a】" + "a" * 68, 2),
        ("【a】" + "€" * 67, 1),
    ],
)
def test_abroad_a_plain_text_has_160_and_an_extension_character_costs_two(text: str, expected: int) -> None:
    assert parts(text=text, international=True) == expected


def test_an_emoji_is_two_units_and_is_not_torn() -> None:
    assert parts(text="😀" * 35) == 1
    assert parts(text="😀" * 36) == 2
    assert parts(text="积" * 66 + "😀" + "积" * 65) == 2
    assert parts(text="积" * 66 + "😀" + "积" * 66) == 3


# Letters of one place and of two in either alphabet, and half of an emoji: what a person's name or a slip may bring in.
LETTERS = "a1积，【】€[]|\f\n`ß" + chr(0xFFFF) + "😀𠮷" + chr(0xD83D)


def cut(*, text: str, international: bool) -> list[str]:
    """The parts themselves, filled letter by letter as a phone puts them together."""
    gsm = international and is_gsm(text=text)
    alone, joined = (160, 153) if gsm else (70, 67)

    def places(said: str) -> int:
        return (
            len(said) + sum(said.count(sign) for sign in "|^€{}[]~\\\f")
            if gsm
            else sum(1 + (sign > "\uffff") for sign in said)
        )

    if places(text) <= alone:
        return [text]
    cuts = [""]
    for letter in text:
        if places(cuts[-1] + letter) <= joined:
            cuts[-1] += letter
        else:
            cuts.append(letter)
    return cuts


@given(
    # Long by repetition: the edges lie at 67, 70, 153 and 160, and a few letters before them.
    text=some.lists(some.tuples(some.text(alphabet=LETTERS, max_size=3), some.integers(1, 160)), max_size=4).map(
        lambda runs: "".join(said * times for said, times in runs)[:500]
    ),
    international=some.booleans(),
)
@example(text="积" * 66 + "😀" + "积" * 66, international=False)
@example(text="a" * 152 + "€" + "a" * 152, international=True)
def test_the_quick_count_is_the_number_of_parts_that_a_text_is_cut_into(text: str, international: bool) -> None:  # noqa: FBT001
    assert parts(text=text, international=international) == len(cut(text=text, international=international))
