"""What a phone sent us, read: a no, a wish, a keyword, or free text (design 4.7, field-notes 3.4).

A word counts as the whole reply alone, in any case, width, spacing and punctuation: "不要退订" and "R2D2" say something else.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from rules.refusals import Refusal
from rules.templates import LONGEST, check_text, fill, loose

Kind = Literal["opt_out", "opt_out_all", "fewer", "opt_in", "keyword", "other"]
PLACEHOLDERS = ("title_or_name", "tier", "balance", "store", "hours", "address", "phone")
LONGEST_KEYWORD = 20
# Characters of a reply that are kept; letters and digits beyond which it is none of our words.
LONGEST_REPLY, _MOST = 10_000, 60

_BEFORE = r"(?:请|麻烦|您好|你好|我要|我想|申请|帮我|给我|帮忙)*"
_AFTER = r"(?:谢谢您?你?|多谢|感谢|谢了|吧|短信|信息|广告|营销短信)*"
# As it is told in the messages ("拒收请回复R", "回TD退订"): many copy all of it.
_COPIED = r"(?:拒收|退订)?请?回复?(?:r|td|t|n)(?:退订|拒收)?|(?:r|td|t|n)(?:退订|拒收)|(?:退订|拒收)(?:r|td|t|n)"
_LETTERS = r"r|t|n|td|stopall|end|quit|cancel|optout|(?:please)?(?:stop|unsubscribe)(?:please|thanks|thankyou)?"
_STOP = rf"退|请?取消(?:谢谢|多谢|感谢)?|{_BEFORE}(?:退订|拒收|退定|拒绝接收|取消订阅|取消短信|停止发送|停发)+{_AFTER}"
_LEAVE_ME = rf"{_BEFORE}(?:(?:不要|别|勿)再?(?:发|发送|打扰|骚扰)了?|勿扰){_AFTER}"
_WORDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("opt_out_all", re.compile(rf"{_BEFORE}(?:全部(?:退订|拒收)|全退订?|退订(?:全部|所有)){_AFTER}")),
    ("opt_out", re.compile(f"{_LETTERS}|{_COPIED}|{_STOP}|{_LEAVE_ME}")),
    ("fewer", re.compile(rf"{_BEFORE}(?:少发(?:一?[点些]|几条)?|少一?[点些]){_AFTER}")),
    ("opt_in", re.compile(rf"{_BEFORE}(?:(?:恢复|重新|开启)?订阅|恢复接收){_AFTER}|开启|start|unstop|subscribe|optin")),
)
# What a whole reply may also be: such words one after the other.
_REPEATED = re.compile(r"td|stop|stopall|unsubscribe|quit|cancel|退订|拒收|谢谢|(?:r|td|t|n)?退订")


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """What a reply means; `word`: the keyword as it is stored, else the words that were understood, empty for free text."""

    kind: Kind
    word: str = ""


def read_reply(*, text: str, keywords: Collection[str]) -> Intent:
    """A reply of any length and any characters. Our own words come before `keywords`."""
    tokens = tuple(_tokens(text[:LONGEST_REPLY]))
    joined = "".join(tokens)
    if len(joined) > _MOST:
        return Intent(kind="other")
    for kind, pattern in _WORDS:
        if pattern.fullmatch(joined):
            return Intent(kind=kind, word=joined[:40])
    if tokens and all(map(_REPEATED.fullmatch, tokens)) and set(tokens) != {"谢谢"}:
        return Intent(kind="opt_out", word=joined[:40])
    found = next((word for word in keywords if _is_keyword(word, text=text, tokens=tokens)), None)
    return Intent(kind="other") if found is None else Intent(kind="keyword", word=found)


def _is_keyword(word: str, *, text: str, tokens: tuple[str, ...]) -> bool:
    wanted = tuple(_tokens(word))
    if not wanted:
        # A keyword of signs alone has nothing to be recognised by but itself.
        return text[:LONGEST_REPLY].strip() == word.strip()
    joined = "".join(wanted)
    # Chinese is written without spaces or with any; "1.5" is not 15.
    return tokens == wanted or ("".join(tokens) == joined and not any(map(_is_ascii_alnum, joined)))


def _is_ascii_alnum(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _tokens(text: str) -> Iterator[str]:
    """The runs of letters and digits in small, narrow letters; marks and what nobody sees are nothing."""
    run: list[str] = []
    kept = 0
    for character in text:
        for one in unicodedata.normalize("NFKC", character).casefold():
            category = unicodedata.category(one)
            if category[0] in "LN":
                run.append(one)
                kept += 1
            elif category[0] != "M" and category != "Cf" and run:
                yield "".join(run)
                run.clear()
        if kept > _MOST:
            break
    if run:
        yield "".join(run)


def storable(*, text: str, longest: int) -> str:
    """Text from anywhere as the database can hold it: no NUL, no half of a surrogate pair, not longer than `longest`."""
    whole = text[:longest].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "")[:longest]


def kept_keyword(*, keyword: str) -> str:
    """A keyword as it is stored, in narrow letters. Refuses `keyword_taken`: its meaning does not depend on a row."""
    if read_reply(text=keyword, keywords=()).kind != "other":
        raise Refusal(
            code="keyword_taken",
            en="This word means an opt-out or an opt-in already, before any keyword: choose another.",
            zh="这个词已用于退订或恢复订阅，优先于关键词：请换一个。",
        )
    kept = unicodedata.normalize("NFKC", keyword).strip()
    if len(kept) > LONGEST_KEYWORD:
        raise Refusal(
            code="too_long",
            en=f"A keyword has at most {LONGEST_KEYWORD} characters: shorten it.",
            zh=f"关键词最多 {LONGEST_KEYWORD} 个字：请缩短。",
        )
    return kept


def check_answer(*, text: str) -> None:
    """Refuses what could not answer a keyword: empty_text, too_long, bracket_in_text, unbalanced_brace, unknown_placeholder."""
    check_text(text=text, known=PLACEHOLDERS)


def answer_text(*, text: str, values: Mapping[str, str], signature: str) -> str | None:
    """The signed answer to a keyword, filled; None where a value that it needs is not known or it grows too long."""
    known = {name: loose(text=value) for name, value in values.items() if value.strip()}
    try:
        body = fill(text=text, values=known)
    except KeyError:
        return None
    whole = f"【{signature}】{body.strip()}"
    return whole if len(whole) <= LONGEST else None
