"""Keys of tills and partners, and what a till was answered, so that the same question again gets the same answer."""

from piccolo.columns import JSONB, Varchar
from piccolo.table import Table

from tables.columns import At, Key, Refers
from tables.stores import Store


class ApiKey(Table):
    """Belongs to one store, or to headquarters (`store` null). Only the digest of the key is kept. `last_used_at` is true to the minute."""

    id = Key()
    name = Varchar(length=60, unique=True)
    store = Refers(Store, null=True)
    hash = Varchar(length=64, unique=True, secret=True)
    created_at = At(now=True)
    revoked_at = At(null=True)
    last_used_at = At(null=True)


class TillAnswer(Table):
    """The body that a deed was answered with; `key` is the deed, its store and its reference."""

    key = Varchar(length=160, primary_key=True)
    body = JSONB()
    created_at = At(now=True)
