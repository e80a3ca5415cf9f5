"""Whom the rule of an editor selects now: counted by the database, with a split by store and some of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from asyncpg import QueryCanceledError

from config.settings import settings
from queries.segments import SegmentView, audience_of, looked_at
from rules.calendar import business_date
from rules.refusals import Refusal
from rules.segments_fields import FIELDS
from rules.segments_tree import Compare, conditions
from tables.scope import current, scope
from web.pages.campaigns_editor import Edit, meant, mistake, quarters, refused
from web.pages.campaigns_frame import moment
from web.pages.campaigns_people_words import WORDS
from web.pages.frame import number, yuan
from web.pages.live import Asked

SECONDS = 20  # so long may a count take
_MOST_STORES = 6
_PERCENT = 100
_CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """An editor whose names were looked up. `view` None: not counted; `too_slow`: it took more than SECONDS."""

    edit: Edit
    view: SegmentView | None = None
    too_slow: bool = False


def wants_count(*, request: Asked, by: str = "") -> bool:
    """Whether the answer has to be whole: without a script, or when its script asks for the count."""
    return by == "count" or "hx-request" not in request.headers


async def look(*, edit: Edit, store: int | None, count: bool, now: datetime) -> Looked:
    """Looks up the names of a rule among the members of a store (id; None: of all) and, with `count`, counts them. Opens a scope
    of its own.
    """
    if edit.refusal is not None:
        return Looked(edit=edit)
    zone = settings().zone
    today = business_date(at=now, zone=zone)
    try:
        async with scope(role="job"):
            await current().execute(f"SET LOCAL statement_timeout = '{SECONDS}s'")
            audience = await audience_of(text=edit.text, today=today, zone=zone, store=store)
            view = await looked_at(audience=audience, today=today, now=now) if count else None
    except Refusal as refusal:
        return Looked(edit=refused(edit=edit, refusal=refusal))
    except QueryCanceledError:
        return Looked(edit=edit, too_slow=True)
    return Looked(edit=edit, view=view)


def look_shown(*, looked: Looked, now: datetime) -> dict[str, Any]:
    """What the template of the editor draws beside the rule."""
    edit = looked.edit
    words = WORDS[edit.language]
    today = business_date(at=now, zone=settings().zone)
    return {
        "rule": edit.text,
        "mistake": mistake(edit=edit),
        "meant": meant(edit=edit),
        "quarters": quarters(today=today, words=words),
        "view": None if looked.view is None else _view(looked.view, edit=edit, words=words),
        "too_slow": words["too_slow"].format(seconds=SECONDS) if looked.too_slow else None,
    }


def _view(view: SegmentView, *, edit: Edit, words: Mapping[str, str]) -> dict[str, Any]:
    shares = sorted(view.stores, key=lambda one: (-one.members, one.code))
    rest = shares[_MOST_STORES:]
    most = shares[0].members if shares else 0
    by_night = edit.rule is not None and any(
        isinstance(one, Compare) and FIELDS[one.field].night for one in conditions(rule=edit.rule)
    )
    return {
        "members": number(view.members),
        "reachable": number(view.reachable),
        "refused": words["refused"].format(n=number(view.refused)) if view.refused else None,
        "nobody": words["nobody"] if not view.members else words["nobody_reachable"] if not view.reachable else None,
        "stores": [(one.code, one.name, number(one.members), one.members * _PERCENT // most) for one in shares[:_MOST_STORES]],
        "more_stores": words["more_stores"].format(n=len(rest), members=number(sum(one.members for one in rest))) if rest else None,
        "sample": [_sampled(one, words) for one in view.sample],
        "as_of": words["as_of"].format(day=moment(view.as_of)) if by_night and view.as_of else words["as_of_now"],
    }  # fmt: skip


def _sampled(one: Any, words: Mapping[str, str]) -> dict[str, str]:  # noqa: ANN401  a SampleMember
    return {
        "name": one.name,
        "phone": one.phone_masked,
        "store": one.store,
        "tier": one.tier,
        "last_purchase": one.last_purchase_on.isoformat() if one.last_purchase_on else words["never"],
        "last_quarter_spend": yuan(one.last_quarter_spend.quantize(_CENT)),
    }
