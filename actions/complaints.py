"""Complaints: recorded, counted, and a campaign with too many of them stops. The deed is in tables/sql/replies.sql."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import structlog

from actions.rights import rights_refused
from rules.phones import normalise_phone
from rules.refusals import Refusal
from rules.suppression import phone_hmac
from tables.scope import current

Source = Literal["12321", "gateway", "member", "other"]
SOURCES: tuple[Source, ...] = get_args(Source)
LOG = structlog.get_logger("complaints")

_RECORD = "SELECT * FROM deed.complaint_record($1, $2, $3, $4, $5, $6)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Complained:
    """A complaint (id); `known`: it was recorded a moment ago. `campaign`: the name of the one that it is about, with how
    many complained of it and how many of its messages were handed over; `over`: more than the red line bears, `stopped`:
    because of this one.
    """

    complaint: int
    known: bool
    campaign: str | None
    complaints: int
    handed: int
    over: bool
    stopped: bool


async def record_complaint(
    *, source: Source, phone: str | None = None, send_log: int | None = None, note: str, now: datetime, secret: str
) -> Complained:
    """Records that somebody complained about a message (id) or, by phone, about the newest marketing message of 30 days.

    Who complained gets no more marketing. Over the red line (contact_rule `complaints`) the campaign stops, what is queued
    of it is cancelled, and the log warns. Raises Refusal missing, bad_phone, unknown_message, foreign_store, not_allowed.
    """
    if phone is None and send_log is None:
        raise Refusal("missing", "Write the phone or the number of the message.", "请填写手机号或发送记录编号。")
    stored = None if phone is None else normalise_phone(text=phone)
    digest = None if stored is None else phone_hmac(secret=secret, phone=stored)
    with rights_refused():
        row = await current().fetchrow(_RECORD, source, stored, send_log, note.strip(), digest, now)
    if row is None or row["complaint"] is None:
        raise Refusal("unknown_message", "There is no message of this number.", "没有该编号的发送记录：请核对编号。")
    if row["stopped"]:
        LOG.warning("campaign stopped", campaign=row["campaign"], complaints=row["complaints"], handed=row["handed"])
    return Complained(
        complaint=row["complaint"], known=row["known"], campaign=row["campaign_name"], complaints=row["complaints"] or 0,
        handed=row["handed"] or 0, over=bool(row["over"]), stopped=row["stopped"],
    )  # fmt: skip
