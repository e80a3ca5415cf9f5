"""Who a campaign would reach: audiences as conditions over members, and the forecast before anything is written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from rules.campaigns import Blocked, blocked_pattern, content_of, wording
from rules.messages import parts
from rules.suppression import hmac_pads
from rules.templates import LONGEST
from tables.scope import current

BATCH = 20_000  # members a statement
LONGEST_ENDING = 20  # characters of opt-out words (gateway_account.opt_out_text)
_SHORT_LINKS = "/s/"
_NO_SIGNATURE = "回头客"
WAVE = "ROW($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)::deed.wave"

_MEMBERS = "SELECT coalesce(array_agg(m.id ORDER BY m.home_store, m.id), '{{}}') FROM member m WHERE {}"
_FORECAST = f"SELECT * FROM deed.wave_forecast({WAVE}, $11, $12)"
_ACCOUNT = """
SELECT name, opt_out_text, price FROM gateway_account
WHERE is_active AND 'marketing' = ANY (classes) ORDER BY priority, id LIMIT 1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Audience:
    """A condition in SQL over `member m`, with its parameters as $1, $2 … in `values`."""

    condition: str = "true"
    values: Sequence[object] = ()


EVERYBODY = Audience()


@dataclass(frozen=True, kw_only=True, slots=True)
class Wave:
    """What is said and when: `text` with placeholders; `rhythm` event | rhythm, None for one that is neither. It leaves from
    `scheduled_at` until before `send_before`.
    """

    text: str
    scheduled_at: datetime
    send_before: datetime
    rhythm: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What a wave would be now. `left_out`: people by reason; `messages`, and how many of them need more than one part;
    `cost` by the price of the account (None: there is none for marketing).
    """

    members: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    messages: int = 0
    parts: int = 0
    long: int = 0
    longest: int = 0
    account: str | None = None
    ending: str = ""
    cost: Decimal | None = None


def of_stores(*, stores: Sequence[int]) -> Audience:
    """The members whose home store is one of `stores` (ids)."""
    return Audience(condition="m.home_store = ANY ($1::bigint[])", values=(list(stores),))


def with_tag(*, tag: int) -> Audience:
    """The members who have a tag (id)."""
    return Audience(condition="m.id IN (SELECT t.member FROM member_tag t WHERE t.tag = $1)", values=(tag,))


async def members_of(*, audience: Audience) -> list[int]:
    """The members (ids), those of one store together. Needs a scope of role job."""
    members: list[int] = await current().fetchval(_MEMBERS.format(audience.condition), *audience.values)
    return members


async def blocked_words() -> list[Blocked]:
    """The words that no message may hold, in a scope that is open."""
    rows = await current().fetch("SELECT word, source FROM blocked_word WHERE is_active ORDER BY id")
    return [Blocked(word=row["word"], source=row["source"]) for row in rows]


async def wave_values(*, wave: Wave, now: datetime, zone: ZoneInfo, secret: str, public_url: str) -> tuple[object, ...]:
    """The parameters of `WAVE`, in a scope that is open. What is due already leaves from `now` on."""
    signature = await current().fetchval("SELECT signature FROM chain")
    return (
        wording(text=wave.text, signature=(signature or "").strip() or _NO_SIGNATURE),
        LONGEST - LONGEST_ENDING,
        blocked_pattern(blocked=await blocked_words()),
        content_of(text=wave.text),
        wave.rhythm is None,
        max(wave.scheduled_at, now),
        wave.send_before,
        zone.key,
        hmac_pads(secret=secret),
        public_url.rstrip("/") + _SHORT_LINKS,
    )


async def forecast(*, members: Sequence[int], values: tuple[object, ...]) -> Forecast:
    """How a wave (`wave_values`) to `members` would turn out, by everybody's exact text, in a scope of role job."""
    account = await current().fetchrow(_ACCOUNT)
    ending = account["opt_out_text"] if account else ""
    left_out: Counter[str] = Counter()
    units: Counter[int] = Counter()
    longest = 0
    for first in range(0, len(members), BATCH):
        for row in await current().fetch(_FORECAST, *values, members[first : first + BATCH], ending):
            if row["reason"] is not None:
                left_out[row["reason"]] += row["people"]
            else:
                units[parts(text=row["text"] or "字" * row["characters"])] += row["people"]
                longest = max(longest, row["characters"])
    paid = sum(number * people for number, people in units.items())
    return Forecast(
        members=len(members), left_out=dict(left_out), messages=units.total(), parts=paid, long=units.total() - units[1],
        longest=longest, account=account["name"] if account else None, ending=ending,
        cost=account["price"] * paid if account else None,
    )  # fmt: skip
