"""What a gateway is: what every way of sending SMS must be able to say, and what it may leave at its defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, ClassVar, Literal, Self, get_args

# Why a message did not reach its phone, in the words of field-notes; a gateway translates its own into these.
ErrorClass = Literal[
    "dead_number", "off_or_absent", "blacklisted", "capped", "content_blocked", "signature_blocked", "expired",
    "rate", "no_balance", "gateway_down", "unknown",
]  # fmt: skip
ERROR_CLASSES: tuple[ErrorClass, ...] = get_args(ErrorClass)


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One text to one phone (E.164), signature and opt-out words included; `id` is ours and never used for another one."""

    id: int
    phone: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the gateway said about one message. `again`: surely not taken, may be offered once more later; `elsewhere`:
    surely not taken, and this account cannot carry it (text, signature, balance): the next one may; `failed`: nobody can.
    """

    id: int
    state: Literal["accepted", "failed", "again", "elsewhere", "unknown"]
    gateway_message_id: str | None = None
    error_class: ErrorClass | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What became of an accepted message; `state` is final. `message` is our own id where the gateway repeats it; `part`
    tells the parts of a long message apart where each is reported by itself. `body`: what the gateway said, clipped.
    """

    gateway_message_id: str
    state: Literal["delivered", "failed"]
    at: datetime
    error_class: ErrorClass | None = None
    message: int | None = None
    part: str = ""
    body: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inbound:
    """A text that a phone (E.164, or as it came where it is none) sent us; `gateway_reply_id` is the same when told twice."""

    gateway_reply_id: str
    phone: str
    text: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Objection:
    """What a gateway has against a text (places `start` to before `end`, from 0), in both languages. `blocks`: it will not take
    it so; else somebody should look.
    """

    code: str
    start: int
    end: int
    zh: str
    en: str
    blocks: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class HookRequest:
    """What came to an account's address: `query` decoded as UTF-8, header names in lower case."""

    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class HookAnswer:
    """What the gateway wants to hear when its news were kept."""

    body: str = "ok"
    media_type: str = "text/plain"


class BadHookError(Exception):
    """The request holds no news that this gateway would send; the message says why, without a person."""


class BadAccountError(Exception):
    """An account's settings or credentials are not enough; `en` and `zh` say what to do."""

    def __init__(self, *, en: str, zh: str) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh


@dataclass(frozen=True, kw_only=True, slots=True)
class VendorText:
    """A text that was reviewed by an account's gateway, with its own placeholders, and its code there."""

    code: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """An account as a gateway needs to know it. `signatures` (without 【】) and `texts`: those whose filing is done; `reports_url`
    and `replies_url`: where this gateway shall tell us, with the secret in it.
    """

    name: str
    gateway: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    signatures: Sequence[str] = ()
    texts: Sequence[VendorText] = ()
    redis_url: str = ""
    reports_url: str = field(default="", repr=False)
    replies_url: str = field(default="", repr=False)


class Gateway:
    """The base of every gateway: one account of it, open while its context lasts.

    `idempotent`: the same `Message.id` offered twice leaves once. `askable`: it can be asked what became of an id. A gateway
    that is neither has its unanswered messages parked. `repeats_id`: its reports carry our id. `most`: messages in one
    call; `longest_call`: seconds after which an unanswered call is given up. `polls`: `reports` and `replies` have to be
    asked for. `settings_needed`, `credentials_needed`: what it cannot work without. `reviews_texts`: it carries nothing but
    texts that it has reviewed; `opt_out_texts`: the words with which it wants marketing to end (empty: any).
    """

    idempotent: bool = False
    askable: bool = False
    repeats_id: bool = False
    most: int = 1
    longest_call: float = 30.0
    polls: bool = False
    settings_needed: ClassVar[tuple[str, ...]] = ()
    credentials_needed: ClassVar[tuple[str, ...]] = ()
    reviews_texts: ClassVar[bool] = False
    opt_out_texts: ClassVar[tuple[str, ...]] = ()

    def __init__(self, account: Account) -> None:
        self.account = account
        self.name = account.name
        missing = [name for name in self.settings_needed if not account.settings.get(name)]
        missing += [name for name in self.credentials_needed if not account.credentials.get(name)]
        if missing:
            raise BadAccountError(
                en=f"The account {account.name} ({account.gateway}) lacks {', '.join(missing)}: set them first.",
                zh=f"通道账号 {account.name}（{account.gateway}）缺少 {'、'.join(missing)}：请先设置。",
            )

    @classmethod
    def objections(cls, *, text: str, message_class: str) -> list[Objection]:  # noqa: ARG003
        """What stands in the way of a text with placeholders, without a signature; known without asking the gateway."""
        return []

    @classmethod
    def knows(cls, *, text: str, account: Account) -> bool:  # noqa: ARG003
        """Whether a composed text (signature in front) is one that this account may send as it is."""
        return True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def send(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:
        """Offers at most `most` messages; one answer each. Whatever it raises means: nobody knows what was taken."""
        raise NotImplementedError

    async def ask(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:
        """What became of messages whose answer never came: `accepted` (with the gateway's number), `failed`, `again` (it has
        never seen them) or `unknown`. Only where `askable`.
        """
        raise NotImplementedError

    async def reports(self, *, now: datetime) -> list[Report]:  # noqa: ARG002
        """The delivery reports since they were last asked for; where it `polls`."""
        return []

    async def replies(self, *, now: datetime) -> list[Inbound]:  # noqa: ARG002
        """The replies since they were last asked for; where it `polls`."""
        return []

    async def balance(self) -> str | None:
        """What is left on the account, as a decimal; None where it cannot be asked."""
        return None

    def told_reports(self, *, request: HookRequest, now: datetime) -> list[Report]:  # noqa: ARG002
        """The reports in a request to this account. Raises BadHookError."""
        raise BadHookError("this gateway tells nothing by itself")

    def told_replies(self, *, request: HookRequest, now: datetime) -> list[Inbound]:  # noqa: ARG002
        """The replies in a request to this account. Raises BadHookError."""
        raise BadHookError("this gateway tells nothing by itself")

    def hook_answer(self) -> HookAnswer:
        """What this gateway wants to hear when its reports or replies were kept."""
        return HookAnswer()
