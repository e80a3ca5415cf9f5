"""The deed behind the form that takes an account's credentials: they go in and never come out."""

from actions.accounts_edit import keep_credential
from admin.forms_desk import Desk, all_or_nothing
from admin.forms_typed import Typed, need
from admin.screens import Words

_LABELS = {
    "account": Words("通道账号名称", "the account's name"),
    "key": Words("密钥项", "which credential"),
    "credential": Words("密钥内容", "the credential itself"),
}


async def keep(desk: Desk, typed: Typed) -> Words:
    """One credential of an account, sealed beside its others."""
    _ = desk
    for name, label in _LABELS.items():
        need(typed, name, label)
    account, key = typed["account"].strip(), typed["key"].strip()
    async with all_or_nothing():
        missing = await keep_credential(name=account, key=key, value=typed["credential"].strip())
    if missing:
        return Words(
            f"已保存 {account} 的 {key}；还缺少：{'、'.join(missing)}。",
            f"{key} of {account} is kept; still missing: {', '.join(missing)}.",
        )
    return Words(
        f"已保存 {account} 的 {key}；所需密钥已齐。", f"{key} of {account} is kept; it has all credentials it needs."
    )
