"""How a list says no. No sentence quotes what was asked: it may hold a number or a name."""

from admin.screens import Words
from rules.refusals import Refusal


def unknown_column() -> Refusal:
    return Refusal(code="unknown_column", en="This table has no such column.", zh="这张表没有这一列。")


def bad_value(*, label: Words, hint: Words) -> Refusal:
    return Refusal(code="bad_value", en=f"{label.en}: {hint.en}", zh=f"{label.zh}：{hint.zh}")


def bad_setting() -> Refusal:
    return Refusal(code="bad_value", en="The list cannot be asked for like this.", zh="列表的查询参数不对。")


def bad_page() -> Refusal:
    return Refusal(
        code="bad_page",
        en="Pages count from 1 and show 1 to 1000 rows.",
        zh="页码从 1 开始，每页 1 到 1000 行。",
    )


def bad_order() -> Refusal:
    return Refusal(code="bad_order", en="The list cannot be sorted by this column.", zh="不能按这一列排序。")


def too_broad() -> Refusal:
    return Refusal(
        code="too_broad",
        en="Too many rows for this: filter first, for example by member, store or date; search a text by how it begins "
        "(starts) or as a whole (exact); or sort by id.",
        zh="数据太多：请先缩小范围（例如按会员、门店或日期筛选），文字请按开头（starts）或完整内容（exact）查找，或按编号排序。",
    )


def not_found() -> Refusal:
    return Refusal(
        code="not_found",
        en="There is no such row, or it is not yours to see.",
        zh="没有这条记录，或您无权查看。",
    )


NOT_FILTERED = Words("不能按这一列筛选。", "it cannot be filtered by.")
COMPARISON = Words("不能这样比较。", "it cannot be compared like this.")
TEXT = Words("请填写不超过 200 个字的文字。", "write a text of at most 200 characters.")
WHOLE = Words("请填写整数，例如 100。", "write a whole number, such as 100.")
NUMBER = Words("请填写数字，例如 99.90。", "write a number, such as 99.90.")
YES_NO = Words("请填写 true 或 false。", "write true or false.")
DAY = Words("请填写日期，例如 2026-08-29。", "write a date, such as 2026-08-29.")
INSTANT = Words("请填写日期或时间，例如 2026-08-29 18:30。", "write a date or a time, such as 2026-08-29 18:30.")
FULL_PHONE_ONLY = Words(
    "请填写完整的 11 位手机号：您只能按完整号码查找。",
    "write the full number of 11 digits: you can search by full numbers only.",
)
FULL_PHONE_HERE = Words(
    "请填写完整的 11 位手机号，或号码的开头（选择 starts）。",
    "write the full number of 11 digits, or how it begins (choose starts).",
)
PHONE = Words(
    "请填写完整的 11 位手机号、末尾 4 到 10 位，或以 1 开头的号段（选择 starts）。",
    "write the full number of 11 digits, its last 4 to 10 digits, or how it begins with 1 (choose starts).",
)
