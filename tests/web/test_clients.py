"""Who guesses is counted by household: an address, or the whole network that somebody with IPv6 has."""

import pytest
from limits import RateLimitItemPerMinute

from web.clients import Guesses


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("", "192.0.2.7", False),
    ],
)
async def test_households(one: str, other: str, *, same: bool) -> None:
    guesses = Guesses(most=RateLimitItemPerMinute(2))
    assert await guesses.wait(address=one) == 0
    await guesses.wrong(address=one)
    assert await guesses.wait(address=one) == 0
    await guesses.wrong(address=one)
    assert 0 < await guesses.wait(address=one) <= 61
    assert (await guesses.wait(address=other) > 0) is same
