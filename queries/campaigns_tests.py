"""What became of the test messages of a campaign's step."""

from dataclasses import dataclass
from datetime import datetime

from tables.scope import current

MOST = 20
_RECENT = 100_000  # messages among which they are looked for; who tests looks at once

_TESTS = f"""
SELECT s.created_at AS at, s.state::text AS state, coalesce(s.error_class, s.reason)::text AS why,
    (regexp_match(s.dedupe_key, '^test:[0-9]+:[^:]+:([0-9]+):'))[1]::bigint AS staff
FROM send_log s
WHERE s.id > (SELECT coalesce(pg_sequence_last_value('send_log_id_seq'), 0) - {_RECENT}) AND s.message_class = 'staff'
    AND s.dedupe_key LIKE 'test:' || $1::bigint || ':%'
ORDER BY s.id DESC LIMIT {MOST}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class TestSent:
    """A test message to a colleague (`staff`, id): how far it is, and `why` it failed."""

    at: datetime
    state: str
    why: str | None
    staff: int | None


async def tests_of(*, step: int) -> list[TestSent]:
    """The newest test messages of a step (id). In a scope of role job."""
    return [TestSent(**row) for row in await current().fetch(_TESTS, step)]
