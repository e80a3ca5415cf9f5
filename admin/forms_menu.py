"""The forms of the counter: their names, their fields, what each does."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from admin import forms_deeds, forms_extend, forms_gateways, forms_inbox, forms_sales
from admin.forms_desk import Desk
from admin.forms_typed import Typed
from admin.screens import Language, Words

# Type, default, title.
Field: TypeAlias = tuple[Any, Any, Words]

GROUP = Words("柜台", "Counter")
GATEWAYS = Words("通道", "Gateways")
MESSAGES = Words("消息", "Messages")

# A text is what the screen can show and what people can mistype: each form reads its own.
_PHONE = Words("手机号", "Phone")
_STORE = Words("门店编码（只有一家门店时不用填）", "Store code (not needed with one store)")
_REWARD = Words("兑换项名称", "Reward")
_CODE = Words("短信验证码（需要时填写）", "Code from the member's phone (where asked for)")
_FORM = Words("表单编号（自动填写）", "Form key (filled by itself)")


def _text(title: Words) -> Field:
    return str, "", title


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form: its name, its fields (type, default, title), the deed of the database that it needs, what it does. One that
    happens `in_store` asks which; one that `writes` has a key, so that a second click does nothing more.
    """

    name: Words
    description: Words
    fields: Mapping[str, Field]
    deed: str
    run: Callable[[Desk, Typed], Awaitable[Words]]
    in_store: bool = True
    writes: bool = True
    group: Words = GROUP

    def slug(self, language: Language) -> str:
        # As the stock panel makes it.
        return self.name.of(language).replace(" ", "-").lower()

    def all_fields(self) -> Mapping[str, Field]:
        own: dict[str, Field] = dict(self.fields)
        return (
            own | ({"store": _text(_STORE)} if self.in_store else {}) | ({"form": _text(_FORM)} if self.writes else {})
        )


FORMS = (
    Form(
        name=Words("记消费", "Record a sale"),
        description=Words(
            "记录一张小票并为会员积分；不填手机号则不积分。同一门店的同一小票号只记一次。",
            "Records a receipt and its points; without a phone it earns none. A receipt number counts once a store.",
        ),
        fields={
            "phone": _text(Words("会员手机号（可不填）", "Member's phone (may be empty)")),
            "receipt_no": _text(Words("小票号", "Receipt number")),
            "amount": _text(Words("金额（元）", "Amount (yuan)")),
            "category": _text(Words("品类名称（可不填）", "Category (may be empty)")),
            "points": _text(Words("使用积分（可不填；金额填抵扣后的实付）", "Points spent (may be empty; the amount is what is paid)")),
            "reward": _text(Words("或使用兑换项（名称，可不填）", "Or a reward (its name, may be empty)")),
            "code": _text(_CODE),
            "purchased_at": _text(Words("消费时间（不填为现在），如 2026-03-02 18:30", "Time (empty: now), such as 2026-03-02 18:30")),
        },
        deed="sales_record",
        run=forms_sales.record_sale,
    ),
    Form(
        name=Words("退货", "Refund"),
        description=Words(
            "按小票退货：扣回该消费得到的积分，退还该消费用掉的积分。同一退货单号只记一次。",
            "Takes a sale back, with the points it earned; gives back those spent on it. A refund number counts once.",
        ),
        fields={
            "receipt_no": _text(Words("原小票号", "Receipt number of the sale")),
            "sold_at": _text(Words("消费门店编码（不填为本店）", "Code of the store that sold (empty: this one)")),
            "amount": _text(Words("退货金额（元，不填为全部可退金额）", "Amount (yuan; empty: all that is left)")),
            "refund_no": _text(Words("退货单号（不填为自动编号）", "Refund number (empty: by itself)")),
        },
        deed="refund_record",
        run=forms_sales.refund,
    ),
    Form(
        name=Words("兑换", "Redeem"),
        description=Words(
            "填写积分数或兑换项名称，二者选其一；积分立即扣除。", "A number of points or a reward's name; they are spent at once."
        ),
        fields={
            "phone": _text(_PHONE),
            "reward": _text(_REWARD),
            "points": _text(Words("积分数（不按兑换项时填写）", "Points (without a reward)")),
            "code": _text(_CODE),
        },
        deed="redemption_post",
        run=forms_deeds.redeem_points,
    ),
    Form(
        name=Words("撤销兑换", "Cancel a redemption"),
        description=Words(
            "撤销该会员今天在本店最近的一笔兑换；更早的请填写兑换单号（兑换成功时显示，也可在积分流水中查到）。",
            "Cancels the member's newest redemption of today in this store; for another one write its number.",
        ),
        fields={
            "phone": _text(_PHONE),
            "number": _text(Words("兑换单号（不填为今天最近一笔）", "Redemption number (empty: today's newest)")),
        },
        deed="redemption_cancel",
        run=forms_deeds.cancel,
    ),
    Form(
        name=Words("调整积分", "Adjust points"),
        description=Words(
            "手工增加（如 50）或扣减（如 -50）积分，须写明原因；会记入积分流水。", "Points given (50) or taken (-50) by hand, with a reason."
        ),
        fields={
            "phone": _text(_PHONE),
            "points": _text(Words("积分（扣减写负数）", "Points (below zero takes)")),
            "reason": _text(Words("原因", "Reason")),
        },
        deed="points_credit",
        run=forms_deeds.adjust_points,
    ),
    Form(
        name=Words("开通会员", "Open a membership"),
        description=Words(
            "请先让顾客看过并回答两项授权再选择；不同意也可以入会。", "Ask the customer both questions first; a no is no obstacle."
        ),
        fields={
            "phone": _text(_PHONE),
            "name": _text(Words("姓名", "Name")),
            "title": _text(Words("称呼（如 王女士）", "Title")),
            "birthday": (date | None, None, Words("生日（可不填）", "Birthday (may be empty)")),
            "referrer": _text(Words("推荐人手机号（可不填）", "Phone of who brought them (may be empty)")),
            "marketing_sms": (bool, False, Words("同意接收营销短信（可随时退订）", "Agrees to marketing messages (may stop any time)")),
            "personalisation": (bool, False, Words("同意按消费记录推荐商品", "Agrees to recommendations from purchases")),
        },
        deed="member_register",
        run=forms_deeds.open_membership,
    ),
    Form(
        name=Words("查会员", "Look up a member"),
        description=Words(
            "按完整手机号查询。查询他店会员会被记录，并有次数限制。", "By full phone. Look-ups of other stores' members are logged and limited."
        ),
        fields={"phone": _text(_PHONE)},
        deed="member_find",
        run=forms_deeds.look_up,
        in_store=False,
        writes=False,
    ),
    Form(
        name=Words("延长有效期", "Extend points"),
        description=Words(
            "把将在一段日期内到期的积分延长到新的有效期；已到期的不能恢复，有效期更晚的不变。会员、门店、标签只填一项。",
            "Points that end on some days get a longer life; what has ended stays so. Name one member, store or tag.",
        ),
        fields={
            "phone": _text(Words("会员手机号（对一位会员时填写）", "Member's phone (for one member)")),
            "home_store": _text(Words("归属门店编码（对一家门店的会员时填写）", "Code of the home store (for its members)")),
            "tag": _text(Words("会员标签（对有此标签的会员时填写）", "Tag (for those who have it)")),
            "everybody": (bool, False, Words("我确认对全部会员", "I mean all members")),
            "first_on": (date | None, None, Words("原到期日从", "Ending from")),
            "last_on": (date | None, None, Words("原到期日到", "Ending to")),
            "good_until": (date | None, None, Words("延长到（当天仍有效）", "Good until (that day too)")),
            "reason": _text(Words("原因", "Reason")),
        },
        deed="points_extend",
        run=forms_extend.extend_points,
        in_store=False,
    ),
    Form(
        name=Words("通道密钥", "Gateway credentials"),
        description=Words(
            "填写一个通道账号的一项密钥；加密保存，之后任何页面都不再显示。", "One credential of an account; kept sealed and shown nowhere."
        ),
        fields={
            "account": _text(Words("通道账号名称", "Account")),
            "key": _text(Words("密钥项（名称见通道说明）", "Which one (such as password)")),
            "credential": _text(Words("密钥内容", "The credential")),
        },
        deed="credentials_keep",
        run=forms_gateways.keep,
        in_store=False,
        writes=False,
        group=GATEWAYS,
    ),
    Form(
        name=Words("回复会员", "Answer a member"),
        description=Words("答复一条上行短信；以通知短信发出，不得有促销内容。", "Answers a reply by a notice, without promotion."),
        fields={
            "reply": _text(Words("上行短信编号", "The reply's number")),
            "text": _text(Words("答复内容（签名会自动加上）", "The answer (the signature comes by itself)")),
        },
        deed="reply_write",
        run=forms_inbox.answer,
        in_store=False,
        group=MESSAGES,
    ),
    Form(
        name=Words("处理回复", "Settle a reply"),
        description=Words("把一条上行短信标为完成、指派给同事，或重新打开。", "Ends a reply, gives it to a colleague or opens it again."),
        fields={
            "reply": _text(Words("上行短信编号", "The reply's number")),
            "deed": (str, "完成", Words("处理方式（完成、指派、重开）", "What to do (done, assign, reopen)")),
            "username": _text(Words("指派给（用户名，不填为自己）", "For whom (user name; empty: yourself)")),
            "note": _text(Words("备注（可不填）", "Note (may be empty)")),
        },
        deed="reply_settle",
        run=forms_inbox.settle,
        in_store=False,
        writes=False,
        group=MESSAGES,
    ),
    Form(
        name=Words("登记投诉", "Record a complaint"),
        description=Words(
            "登记对短信的投诉：投诉人不再收到营销短信；投诉率超过红线的活动自动停止。",
            "Who complained gets no more marketing; a campaign over its red line stops.",
        ),
        fields={
            "source": (str, "12321", Words("来源（12321、通道、会员、其他）", "Source (12321, gateway, member, other)")),
            "phone": _text(Words("投诉人手机号", "Phone")),
            "message": _text(Words("或发送记录编号", "Or the message's number")),
            "note": _text(Words("说明", "Note")),
        },
        deed="complaint_record",
        run=forms_inbox.complain,
        in_store=False,
        writes=False,
        group=MESSAGES,
    ),
)  # fmt: skip
