"""The columns of a members file: phone, person, home store, tier, opening balance, consent, tags."""

import re
from collections.abc import Mapping
from datetime import date

from actions.imports_columns import Column, Reader, day, place, whole, words
from rules.cells import parse_yes_no
from rules.phones import normalise_phone
from rules.refusals import Refusal

MOST_POINTS = 1_000_000_000
_PHONE_TITLES = ("手机号", "手机", "电话", "手机号码", "会员手机", "会员手机号")
_JOINED_TITLES = ("入会日期", "入会时间", "注册日期", "开卡日期")
_BETWEEN_TAGS = re.compile("[;；,，、|]")
_tag = words(longest=60)


def member_columns(*, today: date, stores: Mapping[str, int], tiers: Mapping[str, int | None]) -> tuple[Column, ...]:
    """`stores`: code → id; `tiers`: name → id, None for the one that every member has anyway."""
    return (
        Column(
            name="phone",
            titles=_PHONE_TITLES,
            kept_as="text",
            read=lambda text: normalise_phone(text=text),
            required=True,
        ),
        Column(
            name="name",
            titles=("姓名", "称呼", "名字", "会员姓名", "会员名称"),
            kept_as="text",
            read=words(longest=60),
            required=True,
        ),
        Column(
            name="home_store",
            titles=("所属门店", "归属门店", "门店", "门店编码", "门店代码", "开卡门店"),
            kept_as="bigint",
            read=_store_reader(stores),
        ),
        Column(name="joined_on", titles=_JOINED_TITLES, kept_as="date", read=day(latest=today)),
        Column(name="birthday", titles=("生日", "出生日期", "会员生日"), kept_as="date", read=day(latest=today)),
        Column(name="title", titles=("称谓", "尊称"), kept_as="text", read=words(longest=20)),
        *_program_columns(today=today, tiers=tiers),
        *place(),
    )


def _program_columns(*, today: date, tiers: Mapping[str, int | None]) -> tuple[Column, ...]:
    return (
        Column(name="tier", titles=("等级", "会员等级"), kept_as="bigint", read=_tier_reader(tiers)),
        Column(name="points", titles=("积分", "积分余额", "当前积分"), kept_as="bigint", read=whole(most=MOST_POINTS)),
        Column(
            name="points_expire_on",
            titles=("积分到期日", "积分到期", "积分到期日期", "积分有效期"),
            kept_as="date",
            read=day(earliest=today),
        ),
        Column(
            name="marketing_consent",
            titles=("短信授权", "营销授权", "短信营销授权", "营销短信授权"),
            kept_as="boolean",
            read=parse_yes_no,
        ),
        Column(name="tags", titles=("标签", "会员标签"), kept_as="text[]", read=_tags),
    )


def _store_reader(stores: Mapping[str, int]) -> Reader:
    def read(text: str) -> int:
        if text not in stores:
            raise unknown_store(code=text)
        return stores[text]

    return read


def unknown_store(*, code: str) -> Refusal:
    return Refusal(
        code="unknown_store",
        en=f"There is no store with the code “{code[:40]}”: correct the code or import the stores first.",
        zh=f"没有编码为“{code[:40]}”的门店：请更正编码，或先导入门店。",
    )


def _tier_reader(tiers: Mapping[str, int | None]) -> Reader:
    def read(text: str) -> int | None:
        if text not in tiers:
            raise Refusal(
                code="unknown_tier",
                en=f"There is no such tier: write one of {', '.join(tiers)}.",
                zh=f"没有这个等级：请填写其中之一：{'、'.join(tiers)}。",
            )
        return tiers[text]

    return read


def _tags(text: str) -> list[str] | None:
    """Each tag once, in one order, so that the same tags are the same however they were written."""
    names = {_tag(name.strip()) for name in _BETWEEN_TAGS.split(text) if name.strip()}
    return sorted(names) or None
