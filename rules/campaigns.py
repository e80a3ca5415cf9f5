"""Campaigns: what their texts may say, and the times between which they may leave (design 4.7)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from rules.refusals import Refusal
from rules.templates import PLACEHOLDERS as TEMPLATE_PLACEHOLDERS
from rules.templates import check_text, fill, loose

PLACEHOLDERS = (*TEMPLATE_PLACEHOLDERS[None], "store", "points", "link")
LONGEST_WINDOW = timedelta(days=30)
_LATE = timedelta(minutes=1)  # so long a person may take to press the button
_BITS = 63  # of a digest: as many as a signed column holds


@dataclass(frozen=True, kw_only=True, slots=True)
class Blocked:
    """A word or symbol that no message may hold, and the law or the gateway that says so."""

    word: str
    source: str


def check_wording(*, text: str, blocked: Sequence[Blocked]) -> None:
    """Refuses a text that could not be sent: Refusal `blocked_text`, and those of rules/templates.py. Places are counted from 1."""
    check_text(text=text, known=PLACEHOLDERS)
    lower = text.lower()
    found = [(lower.index(one.word.lower()), one) for one in blocked if one.word.lower() in lower]
    if found:
        place, one = min(found, key=lambda pair: pair[0])
        said = f" ({one.source})" if one.source else ""
        meant = f"（{one.source}）" if one.source else ""
        raise Refusal(
            code="blocked_text",
            en=f"Character {place + 1}: {one.word} may not stand in a message{said}: use another word.",
            zh=f"第 {place + 1} 个字：短信中不得出现“{one.word}”{meant}：请换一种说法。",
        )


def check_begin(*, scheduled_at: datetime, now: datetime) -> None:
    """Refuses to plan what should have left already: Refusal `past_time`."""
    if scheduled_at < now - _LATE:
        raise Refusal(
            code="past_time",
            en="The time to send at is over: choose one that is to come.",
            zh="发送时间已过：请选择将来的时间。",
        )


def check_window(*, scheduled_at: datetime, send_before: datetime, now: datetime) -> None:
    """Refuses a window that is over, empty or longer than 30 days: Refusal `bad_window`, `long_window`."""
    if send_before <= max(scheduled_at, now):
        raise Refusal(
            code="bad_window",
            en="The sending would end before it begins: choose a later end.",
            zh="截止时间不晚于开始时间：请选择更晚的截止时间。",
        )
    if send_before - scheduled_at > LONGEST_WINDOW:
        raise Refusal(
            code="long_window",
            en=f"The sending would last longer than {LONGEST_WINDOW.days} days: choose an earlier end.",
            zh=f"发送时间跨度超过 {LONGEST_WINDOW.days} 天：请选择更早的截止时间。",
        )


def wording(*, text: str, signature: str) -> str:
    """A text as the set-based statement fills it: its signature in front, every placeholder as {name}."""
    return f"【{loose(text=signature)}】{_plain(text).strip()}"


def content_of(*, text: str) -> int:
    """A digest of 63 bits by which two sendings of the same text are known, before its placeholders are filled."""
    digest = sha256(_plain(text).strip().encode()).digest()
    return int.from_bytes(digest[:8]) >> (64 - _BITS)


def blocked_pattern(*, blocked: Sequence[Blocked]) -> str | None:
    """The words as one regular expression for PostgreSQL, in lower case; None: there are none."""
    return "|".join(re.sub(r"(\W)", r"\\\1", one.word.lower()) for one in blocked) or None


def _plain(text: str) -> str:
    return fill(text=text, values={word: f"{{{word}}}" for word in PLACEHOLDERS})
