"""Purchases (a till receipt each) and their lines; a refund is a purchase that points at its sale."""

from piccolo.columns import BigInt, Boolean, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import At, Day, Key, Money, Multiplier, Quantity, Refers
from tables.members import Member
from tables.products import Category, Product
from tables.stores import Store


class Purchase(Table):
    """Append-only. `amount` is negative for a refund. `sold_on` is the business date of the sale (for a refund: of the
    sale it takes back), the day whose quarter counts for the tier; `tier_amount` is what counts there.
    `content` is a digest of what the till said, so that the same receipt again is known and another one a conflict.
    """

    id = Key()
    store = Refers(Store, index=False)
    receipt_no = Varchar(length=64)
    kind = Varchar(length=10, default="sale")
    member = Refers(Member, null=True, index=False)
    purchased_at = At()
    business_date = Day()
    sold_on = Day()
    amount = Money()
    tier_amount = Money()
    refund_of = Refers("self", null=True, index=False)
    per_yuan = Multiplier()
    tier_multiplier = Multiplier()
    points = BigInt(default=0)
    source = Varchar(length=20)
    content = Varchar(length=32)
    created_at = At(now=True)
    unique_receipt = Unique(["store", "kind", "receipt_no"])


class PurchaseLine(Table):
    """`category` where no product says it; `multiplier` what the line earned by (0: nothing); `counts` for the tier. The
    line of a refund is negative and points at the line that it takes back.
    """

    id = Key()
    purchase = Refers(Purchase)
    product = Refers(Product, null=True, index=False)
    quantity = Quantity()
    amount = Money()
    multiplier = Multiplier()
    category = Refers(Category, null=True, index=False)
    counts = Boolean(default=True)
    refund_of = Refers("self", null=True, index=False)
