"""Templates: texts with placeholders such as {points}; which there are, whether a text is right, and filling it."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Literal, get_args

from rules.refusals import Refusal
from rules.templates_tokens import CHINESE, Token, nearest, replaced, tokens

NoticeKind = Literal["welcome", "tier_up", "tier_down", "tier_warning", "points_expiring", "statement"]
# In this order they stand in one message.
NOTICE_KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)

_MEMBER = ("title_or_name", "name", "title")
_CAMPAIGN = (
    "tier", "store", "points", "expiring_points", "expires_on", "to_next_tier", "usual", "favourite", "link", "opt_out",
)  # fmt: skip
PLACEHOLDERS: Mapping[str | None, tuple[str, ...]] = {
    None: (*_MEMBER, *_CAMPAIGN),
    "frame": (*_MEMBER, "notices", "service"),
    "welcome": (*_MEMBER, "tier"),
    "tier_up": (*_MEMBER, "tier", "valid_until"),
    "tier_down": (*_MEMBER, "tier", "valid_until"),
    "tier_warning": (*_MEMBER, "tier", "valid_until", "days", "in_days", "to_keep"),
    "points_expiring": (*_MEMBER, "points", "on", "days", "in_days"),
    "statement": (*_MEMBER, "month", "earned", "redeemed", "expired", "balance"),
    # No notice: it leaves alone and at once, without the frame.
    "redeem_code": (*_MEMBER, "code", "store", "minutes"),
    # It goes to a number of which nobody knows yet whose it is: without a name.
    "number_code": ("code", "store", "minutes"),
}
LONGEST = 500  # of a message with its signature, at every gateway (field-notes 3.1)
_QUOTED = 30

# 【】 belongs to the signature alone, gateways refuse it elsewhere; a line break in a name would tear the text.
_LOOSE = str.maketrans({"【": None, "】": None, "\n": " ", "\r": " ", "\t": " "})


def check(*, kind: str | None, text: str) -> None:
    """Refuses a template that could not be sent: Refusal `empty_text`, `too_long`, `bracket_in_text`, `unknown_kind`,
    `unbalanced_brace`, `unknown_placeholder`, `missing_placeholder`. Places are counted from 1.
    """
    if kind not in PLACEHOLDERS:
        raise _unknown_kind(word=str(kind)[:_QUOTED])
    _check_needed(kind=kind, words=check_text(text=text, known=PLACEHOLDERS[kind]))


def check_text(*, text: str, known: Collection[str]) -> list[str]:
    """The placeholders of a text that may hold the `known` ones, by their English names. Refuses as `check` does but for its
    kind.
    """
    _check_plain(text=text)
    words = []
    for token in tokens(text=text):
        if token.name is None:
            raise _unbalanced(place=token.start + 1)
        if token.name not in known:
            raise _unknown_placeholder(token=token, known=list(known))
        words.append(token.name)
    return words


def fill(*, text: str, values: Mapping[str, str]) -> str:
    """The text with every placeholder replaced, in one pass: what stands in a value is never read as a placeholder. For an
    empty value its fall-back stands, if the text has one. Raises KeyError for a placeholder without a value.
    """
    return replaced(text=text, by=lambda token: values[token.name or ""] or token.fallback or "")


def loose(*, text: str) -> str:
    """A name or another free value as it may stand inside a message."""
    return text.translate(_LOOSE).strip()


def _unbalanced(*, place: int) -> Refusal:
    return Refusal(
        code="unbalanced_brace",
        en=f"Character {place}: this brace has no partner; write placeholders as {{name}}.",
        zh=f"第 {place} 个字：大括号不成对；占位符请写成 {{name}}。",
    )


def _check_plain(*, text: str) -> None:
    if not text.strip():
        raise Refusal(code="empty_text", en="The text is empty: write one.", zh="短信内容为空：请填写。")
    if len(text) > LONGEST:
        raise Refusal(
            code="too_long",
            en=f"The text has {len(text)} characters: gateways take at most {LONGEST}.",
            zh=f"短信内容有 {len(text)} 个字：通道最多接受 {LONGEST} 个字。",
        )
    bracket = re.search("[【】]", text)
    if bracket:
        place = bracket.start() + 1
        raise Refusal(
            code="bracket_in_text",
            en=f"Character {place}: 【】 is kept for the signature, which is put in front by itself; use another bracket.",
            zh=f"第 {place} 个字：【】仅用于签名，签名会自动加在最前面；请改用其他括号。",
        )


def _check_needed(*, kind: str | None, words: Iterable[str]) -> None:
    if kind == "frame" and "notices" not in words:
        raise Refusal(
            code="missing_placeholder",
            en="The frame has no {notices}: add it where the notices shall stand.",
            zh="外框缺少 {notices}：请在通知内容的位置加上它。",
        )
    if kind in {"redeem_code", "number_code"} and "code" not in words:
        raise Refusal(
            code="missing_placeholder",
            en="The text has no {code}: add it where the digits shall stand.",
            zh="短信内容缺少 {code}：请在验证码的位置加上它。",
        )


def _unknown_kind(*, word: str) -> Refusal:
    known = [name for name in PLACEHOLDERS if name]
    return Refusal(
        code="unknown_kind",
        en=f"There is no kind of text called {word}: use one of {', '.join(known)}.",
        zh=f"没有名为 {word} 的短信类型：可用的有 {'、'.join(known)}。",
    )


def _unknown_placeholder(*, token: Token, known: list[str]) -> Refusal:
    place, shown = token.start + 1, f"{{{token.written[:_QUOTED]}}}"
    near = nearest(word=token.written, known=known)
    meant, asked = (f" Did you mean {{{near}}}?", f"您是否想写 {{{near}}}？") if near else ("", "")
    there = [f"{{{name}}}" for name in known]
    # Where every placeholder has a Chinese name, that is what the screen shows.
    chinese = [f"{{{CHINESE[name]}}}" for name in known] if all(name in CHINESE for name in known) else there
    return Refusal(
        code="unknown_placeholder",
        en=f"Character {place}: there is no {shown} here.{meant} Use one of {', '.join(there)}.",
        zh=f"第 {place} 个字：这里没有 {shown}。{asked}可用的有 {'、'.join(chinese)}。",
    )
