"""The editor of a rule about members: words and rows of a form that say the same, what is wrong where, and whom it selects."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from rules.people_form import JOINS, MOST_ROWS, Row, fresh_row, rows_of, rule_of
from rules.people_kinds import KINDS
from rules.refusals import Refusal
from rules.segments import Rule, parse
from rules.segments import said as rule_said
from web.pages.campaigns_frame import Form, said

_FIRST_KIND = "idle"
# How rules/segments_refusals.py says where, what stands there, and what was probably meant.
_PLACED = re.compile(r"第 (\d+) 个字：“(.*?)”(?:.*?是否想写“(.+?)”)?", re.DOTALL)
_WORDS_OF_THE_LANGUAGE = {"unknown_word", "unexpected"}
_QUOTES = '"“「『＂'


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """A rule as it stands in the editor: `text`, the `rows` that say the same (None: a form cannot), and what is wrong."""

    text: str
    language: str
    rows: tuple[Row, ...] | None = ()
    wrong_row: str | None = None
    refusal: Refusal | None = None

    @property
    def rule(self) -> Rule | None:
        """The tree, None for an empty or a broken text."""
        return parse(text=self.text) if self.text and self.refusal is None else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """Where a text is wrong: what stands before, there and after; the sentence; and the text `mended`, `near` in its place."""

    before: str
    found: str
    after: str
    sentence: str
    near: str | None
    mended: str | None


def opened(*, text: str, language: str) -> Edit:
    """The editor of a text."""
    tidy = text.replace("\r\n", "\n").strip()
    if not tidy:
        return Edit(text="", language=language)
    try:
        rows = rows_of(rule=parse(text=tidy))
    except Refusal as refusal:
        return Edit(text=tidy, language=language, rows=None, refusal=refusal)
    return Edit(text=tidy, language=language, rows=None if rows is None else tuple(rows))


def edited(*, form: Form, language: str) -> Edit:
    """The editor after what was typed, changed or pressed. Rows win over words when they alone were changed."""
    act, text = form.one("act"), form.one("rule").replace("\r\n", "\n")
    if act.startswith("pick:"):
        return opened(text=_in_segment(act.removeprefix("pick:"), language=language), language=language)
    rows = _posted_rows(form)
    if act == "add":
        return _written([*rows, _fresh(rows)][:MOST_ROWS], text=text, language=language)
    if act.startswith("drop:"):
        kept = [row for number, row in enumerate(rows) if f"drop:{number}" != act]
        return _written(kept, text=text, language=language)
    if act == "rows" or form.one("by") == "rows" or _only_rows_changed(form, rows, text, language):
        return _written(rows, text=text, language=language)
    return opened(text=text, language=language)


def mistake(*, edit: Edit) -> Mistake | None:
    """What is wrong with the text of an editor, None when nothing is."""
    if edit.refusal is None:
        return None
    sentence, text = said(edit.refusal), edit.text
    found = _PLACED.match(edit.refusal.zh)
    if found is None:
        return Mistake(before=text, found="", after="", sentence=sentence, near=None, mended=None)
    start, word, near = int(found[1]) - 1, found[2].rstrip("…"), found[3]
    there = text.find(word, start) if word else -1
    start, end = (there, there + len(word)) if there in {start, start + 1} else (start, min(start + 1, len(text)))
    put = near
    if near is not None and edit.refusal.code not in _WORDS_OF_THE_LANGUAGE and text[start - 1 : start] not in _QUOTES:
        put = f'"{near}"'
    return Mistake(
        before=text[:start], found=text[start:end], after=text[end:], sentence=sentence, near=near,
        mended=None if put is None else text[:start] + put + text[end:],
    )  # fmt: skip


def mended(*, edit: Edit) -> Edit:
    """The editor after the proposal was taken; as it was when there is none."""
    wrong = mistake(edit=edit)
    return edit if wrong is None or wrong.mended is None else opened(text=wrong.mended, language=edit.language)


def refused(*, edit: Edit, refusal: Refusal) -> Edit:
    """The editor of a text that speaks of something that is not there."""
    return replace(edit, refusal=refusal)


def meant(*, edit: Edit) -> str | None:
    """The rule said back in the language of the house, None for an empty or a broken one."""
    return None if edit.rule is None else rule_said(rule=edit.rule, language=_language(edit.language))


def quarters(*, today: date, words: Mapping[str, str]) -> str:
    """Which months this quarter and the last one are, and which year this is."""
    number = (today.month - 1) // 3
    before = (today.year, number - 1) if number else (today.year - 1, 3)
    told = [
        words["quarter"].format(year=year, first=quarter * 3 + 1, last=quarter * 3 + 3)
        for year, quarter in ((today.year, number), before)
    ]
    return words["quarters"].format(this=told[0], last=told[1], year=today.year)


def _posted_rows(form: Form) -> list[Row]:
    rows = []
    for number in range(MOST_ROWS):
        kind, join = form.one(f"kind_{number}"), form.one(f"join_{number}")
        if kind not in KINDS:
            continue
        tidy = join if join in JOINS else "and"
        if form.one(f"was_{number}", kind) != kind:
            rows.append(fresh_row(kind=kind, join=tidy))
            continue
        values = tuple(
            form.one(f"v{slot}_{number}", one.default if not one.optional else "")
            for slot, one in enumerate(KINDS[kind].slots)
        )
        rows.append(Row(join=tidy, kind=kind, values=values))
    return rows


def _fresh(rows: list[Row]) -> Row:
    """A condition that is not there yet, of the kind that shops ask for first."""
    there = {row.kind for row in rows}
    usual = (_FIRST_KIND, "last_quarter_spend", "quarter_purchases", "points")
    return fresh_row(kind=next((kind for kind in usual if kind not in there), _FIRST_KIND))


def _written(rows: list[Row], *, text: str, language: str) -> Edit:
    """The editor with the text that the rows say; where a row is not filled in, with the old text and a sentence."""
    try:
        rule = rule_of(rows=rows)
        fresh = "" if rule is None else rule_said(rule=rule, language=_language(language))
    except Refusal as refusal:
        return replace(opened(text=text, language=language), rows=tuple(rows), wrong_row=said(refusal))
    edit = opened(text=fresh, language=language)
    return replace(edit, rows=tuple(rows))


def _only_rows_changed(form: Form, rows: list[Row], text: str, language: str) -> bool:
    """Without a script somebody may change rows and save: the words are as the page had them, the rows are not."""
    if "drawn" not in form or form.one("drawn").replace("\r\n", "\n") != text:
        return False
    before = opened(text=text, language=language).rows
    return before is not None and tuple(rows) != before


def _in_segment(name: str, *, language: str) -> str:
    """The rule that only names a segment; nothing for the name of none."""
    tidy = name.replace('"', '""')
    if not tidy:
        return ""
    return f'属于人群 "{tidy}"' if language == "zh" else f'in segment "{tidy}"'


def _language(language: str) -> Any:  # noqa: ANN401  zh or en, which settings promise
    return language
