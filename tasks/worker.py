"""What a worker process loads: every actor there is. Run as `python -m dramatiq tasks.worker`."""

from tasks import accounts, campaigns, health, messages, night, reports, webhooks
from tasks.broker import BROKER

__all__ = ["BROKER", "accounts", "campaigns", "health", "messages", "night", "reports", "webhooks"]
