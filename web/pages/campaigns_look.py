"""The look at a text while it is written: as a member would see it, how long it is, what it costs, and what should be changed."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from config.settings import settings
from queries.campaigns_look import Around
from rules.campaigns import Blocked, check_wording, wording
from rules.messages import parts
from rules.refusals import Refusal
from rules.review import Finding, mended, review
from rules.review_trims import trims
from rules.templates import fill
from web.pages.campaigns_content_words import LOOK, SAMPLE
from web.pages.campaigns_frame import said

_ALONE, _JOINED = 70, 67
_MOST_TRIMS = 3
TONES = {"stop": "bad", "warn": "still", "hint": ""}


def findings_of(*, text: str, content_kind: str, blocked: Sequence[Blocked]) -> list[Finding]:
    """What the review finds, but for the length, which is counted here for an example."""
    return [one for one in review(text=text, content_kind=content_kind, blocked=blocked) if one.code != "long"]


def look(*, text: str, label: str, content_kind: str, around: Around, blocked: Sequence[Blocked]) -> dict[str, Any]:
    """What campaigns_look.html shows of a text. A text that nobody could send has a `wrong`."""
    words = LOOK[settings().language]
    if not text.strip():
        return {"label": label, "empty": True}
    shown: dict[str, Any] = {"label": label, "wrong": None}
    findings = findings_of(text=text, content_kind=content_kind, blocked=blocked)
    try:
        check_wording(text=text, blocked=[])
        shown |= _measured(text, around)
    except Refusal as refusal:
        shown["wrong"] = said(refusal)
    return {
        **shown,
        "look": words,
        "marked": marked(text=text, findings=findings) if findings else None,
        "findings": [_finding(one, place, label) for place, one in enumerate(findings)],
    }


def _measured(text: str, around: Around) -> dict[str, Any]:
    words = LOOK[settings().language]
    message = example(text=text, around=around)
    many, length = parts(text=message), len(message)
    over = length - (_ALONE if many == 2 else _JOINED * (many - 1))  # noqa: PLR2004  two parts become one below 70
    return {
        "message": message,
        "length": words["length"].format(characters=length, parts=many),
        "long": words["long"].format(parts=many, over=over, fewer=many - 1) if many > 1 else None,
        "price": words["price"].format(price=_plain(around.price * many)) if around.price else None,
        "trims": trimmed(text=text) if many > 1 else [],
    }


def example(*, text: str, around: Around) -> str:
    """A text as an invented member would get it, signature and opt-out words included. The text was checked."""
    link = f"{settings().public_url.rstrip('/')}/s/Ab3kP9xQ2m"
    message = wording(text=text, signature=around.signature)
    values = {**SAMPLE, "store": around.store, "link": link}
    own = {"usual": "苹果", "favourite": "蓝莓"}
    return fill(text=message, values={**values, **own}) + around.ending


def trimmed(*, text: str) -> list[str]:
    """What could be cut, in words, what saves most first."""
    words = LOOK[settings().language]
    return [
        words["trim" if shorter else "trim_away"].format(words=long, shorter=shorter, saved=len(long) - len(shorter))
        for long, shorter in trims(text=text)[:_MOST_TRIMS]
    ]


def mended_text(*, text: str, place: str, findings: Sequence[Finding]) -> str:
    """The text with the proposal of the finding at this place; as it was where there is none."""
    if not place.isascii() or not place.isdigit() or int(place) >= len(findings):
        return text
    return mended(text=text, finding=findings[int(place)])


def marked(*, text: str, findings: Sequence[Finding]) -> Markup:
    """The text with the places of its findings marked."""
    told, end = Markup(), 0
    for one in sorted(findings, key=lambda finding: finding.start):
        if one.start < end or one.start == one.end:
            continue
        mark = Markup('<mark class="{}">{}</mark>').format(one.level, text[one.start : one.end])
        told += escape(text[end : one.start]) + mark
        end = one.end
    return told + escape(text[end:])


def _finding(one: Finding, place: int, label: str) -> dict[str, Any]:
    words, language = LOOK[settings().language], settings().language
    fits = one.proposal is not None and one.proposal != one.words
    return {
        "level": words[one.level],
        "tone": TONES[one.level],
        "said": getattr(one, language),
        "source": words["source"].format(source=one.source) if one.source else None,
        "mend": f"mend:{label}:{place}" if fits else None,
        "verb": words["use_it"].format(proposal=one.proposal) if one.proposal else words["remove_it"],
    }


def _plain(amount: object) -> str:
    return f"{amount:f}".rstrip("0").rstrip(".")
