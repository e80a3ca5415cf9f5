"""Fences over the whole shape of the house: each guards every table, file and actor that is still to come."""

import ast
import re
from itertools import chain
from pathlib import Path

import asyncpg
import pytest
from piccolo.apps.migrations.commands.new import AutoMigrationManager

from actions.night_steps import STEPS
from queries.invariants import NIGHT_JOBS
from tables.access import MATRIX, ROLES, STORE_ROLES
from tables.piccolo_app import APP_CONFIG
from tables.scope import scope
from tests import make

ROOT = Path(__file__).parent.parent
ROOMS = ("config", "rules", "tables", "queries", "actions", "gateways", "web", "admin", "tasks", "tests", "bench")
SOURCES = sorted(
    path for path in chain(*(ROOT.joinpath(room).rglob("*.py") for room in ROOMS), ROOT.glob("*.py"))
)  # fmt: skip
FORBIDDEN_NAMES = {"utils", "services", "helpers", "managers", "common", "lib"}
NOT_OURS = {"migration", "applied_code"}  # Piccolo's own history and the digest of what was applied


def test_no_file_is_longer_than_250_lines() -> None:
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in long.items() if lines > 250} == {}


def test_no_function_is_longer_than_30_lines() -> None:
    long = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
                if lines > 30:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = lines
    assert long == {}


def test_no_drawer_for_odds_and_ends() -> None:
    assert [path for path in SOURCES if FORBIDDEN_NAMES & set(path.relative_to(ROOT).with_suffix("").parts)] == []


def test_nobody_else_opens_a_transaction() -> None:
    """Comments aside: `.transaction(` and BEGIN live in tables/scope.py, and where the owner migrates or checks."""
    doors = {"tables/scope.py", "tables/migrate.py", "tables/backups.py", "queries/invariants.py"}
    found = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.relative_to(ROOT).parts[0] not in {"tests", "bench"}
        and re.search(r"\.transaction\(|\"BEGIN|execute\(\"COMMIT", path.read_text())
    }
    assert found <= doors


def test_actors_are_short_named_and_have_a_queue() -> None:
    for path in ROOT.joinpath("tasks").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "dramatiq.actor":
                    keywords = {keyword.arg for keyword in decorator.keywords}
                    assert {"actor_name", "queue_name"} <= keywords, node.name
                    assert ast.get_docstring(node), f"{node.name} says why it may run twice"
                    assert (node.end_lineno or 0) - node.lineno < 10, node.name


def test_every_table_has_a_decision_in_the_access_matrix() -> None:
    assert {table._meta.tablename for table in APP_CONFIG.table_classes} == set(MATRIX)


def test_the_night_and_its_proof_name_the_same_jobs() -> None:
    assert tuple(step.job for step in STEPS) == NIGHT_JOBS


async def test_every_table_has_forced_row_level_security_and_a_policy_per_role(db: None) -> None:
    rows = await make.fetch(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, array_agg(r.rolname::text) AS roles,"
        " bool_or(cardinality(p.polroles) > 1) AS shared"
        " FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid LEFT JOIN pg_roles r ON r.oid = ANY (p.polroles)"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' GROUP BY 1, 2, 3"
    )
    found = {row["relname"]: row for row in rows if row["relname"] not in NOT_OURS}
    assert set(found) == set(MATRIX)
    for name, access in MATRIX.items():
        row = found[name]
        assert row["relrowsecurity"], name
        assert row["relforcerowsecurity"], name
        assert not row["shared"], f"{name}: one policy per role, an OR of roles ruins the plan"
        wanted = {"regulars_owner", "regulars_deed"} | {f"regulars_{role}" for role in ROLES if getattr(access, role)}
        assert set(row["roles"]) == wanted, name


async def test_no_role_of_ours_is_superuser_or_goes_around_policies(db: None) -> None:
    rows = await make.fetch(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'regulars%' AND (rolsuper OR rolbypassrls OR rolreplication)"
    )
    assert rows == []


async def test_every_deed_has_a_fixed_search_path_and_is_not_for_everyone(db: None) -> None:
    rows = await make.fetch(
        "SELECT p.oid::regprocedure::text AS name, p.prosecdef, p.proconfig, o.rolname AS owner,"
        " EXISTS (SELECT 1 FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x WHERE x.grantee = 0) AS public"
        " FROM pg_proc p JOIN pg_roles o ON o.oid = p.proowner WHERE p.pronamespace = 'deed'::regnamespace"
    )
    assert [row["name"] for row in rows if row["public"]] == []
    deeds = [row for row in rows if row["prosecdef"]]
    assert deeds
    for row in deeds:
        assert row["owner"] == "regulars_deed", row["name"]
        assert any("search_path" in setting for setting in row["proconfig"] or []), row["name"]


async def test_every_foreign_key_restricts_and_is_indexed(db: None) -> None:
    rows = await make.fetch(
        "SELECT c.conrelid::regclass::text AS table, c.conname AS name, c.confdeltype::text AS on_delete,"
        " EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1]) AS indexed"
        " FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace"
    )
    assert [row["name"] for row in rows if row["on_delete"] != "r" or not row["indexed"]] == []


async def test_migrations_equal_the_tables(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    statements = await AutoMigrationManager().get_alter_statements(APP_CONFIG)
    assert [line for group in statements for line in group.statements] == []


@pytest.mark.parametrize("role", STORE_ROLES)
async def test_a_store_role_without_a_store_sees_no_row_with_a_person_behind_it(db: None, role: str) -> None:
    await make.make_program()
    await make.make_member(store=await make.make_store())
    async with scope(role=role, stores=[]) as connection:  # type: ignore[arg-type]
        for table in ("member", "points_account", "member_stats"):
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT * FROM job_run")
