"""A longer life for points, given by headquarters. Which lots it reaches is stated in tables/sql/extensions.sql."""

from dataclasses import astuple, dataclass
from datetime import date
from hashlib import sha256

from actions.rights import rights_refused
from rules.refusals import Refusal
from tables.scope import current

LONGEST_FORM = 64
LONGEST_REASON = 200
_DIGEST = 32

# Nobody in a store or with a tag is an empty list: null would be everybody.
_EXTEND = """
SELECT o.* FROM deed.points_extend($1, $2, CASE
    WHEN $3::bigint IS NOT NULL THEN ARRAY[$3::bigint]
    WHEN $4::bigint IS NOT NULL THEN ARRAY(SELECT m.id FROM member m WHERE m.home_store = $4)
    WHEN $5::bigint IS NOT NULL THEN ARRAY(SELECT t.member FROM member_tag t WHERE t.tag = $5)
    END, $6, $7, $8, $9, $10, coalesce(deed.staff(), $11)) o
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Whose:
    """Whose points: of one member, of those whose home store this is, of those who have a tag (ids), else of everybody."""

    member: int | None = None
    store: int | None = None
    tag: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Extended:
    """An extension (id) and how many members, lots and points it reached; `known` when the same form had been sent before
    and nothing was written now.
    """

    extension: int
    members: int
    lots: int
    points: int
    known: bool


async def extend(
    *, form: str, whose: Whose, first_on: date, last_on: date, good_until: date, reason: str, business_date: date,
    staff: int | None = None,
) -> Extended:  # fmt: skip
    """Lots that would end from `first_on` to `last_on` are good through `good_until`; what has ended before `business_date`
    stays ended, and what would have been good for longer stays so. `form` is the form's own key and makes it safe to repeat.

    Raises Refusal past_date, bad_dates, bad_value, no_reason, bad_reference, conflict, not_allowed.
    """
    key, why = _form(form), _reason(reason)
    _check_dates(first_on=first_on, last_on=last_on, good_until=good_until, today=business_date)
    if sum(one is not None for one in astuple(whose)) > 1:
        raise _TWO_KINDS
    said = [*astuple(whose), first_on, last_on, good_until, why]
    content = sha256("|".join(map(str, said)).encode()).hexdigest()[:_DIGEST]
    with rights_refused():
        row = await current().fetchrow(
            _EXTEND, key, content, *astuple(whose), first_on, last_on, good_until, why, business_date, staff
        )
    assert row is not None  # noqa: S101  one form, one outcome
    if row["outcome"] == "conflict":
        raise _CONFLICT
    return Extended(
        extension=row["extension"], members=row["members"], lots=row["lots"], points=row["points"],
        known=row["outcome"] == "known",
    )  # fmt: skip


async def tag_named(*, name: str) -> int:
    """The tag (id) of a name, however it is capitalised. Raises Refusal unknown_tag."""
    tags = await current().fetch("SELECT id, name FROM tag ORDER BY name")
    found = next((row["id"] for row in tags if row["name"].casefold() == name.strip().casefold()), None)
    if found is None:
        names = [row["name"] for row in tags[:_MOST_TOLD]]
        raise Refusal(
            code="unknown_tag",
            en=f"There is no such tag: write one of {', '.join(names) or '– there is none yet'}.",
            zh=f"没有该标签：可填写 {'、'.join(names) or '——目前没有标签'}。",
        )
    return int(found)


def _check_dates(*, first_on: date, last_on: date, good_until: date, today: date) -> None:
    if good_until < today:
        raise Refusal(
            code="past_date",
            en=f"{good_until} is over: choose {today} or a later day.",
            zh=f"{good_until} 已过：请选择 {today} 或更晚的日期。",
        )
    if last_on < first_on:
        raise Refusal(
            code="bad_dates",
            en=f"The days are the wrong way round: the last one, {last_on}, is before {first_on}.",
            zh=f"日期前后颠倒：截止日期 {last_on} 早于起始日期 {first_on}。",
        )
    if good_until <= first_on:
        raise Refusal(
            code="bad_dates",
            en=f"Nothing that ends from {first_on} on would be good for longer: choose a day after it.",
            zh=f"从 {first_on} 起到期的积分不会因此延长：请选择更晚的有效期。",
        )


def _form(text: str) -> str:
    clean = text.strip()
    if not clean or len(clean) > LONGEST_FORM or not clean.isprintable():
        raise Refusal(
            code="bad_reference",
            en=f"A form's key is 1 to {LONGEST_FORM} characters on one line.",
            zh=f"表单编号须为一行 1 到 {LONGEST_FORM} 个字符。",
        )
    return clean


def _reason(text: str) -> str:
    clean = text.strip()
    if not clean:
        raise Refusal(code="no_reason", en="An extension needs a reason: write one.", zh="延长有效期须填写原因。")
    if len(clean) > LONGEST_REASON or not clean.isprintable():
        raise Refusal(
            code="bad_value",
            en=f"A reason is one line of at most {LONGEST_REASON} characters.",
            zh=f"原因须为一行，最多 {LONGEST_REASON} 个字。",
        )
    return clean


_MOST_TOLD = 20
_TWO_KINDS = Refusal(
    code="bad_value",
    en="Name either one member, or a store, or a tag.",
    zh="会员、门店、标签只能填写一项。",
)
_CONFLICT = Refusal(
    code="conflict",
    en="This form was sent before with other content: open a new one.",
    zh="该表单此前已用于其他内容：请重新打开表单填写。",
)
