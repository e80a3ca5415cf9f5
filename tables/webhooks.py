"""What partners are told: where to, and each message with its fate."""

from piccolo.columns import JSONB, Array, Boolean, Integer, Varchar
from piccolo.table import Table

from tables.columns import At, Key, Refers
from tables.stores import Store


class Webhook(Table):
    """An address that is told of events (`purchase`, `refund`, `redemption`, `tier_change`), of one store or of all."""

    id = Key()
    name = Varchar(length=60, unique=True)
    url = Varchar(length=500)
    events = Array(base_column=Varchar(length=20))
    store = Refers(Store, null=True)
    is_active = Boolean(default=True)
    created_at = At(now=True)


class WebhookDelivery(Table):
    """One event for one address. state: queued | sent | failed."""

    id = Key()
    webhook = Refers(Webhook)
    event = Varchar(length=20)
    payload = JSONB()
    state = Varchar(length=10, default="queued")
    attempts = Integer(default=0)
    next_at = At(null=True)
    status_code = Integer(null=True, default=None)
    error_class = Varchar(length=40, null=True, default=None)
    created_at = At(now=True)
    sent_at = At(null=True)
