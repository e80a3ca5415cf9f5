"""What Aliyun takes no text with (help.aliyun.com 44357, 463270, 432025; field-notes 3.2)."""

import re

from gateways.cloud_rules import links, signs, topics, variables
from gateways.protocol import Objection
from rules.templates_tokens import hidden, tokens

_NAME = "阿里云"
_TOPICS = ("积分兑换", "积分领取", "问卷调查", "用户召回", "抽奖", "慈善募捐")
_SIGNS = r"[『』•①-⑳★☆※→←↑↓▇■□◆◇●○▲△㎡㎏²³¥￥【】]|m²"
_OPT_OUT = re.compile(r"(?:拒收|退订).{0,3}回复?\s*[A-Za-z]+|回复?\s*(?:TD|T|N|R)\s*(?:退订|拒收)?(?![A-Za-z])")


def objections(*, text: str, message_class: str, longest: int) -> list[Objection]:
    """What stands in the way of a text with placeholders."""
    found = [
        *topics(text=text, cloud=_NAME, names=_TOPICS), *signs(text=text, cloud=_NAME, pattern=_SIGNS),
        *variables(text=text, cloud=_NAME, longest=longest), *links(text=text, cloud=_NAME),
    ]  # fmt: skip
    return sorted(
        [*found, *(_promotion(text) if message_class == "marketing" else _notice(text))], key=lambda one: one.start
    )


def _promotion(text: str) -> list[Objection]:
    found = [
        Objection(
            code="variable", start=token.start, end=token.end,
            zh=f"阿里云推广短信一般不支持变量（{text[token.start : token.end]}）：请写成固定文字，或改用自由文本通道。",
            en=f"Aliyun's promotion texts hold no variables ({text[token.start : token.end]}): write fixed words, or use free text.",
        )
        for token in tokens(text=text)
        if token.name not in {None, "opt_out", "link"}
    ]  # fmt: skip
    if "会员" not in hidden(text=text):
        found.append(
            Objection(
                code="member", start=0, end=0, zh="阿里云推广短信只能发给会员，文中须有“会员”二字：例如“尊敬的会员”。",
                en="Aliyun takes promotion to members alone, and the text has to say 会员.",
            )
        )  # fmt: skip
    return found


def _notice(text: str) -> list[Objection]:
    return [
        Objection(
            code="opt_out", start=match.start(), end=match.end(), zh=f"阿里云通知短信不能带退订说明“{match[0]}”：请删去。",
            en=f"Aliyun's notices may not hold opt-out words (“{match[0]}”): leave them out.",
        )
        for match in _OPT_OUT.finditer(text)
    ]  # fmt: skip
