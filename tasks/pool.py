"""The worker's database pool: opened on the event loop that all its actors share, before the first message is taken,
closed before that loop stops.
"""

from contextlib import AsyncExitStack
from typing import Any

from dramatiq.asyncio import get_event_loop_thread
from dramatiq.middleware.middleware import Middleware

from tables.scope import database


class DatabasePool(Middleware):
    def __init__(self) -> None:
        self._open = AsyncExitStack()

    def before_worker_boot(self, broker: Any, worker: Any) -> None:  # noqa: ANN401, ARG002  Dramatiq's own signature
        thread = get_event_loop_thread()
        if thread is not None:
            thread.run_coroutine(self._open.enter_async_context(database(max_size=8)))

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:  # noqa: ANN401, ARG002
        thread = get_event_loop_thread()
        if thread is not None:
            thread.run_coroutine(self._open.aclose())
