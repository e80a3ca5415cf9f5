"""The language in which segments and tags are defined, in Chinese or English, spaces or none (design 4.8).

90天未消费 且 上季消费 >= 1000 且 有标签 "榴莲爱好者" 且 距 S17 3公里内
no purchase for 90 days and last_quarter_spend >= 1000 and has tag "durian lover" and within 3 km of S17
"""

from collections.abc import Collection, Iterator

from lark import Lark, Token
from lark.exceptions import UnexpectedToken
from lark.lexer import Lexer, LexerState

from rules.refusals import Refusal
from rules.segments_grammar import GRAMMAR
from rules.segments_reading import Reader
from rules.segments_refusals import nearest, refused
from rules.segments_said import said
from rules.segments_tree import DEEPEST, MOST_CONDITIONS, Rule, conditions, depth
from rules.segments_words import PHRASES, tokens

__all__ = ["LONGEST", "Rule", "parse", "said"]

LONGEST = 2_000  # characters of a rule
# What may be missing, by the tokens that tell it: the first one that fits is asked for.
_WANTED: tuple[tuple[frozenset[str], str, str], ...] = (
    (frozenset({"_TO"}), "“和”与后一个值", "“and” with the second value"),
    (frozenset({"_AND", "$END"}), "且、或，或者到此为止", "and, or, or the end"),
    (frozenset({"_AND", "_RPAR"}), "且、或，或者右括号", "and, or, or a closing bracket"),
    (frozenset({"OP"}), "比较符号，如 >=", "a comparison such as >="),
    (frozenset({"CONTENT"}), "促销、关怀、知识或服务", "promotion, care, knowledge or service"),
    (frozenset({"PURPOSE"}), "营销短信、个性化推荐、位置信息、健康信息、儿童信息或合作方",
     "marketing sms, personalisation, location, health, children or partner"),
    (frozenset({"THING"}), '品类或商品，如 品类 "热带水果"', 'category or product, such as category "fruit"'),
    (frozenset({"FIELD"}), "一个条件，如 90天未消费 或 积分 >= 100", "a condition, such as no purchase for 90 days, or points >= 100"),
    (frozenset({"NUMBER", "STRING"}), "一个值；名称请加引号", "a value; names stand in quotes"),
    (frozenset({"NUMBER"}), "一个数字", "a number"),
    (frozenset({"STRING"}), "带引号的名称", "a name in quotes"),
    (frozenset({"_LPAR"}), "左括号", "an opening bracket"),
    (frozenset({"_COMMA", "_RPAR"}), "逗号或右括号", "a comma or a closing bracket"),
    (frozenset({"_RPAR"}), "且、或，或者右括号", "and, or, or a closing bracket"),
    (frozenset({"$END"}), "且、或，或者到此为止", "and, or, or the end"),
    (frozenset({"_WITHIN"}), "“内”，如 30天内", "“within”, such as within 30 days"),
)  # fmt: skip


class _Words(Lexer):
    """Hands our own words to the parser."""

    def __init__(self, _: object) -> None:
        """There is nothing to configure."""

    def lex(self, lexer_state: LexerState, _: object = None) -> Iterator[Token]:
        return tokens(text=str(lexer_state))


_PARSER = Lark(GRAMMAR, parser="lalr", lexer=_Words, transformer=Reader())


def parse(*, text: str) -> Rule:
    """The tree of a rule.

    Refusals tell the place (from 1), what stands there and what to do: empty_rule, long_rule, deep_rule, many_conditions,
    odd_character, unclosed_quote, unknown_word, unexpected, and those of values (rules/segments_values.py, _reading.py).
    """
    if len(text) > LONGEST:
        raise Refusal(
            code="long_rule",
            en=f"The rule has {len(text)} characters, at most {LONGEST} may be: save a part as a segment and name it.",
            zh=f"规则有 {len(text)} 个字，最多 {LONGEST} 个：请把一部分存为人群，再引用它。",
        )
    if not text.strip():
        raise Refusal(
            code="empty_rule",
            en="The rule is empty: write a condition, such as no purchase for 90 days.",
            zh="规则是空的：请写一个条件，如 90天未消费。",
        )
    try:
        rule: Rule = _PARSER.parse(text)  # type: ignore[assignment]  # the transformer's result, not a tree of lark's
    except UnexpectedToken as error:
        raise _unexpected(text, error.token, error.accepts) from error
    if depth(rule=rule) > DEEPEST:
        raise Refusal(
            code="deep_rule",
            en=f"The rule has more than {DEEPEST} conditions inside each other: take brackets and nots away.",
            zh=f"规则嵌套超过 {DEEPEST} 层：请减少括号和“非”。",
        )
    if sum(1 for _ in conditions(rule=rule)) > MOST_CONDITIONS:
        raise Refusal(
            code="many_conditions",
            en=f"The rule has more than {MOST_CONDITIONS} conditions: save a part as a segment and name it.",
            zh=f"规则超过 {MOST_CONDITIONS} 个条件：请把一部分存为人群，再引用它。",
        )
    return rule


def _unexpected(text: str, token: Token, expected: Collection[str]) -> Refusal:
    wanted = set(expected)
    zh, en = next(((zh, en) for kinds, zh, en in _WANTED if kinds <= wanted), ("别的内容", "something else"))
    if token.type == "$END":
        found, place = text.rstrip()[-1:], len(text.rstrip())
        return refused(
            code="unexpected", place=place, found=found, en=f"is not the end: add {en}", zh=f"之后不完整：请补上{zh}"
        )
    place = (token.start_pos or 0) + 1
    found = text[place - 1 : token.end_pos]
    near = (
        nearest(word=found, among=[way for way, (kind, _) in PHRASES.items() if kind in wanted])
        if token.type == "WORD"
        else None
    )
    if near is not None:
        return refused(
            code="unknown_word",
            place=place,
            found=found,
            en=f"is not known here: did you mean “{near}”?",
            zh=f"不认识：是否想写“{near}”？",
        )
    code = "unknown_word" if token.type == "WORD" else "unexpected"
    return refused(
        code=code, place=place, found=found, en=f"cannot stand here: write {en}", zh=f"不能写在这里：这里应为{zh}"
    )
