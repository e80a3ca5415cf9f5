"""Blocked words taken from a list with its dates: what a law or a gateway forbids."""

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rules.refusals import Refusal
from tables.scope import current

_NAMES = {"词": "word", "禁用词": "word", "来源": "source", "依据": "source", "日期": "since", "起始日期": "since"}
_LONGEST, _LONGEST_SOURCE = 40, 500
_LARGEST = 5_000_000  # bytes of a file
# What a manager has switched off stays off; a newer date brings its source along.
_KEEP = """
WITH kept AS (
    INSERT INTO blocked_word AS b (word, source, since) SELECT * FROM unnest($1::text[], $2::text[], $3::date[])
    ON CONFLICT (word) DO UPDATE SET source = excluded.source, since = excluded.since
    WHERE excluded.since > coalesce(b.since, '-infinity')
    RETURNING (xmax = 0) AS is_new)
SELECT count(*) FILTER (WHERE is_new) AS added, count(*) FILTER (WHERE NOT is_new) AS changed FROM kept
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedWord:
    """A word as a list has it; `source`: the law or the gateway; `since`: from when on it is forbidden."""

    word: str
    source: str
    since: date | None


async def import_words(*, path: Path) -> dict[str, int]:
    """Takes in a CSV (columns word, source, since) or TOML ([[word]] with the same names), in the caller's scope, whole or
    not at all: how many were `added`, `changed`, `known`. The same file again changes nothing. Refusals no_file,
    bad_encoding, bad_columns, bad_word; each names the line (in TOML: the number of the entry).
    """
    words = read_words(path=path)
    columns = [[word.word for word in words], [word.source for word in words], [word.since for word in words]]
    row = await current().fetchrow(_KEEP, *columns)
    assert row is not None  # noqa: S101  an aggregate always answers
    return {"added": row["added"], "changed": row["changed"], "known": len(words) - row["added"] - row["changed"]}


def read_words(*, path: Path) -> Sequence[ListedWord]:
    """The words of a file; one that is listed twice counts once, as it stands last. Refusals as `import_words`."""
    text = _text(path)
    rows = _toml_rows(text) if path.suffix.lower() == ".toml" else _csv_rows(text)
    return list({word.word: word for word in (_word(line, cells) for line, cells in rows)}.values())


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Refusal(
            "no_file", f"{path.name} cannot be opened: check the path.", f"无法打开 {path.name}：请检查路径。"
        ) from error
    if len(data) > _LARGEST:
        raise Refusal("too_large", f"{path.name} is too large for a list of words.", f"{path.name} 太大，不像词表。")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refusal(
        "bad_encoding", f"{path.name} is not text: save it as UTF-8.", f"{path.name} 不是文本：请存为 UTF-8。"
    )


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    heads = [_NAMES.get(head.strip(), head.strip().lower()) for head in next(reader, [])]
    if "word" not in heads or "source" not in heads or len(set(heads)) < len(heads):
        raise Refusal(
            "bad_columns",
            "The first line must name the columns: word,source,since.",
            "第一行必须是列名：word,source,since（或 词,来源,日期）。",
        )
    for cells in reader:
        if any(cell.strip() for cell in cells):
            if len(cells) > len(heads):
                raise _bad(
                    reader.line_num,
                    "has more cells than columns: quote cells that hold a comma",
                    "的列数过多：含逗号的内容请加引号",
                )
            yield reader.line_num, dict(zip(heads, cells, strict=False))


def _toml_rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        entries = tomllib.loads(text).get("word")
    except tomllib.TOMLDecodeError as error:
        raise Refusal("bad_columns", f"This is not TOML: {error}.", f"不是有效的 TOML：{error}。") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Refusal("bad_columns", "Words stand as [[word]] entries.", "每个词写成一个 [[word]] 条目。")
    for number, entry in enumerate(entries, 1):
        yield number, {name: str(value) for name, value in entry.items()}


def _word(line: int, cells: Mapping[str, str]) -> ListedWord:
    word, source, since = (cells.get(name, "").strip() for name in ("word", "source", "since"))
    if not word or len(word) > _LONGEST or not word.isprintable():
        raise _bad(line, f"needs a word of 1 to {_LONGEST} characters", f"需要 1–{_LONGEST} 个字的词")
    if not source or len(source) > _LONGEST_SOURCE:
        raise _bad(line, "needs its source: the law or the gateway that says so", "需要来源：哪部法规或哪个通道规定")
    try:
        day = date.fromisoformat(since) if since else None
    except ValueError:
        raise _bad(
            line,
            f"has no date in {since[:20]!r}: write YYYY-MM-DD or nothing",
            f"的日期“{since[:20]}”不对：请写成 YYYY-MM-DD 或留空",
        ) from None
    return ListedWord(word=word, source=source, since=day)


def _bad(line: int, en: str, zh: str) -> Refusal:
    return Refusal("bad_word", f"Line {line} {en}. Nothing was taken.", f"第 {line} 行{zh}。未导入任何内容。")
