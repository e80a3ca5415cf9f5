"""What members agreed to, and since when."""

from dataclasses import dataclass
from datetime import datetime

from tables.scope import current

_STORY = "SELECT * FROM deed.consent_story($1)"
# Of the caller's members alone: consents are read as the scope's role sees them.
_AGREED = """
SELECT coalesce((SELECT c.granted FROM consent c WHERE c.member = $1 AND c.purpose = $2 ORDER BY c.at DESC, c.id DESC LIMIT 1), false)
"""
_PURPOSE = "SELECT purpose FROM tag WHERE id = $1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One answer: to a purpose, where it was said, to which text, and who (username) of which store wrote it down."""

    purpose: str
    granted: bool
    source: str
    text_version: str
    store: str | None
    staff: str | None
    at: datetime


async def consent_story(*, member: int) -> list[Said]:
    """Every answer of a member (id) whom the caller may see, newest first: the first one of a purpose is the one that counts."""
    return [Said(**row) for row in await current().fetch(_STORY, member)]


async def unagreed(*, member: int, tag: int) -> str | None:
    """The purpose of a tag (id) that a member (id) has not agreed to; None: the tag may be given."""
    purpose: str | None = await current().fetchval(_PURPOSE, tag)
    return purpose if purpose is not None and not await agreed(member=member, purpose=purpose) else None


async def agreed(*, member: int, purpose: str) -> bool:
    """Whether the newest answer of a member (id) of the caller's is a yes."""
    found: bool = await current().fetchval(_AGREED, member, purpose)
    return found
