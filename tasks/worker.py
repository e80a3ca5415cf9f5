"""What a worker process loads: every actor there is. Run as `python -m dramatiq tasks.worker`."""

from tasks import health, messages, night, webhooks
from tasks.broker import BROKER

__all__ = ["BROKER", "health", "messages", "night", "webhooks"]
