"""The forms of the counter, as the stock panel shows them, until the counter has a page of its own."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
from piccolo_admin.endpoints import FormConfig
from pydantic import BaseModel, Field, create_model
from starlette.requests import Request

from admin import forms_deeds
from admin.forms_desk import Desk
from admin.refused import Refused
from admin.screens import Language, Words
from admin.violations import sentence
from config.settings import settings
from queries.staff import Identity
from rules.calendar import business_date
from rules.refusals import Refusal
from tables.access import DEEDS, Role

GROUP = Words("柜台", "Counter")

# A text is what the screen can show and what people can mistype: each form reads its own.
_PHONE = Words("手机号", "Phone")
_STORE = Words("门店编码（只有一家门店时不用填）", "Store code (not needed with one store)")
_FORM = Words("表单编号（自动填写）", "Form key (filled by itself)")


@dataclass(frozen=True, kw_only=True)
class _Form:
    """A form: its name, its fields (type, default, title), the deed of the database that it needs, what it does."""

    name: Words
    description: Words
    fields: Mapping[str, tuple[Any, Any, Words]]
    deed: str
    run: Callable[[Desk, Mapping[str, Any]], Awaitable[Words]]

    def slug(self, language: Language) -> str:
        # As the stock panel makes it.
        return self.name.of(language).replace(" ", "-").lower()


def _text(title: Words) -> tuple[Any, Any, Words]:
    return str, "", title


_FORMS = (
    _Form(
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
            "purchased_at": _text(Words("消费时间（不填为现在），如 2026-03-02 18:30", "Time (empty: now), such as 2026-03-02 18:30")),
        },
        deed="sales_record",
        run=forms_deeds.record_sale,
    ),
    _Form(
        name=Words("兑换", "Redeem"),
        description=Words(
            "填写积分数或兑换项名称，二者选其一；积分立即扣除。", "A number of points or a reward's name; they are spent at once."
        ),
        fields={
            "phone": _text(_PHONE),
            "reward": _text(Words("兑换项名称", "Reward")),
            "points": _text(Words("积分数（不按兑换项时填写）", "Points (without a reward)")),
        },
        deed="redemption_post",
        run=forms_deeds.redeem_points,
    ),
    _Form(
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
    _Form(
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
    _Form(
        name=Words("开通会员", "Open a membership"),
        description=Words(
            "请先让顾客看过并回答两项授权再勾选；不同意也可以入会。", "Ask the customer both questions first; a no is no obstacle."
        ),
        fields={
            "phone": _text(_PHONE),
            "name": _text(Words("姓名", "Name")),
            "title": _text(Words("称呼（如 王女士）", "Title")),
            "birthday": (date | None, None, Words("生日（可不填）", "Birthday (may be empty)")),
            "marketing_sms": (bool, False, Words("同意接收营销短信（可随时退订）", "Agrees to marketing messages (may stop any time)")),
            "personalisation": (bool, False, Words("同意按消费记录推荐商品", "Agrees to recommendations from purchases")),
        },
        deed="member_register",
        run=forms_deeds.open_membership,
    ),
    _Form(
        name=Words("查会员", "Look up a member"),
        description=Words(
            "按完整手机号查询。查询他店会员会被记录，并有次数限制。", "By full phone. Look-ups of other stores' members are logged and limited."
        ),
        fields={"phone": _text(_PHONE)},
        deed="member_find",
        run=forms_deeds.look_up,
    ),
)  # fmt: skip
_BY_SLUG = {form.slug(language): form for form in _FORMS for language in ("zh", "en")}
# The only form that neither happens in a store nor writes.
_WRITES_NOTHING = {"member_find"}


def allowed(*, slug: str, role: Role) -> bool:
    """Whether a role may use a form: when the database lets it do the deed."""
    form = _BY_SLUG.get(slug)
    return form is not None and role in DEEDS[form.deed]


def forms(*, language: Language) -> list[FormConfig]:
    """The forms in the panel's language."""
    return [_config(form, language) for form in _FORMS]


def _config(form: _Form, language: Language) -> FormConfig:
    async def endpoint(request: Request, data: BaseModel) -> str:
        return await _sent(form, request, data, language)

    return FormConfig(
        name=form.name.of(language),
        pydantic_model=_model(form, language),
        endpoint=endpoint,
        description=form.description.of(language),
        form_group=GROUP.of(language),
    )


def _model(form: _Form, language: Language) -> type[BaseModel]:
    fields = dict(form.fields)
    if form.deed not in _WRITES_NOTHING:
        fields |= {"store": _text(_STORE), "form": _text(_FORM)}
    described: dict[str, Any] = {
        name: (kind, Field(default=default, title=title.of(language)))
        for name, (kind, default, title) in fields.items()
    }
    model: type[BaseModel] = create_model(form.deed, **described)
    return model


async def _sent(form: _Form, request: Request, data: BaseModel, language: Language) -> str:
    who: Identity = request.scope["staff"]
    now, zone = datetime.now(UTC), settings().zone
    desk = Desk(who=who, now=now, day=business_date(at=now, zone=zone), zone=zone)
    try:
        if who.role not in DEEDS[form.deed]:
            raise _NOT_YOURS
        words = await form.run(desk, data.model_dump())
    except Refusal as refusal:
        raise Refused(refusal, language=language) from refusal
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Refused(sentence(error=error), language=language) from error
    return words.of(language)


_NOT_YOURS = Refusal("not_allowed", "Your role may not use this form.", "无权操作：您的角色不能使用这个表单。")
