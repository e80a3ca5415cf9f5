"""What becomes of messages to partners: signatures, tries, deaths on the way. Nothing lost, doubled only by accident."""

import ssl
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from actions.webhooks import AT_ONCE, LEASE, MOST, Delivered, deliver, http_client
from queries.webhooks import deliveries_due
from rules.webhooks import WAITS, signing_secret
from tests import make
from tests.actions.test_webhooks import chain, count, happened, hook
from tests.pretend_gateway import Killed
from tests.pretend_receiver import BREAKS, HANGS, Receiver, receiving

pytestmark = pytest.mark.usefixtures("db")

INSTALLATION, OTHER = "a secret of this installation", "a secret of another one"
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


async def sent(now: datetime, *, limit: int = MOST, client: httpx.AsyncClient | None = None) -> Delivered:
    async with client or http_client() as ours:
        return await deliver(now=now, limit=limit, client=ours, secret=INSTALLATION)


async def queued(receiver: Receiver, *, number: int = 1, name: str = "erp") -> datetime:
    """A webhook for the receiver with so many messages that are due; returns when they are."""
    if not await make.value("SELECT count(*) FROM store"):
        await chain()
    await hook(name, url=receiver.url)
    await make.execute(
        "INSERT INTO webhook_delivery (webhook, event, payload, next_at) SELECT w.id, 'purchase',"
        " jsonb_build_object('type', 'purchase.created', 'data', jsonb_build_object('id', n)), now() FROM webhook w, generate_series(1, $2) n"
        " WHERE w.name = $1 ORDER BY n",
        name, number,
    )  # fmt: skip
    return datetime.now(UTC)


async def row(delivery: int = 1) -> dict[str, Any]:
    return (await make.fetch("SELECT * FROM webhook_delivery WHERE id = $1", delivery))[0]


async def states() -> Counter[str]:
    return Counter(row["state"] for row in await make.fetch("SELECT state FROM webhook_delivery"))


async def test_a_message_arrives_once_signed_as_the_library_verifies_it(receiver: Receiver) -> None:
    await chain()
    await hook(url=receiver.url)
    await happened("purchase", [1], [1])
    now = datetime.now(UTC)
    assert await sent(now) == Delivered(taken=1, sent=1)
    [told] = receiver.told
    secret = signing_secret(webhook=1, secret=INSTALLATION)
    message = told.verified(secret)
    assert message["type"] == "purchase.created"
    assert (told.path, told.id, told.headers["content-type"]) == ("/hook", "msg_1", "application/json")
    for wrong in (signing_secret(webhook=2, secret=INSTALLATION), signing_secret(webhook=1, secret=OTHER)):
        with pytest.raises(WebhookVerificationError):
            told.verified(wrong)
    done = await row()
    assert (done["state"], done["attempts"], done["status_code"], done["sent_at"]) == ("sent", 1, 204, now)
    assert (done["next_at"], done["error_class"]) == (None, None)
    assert not await deliveries_due(now=now + DAY)
    assert await sent(now + DAY) == Delivered()
    assert len(receiver.told) == 1


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (500, 500, "bad_answer"),
        (302, 302, "bad_answer"),
        (404, 404, "bad_answer"),
        (503, 503, "bad_answer"),
        (BREAKS, None, "unreachable"),
        (HANGS, None, "timeout"),
    ],
)
async def test_it_is_tried_eight_times_ever_later_under_the_same_id(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, answer: int, status: int | None, error: str
) -> None:
    if answer == HANGS:
        monkeypatch.setattr("actions.webhooks.LONGEST_CALL", 0.1)
    receiver.answer, receiver.more = lambda _: answer, f"location: {receiver.url}/elsewhere\r\n"
    now = await queued(receiver)
    for tries, wait in enumerate(WAITS, 1):
        assert await sent(now) == Delivered(taken=1, again=1)
        found = await row()
        assert (found["state"], found["attempts"], found["status_code"], found["error_class"]) == (
            "queued",
            tries,
            status,
            error,
        )
        assert found["next_at"] == now + wait
        assert not await deliveries_due(now=now + wait - SECOND)
        assert (await sent(now + wait - SECOND)).taken == 0
        now += wait
    assert await sent(now) == Delivered(taken=1, failed=1)
    ended = await row()
    assert (ended["state"], ended["attempts"], ended["error_class"], ended["next_at"]) == ("failed", 8, error, None)
    assert receiver.ids == ["msg_1"] * 8
    assert {told.path for told in receiver.told} == {"/hook"}
    assert not await deliveries_due(now=now + DAY)


async def test_the_waits_are_those_that_were_promised() -> None:
    assert [int(wait.total_seconds()) for wait in WAITS] == [5, 30, 120, 600, 3_600, 21_600, 86_400]


async def test_whoever_comes_back_gets_what_was_kept(receiver: Receiver) -> None:
    receiver.answer = lambda _: 500
    now = await queued(receiver)
    await sent(now)
    receiver.answer = lambda _: 200
    assert await sent(now + WAITS[0]) == Delivered(taken=1, sent=1)
    done = await row()
    assert (done["attempts"], done["status_code"], done["error_class"]) == (2, 200, None)


async def test_nobody_there_is_waited_for(receiver: Receiver) -> None:
    now = await queued(receiver)
    async with receiving() as closed:
        pass
    await make.execute("UPDATE webhook SET url = $1", closed.url)
    assert await sent(now) == Delivered(taken=1, again=1)
    assert (await row())["error_class"] == "unreachable"
    await make.execute("UPDATE webhook SET url = $1", receiver.url)
    assert await sent(now + WAITS[0]) == Delivered(taken=1, sent=1)


async def test_a_bad_certificate_and_a_bad_address_have_names_of_their_own(receiver: Receiver) -> None:
    now = await queued(receiver)

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("certificate verify failed", request=request) from ssl.SSLCertVerificationError()

    assert await sent(now, client=httpx.AsyncClient(transport=httpx.MockTransport(refuse))) == Delivered(
        taken=1, again=1
    )
    assert (await row())["error_class"] == "certificate"
    await make.execute("UPDATE webhook SET url = 'https://[::1'")
    assert await sent(now + WAITS[0]) == Delivered(taken=1, again=1)
    assert (await row())["error_class"] == "invalid"


async def test_who_is_gone_is_told_no_more(receiver: Receiver) -> None:
    receiver.answer = lambda _: 410
    now = await queued(receiver, number=20)
    done = await sent(now, limit=12)
    assert done.gone == ("erp",)
    assert done.failed == len(receiver.told) <= AT_ONCE
    assert await make.value("SELECT is_active FROM webhook") is False
    assert (await row())["error_class"] == "gone"
    await happened("purchase", [1], [1])
    assert await count() == 20
    later = now + timedelta(minutes=1)
    assert await deliveries_due(now=later)
    assert await sent(later) == Delivered()
    assert await states() == {"failed": 20}
    assert len(receiver.told) == done.failed
    assert not await deliveries_due(now=later + DAY)


async def test_who_died_between_claim_and_answer_is_succeeded_after_the_lease(receiver: Receiver) -> None:
    now = await queued(receiver)

    def killed(_: httpx.Request) -> httpx.Response:
        raise Killed

    with pytest.raises(Killed):
        await sent(now, client=httpx.AsyncClient(transport=httpx.MockTransport(killed)))
    assert (await row())["state"] == "queued"
    assert not await deliveries_due(now=now + LEASE - SECOND)
    assert (await sent(now + LEASE - SECOND)).taken == 0
    assert await deliveries_due(now=now + LEASE)
    assert await sent(now + LEASE) == Delivered(taken=1, sent=1)
    assert receiver.ids == ["msg_1"]


async def test_who_died_after_the_last_try_is_succeeded_too(receiver: Receiver) -> None:
    now = await queued(receiver)
    await make.execute("UPDATE webhook_delivery SET attempts = 8")
    assert await sent(now) == Delivered(taken=1, sent=1)


async def test_an_answer_that_comes_too_late_does_not_undo_the_next_ones(receiver: Receiver) -> None:
    now = await queued(receiver)

    async def slow(_: httpx.Request) -> httpx.Response:
        assert await sent(now + LEASE) == Delivered(taken=1, sent=1)
        return httpx.Response(500)

    await sent(now, client=httpx.AsyncClient(transport=httpx.MockTransport(slow)))
    done = await row()
    assert (done["state"], done["attempts"], done["status_code"]) == ("sent", 2, 204)


async def test_an_answer_that_comes_too_late_leaves_the_next_try_alone(receiver: Receiver) -> None:
    now = await queued(receiver)

    async def slow(_: httpx.Request) -> httpx.Response:
        await make.execute("UPDATE webhook_delivery SET attempts = 2, next_at = $1", now + 2 * LEASE)
        return httpx.Response(500)

    await sent(now, client=httpx.AsyncClient(transport=httpx.MockTransport(slow)))
    waiting = await row()
    assert (waiting["next_at"], waiting["attempts"], waiting["status_code"]) == (now + 2 * LEASE, 2, None)


async def test_the_secret_follows_from_webhook_and_installation_alone() -> None:
    one = signing_secret(webhook=1, secret=INSTALLATION)
    assert one == "whsec_DBHeSp6hK9CfZ2FtHToAWcs2y44AYqs4d3/QbKgRSEc="
    assert len({one, signing_secret(webhook=2, secret=INSTALLATION), signing_secret(webhook=1, secret=OTHER)}) == 3
