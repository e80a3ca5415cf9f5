"""/account: log-ins listed and ended, a second factor set up, asked for and turned off, and who may do what."""

import re
import secrets
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest

from actions import log_in as desk
from actions.staff import reset_staff
from rules.refusals import Refusal
from tables.scope import scope
from tables.staff import Staff
from tests import make
from tests.admin.conftest import LogIn
from web.pages.account_words import WORDS

# The suite makes errors of warnings, which the panel has silenced; this one warns of plain http, which a LAN may be.
pytestmark = pytest.mark.filterwarnings("ignore:If running sessions in production")
PASSWORD = "mian bao 1987 x"  # noqa: S105
LOGIN = "/admin/public/login/"
SAID = WORDS["zh"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Staff, "_pbkdf2_iteration_count", 1)
    monkeypatch.setattr(desk, "TRIES", desk.SharedTries(room=secrets.token_hex(8)))
    monkeypatch.setattr("admin.log_in.TRIES", desk.TRIES)


async def known(log_in: LogIn, **who: object) -> httpx.AsyncClient:
    """Somebody who is logged in, and whose password is PASSWORD."""
    client = await log_in(**who)
    await make.execute("ALTER TABLE staff DISABLE TRIGGER ends_sessions")
    await make.execute("UPDATE staff SET password = $1", Staff.hash_password(PASSWORD))
    await make.execute("ALTER TABLE staff ENABLE TRIGGER ends_sessions")
    return client


async def enrolled(client: httpx.AsyncClient) -> tuple[pyotp.TOTP, list[str]]:
    """The authenticator and the recovery codes of who has set up the second factor."""
    begun = await client.post("/account/factor/begin", data={"token": "t", "password": PASSWORD})
    assert begun.status_code == 303, begun.text
    page = (await client.get("/account")).text
    found = re.search(r"<code>([A-Z2-7]+)</code>", page)
    assert found
    assert "<svg" in page
    totp = pyotp.TOTP(found[1])
    done = await client.post("/account/factor/confirm", data={"token": "t", "code": totp.now()})
    codes = re.findall(r"<li>([a-z0-9-]+)</li>", done.text)
    assert (done.status_code, len(set(codes))) == (200, 8), done.text
    # As if that had been a while ago: the code of this half minute has been used.
    await make.execute("UPDATE second_factor SET last_step = last_step - 10")
    return totp, codes


async def tries(client: httpx.AsyncClient, **more: str) -> tuple[int, str]:
    """Status, and the code or the stock panel's own words."""
    body = {"username": "boss", "password": PASSWORD, **more}
    answer = await client.post(LOGIN, json=body)
    told = answer.json()
    return answer.status_code, told.get("detail") or told.get("code", "")


async def test_a_second_factor_is_asked_for_and_each_code_is_good_once(log_in: LogIn) -> None:
    client = await known(log_in, role="hq_admin", username="boss")
    totp, codes = await enrolled(client)
    assert await tries(client) == (401, "MFA code required"), "the screen waits for these words"
    assert await tries(client, mfa_code="000000") == (401, "factor_wrong")
    now = datetime.now(UTC)
    assert await tries(client, mfa_code=totp.at(now)) == (200, "")
    assert await tries(client, mfa_code=totp.at(now)) == (401, "factor_used")
    assert await tries(client, mfa_code=codes[0].upper().replace("-", " ")) == (200, "")
    assert await tries(client, mfa_code=codes[0]) == (401, "factor_wrong")
    assert await tries(client, mfa_code=totp.at(now + timedelta(minutes=6))) == (401, "clock_skewed")
    assert await tries(client, mfa_code=totp.at(now), password="nicht mein passwort") == (401, "Login failed")  # noqa: S106


async def test_neither_secret_nor_recovery_codes_can_be_read_from_the_database(log_in: LogIn) -> None:
    client = await known(log_in, role="cashier", stores=(await make.make_store(),))
    totp, codes = await enrolled(client)
    kept = str(await make.fetch("SELECT * FROM second_factor")) + str(await make.fetch("SELECT * FROM audit_log"))
    assert totp.secret not in kept
    assert not any(code.replace("-", "") in kept or code in kept for code in codes)
    page = (await client.get("/account")).text
    assert totp.secret not in page
    assert codes[0] not in page
    assert await make.value("SELECT count(*) FROM audit_log WHERE table_name = 'second_factor'") >= 2


async def test_it_is_begun_and_ended_with_the_password_alone_refused(log_in: LogIn) -> None:
    client = await known(log_in, role="hq_viewer", username="boss")
    no = await client.post("/account/factor/begin", data={"token": "t", "password": "wrong wrong"})
    assert no.status_code == 400
    assert 'href="/account"' in no.text
    totp, _ = await enrolled(client)
    for wrong in ({"password": "wrong wrong", "code": totp.now()}, {"password": PASSWORD, "code": "123"}):
        assert (await client.post("/account/factor/off", data={"token": "t", **wrong})).status_code == 400
    assert await make.value("SELECT is_on FROM second_factor") is True
    gone = await client.post("/account/factor/off", data={"token": "t", "password": PASSWORD, "code": totp.now()})
    assert gone.status_code == 303
    assert await make.value("SELECT count(*) FROM second_factor") == 0


async def test_who_found_an_open_log_in_guesses_no_password(log_in: LogIn) -> None:
    client = await known(log_in, role="hq_viewer", username="boss")
    for _ in range(8):
        assert (
            SAID["title"] not in (await client.post("/account/factor/begin", data={"token": "t", "password": "x"})).text
        )
    no = await client.post("/account/factor/begin", data={"token": "t", "password": PASSWORD})
    assert "错误次数过多" in no.text
    change = {
        "current_password": PASSWORD,
        "new_password": "mian bao 1988 z",
        "confirm_new_password": "mian bao 1988 z",
    }
    assert (await client.post("/admin/api/change-password/", json=change)).status_code == 429
    await desk.TRIES.right(username="boss", address="127.0.0.1")
    assert (await client.post("/admin/api/change-password/", json=change)).status_code == 303
    assert (await client.get("/admin/api/user/")).status_code == 401
    assert await tries(client, password="mian bao 1988 z") == (200, "")  # noqa: S106


async def test_where_the_chain_wants_it_an_administrator_does_nothing_else_before(log_in: LogIn) -> None:
    await make.execute(
        "INSERT INTO chain (id, name, signature, phone, second_factor_required) VALUES (1, 'x', 'xx', '', true)"
    )
    client, other = await known(log_in, role="hq_admin", username="boss"), await log_in(role="hq_viewer")
    assert (await other.get("/admin/api/tables/store/")).status_code == 200
    refused = await client.get("/admin/api/tables/store/")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_missing")
    assert (await client.get("/messages")).headers["location"] == "/account"
    assert SAID["factor_wanted"] in (await client.get("/account")).text
    await enrolled(client)
    assert (await client.get("/admin/api/tables/store/")).status_code == 200
    assert (await client.get("/messages")).status_code == 200


async def test_rescue_by_command_opens_the_way_and_closes_all_others(log_in: LogIn) -> None:
    client = await known(log_in, role="hq_admin", username="boss")
    await enrolled(client)
    async with scope(role="hq_admin"):
        made = await reset_staff(username="boss")
    assert (await client.get("/admin/api/user/")).status_code == 401
    assert await tries(client, password=made) == (200, "")
    assert (await client.get("/admin/api/tables/store/")).json()["code"] == "password_is_temporary"
    await make.execute("UPDATE staff SET active = false")
    for name, code in (("nobody", "unknown_staff"), ("boss", "staff_left")):
        async with scope(role="hq_admin"):
            with pytest.raises(Refusal) as no:
                await reset_staff(username=name)
        assert no.value.code == code


async def test_everyone_ends_their_own_log_ins_and_head_office_everybodys(log_in: LogIn) -> None:
    store = await make.make_store()
    boss, anna = (
        await log_in(role="hq_admin", username="boss"),
        await log_in(role="cashier", username="anna", stores=(store,)),
    )
    sessions = {row["user_id"]: row["id"] for row in await make.fetch("SELECT id, user_id FROM session")}
    page = (await anna.get("/account")).text
    assert "boss" not in page
    assert SAID["this"] in page
    assert "微信 WeChat · Android" not in page
    await make.execute("UPDATE session SET browser = '微信 WeChat · Android' WHERE user_id = 2")
    assert "微信 WeChat · Android" in (await anna.get("/account")).text
    for forged in ({"session": str(sessions[1])}, {"staff": "1"}):
        await anna.post("/account/sessions", data={"token": "t", **forged})
        assert (await boss.get("/admin/api/user/")).status_code == 200, forged
    assert (await anna.post("/account/sessions", data={"token": "t", "session": "1 OR 1=1"})).status_code == 400
    assert "anna" in (await boss.get("/account")).text
    assert (await boss.post("/account/sessions", data={"token": "t", "staff": "2"})).status_code == 303
    assert (await anna.get("/admin/api/user/")).status_code == 401
    assert (await anna.get("/account")).headers["location"] == "/admin/#/login/"
    await make.execute("UPDATE staff SET password_is_temporary = true WHERE id = 1")
    assert (await boss.get("/account")).headers["location"] == "/admin/#/change-password/"
    await make.execute("UPDATE staff SET password_is_temporary = false WHERE id = 1")
    await make.execute(
        "INSERT INTO session (token, user_id, expiry_date, max_expiry_date) SELECT 'other', 1, expiry_date, expiry_date FROM session"
    )
    await boss.post("/account/sessions", data={"token": "t", "others": "yes"})
    assert [row["id"] for row in await make.fetch("SELECT id FROM session WHERE user_id = 1")] == [sessions[1]]
