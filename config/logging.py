"""Logs on stderr: lines for people on a terminal, JSON elsewhere. Callers never log personal data."""

import logging
import sys

import structlog


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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_last(terminal)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def _last(terminal: bool) -> list[structlog.types.Processor]:  # noqa: FBT001 – private
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if terminal:
        return [remove, structlog.dev.ConsoleRenderer()]
    # Frame locals would put members' data into the logs, so the plain traceback.
    return [remove, structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
