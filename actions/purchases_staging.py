"""A purchases file on its way in: read and checked line by line, gathered into receipts, not yet posted."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

from actions.imports import Progress
from actions.sheets import RejectWriter, open_sheet
from actions.sheets_layout import RowProblem, SheetColumn
from rules.cells import parse_instant, parse_money, parse_quantity
from rules.phones import normalise_phone
from rules.refusals import Refusal

COLUMNS = (
    SheetColumn(name="store", titles=("store", "门店", "门店编码", "门店代码")),
    SheetColumn(name="receipt_no", titles=("receipt_no", "小票号", "单号", "消费单号"), required=True),
    SheetColumn(name="purchased_at", titles=("purchased_at", "消费时间", "时间"), required=True),
    SheetColumn(name="member_phone", titles=("member_phone", "会员手机号", "手机号"), required=True),
    SheetColumn(name="sku", titles=("sku", "商品编码", "货号"), required=True),
    SheetColumn(name="category", titles=("category", "品类")),
    SheetColumn(name="quantity", titles=("quantity", "数量"), required=True),
    SheetColumn(name="amount", titles=("amount", "金额", "实付金额"), required=True),
    SheetColumn(name="kind", titles=("kind", "类型")),
    SheetColumn(name="refund_of", titles=("refund_of", "原小票号")),
)
_PLACES = {column.name: place for place, column in enumerate(COLUMNS)}
_SALE = {"sale", "消费", "销售"}
_REFUND = {"refund", "退货", "退款"}
_LONGEST = {"receipt_no": 64, "sku": 64, "category": 100, "refund_of": 130}
_CALLED = {"receipt_no": ("receipt number", "小票号"), "refund_of": ("receipt that is refunded", "原小票号")}
_PROGRESS_EVERY = 20_000

Record = tuple[int, int, str, datetime, str | None, str | None, str | None, int, int, str | None]


@dataclass(kw_only=True)
class PurchaseReader:
    """Turns rows into records for the staging table; what is wrong goes to `rejects` and taints its receipt.

    It runs for every line of a year of tills: what repeats is remembered, and only what is odd takes the long way.
    """

    stores: dict[str, int]
    store: str | None
    zone: ZoneInfo
    today: date
    rejects: RejectWriter
    tainted: set[tuple[str, str, bool]] = field(default_factory=set)
    rows: int = 0

    def __post_init__(self) -> None:
        tomorrow = datetime.combine(self.today + timedelta(days=1), time(), tzinfo=self.zone)
        self._at = lru_cache(maxsize=65_536)(lambda text: _past(parse_instant(text, self.zone), before=tomorrow))
        self._phone = lru_cache(maxsize=65_536)(lambda text: normalise_phone(text=text) if text else None)
        self._milli = lru_cache(maxsize=65_536)(lambda text: int(parse_quantity(text) * 1000))
        self._fen = lru_cache(maxsize=65_536)(lambda text: int(parse_money(text) * 100))

    async def records(self, *, path: Path, progress: Progress) -> AsyncIterator[Record]:
        """Every good line of the file as (line, store id, receipt_no, at, phone, sku, category, milli, fen, refund_of)."""
        with open_sheet(path=path, columns=COLUMNS) as sheet:
            for line, cells in sheet:
                if sheet.rows_read % _PROGRESS_EVERY == 0:
                    progress("reading", sheet.bytes_read, sheet.bytes_total)
                if isinstance(cells, RowProblem):
                    self._refuse_row(line, cells)
                    continue
                record = self._record(line, cells)
                if record is not None:
                    yield record
            self.rows = sheet.rows_read

    def _refuse_row(self, line: int, problem: RowProblem) -> None:
        self.rejects.add_problem(line=line, problem=problem)
        # A line cut off in the middle still says whose it was, when it says anything.
        if len(problem.cells) > 1:
            store = problem.cells[0] or self.store or ""
            self.tainted |= {(store, problem.cells[1], refund) for refund in (False, True)}

    def _record(self, line: int, cells: list[str]) -> Record | None:
        store, receipt_no, at, phone, sku, category, quantity, amount, kind, refund_of = cells
        store = store or self.store or ""
        column = "store"
        try:
            shop = self.stores.get(store) or _unknown_store(store)
            column = "kind"
            sale = _refund_of(kind, refund_of) if kind or refund_of else None
            column = "receipt_no"
            _fits(column, receipt_no, empty=False)
            column = "sku"
            _fits(column, sku)
            column = "category"
            _fits(column, category)
            column = "purchased_at"
            instant = self._at(at)
            column = "member_phone"
            number = self._phone(phone)
            column = "quantity"
            milli = self._milli(quantity)
            column = "amount"
            fen = self._fen(amount)
            if sale is not None:
                # With a minus, as refunds are stored, or without, as people write them.
                milli, fen = abs(milli), abs(fen) or _nothing()
        except Refusal as refusal:
            value = store if column == "store" else cells[_PLACES[column]]
            self.rejects.add_refusal(line=line, column=column, value=value, refusal=refusal)
            self.tainted.add((store, receipt_no, kind.lower() in _REFUND))
            return None
        return (line, shop, receipt_no, instant, number, sku or None, category or None, milli, fen, sale)


def _unknown_store(code: str) -> NoReturn:
    raise Refusal(
        code="unknown_store",
        en=f"There is no store “{code[:40]}”: import the stores first, or correct the code.",
        zh=f"没有门店“{code[:40]}”：请先导入门店，或更正编码。",
    )


def _past(instant: datetime, *, before: datetime) -> datetime:
    if instant >= before:
        raise Refusal(
            code="future_date",
            en=f"{instant:%Y-%m-%d %H:%M} is in the future: correct the date.",
            zh=f"{instant:%Y-%m-%d %H:%M} 在未来：请更正日期。",
        )
    return instant


def _refund_of(kind: str, sale: str) -> str | None:
    """The receipt that a refund takes back; None for a sale."""
    if kind.lower() in _REFUND:
        _fits("refund_of", sale, empty=False)
        return sale
    if kind and kind.lower() not in _SALE:
        raise Refusal(
            code="bad_kind",
            en=f"“{kind[:40]}” is no kind: write sale or refund.",
            zh=f"没有类型“{kind[:40]}”：请填写消费（sale）或退货（refund）。",
        )
    if sale:
        raise Refusal(
            code="bad_kind",
            en="Only a refund names the receipt it takes back: write refund as its kind, or leave refund_of empty.",
            zh="只有退货才填写原小票号：请把类型改为退货（refund），或清空原小票号。",
        )
    return None


def _nothing() -> NoReturn:
    raise Refusal(code="bad_amount", en="A refund of nothing: write its amount.", zh="退货金额为零：请填写金额。")


def _fits(column: str, value: str, *, empty: bool = True) -> None:
    if len(value) > _LONGEST[column]:
        raise Refusal(
            code="too_long",
            en=f"The {column} is longer than {_LONGEST[column]} characters: shorten it.",
            zh=f"{column} 超过 {_LONGEST[column]} 个字：请缩短。",
        )
    if not value and not empty:
        raise Refusal(
            code="no_receipt_no",
            en=f"The {_CALLED[column][0]} is empty: fill it in.",
            zh=f"{_CALLED[column][1]}为空：请填写。",
        )
