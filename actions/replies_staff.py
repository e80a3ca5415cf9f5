"""What people do with replies: answer, give to a colleague, end, open again. The deeds are in tables/sql/replies.sql."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from actions.rights import rights_refused
from rules.refusals import Refusal
from rules.templates import LONGEST, check_text
from tables.scope import current

_SIGNATURE = "SELECT coalesce((SELECT nullif(btrim(signature), '') FROM chain LIMIT 1), '回头客')"
_BLOCKED = """
SELECT word, source FROM blocked_word WHERE is_active AND strpos(lower($1), lower(word)) > 0 ORDER BY strpos(lower($1), lower(word)) LIMIT 1
"""
_WRITE = "SELECT outcome, message FROM deed.reply_write($1, $2, $3, $4)"
_SETTLE = "SELECT deed.reply_settle($1, $2, $3, $4, $5)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """An answer that leaves as send_log row `message`; `known`: by the same form before."""

    message: int
    known: bool


async def answer_reply(*, reply: int, text: str, form: str, now: datetime) -> Written:
    """Queues a person's answer to a reply (id), as a notice, and ends the reply; `form` is the form's one-time key.

    The signature comes by itself. Afterwards the caller wakes a worker, or the clock does within seconds. Raises Refusal
    empty_text, too_long, bracket_in_text, unbalanced_brace, unknown_placeholder, blocked_text, unknown_reply, opted_out,
    unreachable, foreign_store, not_allowed.
    """
    check_text(text=text, known=())
    signature: str = await current().fetchval(_SIGNATURE)
    whole = f"【{signature}】{text.strip()}"
    if len(whole) > LONGEST:
        raise Refusal(
            code="too_long",
            en=f"With the signature the text has {len(whole)} characters: gateways take at most {LONGEST}.",
            zh=f"加上签名共 {len(whole)} 个字：通道最多接受 {LONGEST} 个字。",
        )
    await check_words(text=text)
    with rights_refused():
        row = await current().fetchrow(_WRITE, reply, whole, form, now)
    assert row is not None  # noqa: S101  one question, one answer
    if row["outcome"] not in {"sent", "known"}:
        raise _REFUSED[row["outcome"]]
    return Written(message=row["message"], known=row["outcome"] == "known")


async def settle_reply(
    *, reply: int, deed: Literal["assign", "done", "reopen"], username: str = "", note: str = "", now: datetime
) -> None:
    """Gives a reply (id) to a colleague (`username`), ends it or opens it again; an empty note leaves the old one.

    Raises Refusal unknown_reply, unknown_staff, foreign_store, not_allowed.
    """
    with rights_refused():
        outcome: str = await current().fetchval(_SETTLE, reply, deed, username.strip(), note.strip(), now)
    if outcome != "done":
        raise _REFUSED[outcome]


async def check_words(*, text: str) -> None:
    """Refuses `blocked_text`: a word that no message may hold."""
    row = await current().fetchrow(_BLOCKED, text)
    if row is not None:
        place = text.lower().find(row["word"].lower()) + 1
        source = f"（{row['source']}）" if row["source"] else ""
        source_en = f" ({row['source']})" if row["source"] else ""
        raise Refusal(
            code="blocked_text",
            en=f"Character {place}: no message may hold “{row['word']}”{source_en}; say it in other words.",
            zh=f"第 {place} 个字：短信不得含有“{row['word']}”{source}：请换一种说法。",
        )


_REFUSED = {
    "unknown": Refusal("unknown_reply", "There is no reply of this number.", "没有该编号的上行短信：请核对编号。"),
    "refused": Refusal(
        "opted_out",
        "Who wrote wants no more messages, notices included: call them instead.",
        "对方已拒收全部短信：请改用电话联系。",
    ),
    "unreachable": Refusal(
        "unreachable",
        "The member has no phone number that works: correct the number first.",
        "该会员没有可用的手机号：请先更正手机号。",
    ),
    "nobody": Refusal(
        "unknown_staff",
        "No active colleague who may see this reply has that user name: look in the staff list.",
        "没有可处理这条上行的在职员工使用该用户名：请核对用户名。",
    ),
}
