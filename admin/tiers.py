"""The tiers of the program."""

from admin.screens import Screen, Words
from tables.tiers import Tier

GROUP = Words("会员方案", "Program")

SCREENS = (
    Screen(
        table=Tier,
        name=Words("等级", "Tiers"),
        group=GROUP,
        columns={
            "rank": Words("级别", "Rank"),
            "name": Words("名称", "Name"),
            "quarterly_spend": Words("季度消费达到（元）", "Quarterly spend from (yuan)"),
            "earn_multiplier": Words("积分倍数", "Earn multiplier"),
            "benefits": Words("权益说明", "Benefits"),
        },
        shown=("name", "rank", "quarterly_spend", "earn_multiplier", "benefits"),
        hints={
            "rank": Words(
                "1 为基础等级，入会即得；数字越大等级越高，不可重复",
                "1 is the base tier that everybody is born into; higher is better, each only once",
            ),
            "quarterly_spend": Words(
                "一个自然季度的净消费额达到此数即获得，有效到下季末；基础等级填 0，越高的等级须越大。修改后当晚全员重算",
                "Net spend of one calendar quarter that reaches the tier, good until the next quarter's end; 0 for the base"
                " tier, more for each higher one. A change is worked out for everybody in the next night",
            ),
            "earn_multiplier": Words(
                "如 1.5 表示每元积 1.5 倍，须大于 0；只影响以后的消费",
                "1.5 earns half as much again; more than 0; future sales only",
            ),
            "benefits": Words("给店员和会员看的说明", "In words, for staff and members"),
        },
        order="rank",
        link="name",
        readable="t.name",
        help=Words("按季度消费升降", "Rank by quarterly spend"),
    ),
)
