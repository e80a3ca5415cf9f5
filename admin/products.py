"""What is sold, sorted into categories, and what lies in the stores."""

from admin.screens import Screen, Words
from tables.products import Category, Product, Stock

GROUP = Words("商品", "Products")

SCREENS = (
    Screen(
        table=Category,
        name=Words("品类", "Categories"),
        group=GROUP,
        columns={
            "name": Words("名称", "Name"),
            "earns": Words("可积分", "Earns points"),
            "counts_for_tier": Words("计入等级", "Counts for tier"),
            "promotable": Words("可促销", "May be promoted"),
        },
        shown=("name", "earns", "counts_for_tier", "promotable"),
        filters=("name", "earns", "counts_for_tier", "promotable"),
        hints={
            "earns": Words(
                "香烟、处方药、储值、一段婴儿奶粉等按规定不得积分，选「否」",
                "No for tobacco, prescription drugs, top-ups, stage 1 infant formula and the like",
            ),
            "counts_for_tier": Words(
                "选「否」则消费额不计入等级", "No: what is spent on it does not count towards a tier"
            ),
            "promotable": Words("选「否」则不得出现在促销和群发中", "No: it may not be advertised"),
        },
        order="name",
        link="name",
        readable="t.name",
    ),
    Screen(
        table=Product,
        name=Words("商品", "Products"),
        group=GROUP,
        columns={
            "sku": Words("货号", "SKU"),
            "name": Words("名称", "Name"),
            "category": Words("品类", "Category"),
            "price": Words("售价（元）", "Price (yuan)"),
            "safety_stock": Words("安全库存", "Safety stock"),
        },
        shown=("sku", "name", "category", "price", "safety_stock"),
        filters=("sku", "name", "category"),
        hints={
            "sku": Words("与收银系统一致", "As the till knows it"),
            "category": Words("没有品类的商品可积分、计入等级", "Without one it earns and counts"),
            "safety_stock": Words("库存低于此数时提醒；留空不提醒", "Below it the store is told; empty: never"),
        },
        order="sku",
        link="sku",
        readable="t.name",
    ),
    Screen(
        table=Stock,
        name=Words("库存", "Stock"),
        group=GROUP,
        columns={
            "store": Words("门店", "Store"),
            "product": Words("商品", "Product"),
            "quantity": Words("数量", "Quantity"),
        },
        shown=("quantity", "product", "store"),
        filters=("store", "product", "quantity"),
        link="quantity",
        readable="'#' || t.id",
    ),
)
