"""What the stock panel says in English by itself, in our words."""

from collections import Counter
from collections.abc import Mapping

from admin.refused import by_sentence
from admin.registry import SCREENS
from admin.screens import Words
from rules.refusals import Refusal

# By the beginning of what the panel says.
_SAID = {
    "Incorrect password": Refusal("wrong_password", "The current password is wrong.", "当前密码不正确。"),
    "Passwords do not match": Refusal("bad_value", "The two new passwords differ.", "两次输入的新密码不一致。"),
    "Password must be at least": Refusal(
        "weak_password", "The new password is too short: use at least 8 characters.", "新密码太短：至少 8 个字符。"
    ),
    "Form is invalid": Refusal("missing", "Fill in every field.", "请填写所有字段。"),
    "Login failed": Refusal("unauthorized", "The username or the password is wrong.", "用户名或密码不正确。"),
    "Running in read-only mode": Refusal("read_only", "Nothing can be changed now.", "当前为只读模式。"),
    "No such form": Refusal("not_found", "There is no such form.", "没有这个表单。"),
    "Unrecognised keys": Refusal("bad_request", "The table has no such field.", "没有这个字段。"),
    "Too many requests": Refusal("too_many", "Too many attempts: wait five minutes.", "尝试次数过多：请五分钟后再试。"),
    "CSRF": Refusal("bad_request", "The page is too old: load it again.", "页面已过期：请刷新后再试。"),
    "No CSRF": Refusal("bad_request", "The page is too old: load it again.", "页面已过期：请刷新后再试。"),
}
_BY_STATUS = {
    400: Refusal("bad_request", "This cannot be read: look at what was written.", "内容无法识别：请检查填写的内容。"),
    401: Refusal("unauthorized", "Please log in.", "请先登录。"),
    403: Refusal("not_allowed", "You may not do this.", "无权执行此操作。"),
    404: Refusal("not_found", "It is not there, or not for you to see.", "不存在，或您无权查看。"),
    405: Refusal("read_only", "This cannot be done here.", "这里不能执行此操作。"),
    429: _SAID["Too many requests"],
}
_UNREADABLE = Refusal("bad_value", "A value cannot be read: correct it.", "内容无法识别：请更正后再提交。")
_INTERNAL = Refusal("internal", "Something went wrong at our end: try again.", "系统出错：请再试一次。")
_SERVER = 500
# By the kind of pydantic's complaint; what stands in braces is its context.
_COMPLAINTS = {
    "missing": Words("不能为空", "fill it in"),
    "string_too_long": Words("最多 {max_length} 个字", "at most {max_length} characters"),
    "string_too_short": Words("至少 {min_length} 个字", "at least {min_length} characters"),
    "int_parsing": Words("请填写整数", "write a whole number"),
    "int_from_float": Words("请填写整数", "write a whole number"),
    "int_type": Words("请填写整数", "write a whole number"),
    "decimal_parsing": Words("请填写数字", "write a number"),
    "decimal_type": Words("请填写数字", "write a number"),
    "decimal_max_places": Words("最多 {decimal_places} 位小数", "at most {decimal_places} decimals"),
    "decimal_max_digits": Words("数字太大", "the number is too big"),
    "decimal_whole_digits": Words("数字太大", "the number is too big"),
    "finite_number": Words("请填写数字", "write a number"),
    "bool_parsing": Words("请选择是或否", "choose yes or no"),
    "bool_type": Words("请选择是或否", "choose yes or no"),
    "date_from_datetime_parsing": Words("请填写日期，如 2026-03-01", "write a date such as 2026-03-01"),
    "date_parsing": Words("请填写日期，如 2026-03-01", "write a date such as 2026-03-01"),
    "date_type": Words("请填写日期，如 2026-03-01", "write a date such as 2026-03-01"),
    "datetime_parsing": Words("请填写日期和时间", "write a date and a time"),
    "datetime_from_date_parsing": Words("请填写日期和时间", "write a date and a time"),
    "json_invalid": Words("不是有效的 JSON", "this is not JSON"),
    "list_type": Words("请填写列表，如 [1, 3]", "write a list such as [1, 3]"),
}  # fmt: skip
_OTHERWISE = Words("内容无法识别，请更正", "this cannot be read, correct it")


def _label(name: str) -> Words:
    """A column's words; the panel does not say of which table: as most tables have it."""
    said = Counter(screen.columns[name] for screen in SCREENS.values() if name in screen.columns)
    return said.most_common(1)[0][0] if said else Words(name, name)


def _complaint(item: Mapping[str, object]) -> Refusal:
    place = item.get("loc")
    label = _label(str(place[-1])) if isinstance(place, list | tuple) and place else Words("", "")
    said, context = _COMPLAINTS.get(str(item.get("type")), _OTHERWISE), item.get("ctx")
    known = {key: str(value) for key, value in context.items()} if isinstance(context, Mapping) else {}
    try:
        zh, en = said.zh.format(**known), said.en.format(**known)
    except KeyError:
        zh, en = _OTHERWISE
    return Refusal("bad_value", f"{label.en}: {en}.", f"“{label.zh}”{zh}。")


def from_detail(detail: object) -> Refusal | None:
    """The refusal in FastAPI's `detail` list: our own as it was raised, pydantic's first complaint in our words."""
    if not isinstance(detail, list) or not detail or not isinstance(detail[0], Mapping):
        return None
    first = detail[0]
    if "zh" in first and "en" in first:
        return Refusal(str(first["type"]), str(first["en"]), str(first["zh"]))
    return _complaint(first)


def stock_words(*, status: int, content: Mapping[str, object]) -> Refusal:
    """The refusal behind a sentence of the panel, else behind its status alone."""
    text = str(content.get("detail") or content.get("error") or content.get("custom_form_error") or "").removeprefix(
        "Error: "
    )
    known = by_sentence(text=text) or next((no for said, no in _SAID.items() if text.startswith(said)), None)
    if known is not None:
        return known
    return _INTERNAL if status >= _SERVER else _BY_STATUS.get(status, _UNREADABLE)
