"""Codes in several hands at the same moment, and in several processes."""

import asyncio
import os
import subprocess
import sys

import pytest

from actions.codes import CodeAsked
from actions.points import Posted
from tests import make
from tests.actions.code_desk import ask, codes, sent, shop, spend, texts, verify, wrong
from tests.config.conftest import REPOSITORY


@pytest.mark.usefixtures("db")
async def test_two_who_ask_at_once_send_one_text() -> None:
    await shop()
    asked = await asyncio.gather(*(ask() for _ in range(4)))
    assert sorted(one.sent for one in asked if isinstance(one, CodeAsked)) == [False, False, False, True]
    assert len(await texts()) == 1


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
