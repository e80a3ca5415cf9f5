"""What comes back: delivery reports as they came in, replies, complaints, and the words that are answered by themselves."""

from piccolo.columns import BigInt, Boolean, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.campaigns import Campaign
from tables.columns import At, Key, Refers, Words
from tables.members import Member
from tables.messages import SendLog
from tables.staff import Staff
from tables.stores import Store


class ReportInbox(Table):
    """A report as a gateway told it, kept for 7 days; `joined`: when it found its message, else `next_at`: when it is looked at
    again. `send_log` is our own number where the gateway repeats it (no foreign key: it may be anybody's claim); `part`
    tells the parts of one message apart.
    """

    id = Key()
    gateway = Varchar(length=40)
    gateway_message_id = Varchar(length=100)
    send_log = BigInt(null=True, default=None)
    part = Varchar(length=40)
    state = Varchar(length=10)
    error_class = Varchar(length=20, null=True, default=None)
    reported_at = At()
    body = Words()
    at = At()
    joined = At(null=True)
    next_at = At(null=True)
    unique_report = Unique(["gateway", "gateway_message_id", "part", "state"])


class Reply(Table):
    """A text that a phone sent us. kind: opt_out | opt_out_all | fewer | opt_in | keyword | answer | other; `answer`: what we
    answered by ourselves; `state` open until somebody is done with it.
    """

    id = Key()
    gateway = Varchar(length=40)
    gateway_reply_id = Varchar(length=100)
    phone = Varchar(length=16)
    member = Refers(Member, null=True)
    store = Refers(Store, null=True, index=False)
    send_log = Refers(SendLog, null=True)
    text = Words()
    kind = Varchar(length=12, default="other")
    state = Varchar(length=10, default="open")
    answer = Refers(SendLog, null=True)
    assigned_to = Refers(Staff, null=True)
    done_by = Refers(Staff, null=True)
    done_at = At(null=True)
    note = Words()
    said_at = At()
    at = At()
    unique_reply = Unique(["gateway", "gateway_reply_id"])


class KeywordReply(Table):
    """What a keyword as the whole reply is answered with; `for_staff`: a person takes over. Of a store before that of all."""

    id = Key()
    keyword = Varchar(length=20)
    store = Refers(Store, null=True)
    text = Words()
    for_staff = Boolean(default=False)
    is_active = Boolean(default=True)


class Complaint(Table):
    """Somebody complained, at 12321, at the gateway or to us; append-only."""

    id = Key()
    source = Varchar(length=10)
    phone = Varchar(length=16, null=True, default=None)
    member = Refers(Member, null=True)
    store = Refers(Store, null=True)
    send_log = Refers(SendLog, null=True)
    campaign = Refers(Campaign, null=True)
    staff = Refers(Staff, null=True)
    note = Words()
    at = At()
