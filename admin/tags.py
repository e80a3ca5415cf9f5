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
        columns={
            "name": Words("名称", "Name"),
            "rule": Words("规则", "Rule"),
            "counted_on": Words("统计到", "Counted on"),
        },
        shown=("name", "rule", "counted_on"),
        filters=("name",),
        hints={
            "rule": Words(
                "留空表示由员工手工打标签；写法与人群规则相同，由夜间任务维护",
                "Empty: given by hand; written like a segment's rule, and kept by the night",
            ),
            "counted_on": Words("规则最近一次执行的营业日", "The business date for which the rule ran last"),
        },
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
            "because": Words("原因", "Because"),
        },
        shown=("since", "member", "tag", "source", "because"),
        filters=("member", "tag", "source", "since"),
        choices={"source": SOURCES},
        hints={"because": Words("规则当时认定的依据", "What the rule went by")},
        link="since",
        readable="'#' || t.id",
    ),
)
