"""The review of a text before it is sent: what the law, a gateway or good manners do not like, where, and better words.

What stands in the way of sending is `stop`, what a person has to look at `warn`, what helps `hint`. The texts and words it
knows are in rules/review_phrases.py, what is said of them in rules/review_kinds.py; the chain's own words are in its list.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rules.campaigns import Blocked
from rules.messages import parts
from rules.review_kinds import KINDS, LEVELS, Kind, Level
from rules.review_phrases import PHRASES
from rules.review_trims import trims
from rules.templates_tokens import hidden, replaced, tokens

# What stands around and inside a text when nobody knows better: a signature, the opt-out words, a member of the usual sort.
_AROUND = len("【回头客】") + len("拒收请回复R")
_USUAL: Mapping[str, int] = {
    "title_or_name": 3,
    "name": 3,
    "title": 2,
    "store": 5,
    "tier": 2,
    "expires_on": 6,
    "link": 30,
    "opt_out": 0,
}
_VALUE = 4
_COMPILED = {
    code: [(re.compile(words, re.IGNORECASE), better) for words, better in rows] for code, rows in PHRASES.items()
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something about `words`, which stand from `start` until before `end` (from 0). `proposal`: what could stand there instead,
    None where nobody can know.
    """

    code: str
    level: Level
    start: int
    end: int
    words: str
    zh: str
    en: str
    proposal: str | None
    source: str


def review(
    *, text: str, content_kind: str, message_class: str = "marketing", trade: str = "", blocked: Sequence[Blocked] = (),
    has_contact: bool = False,
) -> list[Finding]:  # fmt: skip
    """The findings in a text of up to 500 characters with placeholders, from left to right. `trade`: of the shops, empty where
    unknown; `has_contact`: how to reach the chain stands elsewhere in the message.
    """
    seen = hidden(text=_body(text))
    found = list(_blocked(text, seen=seen, blocked=blocked))
    for code, rows in _COMPILED.items():
        kind = KINDS[code]
        meant = _meant(kind, text=text, content_kind=content_kind, message_class=message_class, trade=trade)
        if meant and not (code == "contact" and has_contact):
            found += _found(code, kind, text=text, seen=seen, rows=rows)
    found = _settled(found)
    return sorted([*found, *_long(text)], key=lambda one: (one.start, LEVELS.index(one.level)))


def mended(*, text: str, finding: Finding) -> str:
    """The text with the proposed words; as it was where there are none, or where it is no longer the text of the finding."""
    if finding.proposal is None or text[finding.start : finding.end] != finding.words:
        return text
    return text[: finding.start] + finding.proposal + text[finding.end :]


def estimated(*, text: str) -> int:
    """About how many characters a message of this text has, for a member of the usual sort."""
    return _AROUND + len(replaced(text=text.strip(), by=lambda token: "字" * _USUAL.get(token.name or "", _VALUE)))


def _body(text: str) -> str:
    """The text without opt-out words that stand at its end as a placeholder."""
    last = [token for token in tokens(text=text) if token.name == "opt_out"]
    return text[: last[-1].start] if last and not text[last[-1].end :].strip() else text


def _meant(kind: Kind, *, text: str, content_kind: str, message_class: str, trade: str) -> bool:
    return (
        (not kind.contents or content_kind in kind.contents)
        and (not kind.classes or message_class in kind.classes)
        and (not kind.trades or not trade or trade in kind.trades)
        and (kind.when is None or bool(kind.when.search(text)))
        and not (kind.unless and kind.unless.search(text))
    )


def _found(
    code: str, kind: Kind, *, text: str, seen: str, rows: Sequence[tuple[re.Pattern[str], str | None]]
) -> Iterator[Finding]:
    for pattern, better in rows:
        for match in pattern.finditer(seen):
            words = text[match.start() : match.end()]
            yield Finding(
                code=code, level=kind.level, start=match.start(), end=match.end(), words=words, zh=kind.zh.format(words=words),
                en=kind.en.format(words=words), source=kind.source, proposal=None if better is None else match.expand(better),
            )  # fmt: skip


def _blocked(text: str, *, seen: str, blocked: Sequence[Blocked]) -> Iterator[Finding]:
    kind, lower = KINDS["blocked"], seen.lower()
    for one in blocked:
        for match in re.finditer(re.escape(one.word.lower()), lower):
            words = text[match.start() : match.end()]
            yield Finding(
                code="blocked", level=kind.level, start=match.start(), end=match.end(), words=words, source=one.source,
                zh=kind.zh.format(words=words), en=kind.en.format(words=words), proposal=_better(words),
            )  # fmt: skip


def _better(words: str) -> str | None:
    for rows in _COMPILED.values():
        for pattern, better in rows:
            match = pattern.fullmatch(words)
            if match and better is not None:
                return match.expand(better)
    return None


def _settled(found: list[Finding]) -> list[Finding]:
    """One finding for each place: the gravest, of these the one that says more about it."""
    ranked = sorted(
        found, key=lambda one: (LEVELS.index(one.level), one.start - one.end, one.proposal is None, one.start)
    )
    kept: list[Finding] = []
    for one in ranked:
        if not any(one.start < other.end and other.start < one.end for other in kept):
            kept.append(one)
    return kept


def _long(text: str) -> Iterator[Finding]:
    length, kind = estimated(text=text), KINDS["long"]
    if parts(text="字" * length) == 1:
        return
    words, shorter = next(iter(trims(text=text)), ("", None))
    start = text.find(words) if words else len(text)
    yield Finding(
        code="long", level=kind.level, start=start, end=start + len(words), words=words, zh=kind.zh.format(words=length),
        en=kind.en.format(words=length), proposal=shorter, source=kind.source,
    )  # fmt: skip
