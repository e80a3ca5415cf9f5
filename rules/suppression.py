"""A phone that said no, remembered without the phone: a digest that only this installation can make."""

import hmac
from hashlib import sha256

_BLOCK = 64  # bytes that SHA-256 takes at a time (RFC 2104)
_INNER, _OUTER = 0x36, 0x5C


def phone_hmac(*, secret: str, phone: str) -> str:
    """HMAC-SHA256 of an E.164 phone as 64 hexadecimal digits, with a key that follows from the installation's secret."""
    return hmac.new(_key(secret=secret), phone.encode(), sha256).hexdigest()


def hmac_pads(*, secret: str) -> list[bytes]:
    """What lets a set-based statement make the same digests: the inner and the outer padded key, 64 bytes each.

    `encode(sha256(pads[2] || sha256(pads[1] || convert_to(phone, 'UTF8'))), 'hex')` is `phone_hmac` (RFC 2104).
    """
    key = _key(secret=secret).ljust(_BLOCK, b"\0")
    return [bytes(byte ^ pad for byte in key) for pad in (_INNER, _OUTER)]


def _key(*, secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"suppressed phones", sha256)
