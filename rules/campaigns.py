"""Campaigns: what their texts may say, and the times between which they may leave (design 4.7)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from rules.refusals import Refusal
from rules.templates import PLACEHOLDERS as TEMPLATE_PLACEHOLDERS
from rules.templates import check_text, loose
from rules.templates_tokens import Token, hidden, replaced, tokens

PLACEHOLDERS = TEMPLATE_PLACEHOLDERS[None]
# What stands where a member has no value.
FALLBACKS: Mapping[str, str] = {
    **dict.fromkeys(("name", "title", "title_or_name"), "会员"),
    **dict.fromkeys(("usual", "favourite"), "心仪好物"),
    "expires_on": "近期",
    **dict.fromkeys(("points", "expiring_points", "to_next_tier"), "0"),
}
# The channel's own opt-out words, which it adds at the end by itself.
_OPT_OUT = "opt_out"
LONGEST_WINDOW = timedelta(days=30)
_LATE = timedelta(minutes=1)  # so long a person may take to press the button
_BITS = 63  # of a digest: as many as a signed column holds


@dataclass(frozen=True, kw_only=True, slots=True)
class Blocked:
    """A word or symbol that no message may hold, and the law or the gateway that says so."""

    word: str
    source: str


def check_wording(*, text: str, blocked: Sequence[Blocked]) -> None:
    """Refuses a text that could not be sent: Refusal `blocked_text`, `opt_out_not_last`, `no_fallback`, `two_fallbacks`, and
    those of rules/templates.py. Places are counted from 1.
    """
    if set(check_text(text=text, known=PLACEHOLDERS)) == {_OPT_OUT} and not _plain(text, with_fallbacks=True).strip():
        raise Refusal(code="empty_text", en="The text says nothing: write one.", zh="短信没有内容：请填写。")
    _check_tokens(text=text)
    lower = hidden(text=text).lower()
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


def fallbacks(*, text: str) -> dict[str, str]:
    """What stands where a member has no value, by placeholder: the text's own words after a bar, else ours."""
    own = {
        token.name: loose(text=token.fallback)
        for token in tokens(text=text)
        if token.name and token.fallback is not None
    }
    return {**FALLBACKS, **own}


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
    """A text as the set-based statement fills it: its signature in front, every placeholder as {name}, without fall-backs and
    without opt-out words: the channel's own come at the end by themselves.
    """
    return f"【{loose(text=signature)}】{_plain(text, with_fallbacks=False).strip()}"


def content_of(*, text: str) -> int:
    """A digest of 63 bits by which two sendings of the same text are known, before its placeholders are filled."""
    digest = sha256(_plain(text, with_fallbacks=True).strip().encode()).digest()
    return int.from_bytes(digest[:8]) >> (64 - _BITS)


def blocked_pattern(*, blocked: Sequence[Blocked]) -> str | None:
    """The words as one regular expression for PostgreSQL, in lower case; None: there are none."""
    return "|".join(re.sub(r"(\W)", r"\\\1", one.word.lower()) for one in blocked) or None


def _plain(text: str, *, with_fallbacks: bool) -> str:
    def written(token: Token) -> str:
        if token.name == _OPT_OUT:
            return ""
        bar = f"|{token.fallback}" if with_fallbacks and token.fallback is not None else ""
        return f"{{{token.name}{bar}}}"

    return replaced(text=text, by=written)


def _check_tokens(*, text: str) -> None:
    own: dict[str, str] = {}
    for token in tokens(text=text):
        name, place, words = token.name or "", token.start + 1, token.fallback
        if name == _OPT_OUT and text[token.end :].strip():
            raise _misplaced("opt_out_not_last", place, _NOT_LAST)
        if words is not None and name not in FALLBACKS:
            raise _misplaced("no_fallback", place, _NO_FALLBACK)
        if words is not None and own.setdefault(name, words) != words:
            raise _misplaced("two_fallbacks", place, _TWO_FALLBACKS)


_NOT_LAST = (
    "{opt_out} stands at the end of a text or nowhere: the channel adds its own words there by itself.",
    "{退订} 只能放在短信末尾，也可以不写：通道会自动在末尾加上退订说明。",
)
_NO_FALLBACK = (
    "this placeholder always has a value: leave out the bar and what follows it.",
    "该占位符总有内容：请去掉竖线及其后的文字。",
)
_TWO_FALLBACKS = (
    "this placeholder has other words after its bar further ahead: use the same ones.",
    "同一占位符在前面写了不同的备用文字：请写成一样。",
)


def _misplaced(code: str, place: int, said: tuple[str, str]) -> Refusal:
    return Refusal(code=code, en=f"Character {place}: {said[0]}", zh=f"第 {place} 个字：{said[1]}")
