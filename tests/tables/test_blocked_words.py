"""The words that no message may hold when a chain begins."""

import re
from importlib import import_module

import pytest

from rules.templates import PLACEHOLDERS
from tests import make
from tests.shipped_templates import shipped

pytestmark = pytest.mark.usefixtures("db")

STATEMENTS: str = import_module("piccolo_migrations.regulars_2026_11_22t09_10_00_000000").STATEMENTS
# Right in one sentence and wrong in the next: a person judges.
HINTS = {"第一", "唯一", "独家", "首选", "万能", "100%", "特供", "专供", "第一次", "最后一天"}


async def test_each_has_its_source_and_none_is_only_a_hint() -> None:
    await make.execute(STATEMENTS)
    rows = await make.fetch("SELECT word, source, is_active FROM blocked_word")
    words = {row["word"] for row in rows}
    assert len(rows) > 30
    assert all(row["source"] and row["is_active"] for row in rows)
    assert {"国家级", "最高级", "最佳", "治疗", "降血压", "★"} <= words
    assert not any(word in hint for word in words for hint in HINTS)


async def test_a_chain_that_has_edited_its_list_keeps_it() -> None:
    await make.execute("INSERT INTO blocked_word (word, source, is_active) VALUES ('最佳', '本店', false)")
    await make.execute(STATEMENTS)
    [row] = await make.fetch("SELECT source, is_active FROM blocked_word WHERE word = '最佳'")
    assert row == {"source": "本店", "is_active": False}


def test_no_shipped_text_holds_one() -> None:
    words = re.findall(r"\('([^']+)', '[^']+', (?:'\d|NULL)", STATEMENTS)
    assert len(words) > 30
    for kind, _, text in shipped():
        assert kind in PLACEHOLDERS
        assert not [word for word in words if word in text], kind
