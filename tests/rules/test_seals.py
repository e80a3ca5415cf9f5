"""Credentials at rest: opened by the same installation for the same account alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.refusals import Refusal
from rules.seals import seal, unseal

SECRET = "0123456789abcdef"  # noqa: S105  of nobody


@given(
    st.dictionaries(st.text(max_size=20), st.text(st.characters(exclude_categories=["Cs"]), max_size=50), max_size=4)
)
def test_what_is_sealed_is_unsealed(credentials: dict[str, str]) -> None:
    sealed = seal(secret=SECRET, account="kannel", credentials=credentials)
    assert unseal(secret=SECRET, account="kannel", sealed=sealed) == credentials


def test_nothing_of_it_can_be_read_and_no_two_look_alike() -> None:
    first, second = (seal(secret=SECRET, account="a", credentials={"password": "hunter2"}) for _ in range(2))
    assert first != second
    assert "hunter2" not in first
    assert "password" not in first


@pytest.mark.parametrize(
    ("secret", "account", "change"),
    [("another secret of 16", "kannel", ""), (SECRET, "kannel-2", ""), (SECRET, "kannel", "A")],
)
def test_another_secret_another_account_and_a_changed_text_open_nothing(secret: str, account: str, change: str) -> None:
    sealed = seal(secret=SECRET, account="kannel", credentials={"password": "hunter2"})
    with pytest.raises(Refusal) as no:
        unseal(secret=secret, account=account, sealed=change + sealed)
    assert no.value.code == "credentials_unreadable"
    assert "enter them again" in no.value.en
    assert "请重新填写" in no.value.zh
    assert "hunter2" not in str(no.value)


def test_an_account_without_credentials_has_none() -> None:
    assert unseal(secret=SECRET, account="simulator", sealed=None) == {}
    assert unseal(secret=SECRET, account="simulator", sealed="") == {}
