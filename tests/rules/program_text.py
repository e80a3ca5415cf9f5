"""A program file with everything in it."""

TEXT = """
[points]
per_yuan = 1
valid_days = 60
round_expiry = "month"
hold_days = 2
remind_days = [15, 3]
redeem_min = 200
redeem_step = 100
point_value = 0.01
adjust_limit = 300
referrer_points = 50
newcomer_points = 20
[[tiers]]
rank = 2
name = "银卡"
quarterly_spend = 500.5
earn_multiplier = 1.2
benefits = "生日双倍积分\\n免运费"
[[tiers]]
rank = 1
name = "铜卡"
quarterly_spend = 0
earn_multiplier = "1"
[[rewards]]
name = "精品果篮"
kind = "gift"
points = 200
stock = 10
min_tier = 2
stores = [{code = "S2"}, {code = "S1", stock = 4}]
[[rewards]]
name = "10 元抵现"
kind = "cash"
points = 1000
value = 10
[[promotions]]
name = "周末水果双倍"
multiplier = 2
starts_on = 2026-03-01
ends_on = 2026-03-31
weekdays = [7, 6]
stores = ["S2", "S1"]
categories = ["水果"]
tag = "榴莲爱好者"
birthday_month = true
[[promotions]]
name = "店庆"
multiplier = "1.5"
starts_on = 2026-05-01
ends_on = 2026-05-01
weekdays = []
"""
