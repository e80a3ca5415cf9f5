"""Habits: what the night finds in a member's purchases beyond the totals that every purchase keeps current."""

from piccolo.columns import Integer, Numeric
from piccolo.table import Table

from tables.columns import Day, Money, Refers
from tables.members import Member
from tables.products import Category, Product


class MemberHabit(Table):
    """One row for each member who has bought, as of the night of `counted_on`; provable from `purchase`.

    `quarter` and `year`: the first days of those that the counts speak of. `basket`: yuan of an average sale. `weekday` (1 =
    Monday), `hour` (0–23) and `month_day`: when most sales are made, where one in three or more is, of three sales or more.
    `interval_change`: the average of the last three intervals between days with a sale over the one of all before. `category`
    and `product`: in most of the newest twelve sales of the 90 days before the night of `liked_on`, of which `hour` speaks
    too; who buys again within a week keeps them. `purchases` and `spend`: the totals that the row was made from; where they
    are not those of `member_stats`, somebody has bought since.
    """

    member = Refers(Member, primary_key=True, index=False)
    counted_on = Day()
    quarter = Day()
    quarter_purchases = Integer(default=0)
    last_quarter_purchases = Integer(default=0)
    year = Day()
    year_purchases = Integer(default=0)
    year_spend = Money()
    last_year_spend = Money()
    basket = Money()
    weekday = Integer(null=True, default=None)
    hour = Integer(null=True, default=None)
    month_day = Integer(null=True, default=None)
    interval_change = Numeric(digits=(8, 3), null=True, default=None)
    category = Refers(Category, null=True)
    product = Refers(Product, null=True)
    purchases = Integer(default=0)
    spend = Money()
    liked_on = Day(null=True)
