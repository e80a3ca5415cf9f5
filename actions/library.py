"""The shipped library: segments, tags, texts and blocked words that a chain begins with. What is there already is never changed."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from queries.segments import audience_of
from rules.calendar import business_date
from rules.refusals import Refusal
from tables.scope import current

Entry = Mapping[str, str]

MOST_CATEGORIES = 12  # a tag of its own for each
_CATEGORIES = """
SELECT c.name FROM category c LEFT JOIN member_habit h ON h.category = c.id WHERE c.promotable
GROUP BY c.id ORDER BY count(h.member) DESC, c.id LIMIT $1
"""
_NAMES = "SELECT name FROM {} WHERE name = ANY ($1::text[])"
_SEGMENTS = """
INSERT INTO segment (name, rule, note) SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) ON CONFLICT (name) DO NOTHING
"""
_TAGS = """
INSERT INTO tag (name, rule, purpose) SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) ON CONFLICT (name) DO NOTHING
"""
_TEXTS = """
INSERT INTO template (name, message_class, text, trade, occasion)
SELECT name, 'marketing', text, trade, occasion FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) t(name, text, trade, occasion)
ON CONFLICT (name) DO NOTHING
"""
_WORDS = """
INSERT INTO blocked_word (word, source, since)
SELECT word, source, since::date FROM unnest($1::text[], $2::text[], $3::text[]) w(word, source, since) ON CONFLICT (word) DO NOTHING
"""


async def apply_library(*, now: datetime, zone: ZoneInfo) -> dict[str, int]:
    """Adds what is missing, in the caller's scope (job or hq_admin); returns how many segments, tags, texts and words were
    added, and how many rules have to wait (`unsuited`): they name what this chain does not have, such as a category.
    """
    today = business_date(at=now, zone=zone)
    segments = await _missing("segment", _shipped("segments", "segment"))
    tags = await _missing("tag", [*_shipped("tags", "tag"), *await _of_categories()])
    fitting = [await _fitting(entries, today, zone) for entries in (segments, tags)]
    return {
        "segments": await _insert(_SEGMENTS, fitting[0], "name", "rule", "note"),
        "tags": await _insert(_TAGS, fitting[1], "name", "rule", "purpose"),
        "texts": await _insert(_TEXTS, _shipped("texts", "text"), "name", "text", "trade", "occasion"),
        "words": await _insert(_WORDS, _shipped("words", "word"), "word", "source", "since"),
        "unsuited": len(segments) + len(tags) - sum(map(len, fitting)),
    }


@cache
def _shipped(file: str, kind: str) -> list[Entry]:
    """The entries of one kind of a file of the library, in their order; all values as text."""
    path = Path(__file__).with_name(f"library_{file}.toml")
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get(kind, [])
    return [{name: str(value) for name, value in entry.items()} for entry in entries]


async def _of_categories() -> list[Entry]:
    rows = await current().fetch(_CATEGORIES, MOST_CATEGORIES)
    return [
        {name: text.replace("{category}", row["name"].replace('"', '""')) for name, text in entry.items()}
        for entry in _shipped("tags", "category_tag")
        for row in rows
    ]


async def _missing(table: str, entries: list[Entry]) -> list[Entry]:
    rows = await current().fetch(_NAMES.format(table), [entry["name"] for entry in entries])
    known = {row["name"] for row in rows}
    return [entry for entry in entries if entry["name"] not in known]


async def _fitting(entries: list[Entry], today: date, zone: ZoneInfo) -> list[Entry]:
    """Those whose rule can be understood in this chain; a tag without one is given by hand."""
    fitting = []
    for entry in entries:
        try:
            if "rule" in entry:
                await audience_of(text=entry["rule"], today=today, zone=zone)
        except Refusal:
            continue
        fitting.append(entry)
    return fitting


async def _insert(sql: str, entries: list[Entry], *names: str) -> int:
    """How many were added."""
    columns = [[entry.get(name) for entry in entries] for name in names]
    status: str = await current().execute(sql, *columns)
    return int(status.rpartition(" ")[2])
