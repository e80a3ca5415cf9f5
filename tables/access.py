"""The access matrix: which role may do what with which rows. Grants and policies are made from it.

Verbs: r = SELECT, c = INSERT, u = UPDATE, d = DELETE. A store role sees the rows that `own` picks, other roles all rows
they have a verb for. What is not written here is not allowed. `door` is the log-in desk: it alone sees people who have
not shown yet who they are; `till` is an API key and `visitor` somebody who followed a link: both do deeds and read nothing.
Deeds (`DEEDS`) are functions that run with the rights of
`regulars_deed` and check the caller's role and store themselves.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

Role = Literal["job", "door", "hq_admin", "hq_marketing", "hq_viewer", "store_manager", "cashier", "till", "visitor"]
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
    visitor: str = ""
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
    # Sealed, and one's own; head office may take it away from who lost the phone.
    "second_factor": Access(
        "staff = (SELECT deed.staff())",
        hq_admin="rcud",
        hq_marketing="rcud",
        hq_viewer="rcud",
        store_manager="rcud",
        cashier="rcud",
        job="",
        door="ru",
        narrow=NOT_HQ_ADMIN,
    ),
    "member": Access(BY_HOME, hq_admin="rcu", store_manager="ru", job="rcu", hidden=("phone",)),
    "member_lookup": Access("staff = (SELECT deed.staff())", hq_marketing="", job=""),
    "consent": Access(BY_MEMBER, hq_admin="rc", store_manager="r", job="rc"),
    "erasure_request": Access(BY_STORE, hq_marketing=""),
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
    "segment": PROGRAM,
    "member_habit": Access(BY_MEMBER, job="rcud"),
    "member_interest": Access(
        BY_MEMBER, hq_admin="rcd", hq_marketing="r", store_manager="rcd", cashier="rcd", job="rcd"
    ),
    "sms_budget": Access(BY_STORE, hq_admin="rcud", job="r"),
    "template": PROGRAM,
    # What may be changed when, and that nobody moves a state by hand, is tables/sql/campaigns.sql.
    "campaign": Access(BY_STORE, hq_admin="rcud", hq_marketing="rcud", store_manager="rcud", job="rcu"),
    "campaign_step": Access(
        f"campaign IN (SELECT c.id FROM campaign c WHERE c.store = {_MINE})",
        hq_admin="rcud",
        hq_marketing="rcud",
        store_manager="rcud",
        job="rcu",
    ),
    "campaign_variant": Access(
        f"step IN (SELECT s.id FROM campaign_step s JOIN campaign c ON c.id = s.campaign WHERE c.store = {_MINE})",
        hq_admin="rcud",
        hq_marketing="rcud",
        store_manager="rcud",
        job="r",
    ),
    "send_chunk": Access(BY_STORE, job="rcu"),
    "gateway_account": Access("false", hq_admin="rcu", store_manager="", cashier="", job="ru", hidden=("credentials",)),
    "gateway_health": Access(ALL, hq_admin="ru", hq_marketing="ru", job="ru", changes=("is_paused",)),
    "gateway_message": _hidden(job="rcud"),
    "signature": Access(ALL, hq_admin="rcud"),
    "gateway_template": Access(ALL, hq_admin="rcud"),
    "contact_rule": Access(ALL, hq_admin="rcud"),
    "retention": Access("false", hq_admin="ru", store_manager="", cashier=""),
    "blocked_word": PROGRAM,
    "report_inbox": _hidden(job="rcud"),
    "reply": Access(
        BY_STORE,
        hq_admin="ru",
        hq_marketing="ru",
        store_manager="ru",
        cashier="ru",
        job="rcu",
        hidden=("phone",),
        changes=("state", "assigned_to", "done_by", "done_at", "note"),
    ),
    "keyword_reply": PROGRAM,
    "complaint": Access(BY_STORE, hq_admin="rc", job="rc", hidden=("phone",)),
    "invalid_phones": Access(BY_STORE, job="rc"),
    "short_link": Access(BY_MEMBER, job="rc"),
    "click": Access("false", store_manager="", cashier="", job="rcu"),
    "notice": Access(BY_MEMBER, job="rcu"),
    "send_log": Access(BY_STORE, job="rcu", hidden=("phone",)),
    "job_run": Access("false", hq_marketing="", store_manager="", cashier="", job="rcu", door="r"),
    "restoration": Access("false", store_manager="", cashier=""),
    "check_result": Access("false", hq_marketing="", store_manager="", cashier="", job="rc"),
    # The door notes when a key was used, and no more.
    "api_key": replace(_hidden(hq_admin="rcu", door="ru"), narrow=("door", *STORE_ROLES), changes=("last_used_at",)),
    "till_answer": _hidden(job="rd"),
    "webhook": _hidden(hq_admin="rcu", job="ru"),
    "webhook_delivery": _hidden(hq_admin="r", job="rud"),
    "heartbeat": Access("false", hq_marketing="", store_manager="", cashier="", job="rcu", door="r"),
    "audit_log": Access("false", hq_marketing="", store_manager="", cashier="", job="", hidden=("before", "after")),
}

# What deeds delete when somebody is forgotten, its time is over or staff move; from other tables they delete nothing.
FORGOTTEN = ("member_tag", "member_interest", "member_habit", "member_lookup", "click", "staff_store", "second_factor")
# What stands in columns about people is forgotten by the planner too, which keeps samples of it.
PERSONAL = (
    "member", "consent", "erasure_request", "tier_grant", "points_entry", "points_extension", "member_tag", "send_log", "notice",
    "reply", "complaint", "short_link", "redemption_code", "report_inbox", "audit_log",
)  # fmt: skip
# Functions that a role may call beyond those that say who asks and until when points are good; the job may call all of them.
DEEDS: dict[str, tuple[Role, ...]] = {
    "sales_record": ("hq_admin", "store_manager", "cashier"),
    "points_debit": ("hq_admin", "store_manager"),
    "points_credit": ("hq_admin", "store_manager"),
    "points_extend": ("hq_admin",),
    "credentials_keep": ("hq_admin",),
    **dict.fromkeys(
        ("number_ask", "number_candidates", "number_missed", "number_prove", "members_merge"),
        ("hq_admin", "store_manager"),
    ),
    **dict.fromkeys(("member_erase", "member_exported", "erasure_refuse"), ("hq_admin",)),
    **dict.fromkeys(("erasure_ask", "erasure_withdraw", "consent_record"), ("hq_admin", *STORE_ROLES)),
    "sending_release": ("hq_admin",),
    **dict.fromkeys(("campaign_move", "by_hand", "step_open"), ("hq_admin", "hq_marketing", "store_manager")),
    **dict.fromkeys(("reply_write", "reply_settle"), ("hq_admin", "hq_marketing", "store_manager", "cashier")),
    "complaint_record": ("hq_admin", "store_manager"),
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
    **dict.fromkeys(("member_explain", "consent_story"), ("hq_admin", "hq_viewer", *STORE_ROLES)),
    "member_of_phone": MASKED_ROLES,
    **dict.fromkeys(("link_open", "link_opt_out", "link_personal"), ("visitor",)),
    "noted": STAFF_ROLES,
    "exported": STAFF_ROLES[:-1],
    "log_in_noted": ("door",),
    "phone_reveal": ("hq_viewer", "cashier"),
    **dict.fromkeys(("audit_page", "large_exports"), ("hq_admin", "hq_viewer")),
    **dict.fromkeys(
        tuple(f"staff_{deed}" for deed in ("add", "password", "active", "place", "list")), ("hq_admin", "store_manager")
    ),
    "members_of_tail": ("store_manager",),
    "members_named": STORE_ROLES,
}
