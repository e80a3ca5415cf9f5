"""The placeholders in a text: {points}, {积分}, and with words for when there is no value: {usual|水果}."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

# Chinese keyboards write full-width braces and bars: they mean the same.
TOKEN = re.compile(r"[{｛]([^{}｛｝]*)[}｝]|[{}｛｝]")
_BAR = re.compile(r"[|｜]")
ALIASES: Mapping[str, str] = {
    "称呼": "title_or_name", "姓名": "name", "尊称": "title", "门店": "store", "积分": "points", "到期积分": "expiring_points",
    "到期日": "expires_on", "等级": "tier", "距下一级": "to_next_tier", "常买": "usual", "收藏": "favourite", "短链": "link",
    "退订": "opt_out",
}  # fmt: skip
CHINESE: Mapping[str, str] = {name: alias for alias, name in ALIASES.items()}
_GAP = "\0"  # no text holds it
_QUOTED = 30
_ALIKE = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """A placeholder: where it stands (`start` to before `end`, from 0), its canonical `name` (None: a brace without a
    partner), the word as it was `written`, and the words for when there is no value (None: none were given).
    """

    start: int
    end: int
    name: str | None
    written: str = ""
    fallback: str | None = None


def tokens(*, text: str) -> Iterator[Token]:
    """The placeholders and lonely braces of a text, from left to right."""
    return map(_read, TOKEN.finditer(text))


def replaced(*, text: str, by: Callable[[Token], str]) -> str:
    """The text with every placeholder replaced, in one pass: what is put in is never read as a placeholder."""
    return TOKEN.sub(lambda found: by(_read(found)), text)


def hidden(*, text: str) -> str:
    """The text, as long as it was, without the names of its placeholders: fall-backs are words of the text, names are not."""

    def blank(found: re.Match[str]) -> str:
        bar = _BAR.search(found[1] or "")
        kept = found[1][bar.end() :] + _GAP if bar else ""
        return kept.rjust(len(found[0]), _GAP)

    return TOKEN.sub(blank, text)


def nearest(*, word: str, known: Mapping[str, str] | list[str]) -> str | None:
    """The known name, or its Chinese one, that somebody who wrote `word` may have meant."""
    names = [*known, *(CHINESE[name] for name in known if name in CHINESE)]
    return next(iter(get_close_matches(word[:_QUOTED], names, n=1, cutoff=_ALIKE)), None)


def _read(found: re.Match[str]) -> Token:
    if found[1] is None:
        return Token(start=found.start(), end=found.end(), name=None)
    word, *rest = _BAR.split(found[1], maxsplit=1)
    written = word.strip()
    return Token(
        start=found.start(), end=found.end(), name=ALIASES.get(written, written), written=written,
        fallback=rest[0].strip() if rest else None,
    )  # fmt: skip
