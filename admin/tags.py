"""Tags and who has them."""

from admin.members import GROUP, PURPOSES
from admin.screens import Screen, Words
from rules.consents import SENSITIVE
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
            "purpose": Words("所需授权", "Needs a yes to"),
            "counted_on": Words("统计到", "Counted on"),
        },
        shown=("name", "rule", "purpose", "counted_on"),
        filters=("name", "purpose"),
        choices={"purpose": {key: PURPOSES[key] for key in SENSITIVE}},
        hints={
            "rule": Words(
                "留空表示由员工手工打标签；写法与人群规则相同，由夜间任务维护",
                "Empty: given by hand; written like a segment's rule, and kept by the night",
            ),
            "purpose": Words(
                "涉及健康、位置或不满十四周岁儿童的标签须选择：只有单独同意的会员才能有，撤回时立即删除；其他标签留空",
                "For tags about health, place or children under 14: only who agreed to it has them, and they go with a withdrawal; "
                "else empty",
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
