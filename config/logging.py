"""Logs on stderr: lines for people on a terminal, JSON elsewhere. Callers never log personal data; `redacted` is the belt."""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog

# A mainland mobile number in the forms that people and gateways write. No \b: 手机139… has none.
_PHONE = re.compile(r"(?<!\d)(?:(?:\+|00)?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
# The ids of requests and jobs: some have eleven digits in a row.
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
# PostgreSQL quotes the whole row, name and all, in what it adds to an error. Groups of errors have bars at the left.
_DETAIL = re.compile(r"^([ |]*)DETAIL:.*(?:\n(?![ |]*(?:HINT:|Traceback |\+|$)).*)*", re.MULTILINE)
# Most of what is logged is shorter than any phone: it need not be looked through.
_SHORTEST_PHONE = 11
_SMALLEST_PHONE = 10**10


def configure_logging(*, level: int = logging.INFO) -> None:
    """Send structlog and the standard library's loggers through one renderer."""
    terminal = sys.stderr.isatty()
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if terminal else "iso", utc=not terminal),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    # Nobody reads who ran it where: each line would look it up twice.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_last(terminal)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    _take_over_uvicorn()


def _take_over_uvicorn() -> None:
    """Its words in our lines; its access log holds paths, and with them phones: web/requests.py tells of requests."""
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.access").disabled = True


def _last(terminal: bool) -> list[structlog.types.Processor]:  # noqa: FBT001 – private
    # Frame locals would put members' data into the logs, so the plain traceback; as text, so that it is redacted too.
    begin: list[structlog.types.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redacted,
    ]
    if terminal:
        return [*begin, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [*begin, structlog.processors.JSONRenderer(ensure_ascii=False)]


def redacted(_: object, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """The last processor before the renderer: no phone, and none of the rows that PostgreSQL quotes, gets past it."""
    return {key: _clean(value) for key, value in event.items()}


def without_phones(text: str) -> str:
    """The text with every mainland mobile number taken out; a UUID is left as it is."""
    return text if _UUID.fullmatch(text) else _PHONE.sub("[phone]", text)


def _clean(value: Any) -> Any:  # noqa: ANN401 – whatever somebody logs
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < _SMALLEST_PHONE or without_phones(str(value)) == str(value) else "[phone]"
    if isinstance(value, Mapping):
        return {_clean(key): _clean(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(part) for part in value]
    text = value if isinstance(value, str) else repr(value)
    if "DETAIL:" in text:
        text = _DETAIL.sub(r"\1DETAIL: [left out]", text)
    return text if len(text) < _SHORTEST_PHONE else without_phones(text)
