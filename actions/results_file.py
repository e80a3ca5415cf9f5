"""A campaign's results as files: figures by step, version, store and hour; no names, no phones."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import IO
from zoneinfo import ZoneInfo

from actions.report_file import Cell, Language, Table, write_csv, write_xlsx
from queries.results_chain import CampaignSent
from queries.results_facts import Counts, Results
from rules.effects import CENT

COLUMNS = (
    "audience", "left_out", "sent", "delivered", "failed", "clicked", "replied", "opted_out", "complained", "bought",
    "revenue", "cost",
)  # fmt: skip
WORDS = {
    "zh": {
        "overview": "概览", "detail": "明细", "left": "未发送原因", "all": "活动结果", "figure": "指标", "value": "数值", "level": "层级",
        "name": "名称", "reason": "原因", "people": "人数", "total": "合计（按人）", "step": "步骤", "version": "版本", "store": "门店",
        "hour": "时段", "audience": "人群", "left_out": "未发送", "sent": "发出", "delivered": "送达", "failed": "失败", "clicked": "点击",
        "replied": "回复", "opted_out": "退订", "complained": "投诉", "bought": "下单", "revenue": "净收入（元）", "cost": "短信费用（元）",
        "campaign": "活动", "as_of": "截至", "from": "首次发送", "until": "观察到", "treated_people": "发送组人数",
        "treated_rate": "发送组下单率（%）", "held_people": "对照组人数", "held_rate": "对照组下单率（%）", "incremental": "增量收入（元）",
        "low": "增量收入下限（95%，元）", "high": "增量收入上限（95%，元）", "roi": "投入产出比", "extra": "新增下单人数",
        "cost_per_buyer": "每位下单会员费用（元）", "cost_per_extra": "每位新增下单费用（元）", "redeemed": "用过积分的人数",
        "asleep": "90 天未消费的人数", "woken": "其中回来消费的人数", "verdict": "结论", "no_holdout": "没有对照组", "few": "人数太少",
        "chance": "可能是偶然", "more": "确实更多", "less": "确实更少", "state": "状态",
    },
    "en": {
        "overview": "Overview", "detail": "Detail", "left": "Left out", "all": "Results", "figure": "figure", "value": "value",
        "level": "level", "name": "name", "reason": "reason", "people": "people", "total": "total (people)", "step": "step",
        "version": "version", "store": "store", "hour": "hour", "audience": "audience", "left_out": "left out", "sent": "sent",
        "delivered": "delivered", "failed": "failed", "clicked": "clicked", "replied": "replied", "opted_out": "opted out",
        "complained": "complained", "bought": "bought", "revenue": "net revenue (yuan)", "cost": "cost of messages (yuan)",
        "campaign": "campaign", "as_of": "as of", "from": "first sent", "until": "observed until",
        "treated_people": "written to: people", "treated_rate": "written to: bought (%)", "held_people": "held out: people",
        "held_rate": "held out: bought (%)", "incremental": "incremental revenue (yuan)", "low": "incremental, low end of 95 % (yuan)",
        "high": "incremental, high end of 95 % (yuan)", "roi": "return on cost", "extra": "extra buyers",
        "cost_per_buyer": "cost per buyer (yuan)", "cost_per_extra": "cost per extra buyer (yuan)", "redeemed": "spent points (people)",
        "asleep": "no purchase for 90 days (people)", "woken": "of them came (people)", "verdict": "verdict",
        "no_holdout": "nobody held out", "few": "too few people", "chance": "may be chance", "more": "more, beyond chance",
        "less": "less, beyond chance", "state": "state",
    },
}  # fmt: skip


def detail_table(*, results: Results, language: Language) -> Table:
    """A row for the whole campaign, and for each step, version, store and hour."""
    words = WORDS[language]
    rows = [_line(words["total"], results.name, results.total)]
    for step in results.steps:
        rows.append(_line(words["step"], str(step.number), step.counts))
        rows += [_line(words["version"], f"{step.number}{one.label}", one.counts) for one in step.versions]
    rows += [_line(words["store"], f"{one.code} {one.name}", one.counts) for one in results.stores]
    rows += [_line(words["hour"], f"{one.hour}:00", one.counts) for one in results.hours]
    headings = (words["level"], words["name"], *(words[name] for name in COLUMNS))
    return Table(title=words["detail"], headings=headings, rows=rows)


def overview_table(*, results: Results, zone: ZoneInfo, language: Language) -> Table:
    """What came of it, one figure a row."""
    words, effect, habits = WORDS[language], results.effect, results.habits
    told: dict[str, Cell] = {
        "campaign": results.name,
        "as_of": f"{results.as_of.astimezone(zone):%Y-%m-%d %H:%M}",
        "from": f"{results.began_at.astimezone(zone):%Y-%m-%d %H:%M}" if results.began_at else None,
        "until": f"{results.watched_until.astimezone(zone):%Y-%m-%d %H:%M}" if results.watched_until else None,
        "treated_people": effect.treated.people,
        "treated_rate": _percent(effect.treated.rate),
        "held_people": effect.holdout.people,
        "held_rate": _percent(effect.holdout.rate),
        "incremental": effect.incremental,
        "low": effect.low,
        "high": effect.high,
        "cost": effect.cost.quantize(CENT),
        "roi": _two(effect.roi),
        "extra": _two(effect.buyers),
        "cost_per_buyer": effect.cost_per_buyer,
        "cost_per_extra": effect.cost_per_extra_buyer,
        "redeemed": habits.redeemed,
        "asleep": habits.asleep,
        "woken": habits.woken,
        "verdict": words[effect.verdict],
    }
    rows = [(words[name], cell) for name, cell in told.items()]
    return Table(title=words["overview"], headings=(words["figure"], words["value"]), rows=rows)


def chain_table(*, campaigns: Sequence[tuple[CampaignSent, Results]], zone: ZoneInfo, language: Language) -> Table:
    """A row for each campaign."""
    words = WORDS[language]
    keys = ("campaign", "from", "state", *COLUMNS, "incremental", "low", "high", "roi", "verdict")
    rows: list[tuple[Cell, ...]] = [
        (
            one.name, f"{one.began_at.astimezone(zone):%Y-%m-%d %H:%M}", one.state, *_figures(found.total),
            found.effect.incremental, found.effect.low, found.effect.high, _two(found.effect.roi), words[found.effect.verdict],
        )
        for one, found in campaigns
    ]  # fmt: skip
    return Table(title=words["all"], headings=tuple(words[key] for key in keys), rows=rows)


def write_results_csv(*, results: Results, language: Language, file: IO[bytes]) -> None:
    """The detail as one table."""
    write_csv(table=detail_table(results=results, language=language), file=file)


def write_results_xlsx(
    *, results: Results, reasons: Mapping[str, str], zone: ZoneInfo, language: Language, file: IO[bytes]
) -> None:  # fmt: skip
    """Overview, detail, and who got nothing, a sheet each; `reasons`: the words of the reasons, `zone`: the shops'."""
    words = WORDS[language]
    left = sorted(results.left_out.items(), key=lambda one: -one[1])
    rows = [(reasons.get(reason, reason), people) for reason, people in left]
    out = Table(title=words["left"], headings=(words["reason"], words["people"]), rows=rows)
    overview = overview_table(results=results, zone=zone, language=language)
    write_xlsx(tables=[overview, detail_table(results=results, language=language), out], file=file)


def _line(level: str, name: str, counts: Counts) -> tuple[Cell, ...]:
    return (level, name, *_figures(counts))


def _figures(counts: Counts) -> list[Cell]:
    """In the order of the columns."""
    told: list[int | Decimal] = [getattr(counts, name) for name in COLUMNS]
    return [one.quantize(CENT) if isinstance(one, Decimal) else one for one in told]


def _percent(rate: float | None) -> Decimal | None:
    return None if rate is None else Decimal(100 * rate).quantize(CENT)


def _two(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(value).quantize(CENT)
