"""The language of segments: what means the same, what is said back, and what is refused where."""

from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.refusals import Refusal
from rules.segments import LONGEST, parse, said
from rules.segments_fields import FIELDS, UNITS, Field
from rules.segments_tree import (
    Both,
    Bought,
    Compare,
    Consented,
    ContentKind,
    Either,
    Fact,
    InSegment,
    Is,
    Near,
    Not,
    Purpose,
    Reacted,
    Reaction,
    Rule,
    Tagged,
    Thing,
    Took,
    Wished,
    Within,
    conditions,
)
from rules.segments_words import _WORDS, PHRASES


def compare(field: str, operator: Any, *values: Any, days: int | None = None) -> Compare:
    return Compare(field=field, operator=operator, values=values, days=days)


def spend(amount: int) -> Compare:
    return compare("last_quarter_spend", ">=", Decimal(amount))


_DESIGN = Both(
    parts=(Within(event="idle", days=90), spend(1000), Tagged(name="榴莲爱好者"), Near(store="S17", km=Decimal(3)))
)
SAME: list[tuple[Rule, tuple[str, ...]]] = [
    (_DESIGN, (
        '90天未消费 且 上季消费 >= 1000 且 有标签 "榴莲爱好者" 且 距 S17 3公里内',
        "90天未消费且上季消费≥１，０００元且有标签“榴莲爱好者”且距Ｓ17 3公里内",
        "90天没来并且上季度消费不少于1千并且有标签「榴莲爱好者」并且距离 S17 3千米以内".replace("没来", "没到店"),
        'no purchase for 90 days and last_quarter_spend >= 1000 and has tag "榴莲爱好者" and within 3 km of S17',
        'NO  purchase within 90 days AND (last quarter spend at least 1000 yuan) and 有标签 榴莲爱好者 && 距 "S17" 3 km 内',
    )),
    (Either(parts=(spend(5), Both(parts=(Not(part=spend(6)), spend(7))))), (
        "上季消费>=5 或 非 上季消费>=6 且 上季消费>=7", "上季消费>=5 or (not last_quarter_spend>=6 and (上季消费>=7))",
        "上季消费>=5或者（不是上季消费>=6）和上季消费>=7",
    )),
    (Bought(thing="category", name="热带水果", times=3, days=90, span=7), (
        '买过 品类 "热带水果" 至少 3 次 近 90 天 于任意 7 天', "近90天买过品类热带水果至少3次任意7天内",
        'bought category "热带水果" within any 7 days at least 3 times in the last 90 days',
    )),
    (Not(part=Bought(thing="product", name="A-1")), ('没买过 商品 "A-1"', "not bought product A-1", '非 买过商品"A-1"')),
    (compare("expiring_points", ">=", Decimal(100), days=30), ("30天内到期积分 >= 100分", "points expiring within 30 days at least 100")),
    (compare("weekday", "in", Decimal(6), Decimal(7)), ("常来星期 属于 (6、7)", "usual weekday in (6,7)", "usual_weekday one of （6，7）")),
    (compare("hour", "between", Decimal(17), Decimal(20)), ("常来时段 介于 17 和 20", "常来时段在17点到20点", "usual hour between 17 and 20")),
    (compare("joined_on", ">=", date(2026, 1, 1)), ("入会日期 >= 2026-01-01", "入会日期>=2026年1月1日", "joined on >= 2026/1/1")),
    (compare("birthday_month", "=", Decimal(5)), ("生日月份 = 5", "生日月份是5月", "birthday month is 5")),
    (compare("store_kind", "!=", "school"), ("门店类型 不是 学校", 'store kind is not "school"', "门店类型≠学校")),
    (compare("response_minutes", "<=", Decimal(60)), ("响应时间 <= 60 分钟", "响应时间不超过1小时", "response time at most 1 hour")),
    (compare("store", "=", "17"), ("门店 = 17", 'store is "17"')),
    (Within(event="purchase", days=90), ("90天内消费过", "近3个月消费过", "purchase in the last 90 days", "purchased within 3 months")),
    (Within(event="birthday", days=7), ("生日在 7 天内", "生日在1周内", "birthday within 7 days")),
    (Reacted(how="clicked", times=2, days=30, campaign="双十一"), (
        "近30天点击过短信至少2次 活动“双十一”", '点击过 活动 "双十一" 近 30 天 至少 2 次',
        'clicked message of campaign "双十一" at least 2 times in the last 30 days',
    )),
    (Not(part=Reacted(how="replied")), ("未回复短信", "did not reply", "非回复过")),
    (Wished(kind="wish", thing="product", name="X9", days=30), ("近30天想要商品 X9", 'wished for product "X9" in the last 30 days')),
    (Took(content="care", days=None), ("接受过关怀", "accepted care")),
    (Not(part=Consented(purpose="marketing_sms")), ("未同意营销短信", "not agreed to marketing SMS")),
    (Not(part=InSegment(name="沉睡")), ("不属于人群 沉睡", 'not in segment "沉睡"')),
    (Near(store=None, km=Decimal("1.5")), ("距本店1.5公里内", "within 1.5 km of own store")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "texts"), SAME, ids=lambda one: one[0] if isinstance(one, tuple) else "")
def test_ways_to_write_the_same(rule: Rule, texts: tuple[str, ...]) -> None:
    assert [parse(text=text) for text in texts] == [rule] * len(texts)


def test_every_word_and_every_unit_is_understood() -> None:
    """In both languages each name of a field, and each unit where it counts something of the field's, reads as that field."""
    for field in FIELDS.values():
        if field.name == "expiring_points":
            continue
        value = {"date": "2026-01-31", "text": '"x"', "choice": '"other"'}.get(field.kind, str(max(field.low, 1)))
        units = [unit for unit, counts in UNITS.items() if counts.get(field.unit or "") == 1]
        for name, unit in product(({field.name} - UNITS.keys()) | {*field.zh, *field.en}, ("", *units)):
            (found,) = conditions(rule=parse(text=f"{name} = {value}{unit}"))
            assert isinstance(found, Compare)
            assert found.field == field.name, name
    assert not [way for way in PHRASES if way != way.lower()], "they are looked up in lower case"
    ways = [way for means in _WORDS.values() for joined in means.values() for way in joined.split("|")]
    assert sorted(ways) == sorted(PHRASES), "each means one thing"


NAMES = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=8
) | st.sampled_from(["S17", "and", "且", '"', '""', "”“", "and 1", "积分", "1", "A_1"])
DAYS = st.integers(1, 3_660)
MAYBE = st.none() | DAYS


def _values(field: Field) -> st.SearchStrategy[Any]:
    if field.is_numeric:
        high = min(field.high, 10**9)
        return st.decimals(max(field.low, -(10**6)), high, places=0 if field.whole else 2)
    if field.kind == "date":
        return st.dates(date(1900, 1, 1), date(2999, 12, 31))
    return st.sampled_from(sorted(field.choices)) if field.kind == "choice" else NAMES


@st.composite
def comparisons(draw: st.DrawFn) -> Compare:
    field = draw(st.sampled_from(sorted(FIELDS.values(), key=lambda one: one.name)))
    values = _values(field)
    days = draw(DAYS) if field.name == "expiring_points" else None
    operators = ["=", "!=", "in", "not in"] + ["<", "<=", ">", ">=", "between"] * field.ordered
    if days is not None:
        operators = ["=", "!=", "<", "<=", ">", ">=", "between"]
    operator = draw(st.sampled_from(operators))
    if operator in {"in", "not in"}:
        return compare(field.name, operator, *draw(st.lists(values, min_size=1, max_size=3)))
    if operator == "between":
        return compare(field.name, operator, *sorted(draw(st.tuples(values, values))), days=days)
    return compare(field.name, operator, draw(values), days=days)


def _bought(name: str, days: int | None, times: int, span: int | None, thing: Thing) -> Bought:
    return Bought(thing=thing, name=name, days=days, times=times, span=span)


THINGS: Any = st.sampled_from(get_args(Thing))
CONDITIONS: st.SearchStrategy[Rule] = st.one_of(
    comparisons(),
    st.builds(Within, event=st.sampled_from(["idle", "purchase", "first_purchase", "joined"]), days=DAYS),
    st.builds(Within, event=st.just("birthday"), days=st.integers(1, 366)),
    st.builds(Is, fact=st.sampled_from(get_args(Fact))),
    st.builds(_bought, NAMES, MAYBE, st.integers(1, 1_000), st.none() | st.integers(1, 366), THINGS),
    st.builds(Tagged, name=NAMES, place=st.just(0)),
    st.builds(Near, store=st.none() | NAMES, km=st.decimals(0, 1_000, places=2), place=st.just(0)),
    st.builds(Reacted, how=st.sampled_from(get_args(Reaction)), times=st.integers(1, 1_000), days=MAYBE,
        campaign=st.none() | NAMES, place=st.just(0)),
    st.builds(Took, content=st.sampled_from(get_args(ContentKind)), days=MAYBE),
    st.builds(Wished, kind=st.sampled_from(["wish", "favourite"]), thing=THINGS, name=NAMES, days=MAYBE, place=st.just(0)),
    st.builds(Wished, kind=st.sampled_from(["wish", "favourite"]), days=MAYBE, place=st.just(0)),
    st.builds(Consented, purpose=st.sampled_from(get_args(Purpose))),
    st.builds(InSegment, name=NAMES, place=st.just(0)),
)  # fmt: skip
RULES: st.SearchStrategy[Rule] = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.builds(Not, part=inner),
        st.builds(Both, parts=st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Either, parts=st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@given(rule=RULES)
@settings(max_examples=150, deadline=None)
def test_what_is_said_in_either_language_reads_as_the_same_rule(rule: Rule) -> None:
    assert [parse(text=said(rule=rule, language="zh")), parse(text=said(rule=rule, language="en"))] == [rule, rule]


REFUSED: list[tuple[str, str, str]] = [
    ("本季花费>5", "unknown_word", "Character 1: “本季花费” is not known here: did you mean “本季消费”?"),
    ("积分>5 且 last_quarter_spent > 3", "unknown_word",
        "Character 8: “last_quarter_spent” is not known here: did you mean “last_quarter_spend”?"),
    ("积分 大于 abc", "wrong_kind", "Character 7: “abc” cannot be compared with points: write a number such as 3."),
    ("等级 >= 2026-01-01", "wrong_kind", "Character 7: “2026-01-01” cannot be compared with tier: write a name in quotes."),
    ("入会日期 > 5", "wrong_kind", "Character 8: “5” cannot be compared with joined on: write a date such as 2026-01-31."),
    ("积分 > 5 元", "bad_unit", "Character 8: “元” is not the unit here: write the number alone."),
    ("-5天未消费", "bad_number", "Character 1: “-5” must be from 1 to 3660: write another number."),
    ("3661天未消费", "bad_number", "Character 1: “3661” must be from 1 to 3660: write another number."),
    ("本季消费次数 > 2.5", "bad_number", "Character 10: “2.5” must be a whole number: write another number."),
    ("上季消费 > 1.23456", "bad_number", "Character 8: “1.23456” is too long: write at most 20 signs and 4 decimals: write another number."),
    ("常来星期 = 8", "bad_number", "Character 8: “8” must be from 1 to 7: write another number."),
    ("入会日期 > 2026-02-30", "bad_date", "Character 8: “2026-02-30” is no day of the calendar: write one such as 2026-01-31."),
    ("门店类型 = 学效", "unknown_choice", "Character 8: “学效” is no store kind: did you mean “学校”?"),
    ("门店 > S17", "bad_operator", "Character 6: “S17” cannot be more or less: compare store with = or in."),
    ("积分 介于 9 和 5", "empty_range", "Character 7: “9” is more than the second value: write the smaller one first."),
    ('近3天买过商品 "x" 近 5 天', "said_twice", "Character 15: “5” is said twice: keep one."),
    ("接受过促销 近 30 天 活动 x", "unexpected", "Character 14: “活动” cannot stand here: write and, or, or the end."),
    ("想要商品 A1 至少 2 次", "unexpected", "Character 9: “至少” cannot stand here: write and, or, or the end."),
    ("积分>5 且", "unexpected", "Character 6: “且” is not the end: add a condition"),
    ("(积分>5", "unexpected", "Character 5: “5” is not the end: add and, or, or a closing bracket."),
    ("买过 “x”", "unexpected", "Character 4: ““x”” cannot stand here: write category or product"),
    ("有标签 “abc", "unclosed_quote", "Character 5: ““abc” is quoted, but the quote does not end: close it."),
    ('有标签 ""', "bad_name", "Character 5: “” is no name: write one of at most 200 characters."),
    ("", "empty_rule", "The rule is empty"), (" \n　", "empty_rule", "The rule is empty"),
    ("积分>5\u202e", "odd_character", "Character 5: “U+202E” is not a character that can be seen: remove it."),
    ("积分>5\x00", "odd_character", "Character 5: “U+0000” is not"), ("积分>\ud800", "odd_character", "Character 4: “U+D800” is not"),
    ("积分>٣", "odd_character", "Character 4: “٣” means nothing in a rule"),
    ("'; DROP TABLE member; --", "odd_character", "Character 1: “'” means nothing in a rule"),
    ("积分 > 1; SELECT 1", "odd_character", "Character 7: “;” means nothing in a rule"),
    ("1 OR 1=1", "unexpected", "Character 3: “OR” cannot stand here"),
    ("x" * (LONGEST + 1), "long_rule", "The rule has 2001 characters"), ("(" * 1_000_000, "long_rule", "The rule has 1000000"),
    ("(" * LONGEST, "unexpected", "Character 2000: “(” is not the end"), ("非" * LONGEST, "unexpected", "Character 2000: “非” is not the end"),
    ("非" * 1_900 + "积分>5", "deep_rule", "The rule has more than 20 conditions inside each other"),
    ("(非" * 600 + "积分>5" + ")" * 600, "deep_rule", "The rule has more than 20"),
    ("或".join(["积分>5"] * 51), "many_conditions", "The rule has more than 50 conditions"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "sentence"), REFUSED, ids=[f"{one[1]}:{one[0][:9]!a}" for one in REFUSED])
def test_refused_with_the_place_and_what_to_do(text: str, code: str, sentence: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse(text=text)
    assert (caught.value.code, caught.value.en[: len(sentence)]) == (code, sentence)
    assert len(caught.value.en) < 250, "a sentence, however long the rule"
    place = caught.value.en.split(":")[0].removeprefix("Character ")
    assert not place.isdigit() or caught.value.zh.startswith(f"第 {place} 个字：")


@given(
    text=st.text(max_size=60)
    | st.lists(st.sampled_from([*PHRASES, '"x"', "5", "x", "2026-01-01"]), max_size=12).map(" ".join)
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    try:
        rule = parse(text=text)
    except Refusal:
        return
    assert parse(text=said(rule=rule, language="zh")) == rule
