"""Notices become one message: each says its clause, a frame stands around them, the signature in front. A code is alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from rules.codes import HIDDEN
from rules.templates import NOTICE_KINDS, fill, loose

_BARE_TITLES = ("先生", "女士", "小姐")
_NOBODY = "会员"
_FOREVER = "长期"
_REASONS = ("bad_payload", "no_template", "too_late")
_ENDINGS = tuple("。！？!?.；;")
_GAP = "\0"  # no text and no name holds it


@dataclass(frozen=True, kw_only=True, slots=True)
class Stationery:
    """The chain's signature, its service phone (empty: none) and the good and active template of each kind."""

    signature: str
    phone: str
    templates: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Addressee:
    """To whom a message is: name, title and today's tier, as stored."""

    name: str
    title: str
    tier: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DueNotice:
    """One fact to be told; `payload` as the night wrote it, `late`: its own time is over."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    late: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """The finished text (None: nothing was left to say), and the notices that are not in it, each with its reason."""

    text: str | None
    left_out: Mapping[int, str]

    @property
    def reason(self) -> str:
        """Why there is no text: of several reasons the one that asks for a person first."""
        return next((reason for reason in _REASONS if reason in self.left_out.values()), "no_template")


def compose(*, stationery: Stationery, to: Addressee, notices: Sequence[DueNotice], leaves_on: date) -> Letter:
    """One message of several notices: tier moves, warning, expiring points, statement; days count from `leaves_on`.

    Left out are notices `too_late`, those whose template is off or missing (`no_template`), and those that do not hold
    what their template asks for (`bad_payload`). Without a frame the clauses stand alone.
    """
    member = member_words(to=to)
    left_out: dict[int, str] = {}
    clauses = []
    for notice in sorted(notices, key=_turn):
        template = stationery.templates.get(notice.kind)
        if notice.late or template is None:
            left_out[notice.id] = "too_late" if notice.late else "no_template"
            continue
        try:
            values = {**member, **_notice_words(notice=notice, leaves_on=leaves_on, tier=loose(text=to.tier))}
            clauses.append(_closed(fill(text=template, values=values)))
        except (KeyError, TypeError, ValueError):  # one row must not hold up all others
            left_out[notice.id] = "bad_payload"
    if not clauses:
        return Letter(text=None, left_out=left_out)
    service = f"客服{stationery.phone}" if stationery.phone else ""
    frame = stationery.templates.get("frame", "{notices}")
    body = fill(text=frame, values={**member, "notices": "".join(clauses), "service": service})
    return Letter(text=f"【{stationery.signature}】{body.strip()}", left_out=left_out)


def compose_code(
    *, stationery: Stationery, to: Addressee, store: str, minutes: int, kind: str = "redeem_code"
) -> Letter:
    """The message with a code for a store (its name), good for so many minutes; `kind` is its template's. The digits are
    hidden, six asterisks stand for them, and no others are in the text. Without a good template there is none.
    """
    template = stationery.templates.get(kind)
    if template is None:
        return Letter(text=None, left_out={})
    values = {**member_words(to=to), "store": loose(text=store), "minutes": str(minutes), "code": _GAP}
    body = fill(text=template, values=values)
    text = f"【{stationery.signature}】{body.strip()}"
    return Letter(text=text.replace("*", "＊").replace(_GAP, HIDDEN), left_out={})


def _turn(notice: DueNotice) -> tuple[int, int]:
    kinds: tuple[str, ...] = NOTICE_KINDS
    return (kinds.index(notice.kind) if notice.kind in kinds else len(kinds), notice.id)


def _closed(clause: str) -> str:
    clause = clause.strip()
    return clause if clause.endswith(_ENDINGS) else f"{clause}。"


def member_words(*, to: Addressee) -> dict[str, str]:
    """How somebody is spoken to, by placeholder; where neither name nor title is known, as a member."""
    name, title = loose(text=to.name), loose(text=to.title)
    address = title or name or _NOBODY
    if title in _BARE_TITLES and name:
        address = name if name.endswith(title) else name + title
    return {"name": name or _NOBODY, "title": title or name or _NOBODY, "title_or_name": address}


def _notice_words(*, notice: DueNotice, leaves_on: date, tier: str) -> dict[str, str]:
    """What a kind's placeholders stand for. Raises KeyError, TypeError or ValueError when the payload lacks it."""
    told = notice.payload
    match notice.kind:
        case "points_expiring":
            return {"points": str(told["points"]), **_end(told["on"], leaves_on=leaves_on, name="on")}
        case "tier_up" | "tier_down":
            return {
                "tier": loose(text=told["to"]),
                **_end(told["valid_until"], leaves_on=leaves_on, name="valid_until"),
            }
        case "tier_warning":
            until = _end(told["valid_until"], leaves_on=leaves_on, name="valid_until")
            return {"tier": loose(text=told["tier"]), "to_keep": _money(told["to_keep"]), **until}
        case "statement":
            sums = {name: str(told[name]) for name in ("earned", "redeemed", "expired", "balance")}
            return {"month": f"{int(told['month'][5:])}月", **sums}
        case _:
            return {"tier": tier}


def _end(day: str | None, *, leaves_on: date, name: str) -> dict[str, str]:
    """A day to come, as a date and counted from the day on which the message leaves."""
    if day is None:
        return {name: _FOREVER}
    on = date.fromisoformat(day)
    days = max((on - leaves_on).days, 0)
    shown = f"{on.month}月{on.day}日"
    return {
        name: shown if on.year == leaves_on.year else f"{on.year}年{shown}",
        "days": str(days),
        "in_days": {0: "今天", 1: "明天"}.get(days, f"{days}天后"),
    }


def _money(amount: Decimal | int) -> str:
    return f"{amount:.2f}".removesuffix(".00")
