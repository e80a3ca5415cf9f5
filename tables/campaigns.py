"""Campaigns: planned sends, their waves, and the chunks in which messages are handed over."""

from decimal import Decimal

from piccolo.columns import Boolean, Integer, Numeric, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import At, Key, Money, Refers, Words
from tables.staff import Staff
from tables.stores import Store


class Campaign(Table):
    """A planned send. `rhythm`: event | rhythm, null for one that is neither; `reason`: why it was stopped.

    `rule`: its audience in the language of segments, empty for everybody; `holdout`: the share of them that gets nothing, so
    that results can be compared; `canary`: with how many messages each step begins before the rest follows, 0 for none.
    `budget`: yuan that its messages may cost; `activity_budget`: what the whole activity costs. `reached`: the last page of
    the wizard that was filled in.
    """

    id = Key()
    name = Varchar(length=60, unique=True)
    content_kind = Varchar(length=10, default="promotion")
    rhythm = Varchar(length=10, null=True, default=None)
    store = Refers(Store, null=True)
    staff = Refers(Staff, null=True)
    state = Varchar(length=10, default="draft")
    reason = Varchar(length=20, null=True, default=None)
    created_at = At(now=True)
    goal = Varchar(length=20, default="sell")
    rule = Words()
    holdout = Numeric(digits=(4, 3), default=Decimal(0))
    canary = Integer(default=0)
    attribution_days = Integer(default=7)
    budget = Money(null=True, default=None)
    activity_budget = Money(null=True, default=None)
    reached = Integer(default=1)
    approved_by = Refers(Staff, null=True)
    approved_at = At(null=True)


class CampaignStep(Table):
    """One wave: a text to an audience that is frozen as rows of the send log. `landing`: the offer on the linked page.

    kind: once | countdown (`days_before` its day) | weekly | follow_up (to those of the step it `follows` who did not click,
    `wait_minutes` after it) | winner (the better version of the step it `follows`, to those whom that one left aside).
    `sample`: the share of the audience that a step with versions is tried on before its winner. `winner_by`: click |
    purchase. `winner`: the label that won; `verdict`: significant | unclear. `canary_state`: waiting | passed | stopped.
    `is_personal`: it was frozen for people chosen by what they did, or its text tells of it.
    """

    id = Key()
    campaign = Refers(Campaign)
    number = Integer(default=1)
    kind = Varchar(length=10, default="once")
    follows = Refers("self", null=True)
    days_before = Integer(null=True, default=None)
    wait_minutes = Integer(null=True, default=None)
    sample = Numeric(digits=(4, 3), default=Decimal(1))
    winner_by = Varchar(length=10, null=True, default=None)
    winner = Varchar(length=1, null=True, default=None)
    verdict = Varchar(length=12, null=True, default=None)
    canary_state = Varchar(length=10, null=True, default=None)
    canary_at = At(null=True)
    text = Words()
    landing = Words()
    expects_reply = Boolean(default=False)
    scheduled_at = At()
    send_before = At()
    state = Varchar(length=10, default="draft")
    audience = Integer(null=True, default=None)
    frozen_at = At(null=True)
    is_personal = Boolean(default=False)
    unique_number = Unique(["campaign", "number"])


class CampaignVariant(Table):
    """One version of a step's message, for a share of its audience; `minutes_later`: than the step. `landing_kind`: page | qr."""

    id = Key()
    step = Refers(CampaignStep)
    label = Varchar(length=1)
    share = Numeric(digits=(4, 3))
    text = Words()
    landing = Words()
    landing_kind = Varchar(length=4, default="page")
    minutes_later = Integer(default=0)
    unique_label = Unique(["step", "label"])


class SendChunk(Table):
    """Some messages that are claimed together: by `owner`, until its lease is over. The counts are those of its rows. state:
    held (until the canary has sung) | waiting | claimed | done.
    """

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
