"""The figures of /messages as words and numbers for its template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from queries.restores import Hold
from queries.sending import MOST_FAILURES, Counts, Held, Sending
from queries.sending_accounts import AccountLine
from queries.sending_news import CampaignLine, News, ReplyLine
from web.pages.frame import number
from web.pages.messages_words import CAMPAIGN_STATES, CLASSES, ERRORS, REASONS, REPLIES, STATES, WORDS

COLUMNS = ("queued", "held", "leaving", "accepted", "delivered", "failed", "unknown")
# What somebody has to look at.
_BAD_STATES = {"unusable", "licence_over", "no_balance", "down"}
_CALM = {"ready", "rate"}
_FEW = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Teller:
    """Says things in a language, at the shops' own time."""

    language: Literal["zh", "en"]
    zone: ZoneInfo
    now: datetime

    @property
    def words(self) -> Mapping[str, str]:
        return WORDS[self.language]

    def counts(self, counts: Counts) -> list[tuple[str, int]]:
        """Each figure with its name, in the order of the columns."""
        return [(name, getattr(counts, name)) for name in COLUMNS]

    def held(self, held: Sequence[Held]) -> list[dict[str, Any]]:
        """Why something waits: whole sentences."""
        return [
            {
                "why": REASONS[self.language][one.reason].format(cause=one.cause or ""),
                "message_class": CLASSES[self.language][one.message_class],
                "messages": number(one.messages),
                "until": self.words["until"].format(at=self.moment(one.until)) if one.until else "",
                "calm": one.reason in _CALM,
            }
            for one in held
        ]

    def hold(self, hold: Hold) -> str:
        """What a restore holds, and what to look at before it is released."""
        at, backup_at = (f"{one.astimezone(self.zone):%Y-%m-%d %H:%M}" for one in (hold.restored_at, hold.backup_at))
        return self.words["restored"].format(at=at, backup_at=backup_at)

    def account(self, line: AccountLine) -> dict[str, Any]:
        """A row of the accounts; `limit` 0 where there is none."""
        facts, words = line.facts, self.words
        return {
            "id": line.id,
            "name": line.name,
            "classes": " · ".join(word for name, word in CLASSES[self.language].items() if name in facts.classes),
            "state": STATES[self.language][line.state],
            "kind": "bad" if line.state in _BAD_STATES else "good" if line.state == "ok" else "still",
            "why": self._why(line),
            "pace": _pace(line.pace),
            "limit": words["no_limit"] if facts.rate is None else words["limit"].format(rate=number(facts.rate)),
            "share": 0 if not facts.rate else min(100, round(100 * line.pace / facts.rate)),
            "failures": f"{line.failures} / {line.failures_most}" if line.failures else "",
            "balance": "" if facts.balance is None else _plain(facts.balance),
            "low": line.is_low,
            "calls": f"{line.calls} / {line.connections}",
            "today": [(name, getattr(line, name)) for name in ("leaving", "accepted", "delivered", "failed")],
            "is_active": facts.is_active,
            "is_paused": facts.is_paused,
        }

    def campaign(self, line: CampaignLine, news: News) -> dict[str, Any]:
        """A campaign with the parts of its bar, in hundredths of its width."""
        told = [
            (name, self.words[name if name == "skipped" else f"campaign_{name}"].format(n=number(getattr(line, name))))
            for name in ("accepted", "delivered", "failed", "skipped", "unknown", "complaints")
            if getattr(line, name)
        ]
        size = max(line.size, 1)
        parts = {"accepted": line.accepted, "failed": line.refused, "unknown": line.unknown, "skipped": line.skipped}
        return {
            "name": line.name,
            "state": CAMPAIGN_STATES[self.language].get(line.state, line.state),
            "is_sending": line.state == "sending",
            "settled": self.words["settled"].format(settled=number(line.settled), size=number(line.size)),
            "parts": [(name, round(100 * part / size, 2)) for name, part in parts.items() if part],
            "told": told,
            "over": line.over(red_line=news.red_line),
        }

    def failure(self, error_class: str) -> str:
        """The name of an error class."""
        return ERRORS[self.language].get(error_class, error_class)

    def reply(self, line: ReplyLine) -> dict[str, Any]:
        """A reply with its time, and what it was taken for."""
        return {
            "at": self.moment(line.said_at),
            "phone": line.phone_masked,
            "text": line.text,
            "kind": REPLIES[self.language][line.kind],
            "no": line.kind.startswith("opt_out"),
            "open": line.state == "open",
        }

    def moment(self, at: datetime) -> str:
        """14:05 today, else 11-23 08:00."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone).date()
        return f"{local:%H:%M}" if local.date() == today else f"{local:%m-%d %H:%M}"

    def _why(self, line: AccountLine) -> str:
        """What stands under an account's state."""
        facts, words = line.facts, self.words
        if line.state == "unusable":
            return line.trouble or ""
        if line.state == "down" and facts.down_until is not None:
            error = self.failure(line.error_class or "unknown")
            return f"{error} · {words['down_until'].format(at=f'{facts.down_until.astimezone(self.zone):%H:%M:%S}')}"
        if line.state == "outside_hours" and facts.opens is not None and facts.closes is not None:
            return words["hours"].format(opens=f"{facts.opens:%H:%M}", closes=f"{facts.closes:%H:%M}")
        soon = self.now.astimezone(self.zone).date() + timedelta(days=30)
        if facts.valid_until is not None and (line.state == "licence_over" or facts.valid_until <= soon):
            return words["valid_until"].format(day=facts.valid_until)
        return ""


def shown(*, found: Sending, news: News, accounts: Sequence[AccountLine], teller: Teller) -> dict[str, Any]:
    """What the template needs of the figures."""
    classes, failed = CLASSES[teller.language], sum(messages for _, messages in found.failures)
    return {
        "columns": COLUMNS,
        "total": teller.counts(found.total),
        "classes": [
            (word, teller.counts(found.classes[name])) for name, word in classes.items() if name in found.classes
        ],
        "stores": [
            (store.code or "", store.name or teller.words["chain"], teller.counts(store.counts))
            for store in found.stores
        ],
        "held": teller.held(found.held),
        "accounts": [teller.account(line) for line in accounts],
        "failures": [(teller.failure(name), messages) for name, messages in found.failures],
        "sampled": teller.words["sampled"].format(most=number(MOST_FAILURES)) if failed >= MOST_FAILURES else None,
        "campaigns": [teller.campaign(line, news) for line in news.campaigns],
        "replies": [teller.reply(line) for line in news.newest],
        "open_replies": news.open_replies,
        "today": [("replies_today", news.replies), ("opt_outs", news.opt_outs), ("complaints", news.complaints)],
    }


def _pace(pace: float) -> str:
    """Whole numbers from ten a second on; below, a tenth tells a slow gateway from a silent one."""
    return number(round(pace)) if pace >= _FEW or pace == round(pace) else f"{pace:.1f}"


def _plain(amount: Decimal) -> str:
    """1,234.5 without the zeros that the column adds."""
    return f"{amount.normalize():,f}"
