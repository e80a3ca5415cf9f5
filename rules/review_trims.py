"""Words that a text can do without: what they are, and what is shorter and says the same."""

import re

from rules.templates_tokens import hidden

_FILLERS: tuple[tuple[str, str], ...] = (
    (r"感谢您?(?:一直以来|长期以来|一路)?(?:对[^，。]{1,8})?的?(?:支持|关注|信任|厚爱|陪伴)(?:[与和、](?:支持|关注|信任|厚爱))*[，。！]?", ""),
    (r"为(?:了)?(?:感谢|答谢|回馈)(?:广大|各位|新老)*(?:会员|顾客|客户|朋友)*(?:朋友)?们?(?:的支持)?，", ""),
    (r"(?:诚挚|真诚|热烈|热诚)(?:地)?(?=邀请|欢迎|感谢)", ""), (r"(?:活动)?详情请?(?:您)?(?:咨询|询问|致电)", "详询"),
    (r"(?:更多)?(?:活动)?详情请?(?:您)?(?:点击|戳|见|查看)+(?:链接)?(?:查看)?", "详见"),
    (r"请?点击(?:以下|下方|下面)?(?:的)?(?:链接)(?:查看|了解)?(?:活动)?(?:详情)?", "见"),
    (r"(?:特别|精心|用心)?为您(?:精心|特别|用心)?准备了", "备好"), (r"(?:即可|可以|便可|就可)(?:享受到?|享有)", "享"),
    (r"(?:均)?可享受?", "享"), (r"(?:我们|本店)?(?:衷心|诚挚)?(?:期待|恭候)您的(?:光临|到来|莅临)[。！!]?", ""),
    (r"(?:欢迎|敬请|恭候)(?:您的?)?(?:光临|莅临|惠顾)(?:选购)?[。！!]?", ""),
    (r"[，。]?(?:敬请|请)(?:您)?(?:期待|留意|知悉|谅解|周知)", ""), (r"(?:特此(?:通知|提醒|告知))[。！]?", ""),
    (r"尊敬的|亲爱的|敬爱的", ""), (r"温馨提[示醒][：:，]?", ""), (r"(?:各位|广大|新老)(?:会员|顾客)(?:朋友)?们?", "会员"),
    (r"(?<=会员)朋友们?", ""), (r"您好[，,！!]", ""), (r"(?:数量有限，?)?(?:先到先得|送完即止|售完即止|赠完即止)", "数量有限"),
    (r"(?:前来|来到)(?=本?店|门店)", "到"), (r"进行(?=选购|兑换|领取|办理|咨询)", ""), (r"人民币(?=[0-9])", ""),
    (r"(?<=[0-9])元整", "元"), (r"[（(](?:含|包含)?当[天日][）)]", ""), (r"(?:最终)?解释权归[^，。]{0,10}所有[。]?", ""),
    (r"预?祝您?(?:生活|购物|工作)(?:愉快|顺利)[。！!]?", ""), (r"目前|届时|现在", ""), (r"\s*[.。…]{2,}", "。"), (r"[!！]{2,}", "！"),
    (r"[~～]+", ""), (r"[ \u3000]{2,}", " "), (r"(?<=[\u4e00-\u9fff，。])[ \u3000]+(?=[\u4e00-\u9fff，。])", ""),
)  # fmt: skip
_PATTERNS = [(re.compile(pattern), shorter) for pattern, shorter in _FILLERS]


def trims(*, text: str) -> list[tuple[str, str]]:
    """Words of the text and what may stand in their place, what saves most first; all of them can be done. No placeholder is
    touched.
    """
    seen = hidden(text=text)
    found = [(match, shorter) for pattern, shorter in _PATTERNS for match in pattern.finditer(seen)]
    found.sort(key=lambda pair: len(pair[1]) - len(pair[0][0]))
    kept: list[tuple[re.Match[str], str]] = []
    for match, shorter in found:
        free = all(match.end() <= other.start() or other.end() <= match.start() for other, _ in kept)
        if free and len(shorter) < len(match[0]):
            kept.append((match, shorter))
    return list(dict.fromkeys((match[0], shorter) for match, shorter in kept))
