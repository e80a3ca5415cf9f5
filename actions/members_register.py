"""Registering a member at the counter, with the answers to what was asked. The deed is in tables/sql/members.sql."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from actions.imports_columns import words
from actions.members_lookup import not_found
from actions.rights import rights_refused
from rules.phones import normalise_phone
from rules.refusals import Refusal
from tables.scope import current

PURPOSES = ("marketing_sms", "personalisation", "location", "health", "children", "partner")
FIRST_BIRTHDAY = date(1900, 1, 1)

_REGISTER = """
SELECT outcome, member FROM deed.member_register($1, $2, $3, $4, $5, $6::text[], $7::boolean[], $8, $9::text[], $10, $11,
    $12, $13)
"""
_name, _title, _source, _version = (words(longest=longest) for longest in (60, 20, 100, 40))


@dataclass(frozen=True, kw_only=True, slots=True)
class Registered:
    """The member of a phone; `known` when there was one before, of whom nothing was changed."""

    member: int
    known: bool


async def register(
    *, phone: str, name: str | None, store: int, title: str = "", birthday: date | None = None, consents: Mapping[str, bool],
    text_version: str | Mapping[str, str], source: str, now: datetime, business_date: date, staff: int | None = None,
    referrer: int | None = None,
) -> Registered:  # fmt: skip
    """Makes a member of a store, in the lowest tier, and queues a welcome. `consents` are the answers given, yes or no, by
    purpose; what was not asked is not written. `text_version` (one, or one a purpose) and `source` say to which words, and
    where. `name` None: nobody asked for it; `referrer` is the member (id) who brought this one.

    A known phone is looked up instead, at the price of a look-up. Raises Refusal bad_phone, no_name, bad_text,
    bad_birthday, unknown_purpose, no_text_version, no_program, unknown_store, too_many, foreign_store, not_allowed.
    """
    stored = normalise_phone(text=phone)
    called = _name((name or "").strip())
    if name is not None and not called.strip():
        raise Refusal(code="no_name", en="A member needs a name: write one.", zh="请填写会员姓名。")
    _check_birthday(birthday, today=business_date)
    wordings = [
        text_version if isinstance(text_version, str) else text_version.get(purpose, "") for purpose in consents
    ]
    _check_consents(consents, wordings=wordings)
    with rights_refused():
        row = await current().fetchrow(
            _REGISTER, stored, called, _title(title.strip()), birthday, store, list(consents), list(consents.values()),
            _source(source.strip()), [_version(text.strip()) for text in wordings], business_date, now, staff,
            referrer,
        )  # fmt: skip
    assert row is not None  # noqa: S101  one form, one answer
    if row["outcome"] not in {"created", "own", "found"}:
        raise _refusal(row["outcome"])
    return Registered(member=row["member"], known=row["outcome"] != "created")


def _check_birthday(birthday: date | None, *, today: date) -> None:
    if birthday is not None and not FIRST_BIRTHDAY <= birthday <= today:
        raise Refusal(
            code="bad_birthday",
            en=f"{birthday} is no birthday: write a day from {FIRST_BIRTHDAY} to today, or leave it empty.",
            zh=f"{birthday} 不是有效的生日：请填写 {FIRST_BIRTHDAY} 至今天的日期，或留空。",
        )


def _check_consents(consents: Mapping[str, bool], *, wordings: Sequence[str]) -> None:
    for purpose in consents:
        if purpose not in PURPOSES:
            raise Refusal(
                code="unknown_purpose",
                en=f"“{purpose[:40]}” is no purpose: use {', '.join(PURPOSES)}.",
                zh=f"没有授权用途“{purpose[:40]}”：可用的有 {'、'.join(PURPOSES)}。",
            )
    if not all(text.strip() for text in wordings):
        raise Refusal(
            code="no_text_version",
            en="An answer proves nothing without the words it was given to: name the version of the text.",
            zh="授权须注明所示文本的版本：请填写版本号。",
        )


def _refusal(outcome: str) -> Refusal:
    match outcome:
        case "no_program":
            return Refusal(
                code=outcome,
                en="There is no program yet: apply one first, so that members have a tier.",
                zh="还没有会员方案：请先应用会员方案，会员才有等级。",
            )
        case "unknown_store":
            return Refusal(code=outcome, en="There is no such store.", zh="没有该门店。")
        case _:
            return not_found(outcome=outcome)
