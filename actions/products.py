"""Products: taken from a file."""

from pathlib import Path

from actions.imports import ImportReport, Progress, silent
from actions.imports_columns import Column, not_negative, words
from actions.imports_plan import Plan, Reason, plain_births, plain_judge, plain_updates
from actions.imports_settle import import_file
from rules.cells import parse_money, parse_quantity

_COLUMNS = (
    Column(
        name="sku",
        titles=("商品编码", "货号", "商品代码", "商品编号"),
        kept_as="text",
        read=words(longest=64),
        required=True,
    ),
    Column(name="name", titles=("商品名称", "名称", "品名"), kept_as="text", read=words(longest=200), required=True),
    Column(name="category", titles=("品类", "类别", "分类"), kept_as="text", read=words(longest=100)),
    Column(
        name="price", titles=("售价", "价格", "单价", "零售价"), kept_as="numeric(12,2)", read=not_negative(parse_money)
    ),
    Column(
        name="safety_stock",
        titles=("安全库存",),
        kept_as="numeric(12,3)",
        read=not_negative(parse_quantity),
    ),
)
_FIELDS = {column.name: f"r.{column.name}" for column in _COLUMNS[1:]} | {
    # 0 stands for a category that is not there yet: it differs from every one, and is made before anything is written.
    "category": "CASE WHEN r.category IS NOT NULL THEN"
    " coalesce((SELECT c.id FROM category c WHERE c.name = r.category), 0) END",
}
_NEW_CATEGORIES = """
    INSERT INTO category (name) SELECT DISTINCT r.category FROM judged r
    WHERE r.outcome IN ('created', 'updated') AND NOT EXISTS (SELECT FROM category c WHERE c.name = r.category)
        AND r.category IS NOT NULL
    ORDER BY 1 ON CONFLICT (name) DO NOTHING"""

_PLAN = Plan(
    kind="products",
    table="product",
    columns=_COLUMNS,
    judge=plain_judge(table="product", key="sku", fields=_FIELDS),
    prepare=(_NEW_CATEGORIES,),
    births=plain_births(table="product", key="sku", fields=_FIELDS, empty=()),
    updates=plain_updates(table="product", fields=_FIELDS),
    reasons={
        "nameless": Reason(column="name", en="A new product needs a name: fill it in.", zh="新商品需要名称：请填写。")
    },
)


async def import_products(*, path: Path, dry_run: bool, progress: Progress = silent) -> ImportReport:
    """Creates the products of a file, with their categories, and overwrites known ones (by sku) with what it says."""
    return await import_file(plan=_PLAN, path=path, dry_run=dry_run, progress=progress)
