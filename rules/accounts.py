"""What an account at a gateway may be: its name, its limits, its hours, its opt-out words."""

import re
from collections.abc import Collection, Mapping
from datetime import time
from decimal import Decimal
from typing import Any

from rules.refusals import Refusal

CLASSES = ("marketing", "notice", "verification", "staff")
OPT_OUT_TEXT = "拒收请回复R"
LONGEST_NAME = 40
LONGEST_OPT_OUT = 20
MOST_CONNECTIONS = 32
MOST_RATE = 100_000
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_SETTING = re.compile(r"[a-z][a-z0-9_]*")
_BRACKETS = re.compile(r"[【】{}｛｝\r\n\t]")
_LONGEST_SETTING = 500
# Column: least, most, and how people call it.
_WHOLE: Mapping[str, tuple[int, int, str, str]] = {
    "priority": (1, 1000, "优先级", "The priority"),
    "connections": (1, MOST_CONNECTIONS, "连接数", "The number of connections"),
    "failures_most": (1, 1000, "连续失败上限", "The number of failures"),
    "retry_seconds": (1, 86_400, "故障后等待秒数", "The seconds until it is tried again"),
}
_NOT_BELOW_ZERO: Mapping[str, tuple[str, str]] = {
    "price": ("单价", "The price"), "low_balance": ("余额提醒线", "The low balance"),
}  # fmt: skip


def check_account(*, row: Mapping[str, Any]) -> None:
    """Refuses (`bad_name`, `bad_rate`, `bad_class`, `bad_hours`, `bad_price`, `bad_number`, `bad_opt_out_text`) a row of
    gateway_account that makes no sense; columns that `row` lacks are not looked at. Prices are in yuan.
    """
    if "name" in row:
        _check_name(row["name"])
    for name, (least, most, zh, en) in _WHOLE.items():
        if name in row and not (row[name] is not None and least <= row[name] <= most):
            raise Refusal(
                "bad_number", f"{en} goes from {least} to {most}: correct it.", f"{zh}须为 {least} 到 {most}：请更正。"
            )
    if row.get("rate") is not None and not 1 <= row["rate"] <= MOST_RATE:
        raise Refusal(
            "bad_rate",
            f"The rate is 1 to {MOST_RATE} messages a second, or empty for no limit: correct it.",
            f"每秒条数须为 1 到 {MOST_RATE}，不限速请留空：请更正。",
        )
    for name, (zh, en) in _NOT_BELOW_ZERO.items():
        if row.get(name) is not None and row[name] < Decimal(0):
            raise Refusal("bad_price", f"{en} is not below 0: correct it.", f"{zh}不能小于 0：请更正。")
    if "opens" in row or "closes" in row:
        _check_hours(row.get("opens"), row.get("closes"))
    if "classes" in row:
        _check_classes(row["classes"])
        _check_opt_out(row.get("opt_out_text") or "", classes=row["classes"])


def check_settings(*, gateway: str, given: object, needed: Collection[str], sealed: Collection[str]) -> None:
    """Refuses (`bad_settings`, `missing_settings`) settings that are no mapping of plain values, that hold what belongs
    among the credentials (`sealed`), or that lack what this kind of gateway `needed`.
    """
    if not isinstance(given, Mapping) or not all(_plain(key, value) for key, value in given.items()):
        raise Refusal(
            "bad_settings",
            'Settings are names with plain values, such as {"url": "https://…"}: correct them.',
            '设置须为“名称: 值”的形式，如 {"url": "https://…"}：请更正。',
        )
    secret = sorted(set(given) & set(sealed))
    if secret:
        raise Refusal(
            "bad_settings",
            f"{', '.join(secret)}: a credential does not stand among the settings; enter it with `regulars account"
            " secret` or the form Gateway credentials.",
            f"{'、'.join(secret)} 属于密钥，不能写在设置里：请用“通道密钥”表单或 regulars account secret 填写。",
        )
    missing = [name for name in needed if not given.get(name)]
    if missing:
        raise Refusal(
            "missing_settings",
            f"The gateway {gateway} needs the settings {', '.join(missing)}: give them as key=value.",
            f"通道 {gateway} 需要设置 {'、'.join(missing)}：请按“名称=值”填写。",
        )


def check_template(*, gateway: str, text: str, message_class: str, opt_out_text: str) -> None:
    """Refuses (`bad_vendor_text`) a text that the vendor would not have filed: brackets, or placeholders that are not its
    own: `${name}` at Aliyun, `{1}` in order at Tencent. Vendors append no opt-out words: marketing texts end with them.
    """
    where = _vendor_trouble(gateway, text)
    if where is None and not text.strip():
        where = ("it is empty", "内容为空")
    if where is None and re.search("[【】]", text):
        where = ("【】 is kept for the signature", "不能含【】，签名会自动加上")
    if where is None and message_class != "marketing" and opt_out_text and opt_out_text in text:
        where = ("only marketing texts hold opt-out words", "只有营销类才能含退订用语")
    if where is not None:
        raise Refusal(
            "bad_vendor_text",
            f"The text is not as {gateway} files it: {where[0]}. Copy it from the vendor's console.",
            f"内容与 {gateway} 报备的格式不符：{where[1]}。请从通道商控制台原样复制。",
        )


def _vendor_trouble(gateway: str, text: str) -> tuple[str, str] | None:
    if gateway == "aliyun":
        names = re.findall(r"\$\{([^{}]*)\}", text)
        if re.search(r"[{}]", re.sub(r"\$\{[A-Za-z][A-Za-z0-9_]{0,34}\}", "", text)):
            return "placeholders are ${name}", "变量须写成 ${name}"
        if len(set(names)) < len(names):
            return "each placeholder stands once", "每个变量只能出现一次"
        return _beside(text, r"\}\$\{")
    if gateway == "tencent":
        numbers = re.findall(r"\{([^{}]*)\}", text)
        if re.search(r"[{}]", re.sub(r"\{[0-9]+\}", "", text)) or numbers != [str(n + 1) for n in range(len(numbers))]:
            return "placeholders are {1}, {2} … in order", "变量须依次写成 {1}、{2}……"
        return _beside(text, r"\}\{")
    return None


def _beside(text: str, pattern: str) -> tuple[str, str] | None:
    return ("two placeholders stand side by side", "两个变量不能相邻") if re.search(pattern, text) else None


def _plain(key: object, value: object) -> bool:
    plain = isinstance(value, str | int | float | bool) and len(str(value)) <= _LONGEST_SETTING
    return isinstance(key, str) and _SETTING.fullmatch(key) is not None and plain


def _check_name(name: str) -> None:
    if len(name) > LONGEST_NAME or _NAME.fullmatch(name) is None:
        raise Refusal(
            "bad_name",
            f"An account's name begins with a small letter and has up to {LONGEST_NAME} small letters, digits, - and _.",
            f"通道账号名称须以小写字母开头，只含小写字母、数字、- 和 _，最多 {LONGEST_NAME} 个字符。",
        )


def _check_hours(opens: time | None, closes: time | None) -> None:
    if (opens is None) != (closes is None) or (opens is not None and closes is not None and opens >= closes):
        raise Refusal(
            "bad_hours",
            "Write from when until when, the earlier one first, or neither.",
            "请同时填写开始和结束时间，且开始早于结束；不限时段则都留空。",
        )


def _check_classes(classes: Collection[str] | None) -> None:
    if not classes or not set(classes) <= set(CLASSES):
        raise Refusal(
            "bad_class",
            f"Choose at least one class of {', '.join(CLASSES)}.",
            f"请至少选择一种短信类别：{'、'.join(CLASSES)}。",
        )


def _check_opt_out(text: str, *, classes: Collection[str]) -> None:
    if _BRACKETS.search(text) or len(text) > LONGEST_OPT_OUT or ("marketing" in classes and not text.strip()):
        raise Refusal(
            "bad_opt_out_text",
            f"An account for marketing needs the opt-out words of its gateway, up to {LONGEST_OPT_OUT} characters in one"
            " line, without brackets: such as 拒收请回复R.",
            f"营销类账号须填写退订用语，最多 {LONGEST_OPT_OUT} 个字，一行，不含【】和大括号，如“拒收请回复R”。",
        )
