"""Which passwords will do, whoever sets them: the command line, the back office, their owner."""

from rules.passwords_easy import COMMON, STEMS
from rules.refusals import Refusal

SHORTEST, LONGEST = 8, 128
_FEWEST_DIFFERENT = 4
# Typed in one go along the keyboard or the alphabet, either way.
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_DIGITS_AND_SIGNS = "0123456789!@#$%^&*()-_=+.,;:?~ "
# How Piccolo marks what it has hashed: such a "password" would be stored as it is.
_HASHED = "pbkdf2_sha256"


def check_password(*, password: str, username: str = "") -> None:
    """Refuse (`weak_password`) what is too short, too long or easily guessed; never quotes it."""
    if password.startswith(_HASHED) or not SHORTEST <= len(password) <= LONGEST or _is_easy(password, username):
        raise Refusal(
            code="weak_password",
            en=f"The password is too short, too long or too easily guessed: choose {SHORTEST} to {LONGEST} "
            "characters that are not digits alone, a common password, or the username with something added.",
            zh=f"密码太短、太长或太容易被猜到：请使用 {SHORTEST} 到 {LONGEST} 个字符，不要只用数字，也不要用常见密码或用户名加几个字符。",
        )


def _is_easy(password: str, username: str) -> bool:
    plain = password.lower()
    stem = plain.strip(_DIGITS_AND_SIGNS)
    # Digits alone are a phone, a birthday or a walk.
    return (
        len(set(password)) < _FEWEST_DIFFERENT
        or password.isdigit()
        or plain in COMMON
        or stem in STEMS
        or (bool(username) and stem in {username.lower(), username.lower().strip(_DIGITS_AND_SIGNS)})
        or plain == username.lower()
        or any(plain in row or plain[::-1] in row for row in _ROWS)
        or _is_repeated(plain)
    )


def _is_repeated(text: str) -> bool:
    """A short piece over and over, such as abc1abc1."""
    return text in (text + text)[1:-1]
