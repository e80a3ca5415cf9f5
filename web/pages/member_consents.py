"""What a member agreed to, on their page: how each purpose stands, and every answer there was."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from queries.consents import Said
from rules.calendar import business_date
from rules.consents import PURPOSES
from web.pages.points_told import Teller

WORDS = {
    "zh": {
        "title": "授权",
        "colon": "：",
        "about": "每项用途以最新一次答复为准。登记新的答复请用后台表单“会员授权”。",
        "yes": "同意",
        "no": "不同意",
        "never": "未询问",
        "unrefused": "未拒绝，照常发送",
        "since": "自 {day}起",
        "text": "条款 {version}",
        "by": "经办 {staff}",
        "all": "全部记录（{count} 条）",
        "reply": "回复短信",
        "link": "短信链接",
        "merge": "合并档案",
    },
    "en": {
        "title": "Consents",
        "colon": ": ",
        "about": "The newest answer to each purpose counts. Write an answer down with the form “Record a consent”.",
        "yes": "yes",
        "no": "no",
        "never": "never asked",
        "unrefused": "not refused, so they are sent",
        "since": "since {day}",
        "text": "text {version}",
        "by": "by {staff}",
        "all": "All answers ({count})",
        "reply": "reply by text",
        "link": "link in a text",
        "merge": "files merged",
    },
}
_OURS = ("reply", "link", "merge")
# What needs no yes.
_UNSAID = {"notice_sms": "unrefused"}


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerLine:
    """One purpose and what was said; `granted` None: nobody asked. `details`: since when, where, to which text, by whom."""

    purpose: str
    granted: bool | None
    answer: str
    details: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsentsShown:
    """The section of the page: its words, the purposes as they stand now, all answers newest first."""

    words: dict[str, str]
    now: tuple[AnswerLine, ...]
    history: tuple[AnswerLine, ...]
    history_words: str


def consents_shown(*, story: Sequence[Said], teller: Teller, zone: ZoneInfo) -> ConsentsShown:
    """`story`: newest first."""
    words = WORDS[teller.language]
    newest = {said.purpose: said for said in reversed(story)}
    return ConsentsShown(
        words=words,
        now=tuple(_line(purpose, newest.get(purpose), teller, zone, words["since"]) for purpose in PURPOSES),
        history=tuple(_line(said.purpose, said, teller, zone, "{day}") for said in story),
        history_words=words["all"].format(count=len(story)),
    )


def _line(purpose: str, said: Said | None, teller: Teller, zone: ZoneInfo, when: str) -> AnswerLine:
    words = WORDS[teller.language]
    name = PURPOSES[purpose][0 if teller.language == "zh" else 1]
    if said is None:
        return AnswerLine(purpose=name, granted=None, answer=words[_UNSAID.get(purpose, "never")], details="")
    parts = (
        when.format(day=teller.day(business_date(at=said.at, zone=zone))),
        words[said.source] if said.source in _OURS else said.source,
        said.store,
        said.text_version and words["text"].format(version=said.text_version),
        said.staff and words["by"].format(staff=said.staff),
    )
    return AnswerLine(
        purpose=name, granted=said.granted, answer=words["yes" if said.granted else "no"],
        details=" · ".join(part for part in parts if part),
    )  # fmt: skip
