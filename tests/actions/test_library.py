"""The shipped library and lists of blocked words: added once, never over what a manager has changed."""

from datetime import date
from pathlib import Path

import pytest

from actions.library import apply_library
from actions.words import import_words
from queries.segments import audience_of
from rules.refusals import Refusal
from rules.segments import parse, said
from tables.access import Role
from tables.scope import scope
from tests import make

pytestmark = pytest.mark.usefixtures("db")

NOW = make.noon(date(2026, 9, 30))
SEGMENTS = {
    "沉睡", "高价值", "新客", "成长", "成熟", "衰退", "3个月未到店", "季度满千", "流失预警", "年度TOP10", "3公里内", "意向",
}  # fmt: skip
TAGS = {"高频", "中频", "低频", "高客单", "中客单", "低客单", "积极互动", "偶尔互动", "从不互动", "慢病", "孕期", "有宝宝"}  # fmt: skip


async def apply(role: Role = "hq_admin") -> dict[str, int]:
    async with scope(role=role):
        return await apply_library(now=NOW, zone=make.ZONE)


async def names(table: str) -> set[str]:
    return {row["name"] for row in await make.fetch(f"SELECT name FROM {table}")}


@pytest.mark.parametrize("role", ["hq_admin", "job"])
async def test_a_new_chain_gets_all_that_needs_no_goods_and_later_the_rest(role: Role) -> None:
    first = await apply(role)
    assert (await names("segment"), await names("tag")) == (SEGMENTS, TAGS)
    assert first["unsuited"] == 1, "榴莲爱好者 waits for its category"
    assert first["texts"] == await make.value("SELECT count(*) FROM template WHERE occasion <> '' AND kind IS NULL") > 0
    assert first["words"] == await make.value("SELECT count(*) FROM blocked_word") > 0
    await make.execute("INSERT INTO category (name, promotable) VALUES ('热带水果', true), ('烟酒', false)")
    assert await apply(role) == {"segments": 0, "tags": 2, "texts": 0, "words": 0, "unsuited": 0}
    assert await names("tag") == TAGS | {"榴莲爱好者", "偏好热带水果"}
    before = await make.digest()
    assert set((await apply(role)).values()) == {0}
    assert await make.digest() == before


async def test_what_a_manager_has_changed_stays_changed() -> None:
    await make.execute("INSERT INTO segment (name, rule, note) VALUES ('沉睡', '365天未消费', '本店')")
    await make.execute("INSERT INTO tag (name) VALUES ('高频')")
    await apply()
    assert await make.fetch("SELECT rule, note FROM segment WHERE name = '沉睡'") == [
        {"rule": "365天未消费", "note": "本店"}
    ]
    assert await make.value("SELECT rule FROM tag WHERE name = '高频'") is None


async def test_every_rule_reads_back_from_its_words_in_both_languages() -> None:
    await make.execute("INSERT INTO category (name) VALUES ('热带水果')")
    await apply()
    rules = await make.fetch("SELECT rule FROM segment UNION ALL SELECT rule FROM tag WHERE purpose IS NULL")
    for row in rules:
        rule = parse(text=row["rule"])
        assert parse(text=said(rule=rule, language="zh")) == rule == parse(text=said(rule=rule, language="en"))
        async with scope(role="job"):
            assert await audience_of(text=row["rule"], today=NOW.date(), zone=make.ZONE)


async def taken(path: Path) -> dict[str, int]:
    async with scope(role="hq_admin"):
        return await import_words(path=path)


@pytest.mark.parametrize("kind", ["csv", "toml"])
async def test_a_list_of_words_is_taken_once_and_a_newer_one_brings_its_date(kind: str, tmp_path: Path) -> None:
    def listed(*rows: tuple[str, str, str]) -> Path:
        path = tmp_path / f"words.{kind}"
        if kind == "csv":
            text = "词,来源,日期\r\n" + "\r\n".join(",".join(row) for row in rows)
            path.write_bytes(text.encode("gb18030"))
        else:
            path.write_text("\n".join(f'[[word]]\nword = "{w}"\nsource = "{s}"\nsince = "{d}"' for w, s, d in rows))
        return path

    await make.execute("INSERT INTO blocked_word (word, source, is_active) VALUES ('极品', '本店', false)")
    file = listed(("包治", "广告法", "2026-01-01"), ("极品", "广告法", "2026-01-01"), ("根治", "药监", ""))
    assert await taken(file) == {"added": 2, "changed": 1, "known": 0}
    assert await taken(file) == {"added": 0, "changed": 0, "known": 3}
    assert await taken(listed(("包治", "新法", "2027-01-01"), ("根治", "通道", ""))) == {
        "added": 0,
        "changed": 1,
        "known": 1,
    }
    rows = await make.fetch("SELECT word, source, since, is_active FROM blocked_word ORDER BY word")
    assert [tuple(row.values()) for row in rows] == [
        ("包治", "新法", date(2027, 1, 1), True), ("极品", "广告法", date(2026, 1, 1), False), ("根治", "药监", None, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "code", "place"),
    [
        ("w.csv", "", "bad_columns", ""),
        ("w.csv", "word,since\n最,2026-01-01\n", "bad_columns", ""),
        ("w.csv", "word,source,since\n好,法,\n,法,\n", "bad_word", "3"),
        ("w.csv", "word,source,since\n好,法,\n\n最,,2026-01-01\n", "bad_word", "4"),
        ("w.csv", "word,source,since\n好,法,昨天\n", "bad_word", "2"),
        ("w.csv", "word,source,since\n好,法,2026-01-01,多\n", "bad_word", "2"),
        ("w.csv", "word,source,since\n" + "长" * 41 + ",法,\n", "bad_word", "2"),
        ("w.toml", "word = 1", "bad_columns", ""),
        ("w.toml", "[[word", "bad_columns", ""),
        ("w.toml", '[[word]]\nword = "a"\nsource = "b"\n[[word]]\nword = "c"\n', "bad_word", "2"),
    ],
)
async def test_a_list_with_a_mistake_is_refused_whole_with_its_line(
    name: str, text: str, code: str, place: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        await taken(path)
    assert refused.value.code == code
    assert place in refused.value.zh
    assert place in refused.value.en
    assert await make.value("SELECT count(*) FROM blocked_word") == 0
