"""docs/segments.md: every rule on it can be read, every field is on it."""

import re
from pathlib import Path

import pytest

from rules.segments import parse
from rules.segments_fields import FIELDS

PAGE = (Path(__file__).parents[2] / "docs" / "segments.md").read_text(encoding="utf-8")
RULES = [line for block in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_on_the_page_can_be_read(rule: str) -> None:
    parse(text=rule)


def test_the_two_sentences_of_the_design_mean_the_same() -> None:
    assert parse(text=RULES[0]) == parse(text=RULES[1])


def test_every_field_is_on_the_page() -> None:
    assert [one.name for one in FIELDS.values() if f"| {one.zh[0]} | {one.en[0]} |" not in PAGE] == []
