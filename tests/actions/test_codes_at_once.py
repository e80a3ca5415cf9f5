"""Codes in several hands at the same moment, and in several processes."""

import asyncio
import os
import subprocess
import sys

import pytest

from actions.codes import CodeAsked
from actions.points import Posted
from tests import make
from tests.actions.code_desk import MINUTE, NOW, ask, codes, sent, shop, spend, texts, verify, wrong
from tests.config.conftest import REPOSITORY


@pytest.mark.usefixtures("db")
async def test_two_who_ask_at_once_send_one_text() -> None:
    await shop()
    asked = await asyncio.gather(*(ask() for _ in range(4)))
    assert sorted(one.sent for one in asked if isinstance(one, CodeAsked)) == [False, False, False, True]
    assert len(await texts()) == 1


@pytest.mark.usefixtures("db")
async def test_an_address_that_asks_for_many_at_once_gets_no_more_than_one_by_one() -> None:
    await shop()
    for n in range(2, 5):
        await make.make_member(f"+861390000000{n}", store=1)
    await make.execute(
        "INSERT INTO redemption_code (member, store, address, created_at, expires_at)"
        " SELECT 1, 1, '192.0.2.7', $1, $2 FROM generate_series(1, 18)",
        NOW - 6 * MINUTE, NOW - MINUTE,
    )  # fmt: skip
    asked = await asyncio.gather(*(ask(member=n, address="192.0.2.7") for n in range(1, 5)))
    assert sorted(str(one) if isinstance(one, str) else "sent" for one in asked) == ["sent"] * 2 + ["too_many"] * 2


@pytest.mark.usefixtures("db")
async def test_guesses_at_once_are_all_counted() -> None:
    await shop()
    digits = await sent()
    said = await asyncio.gather(*(verify(wrong(digits, n)) for n in range(1, 9)))
    assert sorted(map(str, said)) == ["code_expired"] * 3 + ["code_wrong"] * 5
    assert [code[1] for code in await codes()] == [5]


@pytest.mark.usefixtures("db")
async def test_one_code_at_two_tills_at_once_pays_once() -> None:
    await shop()
    digits = await sent()
    said = await asyncio.gather(spend(50, digits, key="a"), spend(50, digits, key="b"))
    assert sorted(str(one.points if isinstance(one, Posted) else one) for one in said) == ["-50", "code_expired"]
    assert await make.value("SELECT balance FROM points_account") == 50


def test_processes_of_one_secret_agree_and_others_do_not() -> None:
    script = (
        "from config.settings import settings; from rules.codes import code_digits, code_key;"
        "print([code_digits(key=code_key(secret=settings().secret), row=row) for row in range(1, 9)])"
    )

    def said(secret: str) -> str:
        environment = {**os.environ, "REGULARS_SECRET": secret}
        command = [sys.executable, "-c", script]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, cwd=REPOSITORY, env=environment
        ).stdout

    one, same, other = (said(secret * 16) for secret in "aab")
    assert one == same != other
