"""Codes of the second factor by the hundred: few are looked at, the right one then opens nothing either, and nobody else is held up."""

import secrets

import httpx
import pytest

from actions import log_in as desk
from rules.log_in import ACCOUNT, PAIR
from tables.staff import Staff
from tests import make
from tests.admin.conftest import Browser, LogIn, the_app
from tests.web.browsers import LAN, PASSWORD
from tests.web.test_account import LOGIN, enrolled, known

pytestmark = LAN
MANY = 300


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Staff, "_pbkdf2_iteration_count", 1)
    monkeypatch.setattr(desk, "TRIES", desk.SharedTries(room=secrets.token_hex(8)))
    monkeypatch.setattr("admin.log_in.TRIES", desk.TRIES)


def stranger(place: int) -> httpx.AsyncClient:
    """A browser at an address of its own."""
    transport = httpx.ASGITransport(app=the_app(), client=(f"10.0.{place}.1", 1))  # type: ignore[arg-type]  # ASGI, typed twice
    return Browser(
        transport=transport, base_url="http://localhost", cookies={"csrftoken": "t"}, headers={"X-CSRFToken": "t"}
    )


async def test_who_has_the_password_does_not_guess_the_code(log_in: LogIn) -> None:
    boss = await known(log_in, role="hq_admin", username="boss")
    await log_in(role="hq_viewer", username="anna")
    await make.execute("ALTER TABLE staff DISABLE TRIGGER ends_sessions")
    await make.execute("UPDATE staff SET password = $1", Staff.hash_password(PASSWORD))
    totp, codes = await enrolled(boss)
    statuses = []
    for place in range(MANY // 5):
        async with stranger(place) as client:
            for number in range(5):
                typed = {"username": "boss", "password": PASSWORD, "mfa_code": f"{place:03}{number:03}"}
                statuses.append((await client.post(LOGIN, json=typed)).status_code)
            assert "id" not in client.cookies
    assert (statuses.count(401), statuses.count(429)) == (ACCOUNT.most, MANY - ACCOUNT.most)
    async with stranger(1) as client:
        for code in (totp.now(), codes[0]):
            no = await client.post(LOGIN, json={"username": "boss", "password": PASSWORD, "mfa_code": code})
            assert (no.status_code, no.json()["code"]) == (429, "too_many"), "else the right one could be told by it"
        assert (await client.post(LOGIN, json={"username": "anna", "password": PASSWORD})).status_code == 200
    assert (await boss.get("/account")).status_code == 200


async def test_a_new_factor_is_not_confirmed_by_trying(log_in: LogIn) -> None:
    boss = await known(log_in, role="hq_viewer", username="boss")
    assert (
        await boss.post("/account/factor/begin", data={"token": "t", "password": PASSWORD})
    ).status_code == 303  # fmt: skip
    statuses = [
        (await boss.post("/account/factor/confirm", data={"token": "t", "code": f"{number:06}"})).status_code
        for number in range(MANY // 5)
    ]
    assert (statuses.count(400), statuses.count(429)) == (PAIR.most, len(statuses) - PAIR.most)
    assert await make.value("SELECT is_on FROM second_factor") is False
