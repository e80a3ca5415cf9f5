"""Phones that said no, as digests."""

import hmac
from hashlib import sha256

from rules.suppression import hmac_pads, phone_hmac

PHONE = "+8613900000001"


def test_a_digest_tells_nothing_without_the_secret() -> None:
    digest = phone_hmac(secret="a" * 16, phone=PHONE)
    assert len(digest) == 64
    assert digest == phone_hmac(secret="a" * 16, phone=PHONE)
    assert digest != phone_hmac(secret="b" * 16, phone=PHONE)
    assert digest not in {sha256(PHONE.encode()).hexdigest(), hmac.digest(b"a" * 16, PHONE.encode(), sha256).hex()}


def test_the_pads_make_the_same_digest() -> None:
    inner, outer = hmac_pads(secret="a" * 16)
    assert (len(inner), len(outer)) == (64, 64)
    made = sha256(outer + sha256(inner + PHONE.encode()).digest()).hexdigest()
    assert made == phone_hmac(secret="a" * 16, phone=PHONE)
