"""Campaigns: planned sends, their waves, and the chunks in which messages are handed over."""

from piccolo.columns import Boolean, Integer, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import At, Key, Refers, Words
from tables.staff import Staff
from tables.stores import Store


class Campaign(Table):
    """A planned send. `rhythm`: event | rhythm, null for one that is neither; `reason`: why it was stopped."""

    id = Key()
    name = Varchar(length=60, unique=True)
    content_kind = Varchar(length=10, default="promotion")
    rhythm = Varchar(length=10, null=True, default=None)
    store = Refers(Store, null=True)
    staff = Refers(Staff, null=True)
    state = Varchar(length=10, default="draft")
    reason = Varchar(length=20, null=True, default=None)
    created_at = At(now=True)


class CampaignStep(Table):
    """One wave: a text to an audience that is frozen as rows of the send log. `landing`: the offer on the linked page."""

    id = Key()
    campaign = Refers(Campaign)
    number = Integer(default=1)
    text = Words()
    landing = Words()
    expects_reply = Boolean(default=False)
    scheduled_at = At()
    send_before = At()
    state = Varchar(length=10, default="draft")
    audience = Integer(null=True, default=None)
    frozen_at = At(null=True)
    unique_number = Unique(["campaign", "number"])


class SendChunk(Table):
    """Some messages that are claimed together: by `owner`, until its lease is over. The counts are those of its rows."""

    id = Key()
    message_class = Varchar(length=12)
    campaign = Refers(Campaign, null=True)
    step = Refers(CampaignStep, null=True)
    store = Refers(Store, null=True)
    gateway = Varchar(length=40, null=True, default=None)
    state = Varchar(length=10, default="waiting")
    due_at = At()
    send_before = At(null=True)
    owner = Varchar(length=60, null=True, default=None)
    lease_until = At(null=True)
    handed_at = At(null=True)
    done_at = At(null=True)
    size = Integer(default=0)
    sending = Integer(default=0)
    skipped = Integer(default=0)
    accepted = Integer(default=0)
    failed = Integer(default=0)
    unknown = Integer(default=0)
    delivered = Integer(default=0)
    undelivered = Integer(default=0)
