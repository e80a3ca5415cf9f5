"""/campaigns/budget: what messages of a month cost and may cost, whether the money is well spent, and what a year would cost."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_400_BAD_REQUEST

from actions.budgets import budget_amount, set_budget
from config.settings import settings
from queries.budget_figures import MonthFigures, People, month_figures, people
from queries.budgets import StoreMonth, month_view
from queries.budgets_week import StoreShare, promotion_share
from queries.staff import Identity
from rules.budgets import ACTIVITY_LEAST, ACTIVITY_MOST, HIGH_VALUE_LEAST, YearlyCost, yearly_cost
from rules.calendar import add_months
from rules.months import month_name, named_month
from rules.refusals import Refusal
from tables.access import STORE_ROLES
from tables.scope import scope
from web.pages.campaigns_budget_words import WORDS
from web.pages.campaigns_frame import (
    MOST_BYTES,
    PATH,
    Form,
    campaign_form,
    campaigns_page,
    check_may_see,
    own_scope,
    said,
)
from web.pages.frame import REFUSED, number, today, yuan
from web.pages.live import Asked, back_to

_PATH = f"{PATH}/budget"
_HUNDRED = Decimal(100)
# What the calculator takes: from, to, decimals.
_CALCULATOR = {
    "members": (0, 100_000_000, 0), "consent_share": (0, 100, 2), "a_month": (0, 100, 2), "parts": (1, 10, 2),
    "price": (0, 10, 4),
}  # fmt: skip
_USUAL = {"a_month": "2", "parts": "1", "price": "0.045"}


@get(_PATH, include_in_schema=False, exception_handlers=REFUSED)
async def budget_page(
    request: Asked, staff: NamedDependency[Identity], month: FromQuery[str | None] = None,
    part: FromQuery[str | None] = None, saved: FromQuery[str | None] = None,
) -> Template:  # fmt: skip
    """A month (2026-11; none: this one). `part`: what takes longer to count, which the page loads when it is there itself.
    Raises Refusal not_allowed, bad_month.
    """
    check_may_see(staff=staff)
    day = named_month(text=month) if month else today().replace(day=1)
    asked = {name: request.query_params.get(name, "") for name in _CALCULATOR}
    whole = part is not None or any(asked.values())
    context = {"saved": saved is not None, "asked": asked, "whole": whole}
    return await _answer(request=request, staff=staff, month=day, context=context, part=part)


@post(
    _PATH, status_code=HTTP_303_SEE_OTHER, include_in_schema=False, exception_handlers=REFUSED,
    request_max_body_size=MOST_BYTES,
)  # fmt: skip
async def budget_set(request: Asked, staff: NamedDependency[Identity]) -> Redirect | Template:
    """Sets or takes away a budget. Raises Refusal bad_request, not_allowed, bad_month, unknown_store."""
    form = await campaign_form(request=request)
    if staff.role != "hq_admin":
        raise Refusal(
            "not_allowed",
            "Budgets are set by administrators at head office: ask them.",
            "短信预算由总部管理员设置：请联系他们。",
        )
    month = named_month(text=form.one("month"))
    try:
        amount = budget_amount(text=form.one("amount"))
    except Refusal as refusal:
        context = {"error": said(refusal), "typed": form, "asked": {}, "whole": False}
        return await _answer(request=request, staff=staff, month=month, context=context, status=HTTP_400_BAD_REQUEST)
    async with own_scope(request=request, staff=staff):
        await set_budget(store=_store(form), month=None if form.one("every") else month, amount=amount)
    return back_to(f"{_PATH}?month={month_name(day=month)}&saved=1#set")


def _store(form: Form) -> int | None:
    text = form.one("store")
    if not text:
        return None
    # A number that is no store's is refused like a word that is none.
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(1 << 63)) else 0


async def _answer(
    *, request: Asked, staff: Identity, month: date, context: Mapping[str, Any], part: str | None = None,
    status: int = HTTP_200_OK,
) -> Template:  # fmt: skip
    zone, words = settings().zone, WORDS[settings().language]
    stores = list(staff.stores) if staff.role in STORE_ROLES else None
    async with scope(role="job"):
        lines = await month_view(month=month, zone=zone, stores=stores)
        slow = await _slow(month=month, stores=stores, asked=context["asked"]) if context["whole"] else {}
    shown = {
        "own": stores is not None,
        "may_set": staff.role == "hq_admin",
        "month": month_name(day=month),
        "before": month_name(day=add_months(day=month, months=-1)),
        "after": month_name(day=add_months(day=month, months=1)),
        "lines": [_line(one) for one in lines],
        **slow,
        **context,
    }
    name = "campaigns_budget.html" if part is None else "campaigns_budget_more.html"
    return campaigns_page(
        request=request, staff=staff, name=name, words=words, context=shown, here="budget", status=status
    )  # fmt: skip


def _line(one: StoreMonth) -> dict[str, Any]:
    """A store's month; `spent` and `waits` of its bar in percent of its budget."""
    words = WORDS[settings().language]
    full = max(one.budget or Decimal(0), one.spent + one.planned)
    return {
        "store": one.store,
        "code": one.code,
        "name": one.name if one.store else words["chain"],
        "budget": None if one.budget is None else yuan(one.budget),
        "spent": yuan(one.spent),
        "planned": yuan(one.planned),
        "left": None if one.left is None else yuan(one.left),
        "over": words["over"].format(yuan=yuan(-one.left)) if one.left is not None and one.left < 0 else None,
        "bar": (_percent(one.spent, full), _percent(one.planned, full)) if one.budget is not None else None,
    }


async def _slow(*, month: date, stores: list[int] | None, asked: Mapping[str, str]) -> dict[str, Any]:
    """Figures of many rows: in a scope of role job."""
    figures = await month_figures(month=month, zone=settings().zone, stores=stores)
    shares = await promotion_share(today=today())
    known = await people(stores=stores)
    return {
        "figures": _figures(figures),
        "promotions": [_promotion(one) for one in shares if one.sends and (stores is None or one.store in stores)],
        **_calculated(asked=asked, known=known),
    }


def _figures(figures: MonthFigures) -> dict[str, Any]:
    words = WORDS[settings().language]
    high = figures.high / figures.cost if figures.cost else None
    activity = figures.of_activities / figures.activities if figures.activities else None
    bounds = {"least": _share(ACTIVITY_LEAST), "most": _share(ACTIVITY_MOST)}
    least = {"least": _share(HIGH_VALUE_LEAST)}
    verdict = "low" if activity is not None and activity < ACTIVITY_LEAST else "high"
    fine = activity is not None and ACTIVITY_LEAST <= activity <= ACTIVITY_MOST
    return {
        "high": None if high is None else _share(high),
        "high_fine": high is not None and high >= HIGH_VALUE_LEAST,
        "high_about": words["high_value_about"].format(**least),
        "high_low": words["high_value_low"].format(**least),
        "activity": None if activity is None else _share(activity),
        "activity_fine": fine,
        "activity_about": words["activity_about"].format(**bounds),
        "activity_said": words["activity_good" if fine else f"activity_{verdict}"].format(**bounds),
    }


def _promotion(one: StoreShare) -> dict[str, Any]:
    return {
        "name": one.name,
        "sends": number(one.sends),
        "promotions": number(one.promotions),
        "share": _share(one.share),
        "limit": _share(one.limit),
        "over": one.over,
    }


def _calculated(*, asked: Mapping[str, str], known: People) -> dict[str, Any]:
    """The calculator as it was filled in, or as the chain is; a sentence where a number is none."""
    words = WORDS[settings().language]
    consenting = Decimal(known.consenting) / known.members * _HUNDRED if known.members else Decimal(0)
    price = {"price": f"{known.price.normalize():f}"} if known.price else {}
    usual = {**_USUAL, **price, "members": str(known.members), "consent_share": f"{consenting:.0f}"}
    typed = {name: asked.get(name) or usual[name] for name in _CALCULATOR}
    values = {name: _number(name=name, text=text) for name, text in typed.items()}
    wrong = [name for name, value in values.items() if value is None]
    answer = {"calculator": [(name, typed[name], name in wrong) for name in _CALCULATOR]}
    if wrong:
        limits = "；".join(words[f"limit_{name}"] for name in wrong)
        return {**answer, "bad": words["bad_number"].format(field=limits)}
    return {**answer, "year": _year({name: value for name, value in values.items() if value is not None})}


def _year(values: Mapping[str, Decimal]) -> dict[str, str]:
    share = values["consent_share"] / _HUNDRED
    cost: YearlyCost = yearly_cost(
        members=int(values["members"]), consent_share=share, messages_a_month=values["a_month"], parts=values["parts"],
        price=values["price"],
    )  # fmt: skip
    sentence = WORDS[settings().language]["year_sentence"].format(
        members=number(int(values["members"])),
        share=_share(share),
        a_month=f"{values['a_month']:f}",
        parts=f"{values['parts']:f}",
    )
    return {
        "messages": number(int(cost.messages)),
        "parts": number(int(cost.parts)),
        "yuan": yuan(cost.yuan),
        "per_member": yuan(cost.per_member),
        "sentence": sentence,
    }


def _number(*, name: str, text: str) -> Decimal | None:
    least, most, decimals = _CALCULATOR[name]
    try:
        value = Decimal(text.replace(",", "").removesuffix("%").strip())
    except InvalidOperation:
        return None
    if not value.is_finite() or not least <= value <= most or value != round(value, decimals):
        return None
    return value


def _share(share: Decimal) -> str:
    """0.0815 → 8.2 %; without a decimal where there is none."""
    return f"{(share * _HUNDRED).quantize(Decimal('0.1')).normalize():f}%"


def _percent(part: Decimal, whole: Decimal) -> str:
    return f"{part / whole * _HUNDRED:.1f}" if whole else "0"
