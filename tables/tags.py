"""Tags: labels on members, given by hand or by rule. One with a `purpose` (health | location | children) is for those who agreed to it."""

from piccolo.columns import Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import At, Day, Key, Refers, Words
from tables.members import Member


class Tag(Table):
    id = Key()
    name = Varchar(length=60, unique=True)
    rule = Words(null=True, default=None)
    counted_on = Day(null=True)
    purpose = Varchar(length=20, null=True, default=None)


class MemberTag(Table):
    """source: manual | rule; `because`: what the rule said when it gave the tag."""

    id = Key()
    member = Refers(Member, index=False)
    tag = Refers(Tag)
    source = Varchar(length=10, default="manual")
    since = At(now=True)
    because = Words(null=True, default=None)
    unique_member_tag = Unique(["member", "tag"])
