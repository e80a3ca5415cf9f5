"""The access matrix as statements: grants and policies, replaced as a whole at each migration."""

from tables.access import ALL, DEEDS, FORGOTTEN, MASKED_ROLES, MATRIX, PERSONAL, ROLES, Access, Role

_DROP_POLICIES = """
DO $$ DECLARE p record; BEGIN
    FOR p IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP POLICY %I ON %I', p.policyname, p.tablename);
    END LOOP;
END $$;
"""
# What the owner gave itself goes with the ownership; the new owner gives it back.
_HAND_OVER_DEEDS = """
DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'deed'::regnamespace AND prosecdef LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO regulars_deed', f);
        SET ROLE regulars_deed;
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO regulars_owner', f);
        SET ROLE regulars_owner;
    END LOOP;
END $$;
"""
_VERBS = {"r": "SELECT", "c": "INSERT", "u": "UPDATE", "d": "DELETE"}


def _policy(*, table: str, name: str, role: str, rows: str) -> str:
    return f"CREATE POLICY {name} ON {table} TO {role} USING ({rows}) WITH CHECK ({rows});"


def _table_sql(*, table: str, access: Access) -> list[str]:
    lines = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;",
        _policy(table=table, name="owner", role="regulars_owner", rows=ALL),
        _policy(table=table, name="deed", role="regulars_deed", rows=ALL),
        f"GRANT SELECT, INSERT, UPDATE ON {table} TO regulars_deed;",
    ]
    for role in ROLES:
        verbs = getattr(access, role)
        if verbs:
            rows = access.own if role in access.narrow and role != "door" else ALL
            lines.append(_policy(table=table, name=role, role=f"regulars_{role}", rows=rows))
            lines += [_grant(table=table, access=access, role=role, verb=verb) for verb in verbs]
    return lines


def _grant(*, table: str, access: Access, role: Role, verb: str) -> str:
    """One verb; where only some columns are meant, they are told one by one, as PostgreSQL wants it."""
    if verb == "r" and role in MASKED_ROLES and access.hidden:
        return f"SELECT deed.grant_columns('{table}', ARRAY{list(access.hidden)}, 'regulars_{role}');"
    columns = f" ({', '.join(access.changes)})" if verb == "u" and role in access.narrow and access.changes else ""
    return f"GRANT {_VERBS[verb]}{columns} ON {table} TO regulars_{role};"


def access_sql() -> str:
    """The statements that make exactly the matrix's grants and policies true; they replace all earlier ones."""
    everyone = ", ".join(f"regulars_{role}" for role in ROLES)
    lines = [
        _DROP_POLICIES,
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, regulars_app, regulars_deed, {everyone};",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO regulars_deed, {everyone};",
        "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA deed FROM PUBLIC;",
        f"GRANT USAGE ON SCHEMA deed TO regulars_deed, {everyone};",
        "GRANT CREATE ON SCHEMA deed TO regulars_deed;",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA deed TO regulars_deed, regulars_job;",
        f"GRANT EXECUTE ON FUNCTION deed.stores(), deed.staff(), deed.last_good_day TO {everyone};",
    ]
    for table, access in MATRIX.items():
        lines += _table_sql(table=table, access=access)
    lines.append(f"GRANT DELETE ON {', '.join(FORGOTTEN)} TO regulars_deed;")
    lines.append(f"GRANT MAINTAIN ON {', '.join(PERSONAL)} TO regulars_deed;")
    for deed, roles in DEEDS.items():
        lines.append(f"GRANT EXECUTE ON FUNCTION deed.{deed} TO {', '.join(f'regulars_{role}' for role in roles)};")
    lines.append(_HAND_OVER_DEEDS)
    lines.append("REVOKE CREATE ON SCHEMA deed FROM regulars_deed;")
    return "\n".join(lines)
