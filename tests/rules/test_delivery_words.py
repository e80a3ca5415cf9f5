"""Delivery words: each known one has the class that operators explain it with, and no doubtful one kills a number."""

import pytest

from gateways.protocol import ERROR_CLASSES
from rules.delivery_words import _CLASSES, error_class_of


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("EXPIRED", "expired"), ("expired ", "expired"), ("EXPIRED_760", "expired"), ("DELETED", "expired"),
        ("UNDELIV", "off_or_absent"), ("UNDELIVRD", "off_or_absent"), ("UNDELIV_640", "off_or_absent"),
        ("MBBLACK", "blacklisted"), ("TDBLACK", "blacklisted"), ("Mobile black", "blacklisted"), ("BWLIST", "blacklisted"),
        ("DB:0144", "blacklisted"), ("MB:1077", "blacklisted"), ("KEYWORD", "content_blocked"), ("LIMIT", "capped"),
        ("isv.BUSINESS_LIMIT_CONTROL", "capped"), ("isv.BLACK_KEY_CONTROL_LIMIT", "blacklisted"),
        ("isv.MOBILE_NUMBER_ILLEGAL", "dead_number"), ("isv.AMOUNT_NOT_ENOUGH", "no_balance"),
        ("MK:0001", "dead_number"), ("mk:0000", "dead_number"), ("MI:0073", "dead_number"), ("1", "dead_number"),
        ("MI:0024", "off_or_absent"), ("MK: 0017", "off_or_absent"), ("MN:0036", "off_or_absent"), ("MI:0061", "rate"),
        ("MI:0079", "capped"), ("XA:0003", "signature_blocked"), ("NOROUTE", "gateway_down"),
    ],
)  # fmt: skip
def test_a_known_word_has_its_class(word: str, known: str) -> None:
    assert error_class_of(word=word) == known


@pytest.mark.parametrize("word", ["12", "640", "5", "MI:0012", "MI:0013", "MI:0054", "MI:0059", "MN:0001", "MK:0010"])
def test_empty_or_suspended_or_off_is_not_dead(word: str) -> None:
    """A dead number is never written to again: a phone that was off must not end so."""
    assert error_class_of(word=word) == "off_or_absent"


@pytest.mark.parametrize(
    "word", ["", "DELIVRD", "REJECTD", "REJECTD_006", "UNKNOWN", "ACCEPTD", "000", "XX:1", "😀", "A" * 10_000]
)
def test_a_word_that_explains_nothing_is_unknown(word: str) -> None:
    assert error_class_of(word=word) == "unknown"


def test_every_class_is_one_of_ours_and_no_word_has_two() -> None:
    assert set(_CLASSES) <= set(ERROR_CLASSES)
    words = [word for group in _CLASSES.values() for word in group]
    assert len(words) == len(set(words))
    assert {word: error_class_of(word=word) for word in words} == {
        word: name for name, group in _CLASSES.items() for word in group
    }
