"""Test sends: what a member would get, to the phones of colleagues, before anybody else gets it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from actions.links import create_link
from queries.audience import Wave, blocked_words, planned, wave_values
from queries.campaigns_plan import CampaignPlan, StepShown, campaign_plan, wave_of
from queries.previews import ending
from rules.campaigns import check_wording, wording
from rules.links import link_address
from rules.refusals import Refusal
from rules.templates import LONGEST, fill
from rules.templates_tokens import tokens
from tables.scope import current, scope

LINK_LASTS = timedelta(days=7)
_PEOPLE = "SELECT id, username, role FROM deed.test_people($1)"
_SEND = "SELECT missing, queued FROM deed.test_send($1, $2, $3, $4, $5)"
_PLACE = """
SELECT coalesce((SELECT nullif(btrim(c.signature), '') FROM chain c), '回头客') AS signature,
    coalesce((SELECT t.name::text FROM tier t ORDER BY t.rank LIMIT 1), '会员') AS tier,
    coalesce((SELECT s.name::text FROM store s WHERE $1::bigint IS NULL OR s.id = $1 ORDER BY s.id LIMIT 1), '本店') AS store
"""
# Whoever nobody is: for a test without a member, or with one who would get nothing.
_SOMEBODY = {
    "title_or_name": "张女士", "name": "张丽", "title": "女士", "points": "320", "expiring_points": "120", "to_next_tier": "180",
    "usual": "鲜橙", "favourite": "蓝莓",
}  # fmt: skip
_EXPIRES = timedelta(days=15)


@dataclass(frozen=True, kw_only=True, slots=True)
class Colleague:
    """Somebody (id) who may get a test: active, with a phone."""

    id: int
    username: str
    role: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Where:
    now: datetime
    zone: ZoneInfo
    secret: str
    public_url: str
    label: str | None


async def colleagues(*, store: int | None) -> list[Colleague]:
    """Who may get a test of a campaign of `store` (id, None: headquarters'). Opens a scope of its own."""
    async with scope(role="job") as connection:
        return [Colleague(**row) for row in await connection.fetch(_PEOPLE, store)]


async def test_send(
    *, campaign: int, step: int, label: str | None, staff: Sequence[int], member: int | None, now: datetime, zone: ZoneInfo,
    secret: str, public_url: str,
) -> int:  # fmt: skip
    """Queues a step's text (id; `label`: which of its versions, None: the first) for colleagues (ids), as `member` would get it, or
    a made-up one; returns for how many. Its link opens the landing page for seven days. The caller has asked who is asking
    and wakes a worker; the same again within a second is sent once. Opens a scope of its own.

    Raises Refusal no_staff, unknown_campaign, unknown_step, unknown_version, no_phone, too_long, and those of `check_wording`.
    """
    people = sorted(set(staff))
    if not people:
        raise Refusal(
            "no_staff", "Choose at least one colleague who gets the test.", "请至少选择一位接收测试短信的员工。"
        )
    where = _Where(now=now, zone=zone, secret=secret, public_url=public_url, label=label)
    async with scope(role="job") as connection:
        plan, shown = await _step(campaign=campaign, step=step)
        wave = _wave(plan=plan, step=shown, label=label)
        check_wording(text=wave.text, blocked=await blocked_words())
        body = await _body(wave=wave, store=plan.store, member=member, where=where)
        key = f"test:{step}:{label or '-'}:*:{int(now.timestamp())}"
        row = await connection.fetchrow(_SEND, people, plan.store, key, body, now)
        assert row is not None  # noqa: S101  one question, one answer
        if row["missing"]:
            raise _no_phone(len(row["missing"]))
    queued: int = row["queued"]
    return queued


async def _step(*, campaign: int, step: int) -> tuple[CampaignPlan, StepShown]:
    plan = await campaign_plan(campaign=campaign)
    if plan is None:
        raise Refusal("unknown_campaign", "There is no such campaign.", "没有该群发活动。")
    shown = next((one for one in plan.steps if one.id == step), None)
    if shown is None:
        raise Refusal(
            "unknown_step",
            "There is no such step in this campaign: look at its content.",
            "该活动没有这个步骤：请查看内容页。",
        )
    return plan, shown


def _wave(*, plan: CampaignPlan, step: StepShown, label: str | None) -> Wave:
    """The wave with one text for everybody, so that whoever is asked about gets this one."""
    wave = wave_of(plan=plan, step=step)
    said = next((one for one in wave.spoken if label is None or one.label == label), None)
    if said is None:
        raise Refusal(
            "unknown_version",
            f"This step has no version {label}: choose one of {', '.join(one.label for one in wave.spoken)}.",
            f"该步骤没有版本 {label}：可选 {'、'.join(one.label for one in wave.spoken)}。",
        )
    # In a test nobody is held back.
    return replace(wave, text=said.text, versions=(), holdout=wave.holdout * 0, sample=wave.sample * 0 + 1)


async def _body(*, wave: Wave, store: int | None, member: int | None, where: _Where) -> str:
    """The whole message; its link is a real one that is nobody's."""
    link = ""
    if any(token.name == "link" for token in tokens(text=wave.text)):
        made = await create_link(
            url=None, campaign=wave.campaign, step=wave.step, now=where.now, expires_at=where.now + LINK_LASTS,
            version=where.label,
        )  # fmt: skip
        link = link_address(public_url=where.public_url, code=made.code)
    text = await _of_member(wave=wave, member=member, link=link, where=where) if member is not None else None
    if text is None:
        text = await _of_somebody(wave=wave, store=store, link=link, where=where)
    whole = text + (await ending()).text
    if len(whole) > LONGEST:
        raise Refusal(
            "too_long",
            f"The whole message has {len(whole)} characters: gateways take at most {LONGEST}.",
            f"整条短信有 {len(whole)} 个字：通道最多接受 {LONGEST} 个字。",
        )
    return whole


async def _of_member(*, wave: Wave, member: int, link: str, where: _Where) -> str | None:
    values = await wave_values(
        wave=wave, now=where.now, zone=where.zone, secret=where.secret, public_url=where.public_url
    )
    one = next(iter(await planned(members=[member], values=values)), None)
    if one is None or one.text is None:
        return None
    drawn = re.escape(link_address(public_url=where.public_url, code="")) + "[A-Za-z0-9]{10}"
    return re.sub(drawn, lambda _: link, one.text) if link else one.text


async def _of_somebody(*, wave: Wave, store: int | None, link: str, where: _Where) -> str:
    place = await current().fetchrow(_PLACE, store)
    assert place is not None  # noqa: S101  a SELECT without FROM has one row
    ends = (where.now + _EXPIRES).astimezone(where.zone)
    values = {
        **_SOMEBODY,
        "tier": place["tier"],
        "store": place["store"],
        "expires_on": f"{ends.month}月{ends.day}日",
        "link": link,
    }
    return fill(text=wording(text=wave.text, signature=place["signature"]), values=values)


def _no_phone(missing: int) -> Refusal:
    return Refusal(
        "no_phone",
        f"{missing} of those chosen cannot get a test: they are not active, have no phone, or are of another store. Enter"
        " their phone among the staff, or choose others.",
        f"所选员工中有 {missing} 位无法接收测试：已停用、没有手机号或属于其他门店。请在员工资料中补充手机号，或另选他人。",
    )
