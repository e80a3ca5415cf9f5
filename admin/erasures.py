"""What members asked in a shop: to be forgotten."""

from admin.members import GROUP
from admin.screens import Screen, Words
from tables.erasures import ErasureRequest

PROOFS = {
    "phone": Words("当面出示手机", "Showed the phone"),
    "document": Words("证件", "Showed a document"),
    "known": Words("店员认识本人", "Known in person"),
    "letter": Words("书面申请", "By letter"),
}
STATES = {
    "open": Words("待处理", "Open"),
    "done": Words("已注销", "Erased"),
    "refused": Words("已拒绝", "Refused"),
    "withdrawn": Words("已撤回", "Withdrawn"),
}

SCREEN = Screen(
    table=ErasureRequest,
    name=Words("注销申请", "Erasure requests"),
    group=GROUP,
    columns={
        "id": Words("编号", "Number"),
        "asked_at": Words("申请时间", "Asked at"),
        "member": Words("会员", "Member"),
        "store": Words("门店", "Store"),
        "staff": Words("登记人", "Filed by"),
        "due_on": Words("最迟处理日", "Answer by"),
        "proof": Words("核实方式", "Seen by"),
        "note": Words("申请原因", "Why"),
        "state": Words("处理状态", "State"),
        "decided_by": Words("处理人", "Decided by"),
        "decided_at": Words("处理时间", "Decided at"),
        "reason": Words("拒绝原因", "Why not"),
    },
    shown=("id", "asked_at", "member", "store", "due_on", "proof", "state", "reason"),
    filters=("state", "store", "member", "due_on", "asked_at"),
    choices={"proof": PROOFS, "state": STATES},
    hints={
        "due_on": Words("申请后 15 个工作日", "15 working days after it was asked"),
        "state": Words(
            "门店用表单「申请注销」「撤回注销申请」，总部用「处理注销申请」",
            "Stores use “Ask for erasure” and “Withdraw a request”, headquarters “Decide on a request”",
        ),
        "note": Words("注销后清空", "Empty after the erasure"),
    },
    readable="'#' || t.id",
    help=Words("会员在门店提出的注销；待处理期间不发营销短信", "Asked in a shop; no marketing leaves while it is open"),
    read_only=True,
)
