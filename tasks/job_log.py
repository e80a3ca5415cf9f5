"""One line a job, and the job's name and message id in every line that is logged while it runs.

Dramatiq hands an async actor to its event loop from the worker thread, and asyncio copies that thread's context: what is
bound here is seen there.
"""

import logging
from contextvars import ContextVar
from time import perf_counter
from typing import Any

import structlog
from dramatiq.middleware.middleware import Middleware

LOG = structlog.get_logger("job")
_BEGAN: ContextVar[float] = ContextVar("job began")
MILLISECONDS = 1_000


class JobLog(Middleware):
    """The first of all middleware: first to see a message, last to leave it."""

    def before_process_message(self, broker: Any, message: Any) -> None:  # noqa: ANN401, ARG002  Dramatiq's own signature
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(job=message.actor_name, message=message.message_id)
        _BEGAN.set(perf_counter())

    def after_process_message(
        self,
        broker: Any,  # noqa: ANN401, ARG002
        message: Any,  # noqa: ANN401
        *,
        result: Any = None,  # noqa: ANN401, ARG002
        exception: BaseException | None = None,
    ) -> None:
        _finished(message=message, outcome="done" if exception is None else type(exception).__name__)

    def after_skip_message(self, broker: Any, message: Any) -> None:  # noqa: ANN401, ARG002
        _finished(message=message, outcome="skipped")


def _finished(*, message: Any, outcome: str) -> None:  # noqa: ANN401
    # A heart that beats is no news.
    level = logging.DEBUG if message.queue_name == "health" and outcome == "done" else logging.INFO
    LOG.log(level, "job finished", outcome=outcome, milliseconds=round((perf_counter() - _BEGAN.get()) * MILLISECONDS))
    structlog.contextvars.clear_contextvars()
