"""The one reference (Aliyun's OutId) that travels with a call of up to 100 messages, and what can be told from it.

Aliyun repeats it in each report and record, together with the phone and nothing else of ours. So it says which messages
it stood for: `mark.first`, or `mark.first-bits` where bit n (hexadecimal) stands for the message first + n. The mark keeps
apart installations that share one Aliyun account, whose ids are the same.
"""

import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass

LONGEST = 255
_WRITTEN = re.compile(r"([0-9a-f]{8})\.([1-9][0-9]{0,17})(?:-([1-9a-f][0-9a-f]{0,240}))?")
_MARK, _DIGEST = 8, 24
# Four ids a digit, after the mark, its dot, the longest id and the dash.
SPAN = 4 * (LONGEST - _MARK - 1 - 18 - 1 - 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class OutId:
    """`first`: the smallest message id; `bits`: bit n is set when first + n was in the call."""

    first: int
    bits: int

    def holds(self, *, message: int) -> bool:
        """Whether that message was in the call."""
        return message >= self.first and bool(self.bits >> (message - self.first) & 1)

    @property
    def only(self) -> int | None:
        """The message, where there was one alone."""
        return self.first if self.bits == 1 else None


def out_id(*, key: str, messages: Collection[int]) -> str:
    """The reference of a call: message ids that lie within `SPAN` of each other; at most `LONGEST` characters."""
    first = min(messages)
    bits = sum(1 << (message - first) for message in set(messages))
    return f"{_mark(key)}.{first}" + (f"-{bits:x}" if bits > 1 else "")


def read_out_id(*, key: str, text: str) -> OutId | None:
    """What a reference says; None for one that is not ours."""
    found = _WRITTEN.fullmatch(text)
    if found is None or found[1] != _mark(key):
        return None
    return OutId(first=int(found[2]), bits=int(found[3] or "1", 16))


def message_number(*, key: str, out_id: str, phone: str) -> str:
    """The number of one message in a call, 44 characters at most, without the phone in it: whoever reads it may not know
    the phone, and without the key cannot find it by trying.
    """
    first = out_id.partition(".")[2].partition("-")[0]
    return f"{first}/{digest(key=key, parts=(out_id, phone))}"


def digest(*, key: str, parts: Collection[str]) -> str:
    """24 hexadecimal digits that are the same for the same parts."""
    return hmac.new(key.encode(), "\n".join(parts).encode(), hashlib.sha256).hexdigest()[:_DIGEST]


def _mark(key: str) -> str:
    return hashlib.sha256(f"out id:{key}".encode()).hexdigest()[:_MARK]
