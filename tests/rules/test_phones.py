"""Mobile numbers as people write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.phones import mask_phone, normalise_phone
from rules.refusals import Refusal

STORED = "+8613912345678"


@pytest.mark.parametrize(
    "text",
    [
        "13912345678",
        "+8613912345678",
        "86 139 1234 5678",
        "0086-139-1234-5678",
        "（+86）139 1234 5678",
        "１３９１２３４５６７８",
        "＋８６　１３９－１２３４－５６７８",
        "\u202d13912345678\u202c",
        "\ufeff13912345678",
        "13912345678.0",
    ],
)
def test_every_way_of_writing_is_one_number(text: str) -> None:
    assert normalise_phone(text=text) == STORED


@pytest.mark.parametrize(
    "text",
    ["", "   ", "12912345678", "1391234567", "139123456789", "+8529123456", "13912345678x", "139.12345678", "张三",
     "13912345678.5", "٠٣٩١٢٣٤٥٦٧٨", "1391234567\u00b2", "8613912345678900"],
)  # fmt: skip
def test_what_is_no_mobile_number_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        normalise_phone(text=text)
    assert caught.value.code == "bad_phone"
    assert not text.strip() or text.strip() not in str(caught.value)


def test_scientific_notation_is_refused_with_the_remedy_of_a_text_column() -> None:
    with pytest.raises(Refusal, match="as text"):
        normalise_phone(text="1.3912345678E10")


@given(st.integers(13_000_000_000, 19_999_999_999).map(str))
def test_normalising_twice_changes_nothing_and_the_mask_hides_the_middle(digits: str) -> None:
    stored = normalise_phone(text=digits)
    assert normalise_phone(text=stored) == stored
    masked = mask_phone(phone=stored)
    assert masked == digits[:3] + "****" + digits[7:]


def test_a_short_number_is_hidden_whole() -> None:
    assert mask_phone(phone="10086") == "*****"


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_a_refusal(text: str) -> None:
    with suppress(Refusal):
        assert len(normalise_phone(text=text)) == len(STORED)
