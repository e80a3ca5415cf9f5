"""What Kannel tells of itself: its answers to sendsms, its reports (dlr-url) and its replies (get-url), in our words."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal, cast

import httpx

from gateways.protocol import Answer, BadHookError, ErrorClass, HookRequest, Inbound, Report
from rules.delivery_words import error_class_of
from rules.phones import normalise_phone
from rules.refusals import Refusal

# Appended to the address of our reports; Kannel fills in its news.
REPORT = "type=%d&answer=%A&smsc=%i&at=%T"
_DELIVERED, _LOST = 1, 2 | 16
_LONGEST_BODY, _LONGEST_ID, _LONGEST_PHONE = 200, 100, 16
_UCS2 = "2"
_TAKEN, _BUSY, _TOO_MANY = 202, 503, 429
# A 503 that is not Kannel's own comes from a proxy, which may have passed the message on.
_OWN_BUSY = "Temporal failure"
_REFUSED: Mapping[str, tuple[Literal["failed", "elsewhere"], ErrorClass]] = {
    "denied by white- and/or black-lists": ("failed", "blacklisted"),
    "Charset or body misformed": ("failed", "content_blocked"),
}
_NACKS: Mapping[str, ErrorClass] = {"0x00000014": "rate", "0x00000058": "rate"}
_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_TYPE = re.compile(r"[0-9]{1,3}", re.ASCII)
_EPOCH = re.compile(r"[0-9]{9,11}", re.ASCII)
_STAT, _ERR = re.compile(r"\bstat:(\S+)", re.IGNORECASE), re.compile(r"\berr:(\S+)", re.IGNORECASE)
# The first words of the message itself.
_OURS = re.compile(r"\s*\b(?:text|msg):.*", re.IGNORECASE | re.DOTALL)


def answered(*, message: int, status: int, body: str) -> Answer:
    """What an answer to sendsms means for our message (smsbox.c of Kannel 1.4.5)."""
    if status == _TAKEN:
        return Answer(id=message, state="accepted", gateway_message_id=_number(message))
    if status == _BUSY and _OWN_BUSY in body:
        return Answer(id=message, state="again", error_class="gateway_down")
    if status == _TOO_MANY:
        return Answer(id=message, state="again", error_class="rate")
    if not httpx.codes.is_redirect(status) and not httpx.codes.is_client_error(status):
        return Answer(id=message, state="unknown")
    for words, (state, error) in _REFUSED.items():
        if words in body:
            return Answer(id=message, state=state, error_class=error)
    # The log-in, the route, a field: each is this account's, none the message's.
    return Answer(id=message, state="elsewhere", error_class="gateway_down")


def report(*, request: HookRequest, now: datetime) -> Report | None:
    """The report in a request to the dlr-url; None where it is not final. Raises BadHookError."""
    ours, kind = request.query.get("id", ""), request.query.get("type", "")
    if not _ID.fullmatch(ours) or not _TYPE.fullmatch(kind):
        raise BadHookError("a report of Kannel has our number as id and %d as type")
    if not int(kind) & (_DELIVERED | _LOST):
        return None
    delivered, answer = bool(int(kind) & _DELIVERED), request.query.get("answer", "")
    return Report(
        gateway_message_id=_number(int(ours)),
        state="delivered" if delivered else "failed",
        at=_instant(request.query, now=now),
        error_class=None if delivered else _class_of(answer),
        message=int(ours),
        body=f"type={kind} {_OURS.sub('', answer)}".strip()[:_LONGEST_BODY],
    )


def reply(*, request: HookRequest, now: datetime) -> Inbound:
    """The reply in a request to the get-url. Raises BadHookError."""
    said = request.query
    if not said.get("from", "").strip() or "text" not in said:
        raise BadHookError("a reply in Kannel's get-url has from and text")
    if said.get("coding") == _UCS2:
        raise BadHookError("this text is still UCS-2: set mo-recode = true in Kannel's group smsbox")
    known = "\n".join((said["from"], said.get("to", ""), said.get("at", ""), said["text"]))
    return Inbound(
        gateway_reply_id=said.get("id", "")[:_LONGEST_ID] or sha256(known.encode("utf-8", "replace")).hexdigest(),
        phone=_phone(said["from"]),
        text=said["text"].replace("\0", ""),  # no text of a person, and nothing that could be kept
        at=_instant(said, now=now),
    )


def _number(message: int) -> str:
    return f"k-{message}"


def _class_of(answer: str) -> ErrorClass:
    """By the receipt's words, the clearest first. Numbers in `err` mean something else at every operator."""
    nack = answer.removeprefix("NACK/")
    err = [word for word in _ERR.findall(answer) if not word.isdigit()]
    for word in (*err, *_STAT.findall(answer), *nack.split("/")):
        known = _NACKS.get(word.lower()) or cast("ErrorClass", error_class_of(word=word))
        if known != "unknown":
            return known
    return "unknown"


def _instant(said: Mapping[str, str], *, now: datetime) -> datetime:
    """The second that Kannel tells, never one to come."""
    told = said.get("at", "")
    return min(datetime.fromtimestamp(int(told), tz=UTC), now) if _EPOCH.fullmatch(told) else now


def _phone(sender: str) -> str:
    try:
        return normalise_phone(text=sender)
    except Refusal:
        return sender.strip()[:_LONGEST_PHONE]
