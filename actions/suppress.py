"""A no that came from elsewhere, such as a list of 12321: kept as a keyed digest of the phone, for ever."""

from collections.abc import Sequence
from datetime import datetime

from rules.phones import normalise_phone
from rules.refusals import Refusal
from rules.suppression import phone_hmac
from tables.scope import current

LONGEST_SOURCE = 100
_KEEP = """
INSERT INTO suppression (phone_hmac, since, source) SELECT digest, $2, $3 FROM unnest($1::text[]) AS digest ON CONFLICT DO NOTHING
"""
# Somebody who came back after an earlier no says it once more: that no alone would be older than the consent.
_WITHDRAW = """
INSERT INTO consent (member, purpose, granted, source, text_version, at)
SELECT m.id, 'marketing_sms', false, $3, '', $2 FROM member m WHERE m.phone = ANY ($1)
    AND (SELECT c.granted FROM consent c WHERE c.member = m.id AND c.purpose = 'marketing_sms' ORDER BY c.at DESC, c.id DESC LIMIT 1)
"""


def read_phones(*, lines: Sequence[str]) -> tuple[list[str], list[int]]:
    """The phones of a list, and the numbers of the lines that are none; empty lines are passed over."""
    phones, refused = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            phones.append(normalise_phone(text=line))
        except Refusal:
            refused.append(number)
    return phones, refused


async def suppress(*, phones: Sequence[str], source: str, secret: str, now: datetime) -> int:
    """Nothing but what they ask for is sent to these phones (E.164) any more; returns how many are new. Only a consent that
    a member gives after `now` lifts it. Raises Refusal bad_source.
    """
    where = source.strip()
    if not 1 <= len(where) <= LONGEST_SOURCE or not where.isprintable():
        raise Refusal(
            "bad_source",
            f"Say where the no came from, in 1 to {LONGEST_SOURCE} characters.",
            f"请注明拒收来自哪里，1 到 {LONGEST_SOURCE} 个字。",
        )
    await current().execute(_WITHDRAW, list(phones), now, where)
    digests = sorted({phone_hmac(secret=secret, phone=phone) for phone in phones})
    status = await current().execute(_KEEP, digests, now, where)
    return int(status.rpartition(" ")[2])
