"""A no of ours on its way through the stock panel, which swallows every exception of ours but Starlette's own."""

from starlette.exceptions import HTTPException

from admin.screens import Language
from rules.refusals import Refusal

_UNPROCESSABLE, _NOT_ALLOWED = 422, 405

READ_ONLY = Refusal(
    code="read_only",
    en="This table is for reading: its rows are written by the deeds of the shop.",
    zh="这张表只供查看：内容由业务操作自动生成。",
)
NO_PUT = Refusal(
    code="read_only",
    en="A row is not replaced as a whole: send the changed fields with PATCH.",
    zh="不支持整行替换：请用 PATCH 只提交修改的字段。",
)
NOT_SUPERUSER = Refusal(
    code="read_only",
    en="Only an HQ admin may do this.",
    zh="只有总部管理员可以执行此操作。",
)
# 405 has room for one sentence alone: the other language is found by it.
_BY_SENTENCE = {text: no for no in (READ_ONLY, NO_PUT, NOT_SUPERUSER) for text in (no.zh, no.en)}
_BY_SENTENCE["Only superusers can perform these actions."] = NOT_SUPERUSER


class Refused(HTTPException):
    """A Refusal as Starlette knows it: 422 with `detail` = `[{loc: ["body", field], msg, type, zh, en}]`."""

    def __init__(self, refusal: Refusal, *, language: Language, field: str = "form") -> None:
        sentence = refusal.zh if language == "zh" else refusal.en
        told = {"loc": ["body", field], "msg": sentence, "type": refusal.code, "zh": refusal.zh, "en": refusal.en}
        super().__init__(status_code=_UNPROCESSABLE, detail=[told])  # type: ignore[arg-type]  # FastAPI takes any JSON
        self.refusal = refusal


class NotHere(HTTPException):
    """405 with one sentence: what is asked does not exist on this table, whoever asks."""

    def __init__(self, refusal: Refusal, *, language: Language) -> None:
        super().__init__(status_code=_NOT_ALLOWED, detail=refusal.zh if language == "zh" else refusal.en)
        self.refusal = refusal


def by_sentence(*, text: str) -> Refusal | None:
    """The refusal that says just this, if it is one of the few that travel as one sentence."""
    return _BY_SENTENCE.get(text)
