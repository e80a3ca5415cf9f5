"""The settlement between stores as tables: who pays whom, each store's net, and the matrix."""

from decimal import Decimal
from typing import IO

from actions.report_file import Cell, Language, Table, write_csv, write_xlsx
from queries.settlement import Pair, Settlement
from rules.months import month_name

WORDS = {
    "zh": {
        "pairs": "往来明细",
        "nets": "各店净额",
        "matrix": "矩阵",
        "month": "月份",
        "owes_code": "应付门店编号",
        "owes": "应付门店",
        "served_code": "应收门店编号",
        "served": "应收门店",
        "code": "门店编号",
        "store": "门店",
        "points": "积分",
        "settles": "是否结算",
        "yes": "是",
        "no": "否",
        "receives": "应收积分",
        "pays": "应付积分",
        "net": "净额积分",
        "yuan": "金额（元）",
        "net_yuan": "净额（元）",
        "unvalued": "，未设置积分价值",
        "total": "合计",
        "corner": "应付＼应收",
    },
    "en": {
        "pairs": "Who pays whom",
        "nets": "Net per store",
        "matrix": "Matrix",
        "month": "month",
        "owes_code": "paying store code",
        "owes": "paying store",
        "served_code": "receiving store code",
        "served": "receiving store",
        "code": "store code",
        "store": "store",
        "points": "points",
        "settles": "settles",
        "yes": "yes",
        "no": "no",
        "receives": "points receivable",
        "pays": "points payable",
        "net": "net points",
        "yuan": "yuan",
        "net_yuan": "net yuan",
        "unvalued": ", no value of a point is set",
        "total": "total",
        "corner": "pays \\ receives",
    },
}


def pairs_table(*, settlement: Settlement, language: Language) -> Table:
    """A row for each pair of stores; a store that served its own points is there too and settles nothing."""
    words = WORDS[language]
    keys = ("month", "owes_code", "owes", "served_code", "served", "points", "settles")
    headings = (*(words[key] for key in keys), _yuan(settlement, words["yuan"], language))
    return Table(
        title=words["pairs"], headings=headings,
        rows=[_pair(pair, month=month_name(day=settlement.month), language=language) for pair in settlement.pairs],
    )  # fmt: skip


def nets_table(*, settlement: Settlement, language: Language) -> Table:
    """A row for each store and their total, whose net is zero."""
    words, month = WORDS[language], month_name(day=settlement.month)
    keys = ("month", "code", "store", "receives", "pays", "net")
    rows: list[tuple[Cell, ...]] = [
        (month, net.store.code, net.store.name, net.receives, net.pays, net.points, net.yuan) for net in settlement.nets
    ]
    receives, pays = sum(net.receives for net in settlement.nets), sum(net.pays for net in settlement.nets)
    yuan = sum((net.yuan or Decimal(0) for net in settlement.nets), Decimal("0.00"))
    valued = yuan if settlement.point_value is not None else None
    rows.append((month, "", words["total"], receives, pays, receives - pays, valued))
    headings = (*(words[key] for key in keys), _yuan(settlement, words["net_yuan"], language))
    return Table(title=words["nets"], headings=headings, rows=rows)


def matrix_table(*, settlement: Settlement, language: Language) -> Table:
    """A row for each store that pays, a column for each that receives, in points."""
    words, shops = WORDS[language], [net.store for net in settlement.nets]
    moved = {(pair.owes.id, pair.served.id): pair.points for pair in settlement.pairs}
    return Table(
        title=words["matrix"],
        headings=(words["corner"], *(f"{shop.code} {shop.name}" for shop in shops)),
        rows=[
            (f"{owes.code} {owes.name}", *(moved.get((owes.id, served.id)) for served in shops)) for owes in shops
        ],
    )  # fmt: skip


def write_settlement_csv(*, settlement: Settlement, language: Language, file: IO[bytes]) -> None:
    """Who pays whom, as one table: the rest can be summed from it."""
    write_csv(table=pairs_table(settlement=settlement, language=language), file=file)


def write_settlement_xlsx(*, settlement: Settlement, language: Language, file: IO[bytes]) -> None:
    """The nets, who pays whom and the matrix, a sheet each."""
    made = [make(settlement=settlement, language=language) for make in (nets_table, pairs_table, matrix_table)]
    write_xlsx(tables=made, file=file)


def _pair(pair: Pair, *, month: str, language: Language) -> tuple[Cell, ...]:
    settles = WORDS[language]["yes" if pair.settles else "no"]
    owes, served = pair.owes, pair.served
    return (month, owes.code, owes.name, served.code, served.name, pair.points, settles, pair.yuan)


def _yuan(settlement: Settlement, heading: str, language: Language) -> str:
    """The heading says why its column is empty."""
    return heading if settlement.point_value is not None else heading + WORDS[language]["unvalued"]
