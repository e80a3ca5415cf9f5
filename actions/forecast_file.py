"""The forecast of what will end as one table."""

from datetime import date
from typing import IO

from actions.report_file import Cell, Language, Table, write_csv
from queries.expiry_forecast import NEVER, Forecast
from rules.months import month_name

WORDS = {
    "zh": {
        "title": "到期预测",
        "ends": "到期月份",
        "code": "门店编号",
        "store": "门店",
        "ready": "可用积分",
        "held": "待生效积分",
        "points": "合计积分",
        "members": "会员数",
        "later": "之后",
        "from": "{month} 及以后",
        "never": "永久有效",
        "all": "全部门店",
    },
    "en": {
        "title": "What will expire",
        "ends": "ends in",
        "code": "store code",
        "store": "store",
        "ready": "spendable points",
        "held": "held points",
        "points": "points together",
        "members": "members",
        "later": "later",
        "from": "{month} and later",
        "never": "never",
        "all": "all stores",
    },
}


def time_name(*, time: date, later: date, language: Language) -> str:
    """When points end, as people read it: a month, from a month on, or never."""
    words, month = WORDS[language], month_name(day=time)
    return words["never"] if time == NEVER else words["from"].format(month=month) if time == later else month


def forecast_table(*, forecast: Forecast, language: Language) -> Table:
    """A row for each time and store, where anything ends; then each time of all stores, where a member counts once."""
    words = WORDS[language]
    shops = [(shop.id, shop.code, shop.name) for shop in forecast.stores]
    rows: list[tuple[Cell, ...]] = []
    for time in forecast.times:
        for store, code, name in (*shops, (None, "", words["all"])):
            ending = forecast.ending(store=store, time=time)
            if ending.points:
                when = time_name(time=time, later=forecast.later, language=language)
                rows.append((when, code, name, ending.ready, ending.held, ending.points, ending.members))
    keys = ("ends", "code", "store", "ready", "held", "points", "members")
    return Table(title=words["title"], headings=tuple(words[key] for key in keys), rows=rows)


def write_forecast_csv(*, forecast: Forecast, language: Language, file: IO[bytes]) -> None:
    """The same table for a spreadsheet."""
    write_csv(table=forecast_table(forecast=forecast, language=language), file=file)
