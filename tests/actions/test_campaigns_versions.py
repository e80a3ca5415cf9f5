"""Versions, holdout, trials and canaries at the freeze: who is drawn for what, for ever and by chance alone."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from actions.campaigns import move
from actions.campaigns_edit import change_campaign, new_campaign, write_step
from queries.campaigns_plan import campaign_plan
from rules.campaigns_plan import StepPlan, VariantPlan
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope
from tests import make
from tests.actions.test_campaigns_freeze import LONG_AGO, NOON, shop
from tests.campaigning import frozen

pytestmark = pytest.mark.usefixtures("db")

A_DAY = timedelta(days=1)


async def plan(
    *steps: StepPlan, name: str = "春", role: Role = "hq_admin", store: int | None = None, **fields: object
) -> list[int]:
    """A campaign as a manager plans it; the ids of its steps."""
    async with scope(role=role, stores=[store] if store else []):
        campaign = await new_campaign(
            name=name, goal="sell", content_kind="care", rhythm="event", store=store, now=NOON
        )
        if fields:
            await change_campaign(campaign=campaign, **fields)
        return [await write_step(campaign=campaign, number=n, step=step) for n, step in enumerate(steps, 1)]


def said(text: str = "您好", **fields: object) -> StepPlan:
    return StepPlan(text=text, scheduled_at=NOON, send_before=NOON + A_DAY, **fields)  # type: ignore[arg-type]


def versions(*shares: str, later: int = 0) -> tuple[VariantPlan, ...]:
    return tuple(
        VariantPlan(label=label, share=Decimal(share), text=f"{label}版{{name}}", minutes_later=later * place)
        for place, (label, share) in enumerate(zip("ABCDE", shares, strict=False))
    )


async def many(members: int) -> None:
    await shop(members=0)
    await make.execute(
        "INSERT INTO member (phone, name, home_store, joined_on, tier)"
        " SELECT '+86139' || lpad(n::text, 8, '0'), '张三', 1 + n % 2, '2030-01-01', 1 FROM generate_series(1, $1) n", members
    )  # fmt: skip
    await make.execute(
        "INSERT INTO consent (member, purpose, granted, source, text_version, at)"
        " SELECT id, 'marketing_sms', true, 'test', '1', $1 FROM member", LONG_AGO
    )  # fmt: skip


async def rows(step: int) -> dict[int, tuple[str, str | None]]:
    """By member: what became of them in a step, and the first letter of what they are told."""
    found = await make.fetch(
        "SELECT member, coalesce(reason, state) AS fate, right(left(text, 7), 1) AS label FROM send_log WHERE step = $1",
        step,
    )
    return {row["member"]: (row["fate"], row["label"]) for row in found}


async def test_versions_holdout_and_trial_are_drawn_by_lot_and_each_person_draws_once() -> None:
    await many(2_000)
    trial = said("A版", variants=versions("0.5", "0.3", "0.2", later=30), sample=Decimal("0.4"))
    rest = said("稍后", kind="winner", follows=1, wait_minutes=60, winner_by="click")
    first, second = await plan(trial, rest, holdout=Decimal("0.1"))
    await frozen(first, now=NOON)
    drawn = await rows(first)
    assert 700 < len(drawn) < 900
    fates = Counter(fate for fate, _ in drawn.values())
    assert 50 < fates["holdout"] < 110
    labels = Counter(label for fate, label in drawn.values() if fate == "queued")
    share = {label: labels[label] / fates["queued"] for label in "ABC"}
    assert share == pytest.approx({"A": 0.5, "B": 0.3, "C": 0.2}, abs=0.06)
    # The draw for the holdout says nothing about the others: else one version would bear all of it.
    chunks = await make.fetch(
        "SELECT DISTINCT v.label, k.due_at FROM send_chunk k JOIN send_log l ON l.chunk = k.id JOIN campaign_variant v ON v.id = l.variant"
    )
    assert {(row["label"], row["due_at"] - NOON) for row in chunks} == {
        (label, timedelta(minutes=30 * place)) for place, label in enumerate("ABC")
    }
    await make.execute("UPDATE contact_rule SET most = 9")
    await frozen(second, now=NOON)
    everybody = await rows(second)
    assert {one for one, (fate, _) in drawn.items() if fate == "holdout"} <= {
        one for one, (fate, _) in everybody.items() if fate == "holdout"
    }


async def test_a_canary_lets_go_a_thousand_and_holds_the_rest() -> None:
    await many(2_500)
    (step,) = await plan(said(), canary=1_000)
    await frozen(step, now=NOON)
    sizes = {
        row["state"]: row["size"]
        for row in await make.fetch("SELECT state, sum(size)::integer AS size FROM send_chunk GROUP BY state")
    }
    assert sizes["waiting"] + sizes["held"] == 2_500
    assert 1_000 <= sizes["waiting"] < 2_000
    assert await make.value("SELECT canary_state FROM campaign_step") == "waiting"
    async with scope(role="hq_admin"):
        await move(campaign=1, target="cancelled", now=NOON)
    assert await make.value("SELECT count(*) FROM send_chunk WHERE state <> 'done'") == 0
    assert await make.value("SELECT count(*) FROM send_log WHERE state = 'cancelled'") == 2_500


async def test_a_canary_that_is_the_whole_holds_nothing() -> None:
    await shop(members=3)
    (step,) = await plan(said(), canary=1_000)
    await frozen(step, now=NOON)
    assert await make.value("SELECT count(*) FROM send_chunk WHERE state = 'waiting'") == 2
    assert await make.value("SELECT canary_state FROM campaign_step") is None


async def test_placeholders_say_what_is_true_of_a_person_and_fall_back_where_nothing_is() -> None:
    await shop(members=2)
    await make.execute(
        "INSERT INTO category (name) VALUES ('水果'); INSERT INTO product (sku, name, category) VALUES ('L', '榴莲【A】', 1)"
    )
    await make.execute(
        "INSERT INTO member_habit (member, counted_on, quarter, year, product) VALUES (1, '2031-03-30', '2031-01-01', '2031-01-01', 1);"
        "INSERT INTO member_interest (member, product, since) VALUES (1, 1, '2031-03-01')"
    )
    text = "{称呼}常买{常买|好果}，收藏{收藏}，还差{距下一级}元，{到期积分}分{到期日|月底}到期{退订}"
    (step,) = await plan(said(text))
    await frozen(step, now=NOON)
    found = await make.fetch("SELECT text FROM send_log ORDER BY member")
    assert [row["text"].removeprefix("【鲜果时光】") for row in found] == [
        "张三常买榴莲A，收藏榴莲A，还差500元，0分月底到期",
        "张三常买好果，收藏心仪好物，还差500元，0分月底到期",
    ]


async def test_what_may_not_be_promoted_is_never_named() -> None:
    await shop(members=1)
    await make.execute(
        "INSERT INTO category (name, promotable) VALUES ('烟', false); INSERT INTO product (sku, name, category) VALUES ('Y', '烟', 1)"
    )
    await make.execute(
        "INSERT INTO member_habit (member, counted_on, quarter, year, product) VALUES (1, '2031-03-30', '2031-01-01', '2031-01-01', 1);"
        "INSERT INTO member_interest (member, product, since) VALUES (1, 1, '2031-03-01')"
    )
    (step,) = await plan(said("{常买}和{收藏|好果}"))
    await frozen(step, now=NOON)
    assert await make.value("SELECT text FROM send_log") == "【鲜果时光】心仪好物和好果"


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (said(variants=versions("0.5", "0.4")), "bad_shares"),
        (said(variants=versions("1")), "bad_versions"),
        (said(sample=Decimal("0.5")), "bad_sample"),
        (said("{昵称}好"), "unknown_placeholder"),
        (said(kind="follow_up", follows=3, wait_minutes=5), "bad_follow"),
        (said(kind="winner", follows=1, wait_minutes=5, winner_by="click"), "bad_follow"),
        (StepPlan(text="好", scheduled_at=NOON, send_before=NOON), "bad_window"),
    ],
)
async def test_a_step_that_could_not_be_is_refused_and_nothing_is_kept(step: StepPlan, code: str) -> None:
    await shop(members=1)
    with pytest.raises(Refusal) as refused:
        await plan(said(), step)
    assert refused.value.code == code
    assert await make.value("SELECT count(*) FROM campaign") == 0


@pytest.mark.parametrize("state", ["review", "scheduled", "sending", "finished", "cancelled", "stopped"])
async def test_only_drafts_are_edited_and_no_hand_moves_a_state(state: str) -> None:
    await shop(members=1)
    await plan(said(variants=versions("0.5", "0.5")))
    await make.execute("UPDATE campaign SET state = $1", state)
    for changed in (
        change_campaign(campaign=1, rule="积分 > 1"),
        change_campaign(campaign=1, holdout=Decimal("0.5")),
        write_step(campaign=1, number=1, step=said("改")),
        write_step(campaign=1, number=2, step=said("加")),
    ):
        with pytest.raises(Refusal) as refused:
            async with scope(role="hq_admin"):
                await changed
        assert refused.value.code == "not_draft"
    async with scope(role="hq_admin"):
        await change_campaign(campaign=1, name="改名", budget=Decimal(9))
        kept = await campaign_plan(campaign=1)
    assert kept is not None
    assert (kept.name, kept.steps[0].plan.text) == ("改名", "您好")


async def test_two_campaigns_hold_out_different_people() -> None:
    await many(600)
    one = await plan(said("甲"), name="甲", holdout=Decimal("0.5"))
    two = await plan(said("乙"), name="乙", holdout=Decimal("0.5"))
    for (step,) in (one, two):
        await frozen(step, now=NOON)
    held = [{member for member, (fate, _) in (await rows(step)).items() if fate == "holdout"} for (step,) in (one, two)]
    assert 60 < len(held[0] & held[1]) < 240
