"""A rule of segments said in words, so that it reads back as the same rule."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from rules.segments_fields import FIELDS, SAID_UNITS, Field
from rules.segments_tree import (
    Both,
    Bought,
    Compare,
    Consented,
    Either,
    InSegment,
    Is,
    Near,
    Not,
    Reacted,
    Rule,
    Tagged,
    Took,
    Value,
    Wished,
    Within,
)

Language: TypeAlias = Literal["zh", "en"]
_CODE = re.compile(r"[A-Z]+[0-9]+")
_WORDS: Mapping[str, tuple[str, str]] = {
    "never_bought": ("从未消费", "never bought"), "bought_after_message": ("群发后消费过", "bought after a message"),
    "referred": ("被推荐入会", "was referred"), "birthday_this_month": ("生日在本月", "birthday this month"),
    "birthday_next_month": ("生日在下月", "birthday next month"),
    "idle": ("{}天未消费", "no purchase for {}"), "purchase": ("{}天内消费过", "purchase within {}"),
    "first_purchase": ("{}天内首次消费", "first purchase within {}"), "joined": ("{}天内入会", "joined within {}"),
    "birthday": ("生日在 {}天内", "birthday within {}"),
    "category": ("品类", "category"), "product": ("商品", "product"),
    "promotion": ("促销", "promotion"), "care": ("关怀", "care"), "knowledge": ("知识", "knowledge"), "service": ("服务", "service"),
    "marketing_sms": ("营销短信", "marketing sms"), "personalisation": ("个性化推荐", "personalisation"),
    "location": ("位置信息", "location"), "health": ("健康信息", "health"), "partner": ("合作方", "partner"),
    "children": ("儿童信息", "children"),
    "got": ("收到过短信", "got message"), "clicked": ("点击过短信", "clicked message"), "replied": ("回复过短信", "replied to message"),
    "not got": ("未收到短信", "did not get message"), "not clicked": ("未点击短信", "did not click message"),
    "not replied": ("未回复短信", "did not reply to message"),
    "wish": ("想要", "wished for"), "favourite": ("收藏", "has favourite"),
    "any wish": ("有心愿商品", "has wish"), "any favourite": ("有收藏商品", "has favourite"),
}  # fmt: skip


def said(*, rule: Rule, language: Language) -> str:
    """The rule in words of a language: `parse` reads the same tree from it."""
    if isinstance(rule, Both | Either):
        word = _of(language, *((" 且 ", " and ") if isinstance(rule, Both) else (" 或 ", " or ")))
        return word.join(_inner(part, language) for part in rule.parts)
    if isinstance(rule, Not):
        denied = _DENIED.get(type(rule.part))
        return denied(rule.part, language) if denied else _of(language, "非 ", "not ") + _inner(rule.part, language)
    return _SAID[type(rule)](rule, language)


def _inner(rule: Rule, language: Language) -> str:
    text = said(rule=rule, language=language)
    return f"({text})" if isinstance(rule, Both | Either) else text


def _of(language: Language, zh: str, en: str) -> str:
    return zh if language == "zh" else en


def _word(key: str, language: Language) -> str:
    return _of(language, *_WORDS[key])


def _name(name: str) -> str:
    """As it is when it can be nothing else, otherwise in quotes."""
    return name if _CODE.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def _number(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _days(days: int, language: Language) -> str:
    return _of(language, f"{days} 天", f"{days} day{'s' * (days != 1)}")


def _lately(days: int | None, language: Language) -> tuple[str, str]:
    """How long ago at most: in Chinese it stands before, in English behind."""
    if days is None:
        return "", ""
    return _of(language, f"近 {days} 天", ""), _of(language, "", f" in the last {_days(days, 'en')}")


def _times(times: int, language: Language) -> str:
    return _of(language, f" 至少 {times} 次", f" at least {times} times") if times > 1 else ""


def _value(field: Field, value: Value, language: Language) -> str:
    if isinstance(value, Decimal):
        zh, en = SAID_UNITS[field.unit or "weekday"]
        return _number(value) + _of(language, f" {zh}" if zh else "", en)
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return _name(_of(language, *field.choices[value]) if field.kind == "choice" else value)


def _compare(rule: Compare, language: Language) -> str:
    field = FIELDS[rule.field]
    name = _of(language, field.zh[0], field.en[0])
    if rule.days is not None:
        name = _of(language, f"{rule.days}天内{name}", f"{name} within {_days(rule.days, 'en')}")
    values = [_value(field, value, language) for value in rule.values]
    if rule.operator == "between":
        return f"{name} " + _of(language, "介于 {} 和 {}", "between {} and {}").format(*values)
    if rule.operator in {"in", "not in"}:
        return f"{name} {_of(language, '属于' if rule.operator == 'in' else '不属于', rule.operator)} ({', '.join(values)})"
    return f"{name} {rule.operator} {values[0]}"


def _within(rule: Within, language: Language) -> str:
    return _word(rule.event, language).format(_of(language, str(rule.days), _days(rule.days, "en")))


def _bought(rule: Bought, language: Language, *, denied: bool = False) -> str:
    before, behind = _lately(rule.days, language)
    verb = _of(language, "没买过" if denied else "买过", "did not buy " if denied else "bought ")
    span = (
        "" if rule.span is None else _of(language, f" 于任意 {rule.span} 天内", f" within any {_days(rule.span, 'en')}")
    )
    return f"{before}{verb}{_word(rule.thing, language)} {_name(rule.name)}{_times(rule.times, language)}{behind}{span}"


def _near(rule: Near, language: Language) -> str:
    shop = _of(language, "本店", "own store") if rule.store is None else _name(rule.store)
    return _of(language, f"距 {shop} {_number(rule.km)}公里内", f"within {_number(rule.km)} km of {shop}")


def _reacted(rule: Reacted, language: Language, *, denied: bool = False) -> str:
    before, behind = _lately(rule.days, language)
    campaign = "" if rule.campaign is None else f" {_of(language, '活动', 'of campaign')} {_name(rule.campaign)}"
    return f"{before}{_word('not ' * denied + rule.how, language)}{_times(rule.times, language)}{campaign}{behind}"


def _took(rule: Took, language: Language) -> str:
    before, behind = _lately(rule.days, language)
    return f"{before}{_of(language, '接受过', 'accepted ')}{_word(rule.content, language)}{behind}"


def _wished(rule: Wished, language: Language) -> str:
    before, behind = _lately(rule.days, language)
    if rule.thing is None or rule.name is None:
        return f"{before}{_word(f'any {rule.kind}', language)}{behind}"
    return f"{before}{_word(rule.kind, language)}{_of(language, '', ' ')}{_word(rule.thing, language)} {_name(rule.name)}{behind}"


def _named(zh: str, en: str, key: str = "name") -> Callable[[Any, Language], str]:
    def words(rule: Any, language: Language) -> str:  # noqa: ANN401
        value = getattr(rule, key)
        return f"{_of(language, zh, en)} {_word(value, language) if key == 'purpose' else _name(value)}"

    return words


_SAID: Mapping[type, Callable[[Any, Language], str]] = {
    Compare: _compare, Within: _within, Bought: _bought, Near: _near, Reacted: _reacted, Took: _took, Wished: _wished,
    Is: lambda rule, language: _word(rule.fact, language),
    Tagged: _named("有标签", "has tag"), Consented: _named("同意", "agreed to", "purpose"), InSegment: _named("属于人群", "in segment"),
}  # fmt: skip
_DENIED: Mapping[type, Callable[[Any, Language], str]] = {
    Bought: lambda rule, language: _bought(rule, language, denied=True),
    Reacted: lambda rule, language: _reacted(rule, language, denied=True),
    Tagged: _named("无标签", "no tag"), Consented: _named("未同意", "not agreed to", "purpose"),
    InSegment: _named("不属于人群", "not in segment"),
}  # fmt: skip
