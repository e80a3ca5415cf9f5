"""Whatever is asked, the answer is rows or a refusal: never an error of ours or of the database."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from admin.lists import answer
from admin.lists_view import Limits
from rules.refusals import Refusal
from tables.access import STAFF_ROLES, Role
from tables.scope import scope
from tests import make
from tests.admin.lists_asking import SCREENS

CODES = {"unknown_column", "bad_value", "bad_page", "bad_order", "too_broad", "not_found"}
NASTY = (
    "", " ", "0", "1", "-1", "+5", "1.5", "1e9", "NaN", "Infinity", "null", "NULL", "None", "true", "all", "[]", "[1,2]", "{}",
    "9" * 18, "9" * 19, "9" * 40, "-" + "9" * 19, "\0", "a\0b", "\ud800", "%", "_", "\\", "'", '"', "';--", "$1", "张", "张三", "𠮷", "İ", "ß",
    "13900000001", "+8613900000001", "0001", "139", "１３９００００００１", "2026-03-02", "2026-03-02T10:00", "2026-03-02T10:00:00Z",
    "0001-01-01", "9999-12-31T23:59:59-12:00", "2026-W10-1", "-id", "id,-name", "--id", "id,id", "-", ",", "password", "after",
)  # fmt: skip
OPERATORS = ("e", "ne", "lt", "lte", "gt", "gte", "is_null", "not_null", "like", "")
MATCHES = ("contains", "exact", "starts", "ends", "regex")
SETTINGS = (
    "__order",
    "__page",
    "__page_size",
    "__readable",
    "__visible_fields",
    "__range_header",
    "__nothing",
    "search",
    "limit",
    "offset",
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, list[tuple[str, str]], Role]:
    table = draw(st.sampled_from(sorted(SCREENS)))
    names = [column._meta.name for column in SCREENS[table].table._meta.columns]
    value = (
        st.sampled_from(NASTY)
        | st.text(max_size=20)
        | st.integers().map(str)
        | st.dates().map(str)
        | st.datetimes().map(str)
    )
    name = st.sampled_from([*names, "nothing", "member.name", ""])
    pair = st.one_of(
        st.tuples(name, value), st.tuples(name.map(lambda one: f"{one}[]"), value),
        st.tuples(name.map(lambda one: f"{one}__operator"), st.sampled_from(OPERATORS)),
        st.tuples(name.map(lambda one: f"{one}__match"), st.sampled_from(MATCHES)),
        st.tuples(st.just("__order"), st.sampled_from([*names, *(f"-{one}" for one in names)])),
        st.tuples(st.sampled_from(SETTINGS), value),
    )  # fmt: skip
    what = draw(st.sampled_from(["rows", "rows", "count", "ids"]) | value)
    return table, what, draw(st.lists(pair, max_size=4)), draw(st.sampled_from(STAFF_ROLES))


async def _fill() -> None:
    if await make.value("SELECT count(*) FROM store"):
        return
    await make.make_program()
    await make.make_store()
    await make.make_member(store=1)
    await make.sell("R1", at=make.noon(date(2026, 3, 2)))


async def _asked(*, table: str, what: str, params: list[tuple[str, str]], role: Role) -> Mapping[str, Any]:
    async with scope(role=role, stores=(1,), staff=1):
        body = await answer(
            screen=SCREENS[table], screens=SCREENS, what=what, params=params, role=role, language="en", zone=make.ZONE,
            limits=Limits(exact=2, deep=1, window=3),
        )  # fmt: skip
    content = json.loads(body)
    assert isinstance(content, dict)
    return content


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests())
async def test_every_answer_is_rows_or_a_refusal(
    db: None, request: tuple[str, str, list[tuple[str, str]], Role]
) -> None:
    table, what, params, role = request
    await _fill()
    try:
        content = await _asked(table=table, what=what, params=params, role=role)
    except Refusal as refusal:
        content = {"refused": refusal.code}
    assert what != "rows" or set(content) <= {"rows", "refused"}
    assert content.get("refused", "too_broad") in CODES
