"""A member's answer that staff heard, written down: to one purpose, with where it was said and to which words."""

from dataclasses import dataclass
from datetime import datetime

from actions.imports_columns import words
from actions.rights import rights_refused
from rules.consents import PURPOSES
from rules.refusals import Refusal
from tables.scope import current

_RECORD = "SELECT deed.consent_record($1, $2, $3, $4, $5, $6, $7)"
_source, _version = words(longest=100), words(longest=40)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """`purpose`: a key of PURPOSES; `text_version`: of the words shown, which a no may lack; `source`: where it was said."""

    purpose: str
    granted: bool
    source: str
    text_version: str = ""


async def record(*, member: int, store: int, answer: Answer, now: datetime) -> bool:
    """Keeps the answer of a member (id) of the caller's, said in a store (id). True: it is what they said last, and nothing is
    written. A no takes what needed a yes at once: queued messages, tags, the place. A yes proves nothing without the words it
    was given to (个人信息保护法 art. 14), a no needs none (art. 15: to withdraw is made easy).

    Raises Refusal unknown_purpose, no_source, no_text_version, bad_text, unknown_member, erased,
    foreign_store, not_allowed.
    """
    source, version = answer.source.strip(), answer.text_version.strip()
    _check(answer.purpose, granted=answer.granted, source=source, version=version)
    with rights_refused():
        outcome: str = await current().fetchval(
            _RECORD, member, answer.purpose, answer.granted, _source(source), _version(version), store, now
        )
    if outcome in {"unknown", "erased"}:
        raise _ERASED if outcome == "erased" else _UNKNOWN
    return outcome == "known"


def _check(purpose: str, *, granted: bool, source: str, version: str) -> None:
    if purpose not in PURPOSES:
        zh, en = ("、".join(names) for names in zip(*PURPOSES.values(), strict=True))
        raise Refusal(
            "unknown_purpose", f"There is no such purpose: write one of {en}.", f"没有这个用途：可填写 {zh}。"
        )
    if not source:
        raise Refusal(
            "no_source", "Say where it was said, such as the counter.", "请注明会员在哪里表示的，如 柜台口头。"
        )
    if granted and not version:
        raise Refusal(
            "no_text_version",
            "A yes proves nothing without the words it was given to: write the version of the text that the member saw.",
            "同意须注明会员看到的条款版本：请填写条款版本。",
        )


_ERASED = Refusal("erased", "This member was erased: nothing more is kept of them.", "该会员已注销，不再登记授权。")
_UNKNOWN = Refusal(
    "unknown_member",
    "This is no member of your stores: their home store or headquarters writes it down.",
    "这不是您门店的会员：请由其归属门店或总部登记。",
)
