"""References of calls: they name every message of a call and no other, stay short, and tell nobody a phone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.out_ids import LONGEST, SPAN, OutId, digest, message_number, out_id, read_out_id

KEY = "0123456789abcdef"


@given(first=st.integers(1, 10**18 - 1 - SPAN), more=st.sets(st.integers(0, SPAN - 1), max_size=99))
def test_a_reference_names_its_messages_and_no_other(first: int, more: set[int]) -> None:
    messages = {first} | {first + step for step in more}
    written = out_id(key=KEY, messages=messages)
    assert len(written) <= LONGEST
    read = read_out_id(key=KEY, text=written)
    assert read is not None
    around = messages | {first - 1, max(messages) + 1, first + SPAN} | {message + 1 for message in messages}
    assert {message for message in around if read.holds(message=message)} == messages
    assert read.only == (first if len(messages) == 1 else None)


def test_one_message_alone_is_written_plainly() -> None:
    assert out_id(key=KEY, messages=[17]).endswith(".17")
    assert out_id(key=KEY, messages=[19, 17, 18]).endswith(".17-7")


@pytest.mark.parametrize(
    "text", ["", "17", "None", "{mark}.17-", "{mark}.017", "{mark}.17-0", "{mark}.17 ", "{mark}.17-g"]
)
def test_what_we_did_not_write_is_not_ours(text: str) -> None:
    mark = out_id(key=KEY, messages=[1]).partition(".")[0]
    assert read_out_id(key=KEY, text=text.format(mark=mark)) is None


def test_another_installation_with_the_same_ids_is_not_us() -> None:
    written = out_id(key=KEY, messages=[17])
    assert read_out_id(key=KEY, text=written) == OutId(first=17, bits=1)
    assert read_out_id(key="another", text=written) is None


def test_a_number_is_one_per_phone_and_holds_none() -> None:
    written = out_id(key=KEY, messages=range(17, 117))
    phones = [f"139{n:08}" for n in range(100)]
    numbers = [message_number(key=KEY, out_id=written, phone=phone) for phone in phones]
    assert len(set(numbers)) == 100
    assert all(number.startswith("17/") and len(number) <= 100 for number in numbers)
    assert not any(phone in number for phone, number in zip(phones, numbers, strict=True))
    assert message_number(key="another", out_id=written, phone=phones[0]) != numbers[0]
    assert digest(key=KEY, parts=("ab", "c")) != digest(key=KEY, parts=("a", "bc"))
