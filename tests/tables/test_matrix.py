"""The access matrix, tried through a raw connection of the log-in role: every role × table × verb × own and foreign row."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from tables.access import ALL, MASKED_ROLES, MATRIX, ROLES, Access, Role
from tables.scope import scope
from tests import make
from tests.admin.test_walk import OWN
from tests.tables.every_row import every_row

VERBS = {"r": "read", "c": "make", "u": "change", "d": "delete"}
# Said by hand, as OWN is, of what has no screen.
OF_PEOPLE = {"session": "user_id = 1", "second_factor": "staff = 1"}
REFUSED = "42501"
# A trigger that does not see the campaign either is asked before the policy is.
OTHER_NOES = {"23514 this step is not open"}
# Tries each case, takes it back, and tells what came of it: rows, or the error's code.
_TRY = """
DO $$
DECLARE
    one record;
    met bigint;
    told jsonb := '{}';
    state text;
    said text;
BEGIN
    FOR one IN SELECT key, value FROM jsonb_each_text(current_setting('walk.cases')::jsonb) LOOP
        BEGIN
            EXECUTE one.value;
            GET DIAGNOSTICS met = ROW_COUNT;
            RAISE SQLSTATE 'WALK0' USING MESSAGE = met;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, said = MESSAGE_TEXT;
            told := told || jsonb_build_object(one.key, CASE WHEN state = 'WALK0' THEN said ELSE state || ' ' || said END);
        END;
    END LOOP;
    PERFORM set_config('walk.told', told::text, true);
END $$
"""
_COLUMNS = """
SELECT c.relname AS name, k.attname AS key, array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '') AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' GROUP BY 1, 2
"""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A table's key and columns, and its rows, own ones and others'."""

    key: str
    columns: list[str]
    own: list[dict[str, Any]]
    foreign: list[dict[str, Any]]


def is_narrow(access: Access, role: Role) -> bool:
    return role in access.narrow and role != "door" and access.own != ALL


def own_rows(table: str) -> str:
    return OF_PEOPLE.get(table) or OWN.get(table) or MATRIX[table].own


@cache
def writable(table: str, role: Role) -> tuple[str, ...]:
    access = MATRIX[table]
    return access.changes if role in access.narrow and access.changes else ()


async def all_rows() -> dict[str, Rows]:
    found = {}
    for told in await make.fetch(_COLUMNS):
        if told["name"] in MATRIX:
            narrow = [
                role for role in ROLES if is_narrow(MATRIX[told["name"]], role) and getattr(MATRIX[told["name"]], role)
            ]
            mine = own_rows(told["name"]) if narrow else "true"
            rows = await make.fetch(
                f"SELECT ({mine}) IS TRUE AS mine, to_jsonb(t)::text AS row FROM {told['name']} t ORDER BY {told['key']}"
            )
            own, foreign = ([json.loads(row["row"]) for row in rows if row["mine"] is side] for side in (True, False))
            found[told["name"]] = Rows(key=told["key"], columns=told["columns"], own=own, foreign=foreign)
    return found


def cases(table: str, role: Role, rows: Rows) -> dict[str, str]:
    """The statements to try: reading, changing, deleting and making an own row and a foreign one."""
    made = {}
    changed = (writable(table, role) or tuple(column for column in rows.columns if column != rows.key) or (rows.key,))[
        0
    ]
    columns = ", ".join(f'"{column}"' for column in rows.columns)
    for side, those in (("own", rows.own), ("foreign", rows.foreign)):
        keys = ", ".join(_text(row[rows.key]) for row in those) or "NULL"
        where = f"WHERE {rows.key} IN ({keys})"
        made[f"r {side}"] = f"SELECT {rows.key} FROM {table} {where}"
        made[f"u {side}"] = (
            f'UPDATE {table} SET "{changed}" = NULL WHERE false'
            if not those
            else (
                f'UPDATE {table} t SET "{changed}" = s."{changed}" FROM jsonb_populate_recordset(NULL::{table}, {_text(json.dumps(those))}) s'
                f" WHERE t.{rows.key} = s.{rows.key}"
            )
        )
        made[f"d {side}"] = f"DELETE FROM {table} {where}"
        if those:
            made[f"c {side}"] = (
                f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table}, {_text(json.dumps(those[0]))})"
            )
    for column in MATRIX[table].hidden:
        made[f"hidden {column}"] = f"SELECT {column} FROM {table}"
    return made


def _text(stored: object) -> str:
    return "'" + str(stored).replace("'", "''") + "'"


async def told(role: Role, statements: dict[str, str]) -> dict[str, str]:
    async with scope(role=role, stores=[1], staff=None if role in {"job", "door"} else 1) as connection:
        await connection.execute("SELECT set_config('walk.cases', $1, true)", json.dumps(statements))
        await connection.execute(_TRY)
        answer: dict[str, str] = json.loads(await connection.fetchval("SELECT current_setting('walk.told')"))
    return answer


def wrong(role: Role, table: str, rows: Rows, answers: dict[str, str]) -> list[str]:
    """What came out other than the matrix says."""
    access, verbs, found = MATRIX[table], getattr(MATRIX[table], role), []
    for case, answer in answers.items():
        verb, side = case.split(" ")
        refused = answer.startswith(REFUSED)
        if verb == "hidden":
            fits = refused == (role in MASKED_ROLES or "r" not in verbs)
        elif verb not in verbs:
            fits = refused
        elif side == "foreign" and is_narrow(access, role):
            # A row that is not seen is not met; making one is refused aloud.
            fits = refused or answer in OTHER_NOES if verb == "c" else answer == "0"
        elif verb == "r":
            fits = answer == str(len(getattr(rows, side)))
        else:
            # That others point at the row, or that it is append-only, is another law's no.
            fits = not refused
        found += [] if fits else [f"{role} {VERBS.get(verb, verb)} {side} {table}: {answer}"]
    return found


async def test_every_role_meets_exactly_the_rows_that_the_matrix_gives_it(db: None) -> None:
    await every_row()
    tables = await all_rows()
    assert set(tables) == set(MATRIX), "a table without a decision, or a decision without a table"
    lonely = {
        name for name, rows in tables.items()
        if any(getattr(MATRIX[name], role) and is_narrow(MATRIX[name], role) and MATRIX[name].own != "false" for role in ROLES)
        and not (rows.own and rows.foreign)
    }  # fmt: skip
    assert lonely == set(), "without a row of each side the test proves nothing: see every_row.py"
    for role in ROLES:
        statements = {
            f"{table}.{case}": sql for table, rows in tables.items() for case, sql in cases(table, role, rows).items()
        }
        by_table: dict[str, dict[str, str]] = {}
        for name, answer in (await told(role, statements)).items():
            table, case = name.split(".")
            by_table.setdefault(table, {})[case] = answer
        problems = [line for table, answers in by_table.items() for line in wrong(role, table, tables[table], answers)]
        assert problems == []


@pytest.mark.parametrize("role", ROLES)
async def test_no_role_becomes_another_from_inside_or_changes_the_law(db: None, role: Role) -> None:
    """What the log-in role may do between requests it cannot do in the name of one: rights are never the owner's."""
    law = {
        "policy": "CREATE POLICY mine ON member USING (true)",
        "security": "ALTER TABLE member DISABLE ROW LEVEL SECURITY",
        "trigger": "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        "grant": f"GRANT SELECT ON audit_log TO regulars_{role}",
        "owner": "SET LOCAL ROLE regulars_owner",
        "deed": "SET LOCAL ROLE regulars_deed",
        "create": "CREATE TABLE public.mine ()",
        "replica": "SET LOCAL session_replication_role = replica",
        "function": "CREATE FUNCTION deed.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "truncate": "TRUNCATE member CASCADE",
    }
    answers = await told(role, law)
    assert {name: answer for name, answer in answers.items() if not answer.startswith(REFUSED)} in (
        {},
        {"grant": answers["grant"]},
    )
    assert answers["grant"].startswith(REFUSED) or answers["grant"] == "0"
