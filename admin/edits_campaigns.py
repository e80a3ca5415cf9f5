"""Campaigns, their steps and versions: what their rows must keep. States move on the pages under /campaigns."""

from admin.edits_frame import Edit, Rules, no
from admin.edits_rules import check_rule
from admin.screens import Words
from queries.audience import blocked_words
from rules.campaigns import check_wording
from tables.scope import current

# What is settled once a campaign has left its draft (tables/sql/campaigns.sql).
_SETTLED = ("content_kind", "rhythm", "store", "goal", "rule", "holdout", "canary")
_OPEN = """
SELECT c.state = 'draft' OR c.state = 'paused' AND $2 FROM campaign c WHERE c.id = $1
"""
_MOST_LATER = 10_080  # minutes: a week


async def _campaign(edit: Edit) -> None:
    new, stores = edit.new, edit.staff.stores
    if not edit.old:
        new["staff"] = edit.staff.staff
        if edit.staff.role == "store_manager" and new["store"] is None and len(stores) == 1:
            [new["store"]] = stores
    elif edit.old["state"] != "draft" and edit.changes(*_SETTLED):
        raise no(
            zh="活动已不是草稿，只能修改名称和预算：请先撤回为草稿，或复制一份。",
            en="The campaign is not a draft any more, name and budgets alone may be changed: take it back, or copy it.",
        )
    if new["rule"] and edit.changes("rule"):
        await check_rule(text=new["rule"], store=new["store"])


async def _check_open(edit: Edit, campaign: int) -> None:
    """Steps may be edited in drafts, and by head office in campaigns that are paused."""
    leads = edit.staff.role != "store_manager"
    if not await current().fetchval(_OPEN, campaign, leads):
        raise no(
            zh="活动已不是草稿：请先撤回为草稿或暂停，或复制一份。",
            en="The campaign is not a draft any more: take it back, pause it, or copy it.",
        )


async def _step(edit: Edit) -> None:
    new = edit.new
    if edit.old and edit.old["state"] != "draft":
        raise no(zh="受众已圈定，不能再修改。", en="Its audience is frozen: it cannot be changed any more.")
    await _check_open(edit, new["campaign"])
    if edit.changes("text"):
        check_wording(text=new["text"], blocked=await blocked_words())
    if new["number"] is None or new["number"] < 1:
        raise no(zh="步骤从 1 开始。", en="Steps start at 1.")
    if new["send_before"] <= new["scheduled_at"]:
        raise no(zh="“最迟发送”须晚于“计划时间”。", en="“Send before” is after “scheduled at”.")
    await _check_follows(edit)


async def _check_follows(edit: Edit) -> None:
    new = edit.new
    if (new["kind"] in {"follow_up", "winner"}) != (new["follows"] is not None):
        raise no(
            zh="“跟进未点击者”和“优胜版本”须填写“跟随哪一步”，其他类型留空。",
            en="A follow-up and a winner follow a step; other kinds follow none.",
        )
    sql = "SELECT campaign = $2 AND number < $3 FROM campaign_step WHERE id = $1"
    if new["follows"] is not None and not await current().fetchval(sql, new["follows"], new["campaign"], new["number"]):
        raise no(zh="“跟随哪一步”须是同一活动中更早的一步。", en="It follows an earlier step of the same campaign.")
    if (new["kind"] == "winner") != (new["winner_by"] is not None):
        raise no(
            zh="“优胜版本”须选择“按什么决出”，其他类型留空。",
            en="A winner needs what decides it; other kinds leave it empty.",
        )


async def _step_removable(key: int) -> None:
    if not await current().fetchval("SELECT deed.step_open($1)", key):
        raise no(
            zh="活动已不是草稿，或受众已圈定，不能删除：请取消活动。",
            en="The campaign is not a draft any more, or the audience is frozen: cancel the campaign instead.",
        )


async def _campaign_removable(key: int) -> None:
    if await current().fetchval("SELECT state <> 'draft' FROM campaign WHERE id = $1", key):
        raise no(zh="活动已不是草稿，不能删除：请取消。", en="The campaign is not a draft any more: cancel it instead.")


async def _variant_removable(key: int) -> None:
    if not await current().fetchval("SELECT deed.step_open(step) FROM campaign_variant WHERE id = $1", key):
        raise no(
            zh="活动已不是草稿，或受众已圈定，不能删除。",
            en="The campaign is not a draft any more, or the audience is frozen: it stays.",
        )


async def _variant(edit: Edit) -> None:
    new = edit.new
    step = await current().fetchrow("SELECT campaign, state FROM campaign_step WHERE id = $1", new["step"])
    if step is None or step["state"] != "draft":
        raise no(
            zh="这一步的受众已圈定，不能再修改。", en="The step's audience is frozen: it cannot be changed any more."
        )
    await _check_open(edit, step["campaign"])
    if not 0 < new["share"] <= 1:
        raise no(
            zh="“比例”须大于 0、不大于 1；一步的各版本合计须为 1。",
            en="A share lies above 0 and is at most 1; those of a step add up to 1.",
        )
    if not 0 <= new["minutes_later"] <= _MOST_LATER:
        raise no(zh="“推迟分钟”须为 0 到 10080。", en="It leaves 0 to 10080 minutes later.")
    check_wording(text=new["text"], blocked=await blocked_words())


RULES = {
    "campaign": Rules(
        needed=("name", "content_kind", "goal"),
        kept=("state", "reason", "staff", "reached", "approved_by"),
        check=_campaign,
        removable=_campaign_removable,
    ),
    "campaign_step": Rules(
        needed=("text", "kind"),
        instants=("scheduled_at", "send_before"),
        kept=("state", "audience", "frozen_at", "winner", "verdict", "canary_state", "is_personal"),
        fixed={"campaign": Words("请在那个活动中新增一步。", "add a step to that campaign.")},
        check=_step,
        removable=_step_removable,
    ),
    "campaign_variant": Rules(
        needed=("label", "text", "landing_kind"),
        fixed={"step": Words("请在那一步中新增一个版本。", "add a version to that step.")},
        check=_variant,
        removable=_variant_removable,
    ),
}  # fmt: skip
