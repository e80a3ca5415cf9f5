"""The files of settlement and forecast, read again as a spreadsheet would."""

import csv
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import load_workbook

from actions.forecast_file import write_forecast_csv
from actions.report_file import Language, Table, write_csv, write_xlsx
from actions.settlement_file import write_settlement_csv, write_settlement_xlsx
from queries.expiry_forecast import NEVER, Ending, Forecast
from queries.settlement import Net, Pair, Settlement, Shop

HERE, THERE = Shop(id=7, code="S1", name="鲜果里·一店"), Shop(id=9, code="S2", name="=1+1")
VALUED = Settlement(
    month=date(2026, 10, 1),
    point_value=Decimal("0.01"),
    pairs=(
        Pair(owes=HERE, served=HERE, points=40, yuan=None),
        Pair(owes=HERE, served=THERE, points=1234, yuan=Decimal("12.34")),
        Pair(owes=THERE, served=HERE, points=-500, yuan=Decimal("-5.00")),
    ),
    nets=(
        Net(store=HERE, receives=-500, pays=1234, yuan=Decimal("-17.34")),
        Net(store=THERE, receives=1234, pays=-500, yuan=Decimal("17.34")),
    ),
)
UNVALUED = Settlement(
    month=date(2026, 10, 1),
    point_value=None,
    pairs=(Pair(owes=HERE, served=THERE, points=3, yuan=None),),
    nets=(
        Net(store=HERE, receives=0, pays=3, yuan=None),
        Net(store=THERE, receives=3, pays=0, yuan=None),
    ),
)  # fmt: skip


def as_csv(settlement: Settlement, language: Language = "zh") -> list[list[str]]:
    file = BytesIO()
    write_settlement_csv(settlement=settlement, language=language, file=file)
    assert file.getvalue().startswith(b"\xef\xbb\xbf"), "a spreadsheet takes Chinese without it for another encoding"
    return list(csv.reader(StringIO(file.getvalue().decode("utf-8-sig"))))


def as_xlsx(settlement: Settlement, language: Language = "zh") -> dict[str, list[tuple[Any, ...]]]:
    file = BytesIO()
    write_settlement_xlsx(settlement=settlement, language=language, file=file)
    book = load_workbook(BytesIO(file.getvalue()))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def test_the_csv_names_who_pays_whom() -> None:
    assert as_csv(VALUED) == [
        ["月份", "应付门店编号", "应付门店", "应收门店编号", "应收门店", "积分", "是否结算", "金额（元）"],
        ["2026-10", "S1", "鲜果里·一店", "S1", "鲜果里·一店", "40", "否", ""],
        ["2026-10", "S1", "鲜果里·一店", "S2", "'=1+1", "1234", "是", "12.34"],
        ["2026-10", "S2", "'=1+1", "S1", "鲜果里·一店", "-500", "是", "-5.00"],
    ]
    assert as_csv(VALUED, "en")[0][:3] == ["month", "paying store code", "paying store"]


def test_the_workbook_holds_nets_pairs_and_matrix_with_numbers_as_numbers() -> None:
    sheets = as_xlsx(VALUED)
    assert list(sheets) == ["各店净额", "往来明细", "矩阵"]
    assert sheets["各店净额"][1:] == [
        ("2026-10", "S1", "鲜果里·一店", -500, 1234, -1734, -17.34),
        ("2026-10", "S2", "=1+1", 1234, -500, 1734, 17.34),
        ("2026-10", "", "合计", 734, 734, 0, 0),
    ]
    assert sheets["往来明细"][2] == ("2026-10", "S1", "鲜果里·一店", "S2", "=1+1", 1234, "是", 12.34)
    assert sheets["矩阵"] == [
        ("应付＼应收", "S1 鲜果里·一店", "S2 =1+1"), ("S1 鲜果里·一店", 40, 1234), ("S2 =1+1", -500, None),
    ]  # fmt: skip


def test_a_stores_name_never_becomes_a_formula() -> None:
    file = BytesIO()
    write_settlement_xlsx(settlement=VALUED, language="zh", file=file)
    sheet = load_workbook(BytesIO(file.getvalue()))["各店净额"]
    assert (sheet["C3"].value, sheet["C3"].data_type) == ("=1+1", "s")


def test_without_a_value_of_a_point_the_heading_says_so() -> None:
    table = as_csv(UNVALUED)
    assert (table[0][-1], table[1][-1]) == ("金额（元），未设置积分价值", "")
    nets = as_xlsx(UNVALUED, "en")["Net per store"]
    assert (nets[0][-1], nets[1][-1], nets[3][-1]) == ("net yuan, no value of a point is set", None, None)


def test_an_empty_month_is_a_file_all_the_same() -> None:
    empty = Settlement(month=date(2026, 10, 1), point_value=None, pairs=(), nets=())
    assert len(as_csv(empty)) == 1
    assert as_xlsx(empty)["矩阵"] == [("应付＼应收",)]


@pytest.mark.parametrize("name", ["=1", "+1", "-1", "@x", "＝1", "＋1", "－1", "＠x", "\tx", "\rx", "\nx"])
def test_no_text_of_a_csv_is_a_formula(name: str) -> None:
    file = BytesIO()
    write_csv(table=Table(title="t", headings=("a", name), rows=[(name, -1)]), file=file)
    headings, row = csv.reader(StringIO(file.getvalue().decode("utf-8-sig"), newline=""))
    assert (headings, row) == (["a", "'" + name], ["'" + name, "-1"])


def test_many_rows_are_written_one_after_the_other() -> None:
    file = BytesIO()
    write_xlsx(tables=[Table(title="t", headings=("a",), rows=[(number,) for number in range(5_000)])], file=file)
    assert load_workbook(BytesIO(file.getvalue()))["t"].max_row == 5_001


def test_the_forecast_is_a_row_for_each_time_and_store_and_then_all() -> None:
    times = (*(date(2026 + month // 12, month % 12 + 1, 1) for month in range(10, 23)), NEVER)
    endings: dict[tuple[int | None, date | None], Ending] = {
        (7, times[0]): Ending(ready=10, held=5, members=2),
        (None, times[0]): Ending(ready=10, held=5, members=2),
        (7, times[12]): Ending(ready=1, members=1),
        (None, times[12]): Ending(ready=1, members=1),
        (9, NEVER): Ending(held=3, members=1),
        (None, NEVER): Ending(held=3, members=1),
    }
    file = BytesIO()
    forecast = Forecast(today=date(2026, 11, 22), times=times, stores=(HERE, THERE), endings=endings)
    write_forecast_csv(forecast=forecast, language="zh", file=file)
    rows = list(csv.reader(StringIO(file.getvalue().decode("utf-8-sig"))))
    assert rows == [
        ["到期月份", "门店编号", "门店", "可用积分", "待生效积分", "合计积分", "会员数"],
        ["2026-11", "S1", "鲜果里·一店", "10", "5", "15", "2"],
        ["2026-11", "", "全部门店", "10", "5", "15", "2"],
        ["2027-11 及以后", "S1", "鲜果里·一店", "1", "0", "1", "1"],
        ["2027-11 及以后", "", "全部门店", "1", "0", "1", "1"],
        ["永久有效", "S2", "'=1+1", "0", "3", "3", "1"],
        ["永久有效", "", "全部门店", "0", "3", "3", "1"],
    ]
