"""What every answer must keep, whatever was asked and whoever asked."""

import json
import re

from tables.access import STORE_ROLES, Role
from tests.fuzz_sending import Answer, Sent
from tests.fuzz_world import FOREIGN

# What is ours alone to know: how it went wrong, and how it is built.
_INSIDES = re.compile(
    rb"Traceback|asyncpg|sqlstate|INSERT INTO|violates|relation \"|syntax error|pg_catalog|site-packages|File \"/|\bdeed\.\w"
    rb"|[A-Za-z]+Error:|object has no|NoneType"
)
_SERVER, _REFUSED = 500, 400
_SAID = ({"code", "zh", "en"}, {"code", "detail", "detail_zh"})


def faults(*, role: Role | None, sent: Sent, answer: Answer) -> list[str]:
    """What is wrong with an answer, one line each."""
    wrong = []
    if answer.status == 0 or answer.status >= _SERVER:
        wrong.append(f"status {answer.status}")
    code = answer.kind in {"text/javascript", "application/javascript"} or "audit_log" in sent.template
    found = None if code else _INSIDES.search(answer.body)
    if found:
        wrong.append(f"insides: {found[0].decode()}")
    if role in STORE_ROLES and FOREIGN.encode() in answer.body:
        wrong.append("another store's row")
    if _REFUSED <= answer.status < _SERVER and sent.method != "HEAD" and not _is_told(answer):
        wrong.append(f"a no without its sentence: {answer.kind} {answer.body[:200]!r}")
    return [f"{role}: {one}: {sent.told()}" for one in wrong]


def _is_told(answer: Answer) -> bool:
    """Whether a no says why, in both languages."""
    if answer.kind == "text/html":
        return b"zh-CN" in answer.body
    try:
        content = json.loads(answer.body)
    except ValueError:
        return False
    return isinstance(content, dict) and any(said <= content.keys() for said in _SAID)
