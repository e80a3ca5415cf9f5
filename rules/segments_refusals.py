"""How a rule of segments is refused: where, what stands there, what was probably meant, and what to do."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from rules.refusals import Refusal

_SHOWN = 24
_NEAR = 0.5
_MOST_LISTED = 6


def refused(*, code: str, place: int, found: str, en: str, zh: str) -> Refusal:
    """A refusal that tells the place (from 1) and what was `found` there."""
    short = found if len(found) <= _SHOWN else found[:_SHOWN] + "…"
    return Refusal(
        code=code,
        en=f"Character {place}: “{short}” {_ended(en, '.?')}",
        zh=f"第 {place} 个字：“{short}”{_ended(zh, '。？')}",
    )


def nearest(*, word: str, among: Iterable[str]) -> str | None:
    """The most similar of some words, None: none is similar."""
    lowered = {one.lower(): one for one in sorted(among)}
    near = get_close_matches(word.lower(), lowered, n=1, cutoff=_NEAR)
    held = [one for one in lowered if word.lower() in one or one in word.lower()]
    return lowered[near[0]] if near else lowered[min(held, key=len)] if held else None


def unknown_name(*, code: str, place: int, name: str, kinds: tuple[str, str], there: Collection[str]) -> Refusal:
    """There is no such thing: `kinds` says of which sort (zh, en), `there` are those that are."""
    near = nearest(word=name, among=there)
    listed = sorted(there)[:_MOST_LISTED]
    if near is not None:
        en, zh = f"did you mean “{near}”?", f"是否想写“{near}”？"
    elif listed:
        en, zh = f"there are {', '.join(listed)}", f"现有：{'、'.join(listed)}"
    else:
        en, zh = "there is none yet: create one first", "目前一个也没有：请先建立"
    return refused(code=code, place=place, found=name, en=f"is no {kinds[1]}: {en}", zh=f"不是现有的{kinds[0]}：{zh}")  # fmt: skip


def _ended(sentence: str, ends: str) -> str:
    return sentence if sentence[-1] in ends else sentence + ends[0]
