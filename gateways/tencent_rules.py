"""What Tencent Cloud takes no text with (cloud.tencent.com 382/39023; field-notes 3.3)."""

from gateways.cloud_rules import links, signs, topics, variables
from gateways.protocol import Objection

_NAME = "腾讯云"
_TOPICS = ("积分领取", "积分兑换", "用户召回", "问卷调查", "优惠券推广", "邀请到店", "抽奖", "慈善募捐")
_SIGNS = r"[¥￥★☆☞✓✔※→【】『』▇■]|\^_\^|&"


def objections(*, text: str, longest: int) -> list[Objection]:
    """What stands in the way of a text with placeholders."""
    found = [
        *topics(text=text, cloud=_NAME, names=_TOPICS), *signs(text=text, cloud=_NAME, pattern=_SIGNS),
        *variables(text=text, cloud=_NAME, longest=longest), *links(text=text, cloud=_NAME),
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.start)
