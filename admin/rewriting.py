"""What the stock panel says about tables and forms, in our words, and only what the asker's role may use."""

import json
from collections.abc import Mapping
from typing import Any

from piccolo.columns import ForeignKey

from admin.edits import RULES
from admin.edits_frame import Rules
from admin.forms import allowed
from admin.screens import Language, Screen
from tables.access import DEEDS, MATRIX, Role
from tables.scope import current

# Lists of ids that people choose by name.
_FROM_ROWS = {
    "points_promotion": {
        "stores": "SELECT id, code || ' ' || name AS name FROM store ORDER BY code",
        "categories": "SELECT id, name FROM category ORDER BY name",
    }
}


def rights(*, table: str, role: Role) -> str:
    """The verbs (of `rcud`) that the screen offers to a role on a table."""
    access = MATRIX[table]
    verbs: str = getattr(access, role)
    # Their own password has a page of its own.
    return "r" if access.changes and role in access.narrow and "r" in verbs else verbs


def _order(screens: Mapping[str, Screen], role: Role) -> list[Screen]:
    return [screen for screen in screens.values() if "r" in rights(table=screen.tablename, role=role)]


def tables(*, screens: Mapping[str, Screen], role: Role) -> bytes:
    """`/tables/`: the names."""
    return json.dumps([screen.tablename for screen in _order(screens, role)]).encode()


def tables_grouped(*, screens: Mapping[str, Screen], role: Role, language: Language) -> bytes:
    """`/tables/grouped/` in the order of the registry; `rights`, `pages` and `exports` are for our own scripts beside the stock screen."""
    grouped: dict[str, list[str]] = {}
    for screen in _order(screens, role):
        grouped.setdefault(screen.group.of(language), []).append(screen.tablename)
    offered = {screen.tablename: _offered(screen, role) for screen in _order(screens, role)}
    pages = {
        screen.tablename: {"words": screen.page.words.of(language), "address": screen.page.address}
        for screen in _order(screens, role) if screen.page is not None and role in DEEDS[screen.page.deed]
    }  # fmt: skip
    exports = role in DEEDS["exported"]
    content = {"grouped": grouped, "ungrouped": [], "rights": offered, "pages": pages, "exports": exports}
    return json.dumps(content, ensure_ascii=False).encode()


def _offered(screen: Screen, role: Role) -> str:
    """The buttons that lead somewhere: what the role may do and the table's own rules allow."""
    if screen.read_only:
        return "r"
    rules = RULES.get(screen.tablename, Rules())
    never = {"c": rules.no_new, "u": rules.no_change, "d": rules.no_removal}
    return "".join(verb for verb in rights(table=screen.tablename, role=role) if never.get(verb) is None)


def forms(*, body: bytes, role: Role) -> bytes:
    """`/forms/` without what the role may not use."""
    return json.dumps(
        [form for form in json.loads(body) if allowed(slug=form["slug"], role=role)], ensure_ascii=False
    ).encode()


def forms_grouped(*, body: bytes, role: Role) -> bytes:
    """`/forms/grouped/` without what the role may not use."""
    content = json.loads(body)
    kept = {
        group: [form for form in entries if allowed(slug=form["slug"], role=role)]
        for group, entries in content["grouped"].items()
    }
    content["grouped"] = {group: entries for group, entries in kept.items() if entries}
    return json.dumps(content, ensure_ascii=False).encode()


def _key(screen: Screen) -> dict[str, Any]:
    """The key of a table that is shown without being the link to its row: the stock schema leaves keys out, its list then breaks."""
    key = screen.table._meta.primary_key  # noqa: SLF001  Piccolo keeps it there
    name = key._meta.name  # noqa: SLF001  the same
    if name not in screen.shown or name == screen.link:
        return {}
    extra: dict[str, Any] = {"nullable": False, "secret": False, "unique": True, "choices": None}
    if isinstance(key, ForeignKey):
        known = key._foreign_key_meta.resolved_references._meta  # noqa: SLF001  the same
        extra["foreign_key"] = {"to": known.tablename, "target_column": known.primary_key._meta.name}  # noqa: SLF001  the same
    return {name: {"type": "integer" if key.value_type is int else "string", "extra": extra}}


async def schema(*, body: bytes, screen: Screen, language: Language) -> bytes:
    """A table's schema with our titles, hints and choices, in our order; `fixed` columns are not for editing here."""
    content: dict[str, Any] = json.loads(body)
    given = _key(screen) | content["properties"]
    ordered = {name: given[name] for name in screen.columns if name in given}
    for name, column in ordered.items():
        column["title"] = screen.columns[name].of(language)
        column["extra"]["help_text"] = screen.hints[name].of(language) if name in screen.hints else None
        if name in screen.choices:
            column["extra"]["choices"] = {
                value: {"display_name": words.of(language), "value": value}
                for value, words in screen.choices[name].items()
            }
    for name, sql in _FROM_ROWS.get(screen.tablename, {}).items():
        rows = await current().fetch(sql)
        ordered[name]["extra"]["choices"] = {
            str(row["id"]): {"display_name": row["name"], "value": row["id"]} for row in rows
        }
    content["properties"] = ordered
    rules = RULES.get(screen.tablename, Rules())
    content["extra"]["fixed"] = sorted({*rules.fixed, *rules.kept, *_key(screen)})
    content["title"] = screen.name.of(language)
    content["extra"]["help_text"] = screen.help.of(language) if screen.help else None
    return json.dumps(content, ensure_ascii=False).encode()
