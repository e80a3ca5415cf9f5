"""Messages: when they may leave and how long they are (design 4.7, field-notes 3.1)."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

State = Literal["queued", "sending", "accepted", "delivered", "failed", "unknown", "skipped", "cancelled"]
MessageClass = Literal["marketing", "notice", "verification", "staff"]

OPENS, CLOSES = time(8), time(21)  # of the chain's day; what is said at once (verification, staff) does not ask

# GSM 03.38: what a text may hold to travel in 7 bits; the second row costs two places each.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWO = frozenset("|^€{}[]~\\\f")
_ALONE, _JOINED = 70, 67  # units in the only part, and in each of several
_LAST_OF_ONE_UNIT = "\uffff"


def within_hours(*, at: datetime, zone: ZoneInfo) -> bool:
    """Whether notices and marketing may leave at the instant `at`: from 08:00 until before 21:00 in the chain's zone."""
    return OPENS <= at.astimezone(zone).time() < CLOSES


def parts(*, text: str, international: bool = False) -> int:
    """How many parts a text with its signature is sent and paid as: 70 units in one, else 67 a part.

    Mainland channels count every character as one whatever it is (Aliyun 108293). `international` (SMPP, Kannel): a
    text of GSM characters alone has 160 and 153. An emoji is two units that stay in one part.
    """
    if not international and len(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2:
        return 1 if len(text) <= _ALONE else -(-len(text) // _JOINED)
    if international and is_gsm(text=text):
        return _packed((2 if character in _GSM_TWO else 1 for character in text), alone=160, joined=153)
    return _packed((2 if character > _LAST_OF_ONE_UNIT else 1 for character in text), alone=_ALONE, joined=_JOINED)


def is_gsm(*, text: str) -> bool:
    """Whether a text can travel in 7 bits: GSM characters and nothing else."""
    return _GSM.union(_GSM_TWO).issuperset(text)


def _packed(widths: Iterable[int], *, alone: int, joined: int) -> int:
    wide = list(widths)
    if sum(wide) <= alone:
        return 1
    used, filled = 1, 0
    for width in wide:
        if filled + width > joined:
            used, filled = used + 1, 0
        filled += width
    return used
