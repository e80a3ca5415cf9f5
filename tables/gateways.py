"""How SMS leaves: accounts at gateways, how they are doing, and the signatures and texts that each has reviewed."""

from decimal import Decimal

from piccolo.columns import JSONB, Array, Boolean, Integer, Numeric, Time, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import At, Day, Key, Refers, Words
from tables.messages import SendLog

CLASSES = ["marketing", "notice", "verification", "staff"]


class GatewayAccount(Table):
    """One contract with one gateway. Messages know it by its `name`, which never changes; `credentials` are sealed."""

    id = Key()
    name = Varchar(length=40, unique=True)
    gateway = Varchar(length=20)
    priority = Integer(default=1)
    is_active = Boolean(default=True)
    classes = Array(base_column=Varchar(length=12), default=CLASSES)
    settings = JSONB(default="{}")
    credentials = Words(null=True, default=None, secret=True)
    rate = Integer(null=True, default=None)
    connections = Integer(default=2)
    opens = Time(null=True, default=None)
    closes = Time(null=True, default=None)
    opt_out_text = Varchar(length=20, default="拒收请回复R")
    price = Numeric(digits=(8, 4), default=Decimal(0))
    charges_failed = Boolean(default=False)
    low_balance = Numeric(digits=(14, 4), null=True, default=None)
    is_international = Boolean(default=False)
    reports_each_part = Boolean(default=False)
    licence_no = Varchar(length=60)
    valid_until = Day(null=True)
    failures_most = Integer(default=5)
    retry_seconds = Integer(default=60)


class GatewayHealth(Table):
    """How an account is doing: born with it, written by workers, paused by people. `moments` and `amounts` are what left
    within the last second or so: the operator's rate is counted here, where every worker sees it and Redis loses nothing.
    """

    account = Refers(GatewayAccount, primary_key=True, index=False)
    is_paused = Boolean(default=False)
    failures = Integer(default=0)
    down_until = At(null=True)
    error_class = Varchar(length=20, null=True, default=None)
    balance = Numeric(digits=(14, 4), null=True, default=None)
    balance_at = At(null=True)
    moments = Array(base_column=Timestamptz(), default=[])
    amounts = Array(base_column=Integer(), default=[])


class Signature(Table):
    """A 签名 at one account, and how far its filing is."""

    id = Key()
    account = Refers(GatewayAccount)
    text = Varchar(length=20)
    state = Varchar(length=10, default="draft")
    note = Words()
    unique_text = Unique(["account", "text"])


class GatewayTemplate(Table):
    """A text as one account has reviewed it, with that gateway's own placeholders; what matches it may leave there."""

    id = Key()
    account = Refers(GatewayAccount)
    code = Varchar(length=40)
    text = Words()
    message_class = Varchar(length=12, default="notice")
    state = Varchar(length=10, default="draft")
    note = Words()
    unique_code = Unique(["account", "code"])


class GatewayMessage(Table):
    """Which message a gateway's own number means, where its reports do not tell ours."""

    id = Key()
    gateway = Varchar(length=40)
    gateway_message_id = Varchar(length=100)
    send_log = Refers(SendLog, index=False)
    unique_message = Unique(["gateway", "gateway_message_id"])
