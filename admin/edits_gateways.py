"""Accounts at gateways and contact rules: what their rows must keep."""

import json
import re
from datetime import time
from typing import Any

from actions.accounts_edit import checked_settings
from admin.edits_frame import Edit, Rules, missing, no
from admin.screens import Words
from rules.accounts import CLASSES, check_account, check_template
from rules.messages import CLOSES
from tables.scope import current

_FIRST, _LAST = time(8), time(22)  # of the law and the operators: no rule goes beyond
_MOST_DAYS = 366
_SHORTEST_SIGNATURE, _LONGEST_SIGNATURE = 2, 12
# What each kind of rule needs; the other columns mean nothing to it.
_NEEDS = {
    "hours": ("opens", "closes"), "frequency": ("most", "days"), "same_content": ("days",), "complaints": ("share",),
    "delivery": ("share",), "opt_out": ("share",),
    "promotion_share": ("share", "days", "most"),
}  # fmt: skip
_ACCOUNT = "SELECT gateway, opt_out_text FROM gateway_account WHERE id = $1"


async def _account(edit: Edit) -> None:
    new = edit.new
    if not edit.old and new["credentials"]:
        raise no(zh="密钥请用表单“通道密钥”填写。", en="Credentials go into the form Gateway credentials.")
    try:
        given: Any = json.loads(new["settings"])
    except ValueError:
        given = None
    if edit.changes("settings", "gateway"):
        checked_settings(gateway=new["gateway"], given=given)
    new["classes"] = [name for name in CLASSES if name in (new["classes"] or ())]
    check_account(row=new)


async def _signature(edit: Edit) -> None:
    text = edit.new["text"]
    if not _SHORTEST_SIGNATURE <= len(text) <= _LONGEST_SIGNATURE or re.search(r"[【】\[\]\s]", text):
        raise no(
            zh="签名须为 2 到 12 个字，不含空格和【】。",
            en="A signature has 2 to 12 characters, without spaces and 【】.",
        )


async def _template(edit: Edit) -> None:
    row = await current().fetchrow(_ACCOUNT, edit.new["account"])
    if row is None:
        raise missing(edit.label("account"))
    check_template(text=edit.new["text"], message_class=edit.new["message_class"], **row)


async def _rule(edit: Edit) -> None:
    new, needs = edit.new, _NEEDS.get(edit.new["kind"])
    if needs is None:
        raise missing(edit.label("kind"))
    for name in needs:
        if new[name] is None:
            raise missing(edit.label(name))
    for name in {"opens", "closes", "most", "days", "share"} - set(needs):
        new[name] = None
    new["plain_only"] = bool(new["plain_only"]) and new["kind"] == "frequency"
    if new["store"] is not None and new["kind"] != "hours":
        raise no(zh="只有可发时段可以指定门店。", en="Hours alone may be of a store.")
    _check_hours(new["opens"], new["closes"])
    _check_numbers(edit)


def _check_hours(opens: time | None, closes: time | None) -> None:
    if opens is None or closes is None:
        return
    if not _FIRST <= opens < closes <= _LAST:
        raise no(
            zh=f"可发时段须在 08:00 到 22:00 之间，开始早于结束，如 08:00 到 {CLOSES:%H:%M}。",
            en=f"Hours lie between 08:00 and 22:00, the earlier one first, such as 08:00 to {CLOSES:%H:%M}.",
            code="bad_hours",
        )


def _check_numbers(edit: Edit) -> None:
    new, least = edit.new, 0 if edit.new["kind"] == "promotion_share" else 1
    if new["most"] is not None and new["most"] < least:
        label = edit.label("most")
        raise no(
            zh=f"“{label.zh}”须不小于 {least}；要停发营销短信，请停用账号或取消活动。",
            en=f"{label.en} is {least} or more; to send no marketing at all, switch the account off.",
        )
    if new["days"] is not None and not 1 <= new["days"] <= _MOST_DAYS:
        raise no(zh=f"“天数”须为 1 到 {_MOST_DAYS}。", en=f"Days go from 1 to {_MOST_DAYS}.")
    if new["share"] is not None and not 0 < new["share"] <= 1:
        raise no(zh="“比例”须大于 0、不大于 1，如 0.3。", en="A share lies above 0 and is at most 1, such as 0.3.")
    if new["kind"] in {"complaints", "delivery", "opt_out"} and new["share"] == 1:
        raise no(zh="红线须小于 1，如 0.001 或 0.98。", en="A red line is below 1, such as 0.001 or 0.98.")


_KNOWN_BY = Words(
    "发送记录和回调地址都用它；请新建一个账号。", "messages and hook addresses know it; make another account."
)
_BY_FORM = Words("请用表单“通道密钥”填写。", "the form Gateway credentials takes it.")
_BORN = Words("它随通道账号自动产生。", "It comes and goes with its account.")
_OF_ITS_ACCOUNT = Words("请为那个账号新增一条。", "add one for that account.")

RULES = {
    "gateway_account": Rules(
        needed=("name", "gateway"),
        fixed={"name": _KNOWN_BY, "gateway": _KNOWN_BY, "credentials": _BY_FORM},
        check=_account,
        no_removal=Words("通道账号不能删除：请停用。", "Accounts are not deleted: set it to not active."),
    ),
    "gateway_health": Rules(
        kept=("failures", "down_until", "error_class", "balance", "balance_at", "moments", "amounts"),
        no_new=_BORN,
        no_removal=_BORN,
    ),
    "signature": Rules(needed=("text", "state"), fixed={"account": _OF_ITS_ACCOUNT}, check=_signature),
    "gateway_template": Rules(
        needed=("code", "text", "state", "message_class"), fixed={"account": _OF_ITS_ACCOUNT}, check=_template
    ),
    "contact_rule": Rules(needed=("kind",), check=_rule),
    "blocked_word": Rules(needed=("word", "source")),
}
