"""Codes of an authenticator: taken once, a half minute early or late, and a wrong clock is told as such."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from rules.refusals import Refusal
from rules.second_factor import accepted_step, enrolment, plain, recovery_hash, shown

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # noqa: S105  RFC 6238's own
NOW = datetime(2009, 2, 13, 23, 31, 30, tzinfo=UTC)


def outcome(shift: int, *, last_step: int = 0, code: str | None = None) -> str:
    """What becomes of the code that a clock `shift` seconds away shows."""
    given = pyotp.TOTP(SECRET).at(NOW + timedelta(seconds=shift)) if code is None else code
    try:
        accepted_step(secret=SECRET, code=plain(typed=given), at=NOW, last_step=last_step)
    except Refusal as refusal:
        return refusal.code
    return "good"


def test_it_agrees_with_the_rfc() -> None:
    assert (
        accepted_step(secret=SECRET, code="005924", at=datetime.fromtimestamp(1234567890, UTC), last_step=0) == 41152263
    )


@pytest.mark.parametrize(
    ("shift", "expected"),
    [(0, "good"), (-30, "good"), (30, "good"), (-60, "clock_skewed"), (60, "clock_skewed"), (-600, "clock_skewed"), (900, "factor_wrong")],
)  # fmt: skip
def test_clocks_may_differ_by_half_a_minute(shift: int, expected: str) -> None:
    assert outcome(shift) == expected


def test_the_sentence_says_how_wrong_the_clock_is() -> None:
    with pytest.raises(Refusal) as no:
        accepted_step(secret=SECRET, code=pyotp.TOTP(SECRET).at(NOW - timedelta(minutes=5)), at=NOW, last_step=0)
    assert "慢约 5 分钟" in no.value.zh
    assert "5 min behind" in no.value.en


def test_a_code_is_taken_once_and_none_before_it() -> None:
    step = int(NOW.timestamp()) // 30
    assert outcome(0, last_step=step) == "factor_used"
    assert outcome(-30, last_step=step) == "factor_used"
    assert outcome(30, last_step=step) == "good"


@pytest.mark.parametrize(
    "typed", ["", " ", "12345", "1234567", "abcdef", "-00000", "１２３４５６7", "\ud800", "0" * 4000]
)
def test_nonsense_is_wrong(typed: str) -> None:
    assert outcome(0, code=typed) == "factor_wrong"


def test_codes_are_read_as_people_type_them() -> None:
    code = pyotp.TOTP(SECRET).at(NOW)
    wide = code.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    for typed in (f" {code[:3]} {code[3:]}\u3000", wide):
        assert outcome(0, code=typed) == "good"
    assert plain(typed=shown(code="abcdefghjkmn").upper()) == "abcdefghjkmn"


def test_a_recovery_code_is_of_one_person_and_one_installation() -> None:
    kept = recovery_hash(secret="s" * 16, staff=1, code="abcdefghjkmn")
    assert kept != recovery_hash(secret="s" * 16, staff=2, code="abcdefghjkmn")
    assert kept != recovery_hash(secret="t" * 16, staff=1, code="abcdefghjkmn")


def test_an_authenticator_reads_who_and_where() -> None:
    parsed = pyotp.parse_uri(enrolment(secret=SECRET, username="店长 wang", site="回头客"))
    assert (parsed.name, parsed.issuer, parsed.secret) == ("店长 wang", "回头客", SECRET)
