"""Who still uses a row that somebody wants to delete, in numbers that people understand."""

from piccolo.columns import ForeignKey
from piccolo.table import Table

from admin.edits_frame import Rules
from admin.screens import Screen, Words
from admin.violations import table_words
from rules.refusals import Refusal
from tables.scope import current

# More are not counted one by one: the answer is no anyway.
_ENOUGH = 1000
_MEASURES = {
    "member": Words("{n} 位会员", "{n} members"),
    "purchase": Words("{n} 笔消费", "{n} purchases"),
    "product": Words("{n} 件商品", "{n} products"),
    "reward": Words("{n} 个兑换项", "{n} rewards"),
    "staff_store": Words("{n} 位员工", "{n} staff"),
    "member_tag": Words("{n} 位会员", "{n} members"),
    "points_promotion": Words("{n} 个积分促销", "{n} points promotions"),
}


def counted(*, table: str, number: int) -> Words:
    """`number` rows of a table, as a person counts them."""
    name = table_words(name=table)
    words = _MEASURES.get(table, Words(f"{{n}} 条{name.zh}", f"{{n}} rows of {name.en}"))
    zh, en = (f"{_ENOUGH} 多", f"more than {_ENOUGH}") if number > _ENOUGH else (str(number), str(number))
    return Words(words.zh.format(n=zh), words.en.format(n=en))


async def _readable(tables: set[str]) -> set[str]:
    """Those of the tables that whoever asks may read; of the others the database itself says that a row is in use."""
    sql = "SELECT name FROM unnest($1::text[]) AS name WHERE has_any_column_privilege(name, 'SELECT')"
    return {row["name"] for row in await current().fetch(sql, list(tables))}


async def _rows(column: ForeignKey[Table], key: int) -> int:
    table, name = column._meta.table._meta.tablename, column._meta.name  # noqa: SLF001  Piccolo keeps it there
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {name} = $1 LIMIT {_ENOUGH + 1}) AS used"
    return int(await current().fetchval(sql, key))


async def check_unused(*, screen: Screen, key: int, rules: Rules) -> None:
    """Refuses (`in_use`) the removal of a row that other rows point at, and says how many of which."""
    found: dict[str, int] = {}
    columns = [
        (column._meta.table._meta.tablename, column)  # noqa: SLF001  Piccolo keeps it there
        for column in screen.table._meta.foreign_key_references  # noqa: SLF001  Piccolo keeps it there
    ]
    readable = await _readable({table for table, _ in columns})
    for table, column in columns:
        number = await _rows(column, key) if table in readable else 0
        if number:
            found[table] = found.get(table, 0) + number
    if found:
        uses = [counted(table=table, number=number) for table, number in found.items()]
        raise in_use(uses=uses, instead=rules.instead)


def in_use(*, uses: list[Words], instead: Words) -> Refusal:
    zh, en = "、".join(words.zh for words in uses), ", ".join(words.en for words in uses)
    return Refusal(
        "in_use", f"It cannot be deleted: {en} still use it. {instead.en}", f"不能删除：还有 {zh}在使用。{instead.zh}"
    )
