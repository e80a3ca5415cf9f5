"""The form of a rule: every row says what it shows in both languages, and every rule that rows can say opens as those rows."""

from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.people_form import JOINS, MOST_ROWS, Row, fresh_row, operators_of, rows_of, rule_of, slots_of
from rules.people_kinds import ALL_GROUPS, KINDS
from rules.refusals import Refusal
from rules.segments import parse, said
from rules.segments_fields import FIELDS

LANGUAGES: tuple[Literal["zh", "en"], ...] = ("zh", "en")
NAME = "鲜果里 五角场店"


def filled(kind: str, operator: str | None, *, join: str = "and") -> Row:
    """A row of a kind with something in each slot that it shows."""
    row = fresh_row(kind=kind, join=join)
    values = [
        operator or row.values[0] if n == 0 and KINDS[kind].compares else value for n, value in enumerate(row.values)
    ]
    for place, slot in enumerate(KINDS[kind].slots):
        if slot.only_between and operator != "between":
            values[place] = ""
        elif slot.kind == "date":
            values[place] = "2026-01-31"
        elif slot.optional:
            values[place] = "12"
        elif not values[place]:
            values[place] = next(iter(slot.choices), NAME)
    if operator in {"in", "not in"}:
        values[1] = f"{NAME}、S17"
    return Row(join=join, kind=kind, values=tuple(values))


ROWS = [filled(kind, operator) for kind in KINDS for operator in operators_of(kind=kind) or (None,)]


def test_every_field_of_the_language_has_a_row_and_every_row_a_group() -> None:
    assert set(FIELDS) <= set(KINDS)
    assert {kind.group for kind in KINDS.values()} == set(ALL_GROUPS)
    slots = [slot for kind in KINDS.values() for slot in kind.slots]
    english = [kind.en for kind in KINDS.values()] + [slot.before[1] + slot.after[1] for slot in slots]
    english += [words[1] for slot in slots for words in slot.choices.values()] + [
        words[1] for words in ALL_GROUPS.values()
    ]
    assert "".join(english).isascii()
    assert all(kind.zh and kind.en for kind in KINDS.values())


def test_each_row_is_said_in_words_that_open_as_the_same_row() -> None:
    for language in LANGUAGES:
        for row in ROWS:
            rule = rule_of(rows=[row])
            assert rule is not None
            words = said(rule=rule, language=language)
            assert rows_of(rule=parse(text=words)) == [row], (language, words)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(ROWS), st.sampled_from(JOINS)), max_size=MOST_ROWS), st.sampled_from(LANGUAGES)
)
def test_rows_joined_in_any_way_come_back(parts: list[tuple[Row, str]], language: Literal["zh", "en"]) -> None:
    rows = [Row(join=join, kind=row.kind, values=row.values) for row, join in parts]
    if rows:
        rows[0] = Row(join=rows[0].join.replace("or", "and"), kind=rows[0].kind, values=rows[0].values)
    rule = rule_of(rows=rows)
    assert rows_of(rule=rule) == rows
    if rule is not None:
        assert rule_of(rows=rows_of(rule=parse(text=said(rule=rule, language=language))) or []) == rule


def test_and_binds_before_or() -> None:
    words = '90天未消费 且 积分 >= 100 或 有标签 "宝妈" 且 非 从未消费'
    rows = rows_of(rule=parse(text=words))
    assert [(row.join, row.kind) for row in rows or []] == [
        ("and", "idle"), ("and", "points"), ("or", "tag"), ("and_not", "never_bought"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        "(90天未消费 或 从未消费) 且 积分 >= 100",
        "非 (90天未消费 且 积分 >= 100)",
        "非 非 从未消费",
        '收藏 品类 "水果"',
        "积分 属于 (1, 2)",
        " 且 ".join(["从未消费"] * (MOST_ROWS + 1)),
    ],
)
def test_what_no_form_can_say_is_left_to_words(words: str) -> None:
    assert rows_of(rule=parse(text=words)) is None


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("idle", ("",)), ("idle", ("0",)), ("idle", ("1.5",)), ("idle", ("99999",)), ("points", (">=", "viel", "")),
        ("points", (">=", "NaN", "")), ("points", ("between", "1", "")), ("points", ("LIKE", "1", "")), ("tag", ("",)),
        ("joined_on", (">=", "2026-02-30", "")), ("took", ("spam", "")), ("consented", ("all",)), ("store", ("in", " , ", "")),
        ("expiring_points", (">=", "100", "", "")),
    ],
)  # fmt: skip
def test_a_row_that_is_not_filled_in_is_named(kind: str, values: tuple[str, ...]) -> None:
    with pytest.raises(Refusal, match="第 2 行") as error:
        rule_of(rows=[fresh_row(kind="idle"), Row(kind=kind, values=values)])
    assert error.value.code == "bad_row"


def test_a_second_value_shows_only_between_two_and_many_names_are_typed() -> None:
    shown = {operator: [slot.kind for _, slot in slots_of(row=filled("tier", operator))] for operator in ("=", "in")}
    assert shown == {"=": ["operator", "choice"], "in": ["operator", "text"]}
    assert [place for place, _ in slots_of(row=filled("points", ">="))] == [0, 1]
    assert [place for place, _ in slots_of(row=filled("points", "between"))] == [0, 1, 2]
