"""/settlement: what stores owe each other for a month, for head office, as a page and as files."""

import asyncio
from datetime import date
from io import BytesIO

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Template

from actions.settlement_file import write_settlement_csv, write_settlement_xlsx
from config.settings import settings
from queries.settlement import READERS, Settlement, not_allowed, settlement
from queries.staff import Identity
from rules.calendar import add_months
from rules.months import month_name, named_month
from tables.scope import scope
from web.pages.exports import CSV, XLSX, taken
from web.pages.frame import REFUSED, page, today
from web.pages.live import Asked

# More columns than that do not fit onto a sheet of paper.
WIDE = 12

WORDS = {
    "zh": {
        "title": "门店积分结算",
        "about": "会员在一家店获得、在另一家店使用的积分，由发放门店结算给兑换门店；撤销和退货已冲回。",
        "valued": "按当前积分价值折算：1 积分 = ¥{value}。",
        "unvalued": "未设置积分价值，仅按积分结算，不折算金额。",
        "open": "本月尚未结束，数字还会变化。",
        "month": "月份",
        "show": "查看",
        "before": "上月",
        "after": "下月",
        "csv": "下载 CSV",
        "xlsx": "下载 Excel",
        "nets": "各店净额",
        "nets_about": "净额为正表示应收，为负表示应付；各店净额合计为 0。",
        "store": "门店",
        "receives": "应收积分",
        "pays": "应付积分",
        "net": "净额积分",
        "net_yuan": "净额金额",
        "total": "合计",
        "matrix": "往来矩阵（积分）",
        "matrix_about": "每行为应付门店，每列为应收门店；灰色为本店积分在本店使用，不需结算，不计入合计。",
        "corner": "应付 ＼ 应收",
        "paid": "应付合计",
        "received": "应收合计",
        "wide": "门店较多，打印时省略矩阵，请下载 Excel。",
        "empty": "本月没有跨店使用的积分。",
        "back": "返回后台",
    },
    "en": {
        "title": "Settlement between stores",
        "about": "Points issued by one store and spent at another: the issuing store pays the one that served."
        " Cancellations and refunds are taken off.",
        "valued": "In yuan at today's value of a point: 1 point = ¥{value}.",
        "unvalued": "No value of a point is set: these are points alone, without yuan.",
        "open": "The month is not over yet: the figures will still change.",
        "month": "Month",
        "show": "Show",
        "before": "Month before",
        "after": "Month after",
        "csv": "Download CSV",
        "xlsx": "Download Excel",
        "nets": "Net per store",
        "nets_about": "Above zero: to receive; below zero: to pay. All stores together are zero.",
        "store": "Store",
        "receives": "Receives",
        "pays": "Pays",
        "net": "Net points",
        "net_yuan": "Net yuan",
        "total": "Total",
        "matrix": "Who pays whom (points)",
        "matrix_about": "A row pays, a column receives. Grey: a store's own points spent there, which settle nothing and"
        " are in no total.",
        "corner": "pays \\ receives",
        "paid": "Pays in all",
        "received": "Receives in all",
        "wide": "Too many stores for paper: the matrix is in the Excel file.",
        "empty": "No points were spent at another store in this month.",
        "back": "Back office",
    },
}


@get("/settlement", include_in_schema=False, exception_handlers=REFUSED)
async def settlement_page(staff: NamedDependency[Identity], month: FromQuery[str | None] = None) -> Template:
    """A month (else the last one that has ended): the net of each store and the matrix."""
    found, words = await _asked(staff, month), WORDS[settings().language]
    context = {
        "words": words,
        "valued": found.point_value and words["valued"].format(value=f"{found.point_value.normalize():f}"),
        "settlement": found,
        "month": month_name(day=found.month),
        "before": month_name(day=add_months(day=found.month, months=-1)),
        "after": month_name(day=add_months(day=found.month, months=1)),
        "is_open": add_months(day=found.month, months=1) > today(),
        "moved": {(pair.owes.id, pair.served.id): pair.points for pair in found.pairs},
        "wide": len(found.nets) > WIDE,
    }
    return page(name="settlement.html", context=context)


@get("/settlement.csv", include_in_schema=False, exception_handlers=REFUSED)
async def settlement_csv(
    request: Asked, staff: NamedDependency[Identity], month: FromQuery[str | None] = None
) -> Response[bytes]:
    """Who pays whom, as one table."""
    found, file = await _asked(staff, month), BytesIO()
    await asyncio.to_thread(write_settlement_csv, settlement=found, language=settings().language, file=file)
    return await taken(
        request=request, staff=staff, what="settlement", body=file.getvalue(), name=_name(found, "csv"), media_type=CSV,
        rows=len(found.pairs),
    )  # fmt: skip


@get("/settlement.xlsx", include_in_schema=False, exception_handlers=REFUSED)
async def settlement_xlsx(
    request: Asked, staff: NamedDependency[Identity], month: FromQuery[str | None] = None
) -> Response[bytes]:
    """Nets, who pays whom and the matrix, a sheet each."""
    found, file = await _asked(staff, month), BytesIO()
    await asyncio.to_thread(write_settlement_xlsx, settlement=found, language=settings().language, file=file)
    return await taken(
        request=request, staff=staff, what="settlement", body=file.getvalue(), name=_name(found, "xlsx"), media_type=XLSX,
        rows=len(found.pairs),
    )  # fmt: skip


async def _asked(staff: Identity, month: str | None) -> Settlement:
    """Raises Refusal not_allowed, bad_month."""
    if staff.role not in READERS:
        raise not_allowed()
    wanted: date = named_month(text=month) if month else add_months(day=today().replace(day=1), months=-1)
    async with scope(role=staff.role, staff=staff.staff):
        return await settlement(month=wanted)


def _name(found: Settlement, kind: str) -> str:
    return f"settlement-{month_name(day=found.month)}.{kind}"
