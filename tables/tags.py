"""Tags: labels on members, given by hand or by rule."""

from piccolo.columns import Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import At, Key, Refers, Words
from tables.members import Member


class Tag(Table):
    id = Key()
    name = Varchar(length=60, unique=True)
    rule = Words(null=True, default=None)


class MemberTag(Table):
    id = Key()
    member = Refers(Member, index=False)
    tag = Refers(Tag)
    source = Varchar(length=10, default="manual")
    since = At(now=True)
    unique_member_tag = Unique(["member", "tag"])
