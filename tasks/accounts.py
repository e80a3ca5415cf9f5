"""What is left on the accounts at gateways, asked now and then: an account without money must not be the first choice."""

from datetime import UTC, datetime

import dramatiq

from actions.accounts import load_accounts
from actions.accounts_check import keep_balances
from tables.scope import exclusive, scope
from tasks import broker  # noqa: F401  actors need the broker to be there first


@dramatiq.actor(actor_name="accounts.balances", queue_name="reports", max_age=60_000)
async def ask_balances() -> None:
    """Idempotent: it writes down what the gateways say now."""
    async with exclusive(name="regulars balances", wait=False) as alone:
        if alone:
            await ask_all()


async def ask_all() -> None:
    """Each active account that can be opened is asked for itself."""
    async with scope(role="job"):
        accounts = await load_accounts()
    await keep_balances(accounts=accounts.values(), now=datetime.now(UTC))


async def nudge_balances() -> None:
    """Wakes a worker; one that was not woken is woken the next time."""
    ask_balances.send()
