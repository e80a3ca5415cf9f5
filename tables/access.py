"""The access matrix: which role may do what with which rows. Grants and policies are made from it.

Verbs: r = SELECT, c = INSERT, u = UPDATE, d = DELETE. A store role sees the rows that `own` picks, other roles all rows
they have a verb for. What is not written here is not allowed. `door` is the log-in desk: it alone sees people who have
not shown yet who they are; `till` is an API key, which does deeds and reads nothing else.
Deeds (`DEEDS`) are functions that run with the rights of
`regulars_deed` and check the caller's role and store themselves.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["job", "door", "hq_admin", "hq_marketing", "hq_viewer", "store_manager", "cashier", "till"]
ROLES: tuple[Role, ...] = get_args(Role)
STAFF_ROLES = ROLES[2:7]
STORE_ROLES: tuple[Role, ...] = ("store_manager", "cashier")
NOT_HQ_ADMIN: tuple[Role, ...] = ("hq_marketing", "hq_viewer", *STORE_ROLES)
# Whose screens and exports show 138****5678; the database gives them no other form.
MASKED_ROLES: tuple[Role, ...] = ("hq_marketing", "hq_viewer", "cashier")

_MINE = "ANY ((SELECT deed.stores())::bigint[])"
ALL = "true"
BY_STORE = f"store = {_MINE}"
BY_HOME = f"home_store = {_MINE}"
BY_MEMBER = f"member IN (SELECT m.id FROM member m WHERE m.home_store = {_MINE})"


@dataclass(frozen=True)
class Access:
    """`own`: which rows the `narrow` roles reach; `hidden`: columns that masked roles cannot read; `changes`: the only
    columns that narrow roles may update (empty: all); then the verbs of each role.
    """

    own: str
    hq_admin: str = "r"
    hq_marketing: str = "r"
    hq_viewer: str = "r"
    store_manager: str = "r"
    cashier: str = "r"
    job: str = "r"
    door: str = ""
    till: str = ""
    narrow: tuple[Role, ...] = STORE_ROLES
    hidden: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


PROGRAM = Access(ALL, hq_admin="rcud", hq_marketing="rcud", job="rcu")
HISTORY = Access(BY_STORE)


def _hidden(*, hq_admin: str = "", job: str = "", door: str = "") -> Access:
    """Seen by nobody whom it is not given to by name."""
    return Access(
        "false", hq_admin=hq_admin, hq_marketing="", hq_viewer="", store_manager="", cashier="", job=job, door=door
    )


MATRIX: dict[str, Access] = {
    "chain": Access(ALL, hq_admin="ru", door="r"),
    "store": Access(f"id = {_MINE}", hq_admin="rcud", job="rcu", door="r"),
    # Everyone may read their own file and change their own password.
    "staff": Access(
        "id = (SELECT deed.staff())",
        hq_admin="rcu",
        hq_marketing="ru",
        hq_viewer="ru",
        store_manager="ru",
        cashier="ru",
        job="",
        door="ru",
        narrow=("door", *NOT_HQ_ADMIN),
        changes=("password", "password_is_temporary", "last_login"),
    ),
    "staff_store": Access(BY_STORE, hq_admin="rcud", hq_marketing="", hq_viewer="", cashier="", job="", door="r"),
    "session": Access(
        "user_id = (SELECT deed.staff())",
        hq_admin="rud",
        hq_marketing="rud",
        hq_viewer="rud",
        store_manager="rud",
        cashier="rud",
        job="rd",
        door="rcud",
        narrow=NOT_HQ_ADMIN,
    ),
    "member": Access(BY_HOME, hq_admin="rcu", store_manager="ru", job="rcu", hidden=("phone",)),
    "member_lookup": Access("staff = (SELECT deed.staff())", hq_marketing="", job=""),
    "consent": Access(BY_MEMBER, hq_admin="rc", store_manager="r", job="rc"),
    "suppression": Access(
        "false", hq_admin="rc", hq_marketing="", hq_viewer="", store_manager="", cashier="", job="rc"
    ),
    "member_stats": Access(BY_MEMBER, job="ru"),
    "category": Access(ALL, hq_admin="rcud", hq_marketing="rcu", job="rcu"),
    "product": Access(ALL, hq_admin="rcud", hq_marketing="rcu", job="rcu"),
    "stock": Access(BY_STORE, hq_admin="rcu", store_manager="rcu", cashier="r"),
    "purchase": HISTORY,
    "purchase_line": Access(f"purchase IN (SELECT p.id FROM purchase p WHERE p.store = {_MINE})"),
    "points_account": Access(BY_MEMBER, job="ru"),
    "points_entry": HISTORY,
    "points_lot": HISTORY,
    "points_allocation": Access(f"entry IN (SELECT e.id FROM points_entry e WHERE e.store = {_MINE})"),
    "points_extension": Access("false", hq_marketing="", store_manager="", cashier=""),
    "points_extension_lot": Access("false", hq_marketing="", store_manager="", cashier=""),
    "redemption_code": _hidden(job="r"),
    "points_policy": PROGRAM,
    "points_promotion": PROGRAM,
    "reward": PROGRAM,
    "reward_store": PROGRAM,
    "tier": PROGRAM,
    "tier_change": Access(BY_MEMBER, job="rc"),
    "tier_grant": Access(BY_MEMBER, hq_admin="rcu", job="rc"),
    "tag": PROGRAM,
    "member_tag": Access(BY_MEMBER, hq_admin="rcd", hq_marketing="rcd", store_manager="rcd", job="rcd"),
    "template": PROGRAM,
    "notice": Access(BY_MEMBER, job="rcu"),
    "send_log": Access(BY_STORE, job="rcu", hidden=("phone",)),
    "job_run": Access("false", hq_marketing="", store_manager="", cashier="", job="rcu", door="r"),
    "check_result": Access("false", hq_marketing="", store_manager="", cashier="", job="rc"),
    "api_key": _hidden(hq_admin="rcu", door="r"),
    "till_answer": _hidden(job="rd"),
    "webhook": _hidden(hq_admin="rcu", job="ru"),
    "webhook_delivery": _hidden(hq_admin="r", job="rud"),
    "heartbeat": Access("false", hq_marketing="", store_manager="", cashier="", job="rcu", door="r"),
    "audit_log": Access("false", hq_marketing="", store_manager="", cashier="", job="", hidden=("before", "after")),
}

# Functions that a role may call beyond those that say who asks and until when points are good; the job may call all of them.
DEEDS: dict[str, tuple[Role, ...]] = {
    "sales_record": ("hq_admin", "store_manager", "cashier"),
    "points_debit": ("hq_admin", "store_manager"),
    "points_credit": ("hq_admin", "store_manager"),
    "points_extend": ("hq_admin",),
    "refund_record": ("hq_admin", "store_manager", "cashier"),
    "store_coded": ("hq_admin", "store_manager", "cashier"),
    "redemption_post": ("hq_admin", "store_manager", "cashier"),
    "redemption_cancel": ("hq_admin", "store_manager", "cashier"),
    **dict.fromkeys(("code_ask", "code_candidates", "code_missed"), ("hq_admin", "store_manager", "cashier", "till")),
    "member_register": ("hq_admin", "store_manager", "cashier", "till"),
    **dict.fromkeys(
        ("till_member", "till_card", "till_sales", "till_purchase", "till_refund", "till_redemption", "till_cancel"),
        ("till",),
    ),
    "member_find": ("hq_admin", "hq_viewer", "store_manager", "cashier", "till"),
    "member_card": ("hq_admin", "hq_viewer", "store_manager", "cashier", "till"),
    "member_explain": ("hq_admin", "hq_viewer", "store_manager", "cashier"),
    "member_of_phone": MASKED_ROLES,
    "members_of_tail": ("store_manager",),
    "members_named": STORE_ROLES,
}

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
    for deed, roles in DEEDS.items():
        lines.append(f"GRANT EXECUTE ON FUNCTION deed.{deed} TO {', '.join(f'regulars_{role}' for role in roles)};")
    lines.append(_HAND_OVER_DEEDS)
    lines.append("REVOKE CREATE ON SCHEMA deed FROM regulars_deed;")
    return "\n".join(lines)
