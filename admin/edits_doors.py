"""Keys and webhooks: what their rows must keep."""

from datetime import UTC, datetime

from admin.edits_frame import Edit, Rules, missing, no
from admin.screens import Words
from rules.webhooks import EVENTS, check_url


async def _key(edit: Edit) -> None:
    # The form may be older than the last use.
    edit.new["last_used_at"] = (edit.old or {}).get("last_used_at")
    if not edit.changes("revoked_at"):
        return
    if edit.old["revoked_at"] is not None:
        raise no(zh="已作废的密钥不能恢复：请新建一个。", en="A revoked key stays so: make another.")
    # Not the moment that was written: nobody revokes for tomorrow, or for yesterday.
    edit.new["revoked_at"] = datetime.now(UTC)


async def _webhook(edit: Edit) -> None:
    if not edit.new["events"]:
        raise missing(edit.label("events"))
    edit.new["events"] = [event for event in EVENTS if event in edit.new["events"]]
    if edit.changes("url"):
        check_url(url=edit.new["url"])


_BY_COMMAND = Words(
    "密钥只显示一次，请用命令 regulars key add 新建。", "Keys are shown once: make them with `regulars key add`."
)
_ANOTHER = Words("请作废后新建一个。", "revoke it and make another.")

RULES = {
    "api_key": Rules(
        needed=("name",),
        instants=("revoked_at",),
        fixed={"store": _ANOTHER, "hash": _ANOTHER},
        check=_key,
        no_new=_BY_COMMAND,
        no_removal=Words("密钥不能删除：请作废。", "Keys are not deleted: revoke it."),
    ),
    "webhook": Rules(
        needed=("name", "url"),
        check=_webhook,
        no_removal=Words("事件推送不能删除：请把“启用”改为“否”。", "Webhooks are not deleted: set it to not active."),
    ),
}
