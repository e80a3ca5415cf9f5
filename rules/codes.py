"""The code that a member reads out. Its digits follow from a key and the number of its row, so they are kept nowhere."""

import hashlib
import hmac
import re
import unicodedata
from base64 import b32encode

from pyotp import HOTP

DIGITS = 6
HIDDEN = "*" * DIGITS  # what stands for the digits wherever a text is kept
_PURPOSE = b"redemption code"
_LONGEST_TYPED = 40
_BETWEEN = re.compile(r"[\s\-‐-―]")


def code_key(*, secret: str) -> bytes:
    """The key of these codes, 32 bytes. Other keys follow from the same secret, none of them from each other."""
    return hmac.new(secret.encode(), _PURPOSE, hashlib.sha256).digest()


def code_digits(*, key: bytes, row: int) -> str:
    """The six digits of a row (id)."""
    return _hotp(key).at(row)


def is_code(*, key: bytes, row: int, digits: str) -> bool:
    """Whether these are the digits of a row (id); takes as long for a wrong one as for the right one."""
    return _hotp(key).verify(digits, row)


def typed_code(*, text: str) -> str | None:
    """The six digits in what somebody typed, with blanks and hyphens or from a full-width keyboard; None: they are not six."""
    clean = _BETWEEN.sub("", unicodedata.normalize("NFKC", text[:_LONGEST_TYPED]))
    return clean if len(clean) == DIGITS and clean.isascii() and clean.isdigit() else None


def revealed(*, text: str, digits: str) -> str:
    """A text that was composed with the digits hidden, as the member shall read it."""
    return text.replace(HIDDEN, digits)


def _hotp(key: bytes) -> HOTP:
    return HOTP(b32encode(key).decode(), digits=DIGITS, digest=hashlib.sha256)
