"""What the clouds refuse in the texts that they review (field-notes 0, 3.2, 3.3): topics, signs, placeholders, links."""

import re
from collections.abc import Iterator, Mapping, Sequence

from gateways.protocol import Objection
from rules.templates_tokens import Token, hidden, tokens

# By the name that the cloud gives the topic: how it is recognised in a text.
TOPICS: Mapping[str, str] = {
    "积分兑换": "积分(?:兑换|换购|换礼|抵现)|兑换积分|兑换好礼", "积分领取": "积分领取|领取?积分|送积分|赠积分",
    "问卷调查": "问卷|有奖调查|满意度调查", "用户召回": "好久不见|好久没来|许久未见|久未到店|想您了|老朋友.{0,4}回来",
    "抽奖": "抽奖|摇奖|大转盘|中奖|刮刮卡", "慈善募捐": "募捐|捐款|义卖|慈善", "优惠券推广": "优惠券|代金券|抵用券|满减券|红包",
    "邀请到店": "邀您到店|邀请您?到店|诚邀.{0,4}到店|欢迎到店|到店有礼",
}  # fmt: skip
_LINK = re.compile(r"https?://[^\s，。{]*|www\.[^\s，。{]*", re.ASCII)
_EMOJI = re.compile(r"[\U00010000-\U0010ffff☺-⛿✀-➿\uFE0F]+")
# Values that are often longer than a short variable.
_LONG_VALUES = frozenset({"store", "usual", "favourite", "expires_on", "title_or_name", "name"})


def topics(*, text: str, cloud: str, names: Sequence[str]) -> Iterator[Objection]:
    """Words that belong to a topic of which the cloud takes no text."""
    seen = hidden(text=text)
    for name in names:
        for match in re.finditer(TOPICS[name], seen):
            yield _objection(
                "topic", match, zh=f"{cloud}不接受“{name}”类短信（“{match[0]}”）：请改写，或改用自由文本通道。",
                en=f"{cloud} takes no texts about {name} (“{match[0]}”): reword it, or use a channel for free text.",
            )  # fmt: skip


def signs(*, text: str, cloud: str, pattern: str) -> Iterator[Objection]:
    """Signs and emoji that the cloud refuses."""
    seen = hidden(text=text)
    for match in [*re.finditer(pattern, seen), *_EMOJI.finditer(seen)]:
        yield _objection(
            "symbol", match, zh=f"{cloud}不接受符号“{match[0]}”：请删去或改用文字。",
            en=f"{cloud} refuses the sign “{match[0]}”: leave it out or write words.",
        )  # fmt: skip


def variables(*, text: str, cloud: str, longest: int) -> Iterator[Objection]:
    """Placeholders next to each other, links in them, and values that may be too long for `longest` characters."""
    before: Token | None = None
    found = [token for token in tokens(text=text) if token.name not in {None, "opt_out"}]
    for token in found:
        if before is not None and before.end == token.start:
            yield Objection(
                code="adjacent", start=token.start, end=token.end, zh=f"{cloud}不接受相邻的占位符：请在中间加上文字。",
                en=f"{cloud} refuses placeholders next to each other: put words between them.",
            )  # fmt: skip
        before = token
        if token.name == "link":
            yield Objection(
                code="link", start=token.start, end=token.end,
                zh=f"{cloud}的变量不能是网址，每人不同的短链无法发送：请去掉 {{短链}}，或改用自由文本通道。",
                en=f"{cloud} takes no address in a variable, so no link of one's own: leave it out, or use free text.",
            )  # fmt: skip
        elif token.name in _LONG_VALUES and longest <= len("王先生的会员"):
            yield Objection(
                code="variable_length", start=token.start, end=token.end, blocks=False,
                zh=f"{cloud}的变量最多 {longest} 个字：更长的内容会发送失败。",
                en=f"A variable of {cloud} holds {longest} characters: longer values will fail.",
            )  # fmt: skip
    if text.strip() and found and not re.sub(r"[\s\0，。！,.!]", "", hidden(text=text)):
        yield Objection(
            code="only_variables", start=0, end=len(text), zh=f"{cloud}不接受全部由占位符组成的短信：请加上文字。",
            en=f"{cloud} refuses a text of placeholders alone: add words.",
        )  # fmt: skip


def links(*, text: str, cloud: str) -> Iterator[Objection]:
    """Addresses in the text itself, which have to be filed with the cloud."""
    for match in _LINK.finditer(text):
        yield _objection(
            "address", match, blocks=False, zh=f"{cloud}只接受已备案的固定网址“{match[0]}”：请确认。",
            en=f"{cloud} takes only fixed addresses that are filed: check “{match[0]}”.",
        )  # fmt: skip


def _objection(code: str, match: re.Match[str], *, zh: str, en: str, blocks: bool = True) -> Objection:
    return Objection(code=code, start=match.start(), end=match.end(), zh=zh, en=en, blocks=blocks)
