"""What a full check found, kept for head office to see."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from config.logging import without_phones
from queries.invariants import CHECKED, Finding
from tables.scope import current

SAMPLE = 20  # rows of a finding that are kept
# What is broken gets the newest ids, so that it stands first where the newest do.
_KEEP = """
INSERT INTO check_result (checked_at, name, broken, sample)
SELECT $1, f.name, f.broken, f.sample::jsonb FROM unnest($2::text[], $3::integer[], $4::text[]) WITH ORDINALITY AS f(name, broken, sample, nr)
ORDER BY f.broken > 0, f.nr DESC
"""


async def keep_findings(*, findings: Sequence[Finding], at: datetime) -> None:
    """Writes a row for each invariant, those that hold too, inside the scope of a job."""
    found = {finding.name: finding.rows for finding in findings}
    samples = [json.dumps([_told(row) for row in found.get(name, ())[:SAMPLE]]) for name in CHECKED]
    broken = [len(found.get(name, ())) for name in CHECKED]
    await current().execute(_KEEP, at, list(CHECKED), broken, samples)


def _told(row: Mapping[str, object]) -> dict[str, object]:
    """Numbers as they are, anything else as text; the rows hold ids, and this keeps it so."""
    return {name: value if isinstance(value, int | None) else without_phones(str(value)) for name, value in row.items()}
