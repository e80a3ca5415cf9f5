"""/forecast: the points that will end, by month and store, for head office and for managers of their own stores."""

import asyncio
from io import BytesIO

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.response import Template

from actions.forecast_file import time_name, write_forecast_csv
from config.settings import settings
from queries.expiry_forecast import Forecast, expiry_forecast
from queries.staff import Identity
from rules.refusals import Refusal
from tables.access import STORE_ROLES, Role
from tables.scope import scope
from web.pages.exports import CSV, taken
from web.pages.frame import REFUSED, page, today
from web.pages.live import Asked

READERS: tuple[Role, ...] = ("hq_admin", "hq_marketing", "hq_viewer", "store_manager")

WORDS = {
    "zh": {
        "title": "积分到期预测",
        "about": "截至今日仍有效的积分，按到期月份和发放门店统计；假设之后不再使用。已到期的不计入。",
        "own": "仅含您所属门店发放的积分。",
        "as_of": "截至",
        "csv": "下载 CSV",
        "by_time": "按到期月份",
        "by_store": "按门店与到期月份（积分）",
        "by_store_about": "含待生效积分；小字为会员数。",
        "ends": "到期月份",
        "ready": "可用积分",
        "held": "待生效",
        "points": "合计积分",
        "members": "会员数",
        "once": "同一会员在合计中只计一次，因此合计可能小于各行之和。",
        "store": "门店",
        "total": "合计",
        "empty": "目前没有有效积分。",
        "back": "返回后台",
    },
    "en": {
        "title": "Points that will expire",
        "about": "Points alive today, by the month in which they end and the store that issued them, if nobody spends them."
        " What has lapsed is left out.",
        "own": "Points issued by your own stores alone.",
        "as_of": "As of",
        "csv": "Download CSV",
        "by_time": "By month",
        "by_store": "By store and month (points)",
        "by_store_about": "With points still held; small: how many members.",
        "ends": "Ends in",
        "ready": "Spendable",
        "held": "Held",
        "points": "Together",
        "members": "Members",
        "once": "A member counts once in a total, which may so be less than the sum of its rows.",
        "store": "Store",
        "total": "Total",
        "empty": "No points are alive at the moment.",
        "back": "Back office",
    },
}


@get("/forecast", include_in_schema=False, exception_handlers=REFUSED)
async def forecast_page(staff: NamedDependency[Identity]) -> Template:
    """The next twelve months, what comes later, and what never ends."""
    found, language = await _asked(staff), settings().language
    names = {time: time_name(time=time, later=found.later, language=language) for time in found.times}
    context = {
        "words": WORDS[language],
        "forecast": found,
        "names": names,
        # Two lines each, or a year would not fit beside its stores.
        "parts": {time: name.replace("-", " ", 1).split(" ", 1) for time, name in names.items()},
        "most": max(found.ending(time=time).points for time in found.times),
        "own": staff.role in STORE_ROLES,
    }
    return page(name="forecast.html", context=context)


@get("/forecast.csv", include_in_schema=False, exception_handlers=REFUSED)
async def forecast_csv(request: Asked, staff: NamedDependency[Identity]) -> Response[bytes]:
    """The same as one table."""
    found, file = await _asked(staff), BytesIO()
    await asyncio.to_thread(write_forecast_csv, forecast=found, language=settings().language, file=file)
    return await taken(
        request=request, staff=staff, what="forecast", body=file.getvalue(), name=f"forecast-{found.today}.csv", media_type=CSV,
        rows=len(found.stores) * len(found.times),
    )  # fmt: skip


async def _asked(staff: Identity) -> Forecast:
    """Raises Refusal not_allowed."""
    if staff.role not in READERS:
        raise Refusal(
            code="not_allowed",
            en="The forecast is for head office and store managers: ask your manager.",
            zh="到期预测仅限总部和店长查看：请联系店长。",
        )
    async with scope(role=staff.role, stores=staff.stores, staff=staff.staff):
        return await expiry_forecast(today=today())
