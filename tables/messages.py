"""Templates, notices (a fact due to a member) and the send log (a message to a person, with its whole fate)."""

from piccolo.columns import JSONB, Boolean, Integer, Numeric, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import At, Day, Key, Refers, Words
from tables.members import Member
from tables.stores import Store


class Template(Table):
    """A text with placeholders. `kind` names the notice that it words (`frame`: what stands around them), null: free use."""

    id = Key()
    name = Varchar(length=60, unique=True)
    kind = Varchar(length=20, null=True, default=None)
    message_class = Varchar(length=12, default="notice")
    text = Words()
    is_active = Boolean(default=True)


class SendLog(Table):
    """One message to one person; `dedupe_key` makes it unique for ever. `text` is filled when it leaves."""

    id = Key()
    member = Refers(Member, null=True)
    phone = Varchar(length=16, null=True, default=None)
    store = Refers(Store, null=True, index=False)
    message_class = Varchar(length=12)
    dedupe_key = Varchar(length=120, unique=True)
    text = Words(null=True, default=None)
    parts = Integer(null=True, default=None)
    cost = Numeric(digits=(12, 4), null=True, default=None)
    gateway = Varchar(length=40, null=True, default=None)
    state = Varchar(length=10, default="queued")
    reason = Varchar(length=20, null=True, default=None)
    attempts = Integer(default=0)
    next_at = At(null=True)
    scheduled_at = At(null=True)
    send_before = At(null=True)
    handed_at = At(null=True)
    gateway_message_id = Varchar(length=100, null=True, default=None)
    delivered_at = At(null=True)
    error_class = Varchar(length=20, null=True, default=None)
    created_at = At(now=True)


class Notice(Table):
    """One fact due to one member, found by the night of `business_date`, before it is a message."""

    id = Key()
    member = Refers(Member)
    kind = Varchar(length=20)
    reference = Varchar(length=60)
    business_date = Day()
    send_before = At()
    payload = JSONB(default="{}")
    send_log = Refers(SendLog, null=True)
    state = Varchar(length=10, default="due")
    reason = Varchar(length=20, null=True, default=None)
    unique_fact = Unique(["kind", "member", "reference"])
