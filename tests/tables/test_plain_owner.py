"""The whole suite runs with an owner who is no superuser and goes around no policy, and a log-in role that owns nothing.

A superuser's embedded server would hide what FORCE ROW LEVEL SECURITY does to owners, their functions and their dumps
(PostgreSQL manual, 5.9 and CREATE FUNCTION "Writing SECURITY DEFINER Functions Safely").
"""

import asyncpg
import pytest

from tables.access import ROLES
from tables.scope import session
from tests import make

ROLES_OF_OURS = {f"regulars_{role}" for role in ROLES}
_SPECIAL = """
SELECT rolname::text, array_remove(ARRAY[CASE WHEN rolsuper THEN 'superuser' END, CASE WHEN rolbypassrls THEN 'bypassrls' END,
    CASE WHEN rolreplication THEN 'replication' END, CASE WHEN rolcreatedb THEN 'createdb' END,
    CASE WHEN rolcreaterole THEN 'createrole' END, CASE WHEN rolcanlogin THEN 'login' END], NULL) AS may
FROM pg_roles WHERE rolname LIKE 'regulars%'
"""
_OWNERS = """
SELECT o.rolname::text AS owner, x.kind FROM pg_roles o JOIN (
    SELECT relowner AS owner, 'relation' AS kind FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'deed'::regnamespace)
    UNION SELECT typowner, 'type' FROM pg_type WHERE typnamespace IN ('public'::regnamespace, 'deed'::regnamespace)
    UNION SELECT nspowner, 'schema' FROM pg_namespace WHERE nspname = 'deed'
    UNION SELECT proowner, CASE WHEN prosecdef THEN 'deed' ELSE 'function' END FROM pg_proc
        WHERE pronamespace IN ('public'::regnamespace, 'deed'::regnamespace)
) x ON x.owner = o.oid
"""
# What an object without a list of its own grants to everybody counts too; that types may be named gives nothing away.
_FOR_EVERYBODY = """
SELECT x.what, a.privilege_type FROM (
    SELECT relname::text AS what, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner)) AS acl
        FROM pg_class
        WHERE relnamespace IN ('public'::regnamespace, 'deed'::regnamespace) AND relkind IN ('r', 'p', 'v', 'm', 'S')
    UNION ALL SELECT attrelid::regclass || '.' || attname, attacl FROM pg_attribute WHERE attacl IS NOT NULL
        AND attrelid::regclass::text NOT LIKE 'pg\\_%'
    UNION ALL SELECT proname, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc
        WHERE pronamespace IN ('public'::regnamespace, 'deed'::regnamespace)
    UNION ALL SELECT nspname, coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace
        WHERE nspname IN ('public', 'deed')
    UNION ALL SELECT 'database', coalesce(datacl, acldefault('d', datdba)) FROM pg_database WHERE datname = current_database()
) x CROSS JOIN LATERAL aclexplode(x.acl) a WHERE a.grantee = 0
"""


async def test_nobody_is_more_than_their_name_says(db: None) -> None:
    may = {row["rolname"]: set(row["may"]) for row in await make.fetch(_SPECIAL)}
    assert may == {
        "regulars_owner": {"createrole", "login"},
        "regulars_app": {"login"},
        "regulars_deed": set(),
        **{role: set() for role in ROLES_OF_OURS},
    }
    rows = await make.fetch("SELECT current_user::text AS who, session_user::text AS came_as")
    assert rows == [{"who": "regulars_owner", "came_as": "regulars_owner"}], "as whom the suite migrates and checks"


async def test_the_owner_owns_everything_but_deeds_which_belong_to_nobody_who_logs_in(db: None) -> None:
    owners = {(row["kind"], row["owner"]) for row in await make.fetch(_OWNERS)}
    assert owners == {
        ("relation", "regulars_owner"), ("type", "regulars_owner"), ("schema", "regulars_owner"),
        ("function", "regulars_owner"), ("deed", "regulars_deed"),
    }  # fmt: skip


async def test_the_log_in_role_inherits_nothing_and_becomes_the_roles_of_the_matrix_alone(db: None) -> None:
    rows = await make.fetch(
        "SELECT r.rolname::text AS role, a.inherit_option OR a.admin_option AS more FROM pg_auth_members a"
        " JOIN pg_roles r ON r.oid = a.roleid WHERE a.member = 'regulars_app'::regrole"
    )
    assert {row["role"] for row in rows if not row["more"]} == ROLES_OF_OURS
    assert len(rows) == len(ROLES_OF_OURS)
    async with session() as connection:
        for statement in ("SELECT * FROM store", "SELECT deed.stores()", "CREATE TEMP TABLE aside ()", "SET ROLE regulars_owner"):  # fmt: skip
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


async def test_nothing_of_ours_is_for_everybody(db: None) -> None:
    """Any role of the same server may connect where `pg_hba.conf` lets it, and then can do nothing at all."""
    rows = [(row["what"], row["privilege_type"]) for row in await make.fetch(_FOR_EVERYBODY)]
    assert rows == [("database", "CONNECT")]
