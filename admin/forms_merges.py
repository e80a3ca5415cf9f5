"""The form that makes one of two files of a person: first it shows both, then it does what was confirmed."""

from actions.merges import SAME_FILE, file_of, merge
from admin.forms_desk import Desk, all_or_nothing
from admin.forms_menu import Form
from admin.forms_privacy import GROUP
from admin.forms_typed import Typed, need
from admin.forms_words import yuan
from admin.screens import Words
from config.settings import settings
from queries.merges import File, files_to_merge
from rules.refusals import Refusal

_SURE = ("合并", "merge")


async def merge_files(desk: Desk, typed: Typed) -> Words:
    """Shows what will happen where nothing is confirmed yet, else merges."""
    need(typed, "phone", Words("要保留的会员的手机号", "the phone of the member to keep"))
    need(typed, "other", Words("另一份档案的手机号或编号", "the phone or number of the other file"))
    files = [
        await file_of(who=typed[name], now=desk.now, staff=desk.who.staff) for name in ("phone", "other")
    ]  # fmt: skip
    word = typed["confirm"].strip().lower()
    if word and word not in _SURE:
        raise Refusal(
            "not_confirmed", "Nothing was merged. To confirm, write: merge.", "未合并任何档案。确认请填写：合并。"
        )
    if files[0] == files[1]:
        raise SAME_FILE
    # Also where it is confirmed: whoever may not see both may not merge them.
    kept, gone = await files_to_merge(members=files, business_date=desk.day, now=desk.now)
    if not word:
        return preview(kept=kept, gone=gone)
    async with all_or_nothing():
        done = await merge(kept=files[0], gone=files[1], secret=settings().secret, business_date=desk.day, now=desk.now)
    words = Words(
        f"会员 {done.gone} 已并入会员 {done.kept}：转入 {done.points:,} 积分、{done.receipts:,} 张小票，"
        f"{done.cancelled} 条待发短信不再发送。",
        f"Member {done.gone} is merged into member {done.kept}: {done.points:,} points and {done.receipts:,} receipts came over, "
        f"{done.cancelled} waiting messages do not leave.",
    )
    return await desk.with_card(words, member=done.kept)


def preview(*, kept: File, gone: File) -> Words:
    """Both files, and what will be."""
    return Words(
        f"将保留：{_zh(kept)}。将并入后停用：{_zh(gone)}。停用的手机号可重新入会；积分保留各自的到期日，不能撤销。"
        "确认无误后，在“确认”填写“合并”再次提交。",
        f"To be kept: {_en(kept)}. To end: {_en(gone)}. The number that ends may join again; points keep their days; it cannot be undone. "
        "If this is right, write merge into the last field and send again.",
    )


def _zh(file: File) -> str:
    card = file.card
    until = f"（有效期至 {card.tier_valid_until}）" if card.tier_valid_until else ""
    more = (f"、待生效 {card.pending:,}" if card.pending else "") + (f"、欠 {card.debt:,}" if card.debt else "")
    return (
        f"会员 {card.member} {card.name}，{card.phone_masked or '无手机号'}，{card.balance:,} 积分{more}，{card.tier}{until}，"
        f"{file.purchases:,} 张小票共 {yuan(file.spend)}"
    )


def _en(file: File) -> str:
    card = file.card
    until = f" (until {card.tier_valid_until})" if card.tier_valid_until else ""
    more = (f", {card.pending:,} pending" if card.pending else "") + (f", owes {card.debt:,}" if card.debt else "")
    return (
        f"member {card.member} {card.name}, {card.phone_masked or 'no phone'}, {card.balance:,} points{more}, {card.tier}{until}, "
        f"{file.purchases:,} receipts of {yuan(file.spend)}"
    )


FORMS = (
    Form(
        name=Words("合并会员", "Merge members"),
        description=Words(
            "同一位顾客有两份档案时使用：保留一份，另一份的积分、小票、授权和较高等级都并入。店长可合并本店的两位会员，其他由总部办理。",
            "For two files of one customer: one is kept, points, receipts, answers and the higher tier of the other come to it. "
            "Managers merge members of their own stores, head office any.",
        ),
        fields={
            "phone": (str, "", Words("要保留的手机号", "Phone to keep")),
            "other": (str, "", Words("另一份档案的手机号（没有手机号时填编号，如 #12）", "Phone of the other file (without one: #12)")),
            "confirm": (str, "", Words("确认（留空先预览；确认请填写：合并）", "To confirm, write: merge (empty: see first)")),
        },
        deed="members_merge",
        run=merge_files,
        in_store=False,
        writes=False,
        group=GROUP,
    ),
)  # fmt: skip
