"""What single members would get of a wave, word for word, before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass

from queries.audience import planned
from rules.messages import parts
from tables.scope import current

_MEMBERS = """
SELECT m.id, m.name::text AS name, s.name::text AS store FROM member m JOIN store s ON s.id = m.home_store
WHERE m.id = ANY ($1::bigint[]) AND m.erased_at IS NULL
"""
_ACCOUNT = """
SELECT name::text, opt_out_text::text AS ending, is_international FROM gateway_account
WHERE is_active AND 'marketing' = ANY (classes) ORDER BY priority, id LIMIT 1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """The words that the account which sends marketing first puts at the end; `international`: how its parts are counted."""

    text: str = ""
    international: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What a member (id) would get: `text` with signature and opt-out words and how long it is, or the `reason` why nothing."""

    member: int
    name: str
    store: str
    text: str
    characters: int
    parts: int
    reason: str | None
    version: int = 0


async def ending() -> Ending:
    """How marketing ends, in a scope of role job; nothing where no account carries it."""
    row = await current().fetchrow(_ACCOUNT)
    return Ending(text=row["ending"], international=row["is_international"]) if row else Ending()


async def previews(*, members: Sequence[int], values: tuple[object, ...]) -> list[Preview]:
    """What each of `members` would get of a wave (`queries.audience.wave_values`), in their order, in a scope of role job.

    Links in it lead nowhere: nothing is written.
    """
    people = {row["id"]: row for row in await current().fetch(_MEMBERS, list(members))}
    end = await ending()
    shown = []
    for one in await planned(members=members, values=values):
        if one.member not in people:
            continue
        text = one.text + end.text if one.text is not None else ""
        shown.append(
            Preview(
                member=one.member, name=people[one.member]["name"], store=people[one.member]["store"], text=text,
                characters=len(text), parts=parts(text=text, international=end.international) if text else 0,
                reason=one.reason, version=one.version,
            )
        )  # fmt: skip
    return shown
