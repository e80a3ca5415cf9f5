"""The words of the language of segments, and the scanner that finds them: Chinese needs no spaces, so the longest word wins."""

import re
from collections.abc import Iterator, Mapping

from lark import Token

from rules.segments_fields import FIELDS, UNITS
from rules.segments_refusals import refused

# token → what it means → the ways to write it
_WORDS: Mapping[str, Mapping[str, str]] = {
    "_AND": {"and": "且|并且|而且|和|and|&&"},
    "_OR": {"or": "或|或者|or"},
    "_NOT": {"not": "非|并非|not"},
    "ISNOT": {"!=": "不是|不为|is not"},
    "OP": {
        "=": "=|==|等于|是|为|is|equals", "!=": "!=|<>|≠|不等于", "<=": "<=|=<|≤|不超过|不多于|不大于|小于等于|at most",
        ">=": ">=|=>|≥|大于等于", "<": "<|小于|低于|少于|不足|less than|below", ">": ">|大于|超过|高于|多于|more than|above",
    },
    "AT_LEAST": {">=": "至少|不少于|不低于|at least"},
    "_BETWEEN": {"between": "介于|在|between"},
    "_TO": {"to": "到|至|to"},
    "_IN": {"in": "属于|in|one of"},
    "_NOT_IN": {"not in": "不属于|not in"},
    "_LAST": {"last": "近|最近|过去|in the last|within the last|last"},
    "_WITHIN": {"within": "内|以内|之内|within"},
    "_FOR": {"for": "for"},
    "_ANY_SPAN": {"any": "于任意|任意|within any|in any"},
    "IDLE": {"idle": "未消费|没消费|没有消费|无消费|未购买|未到店|没到店|没有到店|no purchase|no purchases"},
    "EVENT": {
        "purchase": "消费过|有消费|到过店|purchase|purchased|any purchase", "first_purchase": "首次消费|首购|first purchase",
        "joined": "入会|joined", "birthday": "生日在|生日|birthday",
    },
    "FACT": {
        "never_bought": "从未消费|从未消费过|从没消费过|never bought|never purchased",
        "bought_after_message": "群发后消费|群发后消费过|收到短信后消费过|bought after a message",
        "referred": "被推荐入会|被推荐|was referred|referred",
        "birthday_this_month": "生日在本月|本月生日|birthday this month", "birthday_next_month": "生日在下月|下月生日|birthday next month",
    },
    "BOUGHT": {"bought": "买过|购买过|bought"},
    "NOT_BOUGHT": {"not bought": "没买过|未买过|没有买过|did not buy"},
    "THING": {"category": "品类|分类|category", "product": "商品|product"},
    "TAGGED": {"tagged": "有标签|带标签|has tag|tagged"},
    "NOT_TAGGED": {"not tagged": "无标签|没有标签|没标签|no tag|without tag"},
    "_FROM": {"from": "距|距离|离"},
    "_OF": {"of": "of|from"},
    "OWN_STORE": {"own": "本店|自己的门店|own store|their own store"},
    "REACTED": {
        "got": "收到过短信|收到过|收到短信|got message|got a message", "clicked": "点击过短信|点击过|clicked message|clicked a message|clicked",
        "replied": "回复过短信|回复过|replied to message|replied to a message|replied",
    },
    "NOT_REACTED": {
        "got": "未收到短信|没收到短信|未收到过短信|没收到过短信|did not get message|did not get a message",
        "clicked": "未点击短信|未点击|没点击短信|没点击过短信|未点击过短信|did not click message|did not click",
        "replied": "未回复短信|未回复|没回复短信|没回复过短信|未回复过短信|did not reply to message|did not reply",
    },
    "_CAMPAIGN": {"campaign": "活动|群发活动|campaign|of campaign"},
    "TOOK": {"took": "接受过|accepted|took offer"},
    "CONTENT": {"promotion": "促销|promotion", "care": "关怀|care", "knowledge": "知识|knowledge", "service": "服务|service"},
    "WISHED": {
        "wish": "想要|想要过|有心愿商品|wished for|has wish", "favourite": "收藏|收藏过|收藏了|有收藏商品|has favourite|favourite|favorite",
    },
    "CONSENTED": {"consented": "同意|已同意|agreed to|consents to"},
    "NOT_CONSENTED": {"not consented": "未同意|没同意|没有同意|不同意|not agreed to|did not agree to"},
    "PURPOSE": {
        "marketing_sms": "营销短信|marketing sms", "personalisation": "个性化推荐|个性化|personalisation|personalization",
        "location": "位置信息|位置|location", "health": "健康信息|健康|health",
        "children": "儿童信息|儿童|children", "partner": "合作方|partner",
    },
    "IN_SEGMENT": {"in segment": "属于人群|在人群|in segment"},
    "NOT_IN_SEGMENT": {"not in segment": "不属于人群|不在人群|not in segment"},
    "UNIT": {unit: unit for unit in UNITS},
    "FIELD": {one.name: "|".join({one.name, *one.zh, *one.en} - UNITS.keys()) for one in FIELDS.values() if one.name != "expiring_points"},
    "EXPIRING": {"expiring_points": "到期积分|points expiring|expiring points|expiring_points"},
    "_LPAR": {"(": "("}, "_RPAR": {")": ")"}, "_COMMA": {",": ",|、"},
}  # fmt: skip
PHRASES: Mapping[str, tuple[str, str]] = {
    way: (kind, meaning) for kind, means in _WORDS.items() for meaning, ways in means.items() for way in ways.split("|")
}

# Full-width forms that a Chinese keyboard writes, one character for one, so that places stay true.
_WIDE = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {
    0x3000: " ",
    0xA0: " ",
    0x3010: "(",
    0x3011: ")",
    0xFF1B: ",",
}
_QUOTED = re.compile(r'"(?:[^"]|"")*"|[“”][^”]*”|「[^」]*」|『[^』]*』|＂[^＂]*＂')
_OPENING = '"“”„「『＂'
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_DATE = re.compile(
    r"([0-9]{4})(?:-([0-9]{1,2})-([0-9]{1,2})|/([0-9]{1,2})/([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)(?![0-9])"
)
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:万|千(?!米))?")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_\-]*")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff·]")
_ENDS_NAME = ("_AND", "_OR", "_NOT")


def _pattern(way: str) -> str:
    edge = r"(?![A-Za-z0-9_])" if way[-1].isascii() and way[-1].isalpha() else ""
    return re.sub(r"[ _]", r"[\\s_]+", re.escape(way).replace("\\ ", " ")) + edge


_PHRASE = re.compile("|".join(_pattern(way) for way in sorted(PHRASES, key=len, reverse=True)), re.IGNORECASE)


def tokens(*, text: str) -> Iterator[Token]:
    """The words of a rule, each with where it stands (from 0). A token's value is what it means; of names and numbers, what
    is written. Refusals odd_character, unclosed_quote, unknown_word.
    """
    odd = _CONTROL.search(text)
    if odd is not None:
        raise refused(code="odd_character", place=odd.start() + 1, found=f"U+{ord(odd[0]):04X}",
            en="is not a character that can be seen: remove it", zh="是看不见的字符：请删掉")  # fmt: skip
    plain, place, listed = text.translate(_WIDE), 0, False
    while place < len(text):
        if plain[place].isspace():
            place += 1
            continue
        token = _token(text, plain, place, listed=listed)
        # Inside a list a comma parts values, elsewhere it may part thousands.
        listed = token.type in {"_IN", "_NOT_IN"} or (listed and token.type != "_RPAR")
        place = token.end_pos or len(text)
        yield token


def _token(text: str, plain: str, place: int, *, listed: bool) -> Token:
    quoted = _QUOTED.match(text, place)
    if quoted is not None:
        return _made("STRING", quoted[0][1:-1].replace('""', '"'), place, quoted.end())
    if text[place] in _OPENING:
        raise refused(code="unclosed_quote", place=place + 1, found=text[place : place + 12],
            en="is quoted, but the quote does not end: close it", zh="的引号没有结束：请补上后引号")  # fmt: skip
    for kind, pattern in (("DATE", _DATE), ("NUMBER", _NUMBER if listed else _GROUPED), ("NUMBER", _NUMBER)):
        found = pattern.match(plain, place)
        if found is not None:
            return _made(kind, found[0], place, found.end())
    phrase = _PHRASE.match(plain, place)
    if phrase is not None:
        kind, meaning = PHRASES[_normal(phrase[0])]
        return _made(kind, meaning, place, phrase.end())
    code = _CODE.match(plain, place)
    end = code.end() if code is not None else _end_of_name(plain, place)
    if end == place:
        raise refused(code="odd_character", place=place + 1, found=text[place],
            en="means nothing in a rule: remove it, and put names in quotes", zh="在规则中没有意义：请删掉；名称请加引号")  # fmt: skip
    return _made("WORD", plain[place:end], place, end)


def _made(kind: str, value: str, start: int, end: int) -> Token:
    return Token(kind, value, start_pos=start, end_pos=end, line=1, column=start + 1, end_line=1, end_column=end + 1)


def _normal(way: str) -> str:
    """The phrase as it stands in PHRASES; an underscore may stand for a space."""
    lower = re.sub(r"\s+", " ", way.lower())
    return lower if lower in PHRASES else lower.replace("_", " ")


def _end_of_name(plain: str, place: int) -> int:
    """Where Chinese letters that are no word of ours end: a name without quotes, or a mistake."""
    end = place
    while end < len(plain) and _HAN.match(plain, end):
        phrase = _PHRASE.match(plain, end) if end > place else None
        if phrase is not None and (len(phrase[0]) > 1 or PHRASES[_normal(phrase[0])][0] in _ENDS_NAME):
            break
        end += 1
    return end
