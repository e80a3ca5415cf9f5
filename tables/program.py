"""The program that a manager edits: points policy, promotions, rewards (tiers have their own file)."""

from piccolo.columns import Array, BigInt, Boolean, Integer, Numeric, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import Day, Key, Money, Multiplier, Refers, Words
from tables.stores import Store
from tables.tags import Tag
from tables.tiers import Tier


class PointsPolicy(Table):
    """One row: how points are earned, how long they are good, when a member is reminded."""

    id = Key()
    per_yuan = Multiplier()
    valid_days = Integer(null=True, default=None)
    valid_months = Integer(null=True, default=None)
    round_expiry = Varchar(length=10, default="none")
    hold_days = Integer(default=0)
    remind_days = Array(base_column=Integer())
    remind_min_points = BigInt(default=100)
    remind_every_days = Integer(default=14)
    statement = Varchar(length=10, default="moved")
    redeem_code_from = BigInt(null=True, default=None)
    code_away_from_home = Boolean(default=False)
    redeem_min = BigInt(default=1)
    redeem_step = BigInt(default=1)
    point_value = Numeric(
        digits=(8, 4), null=True, default=None, help_text="yuan a point where a number of points is redeemed"
    )
    adjust_limit = BigInt(default=500, help_text="the most a store manager gives or takes by hand in one deed")
    referrer_points = BigInt(default=0)
    newcomer_points = BigInt(default=0)


class PointsPromotion(Table):
    """Points times `multiplier` for the lines it matches; what is null matches all. `weekdays`: 1 = Monday."""

    id = Key()
    name = Varchar(length=100)
    multiplier = Multiplier()
    starts_on = Day()
    ends_on = Day()
    weekdays = Array(base_column=Integer(), null=True, default=None)
    stores = Array(base_column=BigInt(), null=True, default=None)
    categories = Array(base_column=BigInt(), null=True, default=None)
    tag = Refers(Tag, null=True)
    birthday_month = Boolean(default=False)
    is_active = Boolean(default=True)


class Reward(Table):
    """What points buy: a gift, or cash of `value` yuan."""

    id = Key()
    name = Varchar(length=100, unique=True)
    kind = Varchar(length=10)
    points = BigInt()
    value = Money(null=True, default=None)
    stock = Integer(null=True, default=None)
    tier = Refers(Tier, null=True)
    description = Words()
    is_active = Boolean(default=True)


class RewardStore(Table):
    """A reward with rows here is offered in these stores alone; `stock` null: no limit of the store's own."""

    id = Key()
    reward = Refers(Reward, index=False)
    store = Refers(Store)
    stock = Integer(null=True, default=None)
    unique_place = Unique(["reward", "store"])
