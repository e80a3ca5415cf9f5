"""A tried program as one table, with the sentences that say what it assumes."""

from decimal import Decimal
from typing import IO

from actions.backtest import Tried
from actions.report_file import Cell, Language, Table, write_csv
from rules.backtest_tally import Tally
from rules.backtest_terms import yuan_a_point
from rules.program import Program

_FEN = 100
_CENT = Decimal("0.01")
# In the order of the table; the first ones are in the ledger too.
_PROVEN = ("issued", "redeemed", "expired", "taken_back", "brought", "alive", "debt")
_COUNTED = (*_PROVEN, "redemptions", "refused", "refused_points")
_WORDS = {
    "zh": {
        "title": "会员方案试算：{since} 至 {until}，{members} 位会员，{receipts} 张小票",
        "figure": "项目",
        "today": "当前方案",
        "difference": "差额",
        "members": "期末会员数：{tier}",
        "issued": "发放积分",
        "redeemed": "兑换积分（已减退回）",
        "expired": "过期积分",
        "taken_back": "退货扣回积分",
        "brought": "期初与人工调整积分",
        "alive": "期末有效积分（负债）",
        "debt": "期末会员欠积分",
        "redemptions": "兑换次数（已减取消）",
        "refused": "不再可行的兑换次数",
        "refused_points": "其当时所用积分",
        "cost": "兑换成本（元）",
        "same": "假设：每个人照旧——同样的消费、退货和兑换意愿，先后不变；积分多了也不会多兑换。",
        "nights": "两个方案都从 {first} 起生效；积分到期和等级变动发生在已结清的夜间任务中（{night} 至 {last_night}）。",
        "no_nights": "两个方案都从 {first} 起生效；尚无已结清的夜间任务，因此等级不变，积分仅在会员再次消费或兑换时过期。",
        "promotions": "促销倍数按当时；{file} 与当前方案的促销不同之处按 {file}。品类与标签按今天的归属。",
        "rewards": "兑换项按各方案的价格；两个方案都已停用的按当时的价格。不看库存、门店和验证码。"
        "余额不足、方案不再提供、等级或数量不符的兑换计为“不再可行”。",
        "hand": "期初积分和人工调整照旧，扣减时最多扣到余额为零；积分延期只用于当时延期的会员。",
        "cost_note": "成本：有 value 的兑换项按其 value，其余按每积分 {today}（当前方案）、{wanted}（{file}）元。",
        "rate": "{yuan}（{source}）",
        "no_rate": "未知（既无 point_value，也无抵现兑换项；成本留空）",
        "proven": "核对：当前方案重演的结果与账本完全一致。",
        "apart": "注意：账本本身为 {figures}，与当前方案的重演不同——期间方案或设置有过修改，或夜间任务正在运行。请比较两列，而不是账本。",
    },
    "en": {
        "title": "Program tried over {since} to {until}: {members} members, {receipts} receipts",
        "figure": "figure",
        "today": "today",
        "difference": "difference",
        "members": "members at the end: {tier}",
        "issued": "points issued",
        "redeemed": "points redeemed, less those given back",
        "expired": "points expired",
        "taken_back": "points taken back by refunds",
        "brought": "points brought over or adjusted by hand",
        "alive": "points alive at the end (liability)",
        "debt": "points owed by members at the end",
        "redemptions": "redemptions, less those cancelled",
        "refused": "redemptions no longer possible",
        "refused_points": "points that they took then",
        "cost": "cost of what was redeemed, yuan",
        "same": "Assumed: everybody does as they did, the same receipts, refunds and wishes to redeem, in the same order; "
        "nobody redeems more because there is more.",
        "nights": "Both programs are in force from {first} on; points end and tiers move in the nights that were closed "
        "({night} to {last_night}).",
        "no_nights": "Both programs are in force from {first} on; no night is closed yet, so tiers stay, and points end only "
        "when their member buys or redeems again.",
        "promotions": "Receipts earn by the promotions of then; where {file} promises otherwise than today's program, by its "
        "own. Categories and tags are today's.",
        "rewards": "Rewards cost what each program says; one that neither offers any more costs what it cost then. Stocks, "
        "stores and codes are not looked at. No longer possible: the balance is short, the program does not offer it, not to "
        "that tier or not in that number.",
        "hand": "Opening balances and adjustments are those of then; what is taken by hand takes at most what is there. A longer "
        "life was given to those who were given it then.",
        "cost_note": "Cost: rewards with a value at that value, the others at {today} yuan a point (today), {wanted} ({file}).",
        "rate": "{yuan} ({source})",
        "no_rate": "unknown (neither a point_value nor a cash reward: no cost is told)",
        "proven": "Proof: today's program, played, ends exactly where the ledger stands.",
        "apart": "Mind: the ledger itself holds {figures}, other than today's program when it is played: the program or a "
        "setting was changed in that time, or a night is running. Compare the columns with each other, not with the ledger.",
    },
}


def cost(*, program: Program, tally: Tally) -> Decimal | None:
    """Yuan: what has a value at that value, the rest by the point; None where a point has no price."""
    rate, _ = yuan_a_point(program=program)
    if rate is None and tally.unpriced:
        return None
    return (Decimal(tally.value) / _FEN + tally.unpriced * (rate or 0)).quantize(_CENT)


def tried_table(*, tried: Tried, name: str, language: Language) -> Table:
    """A row for each figure: today's program, the one of the file `name`, the difference."""
    words, today, wanted = _WORDS[language], tried.played_today, tried.played_wanted
    rows = [
        _row(words["members"].format(tier=tier), today.members[rank], wanted.members[rank])
        for rank, tier in _tiers(tried)
    ]
    rows += [_row(words[key], getattr(today, key), getattr(wanted, key)) for key in _COUNTED]
    costs = [cost(program=program, tally=tally) for program, tally in ((tried.today, today), (tried.wanted, wanted))]
    rows.append(_row(words["cost"], *costs))
    title = words["title"].format(
        since=tried.since, until=tried.until, members=f"{tried.members:,}", receipts=f"{tried.receipts:,}"
    )
    return Table(title=title, headings=(words["figure"], words["today"], name, words["difference"]), rows=rows)


def assumptions(*, tried: Tried, name: str, language: Language) -> list[str]:
    """What the figures rest on, a sentence or two a line; the last one holds them against the ledger."""
    words = _WORDS[language]
    nights = (
        words["no_nights"].format(first=tried.begins)
        if tried.nights is None
        else words["nights"].format(first=tried.begins, night=tried.nights[0], last_night=tried.nights[1])
    )
    rates = {key: _rate(program, words) for key, program in (("today", tried.today), ("wanted", tried.wanted))}
    return [
        words["same"],
        nights,
        words["promotions"].format(file=name),
        words["rewards"],
        words["hand"],
        words["cost_note"].format(file=name, **rates),
        _proof(tried, language),
    ]


def write_tried_csv(*, tried: Tried, name: str, language: Language, file: IO[bytes]) -> None:
    """The same table for a spreadsheet."""
    write_csv(table=tried_table(tried=tried, name=name, language=language), file=file)


def _row(label: str, today: int | Decimal | None, wanted: int | Decimal | None) -> tuple[Cell, ...]:
    return label, today, wanted, None if today is None or wanted is None else wanted - today


def _tiers(tried: Tried) -> list[tuple[int, str]]:
    """Of either program the ranks, named as the first calls them, and as the other one does where that differs."""
    names: dict[int, list[str]] = {}
    for tier in (*tried.today.tiers, *tried.wanted.tiers):
        known = names.setdefault(tier.rank, [])
        if tier.name not in known:
            known.append(tier.name)
    return [(rank, " → ".join(names[rank])) for rank in sorted(names)]


def _rate(program: Program, words: dict[str, str]) -> str:
    yuan, source = yuan_a_point(program=program)
    if yuan is None:
        return words["no_rate"]
    return words["rate"].format(yuan=format(round(yuan, 4).normalize(), "f"), source=source)


def _proof(tried: Tried, language: Language) -> str:
    words, played, ledger = _WORDS[language], tried.played_today, tried.ledger
    apart = [
        f"{words[key]} {getattr(ledger, key):,}" for key in _PROVEN if getattr(played, key) != getattr(ledger, key)
    ]
    apart += [
        f"{words['members'].format(tier=tier)} {ledger.members[rank]:,}"
        for rank, tier in _tiers(tried)
        if played.members[rank] != ledger.members[rank]
    ]
    comma = "、" if language == "zh" else ", "
    return words["apart"].format(figures=comma.join(apart)) if apart else words["proven"]
