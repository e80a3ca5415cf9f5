"""Templates, notices (a fact due to a member) and the send log (a message to a person, with its whole fate)."""

from piccolo.columns import JSONB, Array, BigInt, Boolean, Integer, Numeric, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.campaigns import Campaign, CampaignStep, CampaignVariant, SendChunk
from tables.columns import At, Day, Key, Refers, Words
from tables.members import Member
from tables.stores import Store


class Template(Table):
    """A text with placeholders. `kind` names the notice that it words (`frame`: what stands around them), null: free use,
    for shops of a `trade` on an `occasion`.
    """

    id = Key()
    name = Varchar(length=60, unique=True)
    kind = Varchar(length=20, null=True, default=None)
    message_class = Varchar(length=12, default="notice")
    text = Words()
    is_active = Boolean(default=True)
    trade = Varchar(length=20, default="")
    occasion = Varchar(length=40, default="")


class SendLog(Table):
    """One message to one person; `dedupe_key` makes it unique for ever. `text` is filled when it leaves, `gateway` names the
    account. No index speaks of what changes while a message of a chunk leaves: its row stays on its page.

    `chunk`: with whom it is claimed; null while it waits alone until `next_at`. A queued row that names a gateway may have
    been taken there: nobody else may offer it. `tried`: accounts that cannot carry it. `business_date`: the day for which
    it is queued, then the one on which it left. `content`: a digest of the text before its placeholders were filled.
    `opt_out_length`: how many characters at the end of the text are the gateway's opt-out words.
    """

    id = Key()
    member = Refers(Member, null=True, index=False)
    phone = Varchar(length=16, null=True, default=None)
    store = Refers(Store, null=True, index=False)
    message_class = Varchar(length=12)
    dedupe_key = Varchar(length=120, unique=True)
    text = Words(null=True, default=None)
    parts = Integer(null=True, default=None)
    cost = Numeric(digits=(12, 4), null=True, default=None)
    campaign = Refers(Campaign, null=True, index=False)
    step = Refers(CampaignStep, null=True, index=False)
    variant = Refers(CampaignVariant, null=True, index=False)
    chunk = Refers(SendChunk, null=True, index=False)
    business_date = Day(null=True)
    content = BigInt(null=True, default=None)
    is_plain = Boolean(default=False)
    expects_reply = Boolean(default=False)
    opt_out_length = Integer(default=0)
    tried = Array(base_column=Varchar(length=40), default=[])
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
