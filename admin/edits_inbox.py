"""Keyword replies: what their rows must keep."""

from actions.replies_staff import check_words
from admin.edits_frame import Edit, Rules
from rules.replies import check_answer, kept_keyword


async def _keyword(edit: Edit) -> None:
    if edit.changes("keyword"):
        edit.new["keyword"] = kept_keyword(keyword=edit.new["keyword"])
    if edit.changes("text"):
        check_answer(text=edit.new["text"])
        await check_words(text=edit.new["text"])


RULES = {"keyword_reply": Rules(needed=("keyword", "text"), check=_keyword)}
