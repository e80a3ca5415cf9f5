"""When messages to one person come too close together: the frequency rules of design 4.7 over days that are planned."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True, slots=True)
class Frequency:
    """At most `most` messages in `days`; `plain_only`: among and for campaigns that are neither event nor rhythm."""

    id: int
    most: int
    days: int
    plain_only: bool

    @property
    def widest(self) -> int:
        """Days that keep two messages apart for everybody, those who want fewer too."""
        return self.days * 2 if self.most == 1 else self.days

    def limit(self, *, fewer: bool) -> tuple[int, int]:
        """Messages and days; who wants `fewer` gets half of a number, or a single one in twice the days."""
        return (self.most // 2 if fewer and self.most > 1 else self.most), (self.widest if fewer else self.days)

    @property
    def zh(self) -> str:
        return f"{self.days} 天内最多 {self.most} 条" + ("（普通活动）" if self.plain_only else "")

    @property
    def en(self) -> str:
        return f"at most {self.most} in {self.days} days" + (" (plain campaigns)" if self.plain_only else "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A step of a campaign on its day; `is_plain`: of one that is neither event nor rhythm."""

    step: int
    day: date
    is_plain: bool


def crowded(*, messages: Sequence[Message], rule: Frequency, fewer: bool) -> list[list[Message]]:
    """The windows in which somebody would get more than a rule allows."""
    most, days = rule.limit(fewer=fewer)
    met = [one for one in messages if one.is_plain or not rule.plain_only]
    windows = ([one for one in met if 0 <= (last - one.day).days < days] for last in {one.day for one in met})
    return [window for window in windows if len(window) > most]


def room_left(*, ago: Collection[int], rules: Iterable[Frequency], fewer: bool, most: int) -> int:
    """How many messages, up to `most`, the rules leave today to somebody who got one on each of the days `ago` (0: today)."""
    limits = [rule.limit(fewer=fewer) for rule in rules]
    return max(0, min([most, *(allowed - sum(day < days for day in ago) for allowed, days in limits)]))
