"""Purchases and their lines, as the tills told them."""

from admin.screens import Screen, Words
from tables.purchases import Purchase, PurchaseLine

GROUP = Words("消费", "Purchases")

KINDS = {"sale": Words("销售", "Sale"), "refund": Words("退货", "Refund")}
SOURCES = {
    "till": Words("收银", "Till"),
    "api": Words("接口", "API"),
    "counter": Words("柜台", "Counter"),
    "form": Words("柜台表单", "Form"),
    "import": Words("导入", "Import"),
    "demo": Words("演示", "Demo"),
}

PURCHASE = Screen(
    table=Purchase,
    name=Words("消费单", "Purchases"),
    group=GROUP,
    columns={
        "store": Words("门店", "Store"),
        "receipt_no": Words("小票号", "Receipt no."),
        "kind": Words("类型", "Kind"),
        "member": Words("会员", "Member"),
        "purchased_at": Words("消费时间", "Purchased at"),
        "business_date": Words("营业日", "Business date"),
        "sold_on": Words("销售日", "Sold on"),
        "amount": Words("金额（元）", "Amount (yuan)"),
        "tier_amount": Words("计等级金额（元）", "Counts for tier (yuan)"),
        "points": Words("积分", "Points"),
        "refund_of": Words("原消费单", "Refund of"),
        "per_yuan": Words("每元积分", "Points a yuan"),
        "tier_multiplier": Words("等级倍数", "Tier multiplier"),
        "source": Words("来源", "Source"),
        "content": Words("内容校验码", "Digest of the content"),
        "created_at": Words("录入时间", "Recorded at"),
    },
    shown=("receipt_no", "purchased_at", "store", "kind", "member", "amount", "points", "source"),
    filters=("receipt_no", "store", "kind", "member", "business_date", "amount", "source"),
    choices={"kind": KINDS, "source": SOURCES},
    hints={
        "member": Words("空表示非会员消费", "Empty: an anonymous sale"),
        "sold_on": Words("退货按原销售日所在的季度计入等级", "A refund counts in the quarter of its sale"),
        "amount": Words("退货为负数", "Negative for a refund"),
        "tier_amount": Words("计入等级的品类的金额", "Of categories that count for tiers"),
        "content": Words("用来识别同一张小票是否重复上传", "Tells the same receipt from another one"),
    },
    link="receipt_no",
    readable="t.receipt_no",
    help=Words("收银小票；退货也是一张，指向原单", "Till receipts; a refund is one that points at its sale"),
    read_only=True,
)
LINE = Screen(
    table=PurchaseLine,
    name=Words("消费明细", "Purchase lines"),
    group=GROUP,
    columns={
        "purchase": Words("消费单", "Purchase"),
        "product": Words("商品", "Product"),
        "quantity": Words("数量", "Quantity"),
        "amount": Words("金额（元）", "Amount (yuan)"),
        "multiplier": Words("积分倍数", "Multiplier"),
        "category": Words("品类", "Category"),
        "counts": Words("计入等级", "Counts for tier"),
        "refund_of": Words("所退的明细", "Refund of"),
    },
    shown=("amount", "purchase", "product", "category", "quantity", "multiplier"),
    filters=("purchase", "product", "category"),
    hints={
        "multiplier": Words("0 表示该品类不积分", "0: its category earns nothing"),
        "category": Words("没有商品的明细才有", "Only where there is no product"),
        "refund_of": Words("退货明细指向原消费的明细", "The sale's line that it takes back"),
    },
    link="amount",
    readable="'#' || t.id",
    read_only=True,
)

SCREENS = (PURCHASE, LINE)
