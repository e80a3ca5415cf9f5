"""Webhooks: who is told, and the telling: a chunk is claimed and committed, offered outside any transaction, answered.

Each event reaches its receiver at least once: whoever died between a call and its answer is succeeded after the lease,
and a receiver knows by the message's id what it has seen. The order is best effort: tries overlap and are repeated.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
from asyncpg import UniqueViolationError
from standardwebhooks import Webhook

from actions.doors import checked_name, store_of, taken
from rules.refusals import Refusal
from rules.webhooks import EVENTS, ErrorClass, Fate, Said, check_url, fate, message_id, signing_secret
from tables.scope import current, scope

LONGEST_CALL = 10  # seconds
AT_ONCE = 8
MOST = 40
# Longer than so many calls that all take their longest, eight at a time.
LEASE = timedelta(minutes=1)
# When a receiver is silent, the rest of its messages wait so long without having been tried.
PAUSE = timedelta(seconds=5)

_TIDY = "SELECT deed.deliveries_tidy($1)"
_CLAIM = "SELECT * FROM deed.deliveries_claim($1, $2, $3)"
_ANSWER = "SELECT deed.deliveries_answer($1, $2, $3, $4, $5, $6, $7, $8, $9)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """What became of one chunk of `taken` deliveries. `again`: back in the queue for later; `gone`: the names of webhooks
    whose receivers want no more, which are switched off.
    """

    taken: int = 0
    sent: int = 0
    again: int = 0
    failed: int = 0
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Courier:
    """One chunk on its way. `silent`: webhooks (ids) that did not answer; the rest of theirs stays for later."""

    client: httpx.AsyncClient
    now: datetime
    secret: str
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    silent: set[int] = field(default_factory=set)

    async def offer(self, row: asyncpg.Record) -> Said | None:
        """What the receiver says; None when it was not asked."""
        async with self.slots:
            if row["webhook"] in self.silent:
                return None
            said = await self._post(row)
            if said.silences:
                self.silent.add(row["webhook"])
            return said

    async def _post(self, row: asyncpg.Record) -> Said:
        body: str = row["payload"]
        headers = self._signed(delivery=row["id"], webhook=row["webhook"], body=body)
        try:
            # Nobody reads the body: it may be endless. So the connection serves once.
            async with (
                asyncio.timeout(LONGEST_CALL),
                self.client.stream("POST", row["url"], content=body.encode(), headers=headers) as response,
            ):
                return Said(status=response.status_code)
        except Exception as error:  # noqa: BLE001  one receiver's fault must not stop the others
            return Said(error=_class_of(error))

    def _signed(self, *, delivery: int, webhook: int, body: str) -> dict[str, str]:
        name = message_id(delivery=delivery)
        signer = Webhook(signing_secret(webhook=webhook, secret=self.secret))
        return {
            "content-type": "application/json",
            "connection": "close",
            "user-agent": "Regulars",
            "webhook-id": name,
            "webhook-timestamp": str(int(self.now.timestamp())),
            "webhook-signature": signer.sign(msg_id=name, timestamp=self.now.astimezone(UTC), data=body),
        }


def http_client() -> httpx.AsyncClient:
    """A client as `deliver` wants it: it follows nobody elsewhere."""
    return httpx.AsyncClient(timeout=LONGEST_CALL, follow_redirects=False, limits=httpx.Limits(max_connections=AT_ONCE))


async def deliver(*, now: datetime, limit: int = MOST, client: httpx.AsyncClient, secret: str) -> Delivered:
    """Offers at most `limit` (up to `MOST`) due deliveries to their receivers; call it again while `taken` is `limit`.
    `secret` is the installation's. Opens its own scopes.

    Two at once take different ones. Old deliveries are deleted on the way.
    """
    async with scope(role="job") as connection:
        await connection.execute(_TIDY, now)
        rows = await connection.fetch(_CLAIM, now, LEASE, min(limit, MOST))
    if not rows:
        return Delivered()
    courier = _Courier(client=client, now=now, secret=secret)
    told = await asyncio.gather(*(courier.offer(row) for row in rows))
    return await _answered(rows=rows, told=told, now=now)


async def _answered(*, rows: Sequence[asyncpg.Record], told: Sequence[Said | None], now: datetime) -> Delivered:
    """Writes down what was said."""
    fates = [
        Fate(state="queued", next_at=now + PAUSE) if said is None else fate(said=said, tries=row["try"], now=now)
        for row, said in zip(rows, told, strict=True)
    ]
    gone = {row["webhook"]: row["name"] for row, said in zip(rows, told, strict=True) if said is not None and said.gone}
    async with scope(role="job") as connection:
        await connection.execute(
            _ANSWER,
            now,
            [row["id"] for row in rows],
            [row["try"] for row in rows],
            [said is not None for said in told],
            [one.state for one in fates],
            [one.next_at for one in fates],
            [said.status if said else None for said in told],
            [one.error for one in fates],
            list(gone),
        )
    counts = Counter(one.state for one in fates)
    return Delivered(
        taken=len(rows),
        sent=counts["sent"],
        again=counts["queued"],
        failed=counts["failed"],
        gone=tuple(sorted(gone.values())),
    )


def _class_of(error: BaseException) -> ErrorClass:
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "timeout"
    if not isinstance(error, httpx.TransportError) or isinstance(error, httpx.UnsupportedProtocol):
        return "invalid"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "certificate"
        cause = cause.__cause__ or cause.__context__
    return "unreachable"


async def add_webhook(*, name: str, url: str, events: Sequence[str], store: str | None) -> int:
    """A new address (id) that is told of events, of one store (code) or of all.

    Raises Refusal bad_name, bad_url, bad_events, unknown_store, name_taken.
    """
    label = checked_name(name=name)
    check_url(url=url)
    if not events or not set(events) <= set(EVENTS):
        raise Refusal(
            "bad_events",
            f"Name at least one event: {', '.join(EVENTS)}.",
            f"请至少指定一种事件：{'、'.join(EVENTS)}。",
        )
    place = await store_of(code=store)
    try:
        webhook: int = await current().fetchval(
            "INSERT INTO webhook (name, url, events, store) VALUES ($1, $2, $3, $4) RETURNING id",
            label, url, [event for event in EVENTS if event in events], place,
        )  # fmt: skip
    except UniqueViolationError:
        raise taken(name=label) from None
    return webhook


async def switch_off(*, name: str) -> None:
    """The webhook of this name is told nothing any more, nor what still waits; again changes nothing.

    Raises Refusal unknown_webhook.
    """
    webhook = await webhook_of(name=name)
    await current().execute("UPDATE webhook SET is_active = false WHERE id = $1 AND is_active", webhook)


async def webhook_of(*, name: str) -> int:
    """The webhook (id) of a name. Raises Refusal unknown_webhook."""
    webhook: int | None = await current().fetchval("SELECT id FROM webhook WHERE name = $1", name.strip())
    if webhook is None:
        raise Refusal(
            "unknown_webhook",
            f"There is no webhook {name}: `regulars webhook list` shows their names.",
            f"没有名为 {name} 的 Webhook：用 regulars webhook list 查看名称。",
        )
    return webhook
