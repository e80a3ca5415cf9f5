"""The belt: what slipped into a log line by mistake does not reach the log."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from uuid import UUID

import pytest
import structlog

from config.logging import configure_logging, without_phones

PHONE = "13912345678"


class Screen(io.StringIO):
    """Standard error as a person sees it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(params=["machine", "person"])
def stderr(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged, in both forms; the suite's own logging is put back."""
    root = logging.getLogger()
    before, level, structured = root.handlers[:], root.level, structlog.get_config()
    stream = io.StringIO() if request.param == "machine" else Screen()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging()
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    structlog.configure(**structured)


class Leak:
    def __repr__(self) -> str:
        return f"<Leak {PHONE}>"


@pytest.mark.parametrize(
    "written",
    [PHONE, f"+86{PHONE}", f"86{PHONE}", f"+86 {PHONE}", f"0086{PHONE}", "139 1234 5678", "139-1234-5678"],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "手机{}号", "to {},", "phone{}x", "('{}',)"])
def test_a_phone_is_taken_out_wherever_it_stands(written: str, around: str) -> None:
    assert without_phones(around.format(written)) == around.format("[phone]")


@pytest.mark.parametrize(
    "text", ["12912345678", "139123456789", "2026-11-22T02:40:13.912345Z", "19000.50", "1391234567"]
)
def test_other_figures_are_left(text: str) -> None:
    assert without_phones(text) == text


def test_an_id_that_happens_to_hold_eleven_digits_is_left() -> None:
    assert without_phones("a13912345678b0000000000000000000") == "a13912345678b0000000000000000000"
    assert without_phones(str(UUID(int=13912345678 << 64))) == str(UUID(int=13912345678 << 64))


def test_no_value_of_a_line_holds_a_phone(stderr: io.StringIO) -> None:
    log = structlog.get_logger("test")
    log.info(
        "to 13912345678", phone=PHONE, number=int(PHONE), deep={"a": [PHONE, (f"+86{PHONE}",)], PHONE: 1}, thing=Leak()
    )
    logging.getLogger("library").warning("sent %s", PHONE)
    logging.getLogger("library").warning("sent", stack_info=True)
    said = stderr.getvalue()
    assert said.count("[phone]") >= 7
    assert PHONE not in said


def test_no_traceback_holds_a_phone_or_a_quoted_row_or_a_local(stderr: io.StringIO) -> None:
    local = "secret of a frame"
    row = f"duplicate key\nDETAIL:  Failing row contains (1, 张三, {PHONE},\nsecond line 李四).\nHINT:  a hint"
    try:
        try:
            raise ValueError(row)
        except ValueError as error:
            raise ExceptionGroup(f"for +86{PHONE}", [error, RuntimeError(row)]) from error
    except ExceptionGroup:
        structlog.get_logger("test").exception("failed")
        logging.getLogger("library").exception("failed too")
    said = stderr.getvalue()
    assert said.count("ExceptionGroup: for [phone]") == 2
    assert said.count("duplicate key") == said.count("DETAIL: [left out]") == said.count("a hint") == 6
    assert [word for word in (PHONE, "张三", "李四", local) if word in said] == []


def test_uvicorn_speaks_through_our_renderer_and_tells_no_path(stderr: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    logging.getLogger("uvicorn.access").info('%s - "GET /api/v1/members/%s"', "10.0.0.1", PHONE)
    said = stderr.getvalue()
    assert said.count("\n") == 1
    assert "Invalid HTTP request received." in said
    if not stderr.isatty():
        assert json.loads(said)["logger"] == "uvicorn.error"
