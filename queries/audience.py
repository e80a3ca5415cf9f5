"""Who a campaign would reach: audiences as conditions over members, and the forecast before anything is written."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import accumulate
from zoneinfo import ZoneInfo

from rules.campaigns import Blocked, blocked_pattern, content_of, fallbacks, wording
from rules.messages import parts
from rules.suppression import hmac_pads
from rules.templates import LONGEST
from tables.scope import current

BATCH = 20_000  # members a statement
LONGEST_ENDING = 20  # characters of opt-out words (gateway_account.opt_out_text)
_SHORT_LINKS = "/s/"
_NO_SIGNATURE = "回头客"
_FIELDS = 19  # of deed.wave
WAVE = f"ROW({', '.join(f'${n}' for n in range(1, _FIELDS + 1))})::deed.wave"
AFTER_WAVE = tuple(f"${n}" for n in range(_FIELDS + 1, _FIELDS + 5))

_NOT_REFUSED = "NOT EXISTS (SELECT FROM deed.not_personalised() n WHERE n.member = m.id)"
_MEMBERS = "SELECT coalesce(array_agg(m.id ORDER BY m.home_store, m.id), '{{}}') FROM {} WHERE {}"
_FORECAST = f"SELECT * FROM deed.wave_forecast({WAVE}, {AFTER_WAVE[0]}, {AFTER_WAVE[1]})"
_PLANNED = f"""
SELECT p.member, p.reason, p.text, p.version FROM deed.wave_plan({WAVE}, NULL, {AFTER_WAVE[0]}) p
ORDER BY array_position({AFTER_WAVE[0]}, p.member)
"""
_ACCOUNT = """
SELECT name, opt_out_text, price FROM gateway_account
WHERE is_active AND 'marketing' = ANY (classes) ORDER BY priority, id LIMIT 1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Audience:
    """A condition in SQL over `tables`, in which `m` is the member, with its parameters as $1, $2 … in `values`; of several the
    parts are joined by AND. `personal`: by what people did, so that whoever refused that is not written to.
    """

    condition: str = "true"
    values: Sequence[object] = ()
    tables: str = "member m"
    personal: bool = False


EVERYBODY = Audience()


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One version of a wave's text for a `share` of its people, `minutes_later` than the wave; `id` of its campaign_variant."""

    label: str
    share: Decimal
    text: str
    minutes_later: int = 0
    id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Wave:
    """What is said and when: `text` with placeholders, or in `versions` whose shares sum to 1; `rhythm` event | rhythm, None for
    one that is neither. It leaves from `scheduled_at` until before `send_before`. `holdout`: the share of the campaign's
    (`campaign`, id) people that gets nothing; `sample`: the share of them that this step (`step`, id) is for. `personal`: as of
    its audience.
    """

    text: str
    scheduled_at: datetime
    send_before: datetime
    rhythm: str | None = None
    versions: Sequence[Version] = ()
    holdout: Decimal = Decimal(0)
    sample: Decimal = Decimal(1)
    campaign: int = 0
    step: int = 0
    personal: bool = False

    @property
    def spoken(self) -> Sequence[Version]:
        """Its versions; the text as the only one where there are none."""
        return self.versions or (Version(label="A", share=Decimal(1), text=self.text),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """What one member (id) would get: `text` without the opt-out words, or the `reason` why nothing; of which version (0 …)."""

    member: int
    reason: str | None
    text: str | None
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What a wave would be now. `left_out`: people by reason; `messages`, and how many of them need more than one part;
    `lengths`: people by the characters of what they get, `ending` included; `cost` by the `price` of a part (None: there is
    no account for marketing).
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
    price: Decimal | None = None
    lengths: Mapping[int, int] = field(default_factory=dict)


def of_stores(*, stores: Sequence[int]) -> Audience:
    """The members whose home store is one of `stores` (ids)."""
    return Audience(condition="m.home_store = ANY ($1::bigint[])", values=(list(stores),))


def with_tag(*, tag: int, personal: bool = False) -> Audience:
    """The members who have a tag (id); `personal`: its rule goes by what they did."""
    has = "m.id IN (SELECT t.member FROM member_tag t WHERE t.tag = $1)"
    return Audience(condition=has, values=(tag,), personal=personal)


def written_to(*, audience: Audience) -> Audience:
    """Of an audience by what people did, those who did not refuse that; of any other one everybody."""
    if not audience.personal:
        return audience
    return replace(audience, condition=f"{audience.condition} AND {_NOT_REFUSED}", personal=False)


async def members_of(*, audience: Audience) -> list[int]:
    """The members (ids), those of one store together. Needs a scope of role job."""
    members: list[int] = await current().fetchval(
        _MEMBERS.format(audience.tables, audience.condition), *audience.values
    )
    return members


async def blocked_words() -> list[Blocked]:
    """The words that no message may hold, in a scope that is open."""
    rows = await current().fetch("SELECT word, source FROM blocked_word WHERE is_active ORDER BY id")
    return [Blocked(word=row["word"], source=row["source"]) for row in rows]


async def wave_values(*, wave: Wave, now: datetime, zone: ZoneInfo, secret: str, public_url: str) -> tuple[object, ...]:
    """The parameters of `WAVE`, in a scope that is open. What is due already leaves from `now` on."""
    signature = await current().fetchval("SELECT signature FROM chain")
    sign = (signature or "").strip() or _NO_SIGNATURE
    spoken = wave.spoken
    shares = [float(one.share) for one in spoken]
    spare = {word: said for one in reversed(spoken) for word, said in fallbacks(text=one.text).items()}
    return (
        [wording(text=one.text, signature=sign) for one in spoken],
        [content_of(text=one.text) for one in spoken],
        [one.id for one in spoken],
        [one.minutes_later for one in spoken],
        list(accumulate(shares))[:-1],
        LONGEST - LONGEST_ENDING,
        blocked_pattern(blocked=await blocked_words()),
        wave.rhythm is None,
        max(wave.scheduled_at, now),
        wave.send_before,
        zone.key,
        hmac_pads(secret=secret),
        public_url.rstrip("/") + _SHORT_LINKS,
        json.dumps(spare),
        float(wave.holdout),
        float(wave.sample),
        wave.campaign,
        wave.step,
        wave.personal,
    )


async def planned(*, members: Sequence[int], values: tuple[object, ...]) -> list[Planned]:
    """What each of `members` would get of a wave (`wave_values`), in their order, in a scope of role job."""
    rows = await current().fetch(_PLANNED, *values, list(members))
    return [Planned(**{**row, "version": row["version"] - 1}) for row in rows]


async def forecast(*, members: Sequence[int], values: tuple[object, ...]) -> Forecast:
    """How a wave (`wave_values`) to `members` would turn out, by everybody's exact text, in a scope of role job."""
    account = await current().fetchrow(_ACCOUNT)
    ending = account["opt_out_text"] if account else ""
    left_out: Counter[str] = Counter()
    units: Counter[int] = Counter()
    lengths: Counter[int] = Counter()
    for first in range(0, len(members), BATCH):
        for row in await current().fetch(_FORECAST, *values, members[first : first + BATCH], ending):
            if row["reason"] is not None:
                left_out[row["reason"]] += row["people"]
            else:
                units[parts(text=row["text"] or "字" * row["characters"])] += row["people"]
                lengths[row["characters"]] += row["people"]
    paid = sum(number * people for number, people in units.items())
    return Forecast(
        members=len(members), left_out=dict(left_out), messages=units.total(), parts=paid, long=units.total() - units[1],
        longest=max(lengths, default=0), account=account["name"] if account else None, ending=ending,
        cost=account["price"] * paid if account else None, price=account["price"] if account else None, lengths=dict(lengths),
    )  # fmt: skip
