"""Rows of the form of a rule as a page draws them: lists to choose from, fields to fill in, the words around them."""

from collections.abc import Mapping
from typing import Any

from queries.rule_choices import RuleChoices
from rules.people_form import JOINS, MOST_ROWS, Row, operators_of, slots_of
from rules.people_kinds import ALL_GROUPS, KINDS
from rules.people_slots import Slot
from web.pages.campaigns_editor import Edit
from web.pages.campaigns_people_words import DATES, OPERATORS, WORDS

Option = tuple[str, str, bool]


def rows_shown(*, edit: Edit, choices: RuleChoices) -> dict[str, Any]:
    """What the template of the editor draws of rows: `rows` None where the form cannot say the rule."""
    rows = edit.rows
    return {
        "rows": None if rows is None else [_row(number, row, edit.language, choices) for number, row in enumerate(rows)],
        "wrong_row": edit.wrong_row,
        "full": rows is not None and len(rows) >= MOST_ROWS,
    }  # fmt: skip


def _row(number: int, row: Row, language: str, choices: RuleChoices) -> dict[str, Any]:
    words = WORDS[language]
    joins: list[Option] = [(join, words[join], join == row.join) for join in JOINS]
    if number == 0:
        denied = row.join.endswith("_not")
        joins = [("and", words["first"], not denied), ("and_not", words["first_not"], denied)]
    return {
        "number": number,
        "starts": number > 0 and row.join.startswith("or"),
        "joins": joins,
        "kind": row.kind,
        "kinds": _kinds(row.kind, language),
        "slots": [_slot(row, place, slot, language, choices) for place, slot in slots_of(row=row)],
    }


def _kinds(chosen: str, language: str) -> list[tuple[str, list[Option]]]:
    """The kinds of rows by group."""
    chinese = language == "zh"
    groups: dict[str, list[Option]] = {group: [] for group in ALL_GROUPS}
    for key, kind in KINDS.items():
        groups[kind.group].append((key, kind.zh if chinese else kind.en, key == chosen))
    return [(ALL_GROUPS[group][not chinese], found) for group, found in groups.items()]


def _slot(row: Row, place: int, slot: Slot, language: str, choices: RuleChoices) -> dict[str, Any]:
    english, value = language != "zh", row.values[place]
    shown: dict[str, Any] = {
        "place": place,
        "kind": slot.kind,
        "value": value,
        "before": slot.before[english],
        "after": slot.after[english],
        "optional": slot.optional,
        "options": None,
    }
    if slot.kind == "operator":
        told = OPERATORS[language] | (DATES[language] if KINDS[row.kind].compares == "date" else {})
        shown["options"] = [(one, told[one], one == value) for one in operators_of(kind=row.kind)]
    elif slot.kind == "choice":
        shown["options"] = _options(slot, value, english=english, choices=choices)
    return shown


def _options(slot: Slot, value: str, *, english: bool, choices: RuleChoices) -> list[Option]:
    """What may be chosen; a value that is not among it stays, so that opening a rule never changes it."""
    offered = {key: words[english] for key, words in slot.choices.items()}
    if slot.names == "store":
        offered |= {one.code: one.code if one.code == one.name else f"{one.code} {one.name}" for one in choices.stores}
    else:
        offered |= {name: name for name in _names(choices).get(slot.names or "", ())}
    if not value:
        offered = {"": WORDS["en" if english else "zh"]["choose" if offered else "no_names"], **offered}
    elif value not in offered:
        offered[value] = value
    return [(key, told, key == value) for key, told in offered.items()]


def _names(choices: RuleChoices) -> Mapping[str, tuple[str, ...]]:
    return {
        "tier": choices.tiers,
        "tag": choices.tags,
        "category": choices.categories,
        "segment": choices.segments,
        "region": choices.regions,
    }
