"""Tags and who has them."""

from admin.members import GROUP
from admin.screens import Screen, Words
from tables.tags import MemberTag, Tag

SOURCES = {"manual": Words("手工", "By hand"), "rule": Words("规则", "By rule")}

SCREENS = (
    Screen(
        table=Tag,
        name=Words("标签", "Tags"),
        group=GROUP,
        columns={"name": Words("名称", "Name"), "rule": Words("规则", "Rule")},
        shown=("name", "rule"),
        filters=("name",),
        hints={"rule": Words("留空表示由员工手工打标签", "Empty: given by hand")},
        order="name",
        link="name",
        readable="t.name",
    ),
    Screen(
        table=MemberTag,
        name=Words("会员标签", "Members' tags"),
        group=GROUP,
        columns={
            "member": Words("会员", "Member"),
            "tag": Words("标签", "Tag"),
            "source": Words("来源", "Source"),
            "since": Words("打标签时间", "Since"),
        },
        shown=("since", "member", "tag", "source"),
        filters=("member", "tag", "source", "since"),
        choices={"source": SOURCES},
        link="since",
        readable="'#' || t.id",
    ),
)
