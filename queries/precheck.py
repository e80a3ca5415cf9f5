"""Which accounts can carry a text, and what stands in the way: asked before anything is sent, without asking a gateway."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

import asyncpg

from gateways.protocol import Account, BadAccountError, Gateway, Objection, VendorText
from gateways.registry import kinds
from rules.refusals import Refusal
from rules.templates import LONGEST
from rules.templates_tokens import replaced
from tables.scope import current

# A value that any placeholder of a reviewed text takes.
_VALUE = "会员"
_ACCOUNTS = """
SELECT a.name, a.gateway, a.settings, a.opens, a.closes, a.price, a.opt_out_text,
    (SELECT c.signature FROM chain c) AS signature, (h.is_paused OR coalesce(a.valid_until < $2::date, false)) AS halted,
    ARRAY(SELECT s.text::text FROM signature s WHERE s.account = a.id AND s.state = 'filed' ORDER BY s.id) AS signatures,
    ARRAY(SELECT t.code::text FROM gateway_template t WHERE t.account = a.id AND t.state = 'filed' ORDER BY t.id) AS codes,
    ARRAY(SELECT t.text::text FROM gateway_template t WHERE t.account = a.id AND t.state = 'filed' ORDER BY t.id) AS texts
FROM gateway_account a JOIN gateway_health h ON h.account = a.id
WHERE a.is_active AND $1 = ANY (a.classes) ORDER BY a.priority, a.id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountCheck:
    """How an account (by name, of a `gateway`) stands to a text. `carries`: it would take it. `hours`: its own, None: any;
    `price`: yuan a part; `needs_template`: it carries reviewed texts alone; `has_template`: this one is reviewed.
    """

    account: str
    gateway: str
    carries: bool
    objections: tuple[Objection, ...]
    hours: tuple[time, time] | None
    price: Decimal
    opt_out_text: str
    needs_template: bool
    has_template: bool


async def precheck(*, text: str, message_class: str, now: datetime) -> list[AccountCheck]:
    """A text with placeholders against each active account for its class, the most wanted first. In a scope of role job."""
    rows = await current().fetch(_ACCOUNTS, message_class, now)
    return [_check(row, text=text, message_class=message_class) for row in rows]


def refuse_uncarried(*, checks: Sequence[AccountCheck]) -> None:
    """Raises Refusal no_gateway where no account carries the text, with what stands in the way of the most wanted one."""
    if any(one.carries for one in checks):
        return
    if not checks:
        raise Refusal(
            "no_gateway",
            "No active account carries marketing: switch one on.",
            "没有可发送营销短信的通道账号：请先启用一个。",
        )
    first = next(iter(next((one.objections for one in checks if one.objections), ())), None)
    why, reason = (first.en, first.zh) if first else ("", "")
    raise Refusal(
        "no_gateway",
        f"No account carries this text. {why} Change the text, or switch on a channel for free text.".replace(
            "  ", " "
        ),
        f"没有通道能发送这条短信。{reason}请修改内容，或启用自由文本通道。",
    )


def _check(row: asyncpg.Record, *, text: str, message_class: str) -> AccountCheck:
    kind = kinds().get(row["gateway"], Gateway)
    ending = row["opt_out_text"] if message_class == "marketing" else ""
    known = kind.reviews_texts and _knows(kind, row, text=text, ending=ending)
    objections = [
        *_outside(row, text=text, ending=ending, kind=kind),
        *kind.objections(text=text, message_class=message_class),
    ]
    if kind.reviews_texts and not known:
        objections.append(_NO_TEMPLATE)
    # What it has reviewed it takes, whatever its rules say.
    carries = known if kind.reviews_texts else not any(one.blocks for one in objections)
    return AccountCheck(
        account=row["name"], gateway=row["gateway"], carries=carries and not row["halted"], objections=tuple(objections),
        hours=(row["opens"], row["closes"]) if row["opens"] and row["closes"] else None, price=row["price"],
        opt_out_text=row["opt_out_text"], needs_template=kind.reviews_texts, has_template=known,
    )  # fmt: skip


def _knows(kind: type[Gateway], row: asyncpg.Record, *, text: str, ending: str) -> bool:
    given: Any = json.loads(row["settings"])
    account = Account(
        name=row["name"], gateway=row["gateway"], settings=given if isinstance(given, dict) else {}, signatures=row["signatures"],
        texts=tuple(VendorText(code=code, text=filed) for code, filed in zip(row["codes"], row["texts"], strict=True)),
    )  # fmt: skip
    try:
        return kind.knows(text=f"【{row['signature']}】{_filled(text)}{ending}", account=account)
    except BadAccountError:
        return False


def _filled(text: str) -> str:
    return replaced(text=text, by=lambda token: "" if token.name == "opt_out" else _VALUE).strip()


def _outside(row: asyncpg.Record, *, text: str, ending: str, kind: type[Gateway]) -> list[Objection]:
    """What does not lie in the words, but in the account or their number."""
    found = []
    if row["halted"]:
        found.append(_HALTED)
    if kind.reviews_texts and row["signature"] not in row["signatures"]:
        found.append(_NO_SIGNATURE)
    if ending and kind.opt_out_texts and ending not in kind.opt_out_texts:
        wanted = kind.opt_out_texts[0]
        found.append(
            _said(
                "opt_out_text",
                f"该通道的营销短信须以“{wanted}”结尾：请在通道账号中更正。",
                f"Its marketing has to end with {wanted}: correct that at the account.",
            )
        )
    if len(f"【{row['signature']}】{_filled(text)}{ending}") > LONGEST:
        found.append(
            _said(
                "long", f"短信超过 {LONGEST} 字：请删减。", f"The message has more than {LONGEST} characters: cut it."
            )
        )
    return found


def _said(code: str, zh: str, en: str) -> Objection:
    return Objection(code=code, start=0, end=0, zh=zh, en=en)


_HALTED = _said(
    "halted",
    "该通道已暂停或资质已过期：请先恢复。",
    "This account is paused or its licence is over: put that right first.",
)
_NO_SIGNATURE = _said(
    "signature",
    "签名还没有在该通道报备成功：请先报备。",
    "The signature is not filed with this account yet: file it first.",
)
_NO_TEMPLATE = _said(
    "template", "该通道只能发送审核过的模板，这条短信还没有：请先提交审核。",
    "This account carries reviewed texts alone, and this is none: have it reviewed first.",
)  # fmt: skip
