"""How long what was said and seen is kept."""

from piccolo.columns import BigInt, Integer, Varchar
from piccolo.table import Table

from tables.columns import Key


class Retention(Table):
    """One kind and its days: message (texts and numbers of the send log) | notice (what it said) | reply | click | lookup.
    `done_id`: up to which row of that table the nights have forgotten.
    """

    id = Key()
    kind = Varchar(length=10, unique=True)
    days = Integer(default=365)
    done_id = BigInt(default=0)
