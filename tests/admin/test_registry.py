"""Every table has its screen, and every screen speaks of what is there, in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from piccolo.columns import ForeignKey
from piccolo_admin.endpoints import ASSET_PATH
from piccolo_admin.translations.data import ENGLISH

from admin.registry import _MENU, NOT_SHOWN, SCREENS
from admin.screens import Screen, Words
from admin.texts import PANEL, TEXTS
from gateways.protocol import ErrorClass
from rules.templates import PLACEHOLDERS
from tables.access import MATRIX, STAFF_ROLES
from tables.piccolo_app import APP_CONFIG
from tables.scope import scope
from tests import make

EVERY = pytest.mark.parametrize("screen", SCREENS.values(), ids=list(SCREENS))
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
# The same in both languages, or not a word.
_ALIKE = {"SKU"}
APPEND_ONLY_DEEDS = {
    "points_entry", "points_account", "points_lot", "points_allocation", "points_extension",
    "points_extension_lot", "purchase", "purchase_line", "tier_change",
    "erasure_request", "short_link", "click", "send_chunk", "invalid_phones", "reply", "complaint", "notice", "send_log", "webhook_delivery",
    "job_run", "check_result", "restoration", "heartbeat", "audit_log", "member_stats", "member_lookup", "member_habit",
}  # fmt: skip
EDITED = {
    "segment", "member_interest", "sms_budget", "campaign", "campaign_step", "campaign_variant",
    "points_policy", "tier", "reward", "reward_store", "points_promotion", "tag", "member", "store", "staff", "template", "category",
}  # fmt: skip


def _columns(screen: Screen) -> dict[str, object]:
    return {column._meta.name: column for column in screen.table._meta.columns}


def _words(screen: Screen) -> Iterator[tuple[str, Words]]:
    yield "name", screen.name
    yield "group", screen.group
    if screen.help is not None:
        yield "help", screen.help
    yield from screen.columns.items()
    yield from ((f"hint of {name}", words) for name, words in screen.hints.items())
    for name, choices in screen.choices.items():
        yield from ((f"{name}={value}", words) for value, words in choices.items())


def test_every_table_has_a_screen_or_a_reason_why_not() -> None:
    tables = {table._meta.tablename for table in APP_CONFIG.table_classes}
    assert set(SCREENS) | set(NOT_SHOWN) == tables
    assert set(SCREENS) & set(NOT_SHOWN) == set()
    assert all(NOT_SHOWN.values())
    assert len(SCREENS) == len(_MENU), "a table twice in the menu"


def test_the_menu_is_grouped_by_what_people_do_and_each_group_stands_together() -> None:
    groups = [screen.group.zh for screen in SCREENS.values()]
    order = [group for position, group in enumerate(groups) if position == 0 or groups[position - 1] != group]
    assert order == ["会员", "积分", "消费", "会员方案", "消息", "通道", "商品", "门店与员工", "系统"]


def test_no_two_tables_have_the_same_name() -> None:
    for language in ("zh", "en"):
        names = [screen.name.of(language) for screen in SCREENS.values()]
        assert len(names) == len(set(names))


def test_deeds_are_not_edits_and_what_is_edited_here_is() -> None:
    assert {name for name, screen in SCREENS.items() if screen.read_only} == APPEND_ONLY_DEEDS
    assert set(SCREENS) - APPEND_ONLY_DEEDS >= EDITED


@EVERY
def test_every_column_has_a_name_and_every_name_a_column(screen: Screen) -> None:
    assert set(screen.columns) - {"id"} == set(_columns(screen)) - {"id"}


@EVERY
def test_a_screen_speaks_of_columns_that_are_there(screen: Screen) -> None:
    columns = set(_columns(screen))
    used = {*screen.shown, *screen.filters, *screen.choices, *screen.hints, screen.order.removeprefix("-"), screen.link}
    assert used - columns == set()
    assert len(set(screen.shown)) == len(screen.shown) <= 8
    assert len(set(screen.filters)) == len(screen.filters)


@EVERY
def test_a_row_can_be_opened_from_its_list(screen: Screen) -> None:
    """The stock screen links neither a foreign key nor a choice, and what is not shown cannot be clicked."""
    assert screen.link in screen.shown
    assert screen.link not in screen.choices or screen.link == "process"
    assert not isinstance(_columns(screen)[screen.link], ForeignKey)


@EVERY
def test_both_languages_say_something_and_not_the_same(screen: Screen) -> None:
    for place, (zh, en) in _words(screen):
        assert zh.strip(), place
        assert en.strip(), place
        assert zh != en, place
        assert _CHINESE.search(zh), f"{place}: {zh}"
        assert not _CHINESE.search(en), f"{place}: {en}"


@EVERY
async def test_what_names_a_row_never_needs_a_full_phone(db: None, screen: Screen) -> None:
    """Asked by every role that may read the table: the database gives masked ones no other form of a phone."""
    for role in STAFF_ROLES:
        if "r" in getattr(MATRIX[screen.tablename], role):
            async with scope(role=role) as connection:
                await connection.fetch(f"SELECT {screen.readable} FROM {screen.tablename} t LIMIT 1")


def test_every_stored_word_that_others_define_has_a_name() -> None:
    errors = set(ErrorClass.__args__)  # type: ignore[attr-defined]
    assert set(SCREENS["send_log"].choices["error_class"]) == errors
    assert set(SCREENS["staff"].choices["role"]) == set(STAFF_ROLES)
    assert set(SCREENS["template"].choices["kind"]) == {kind for kind in PLACEHOLDERS if kind}
    for kind, words in PLACEHOLDERS.items():
        for word in words:
            assert f"{{{word}}}" in SCREENS["template"].hints["text"].zh, kind


def test_what_is_audited_has_the_name_of_its_screen(db: None) -> None:
    for table, words in SCREENS["audit_log"].choices["table_name"].items():
        assert table in NOT_SHOWN or words == SCREENS[table].name


async def test_all_that_is_watched_is_among_the_choices(db: None) -> None:
    rows = await make.fetch("SELECT tgrelid::regclass::text AS name FROM pg_trigger WHERE tgname = 'audited'")
    assert {row["name"] for row in rows} == set(SCREENS["audit_log"].choices["table_name"])


def test_what_is_translated_is_what_the_stock_panel_says() -> None:
    """A new version of it that says things differently is noticed here, not by a shop."""
    said = re.sub(r"\s+", " ", "".join(path.read_text() for path in (Path(ASSET_PATH) / "assets").glob("*.js")))
    # Spoken by its database layer, put together from parts, or a column's own name.
    elsewhere = {"id", "{0} field - {1}", "Database error: {0}", "of {0}", "Loading ...", "关于 Piccolo"}
    for text in set(TEXTS) - elsewhere:
        for part in re.split(r"\{\d\}", text):
            assert part.strip(" ()") in said, text
    assert set(PANEL) == set(ENGLISH.translations)


def test_the_stock_screens_own_texts_are_chinese() -> None:
    for words in (TEXTS, PANEL):
        for english, chinese in words.items():
            assert english.strip()
            assert _CHINESE.search(chinese) or not re.search("[A-Za-z]", chinese), english
