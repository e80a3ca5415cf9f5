"""A gateway that needs a setting and two credentials, and accounts of it."""

import pytest

from actions.accounts import faults, load_accounts
from actions.accounts_edit import add_account, keep_credential
from gateways import registry
from gateways.protocol import Account, Gateway
from tables.scope import scope


class Corner(Gateway):
    """A gateway that needs something of each kind."""

    settings_needed = ("url",)
    credentials_needed = ("username", "password")

    async def balance(self) -> str | None:
        if self.account.credentials["username"] == "nobody":
            raise ConnectionError("nobody is unknown here")
        return "12.50"


@pytest.fixture
def corner(monkeypatch: pytest.MonkeyPatch) -> None:
    known = dict(registry.kinds())
    for place in ("gateways.registry.kinds", "actions.accounts_edit.kinds"):
        monkeypatch.setattr(place, lambda: {**known, "corner": Corner})


async def added(name: str = "corner-1", gateway: str = "corner", **fields: object) -> tuple[str, ...]:
    given = {"url": "http://corner"} if gateway == "corner" else {}
    async with scope(role="hq_admin"):
        return await add_account(name=name, gateway=gateway, given=given, fields=fields)


async def kept(key: str, value: str, name: str = "corner-1") -> tuple[str, ...]:
    async with scope(role="hq_admin"):
        return await keep_credential(name=name, key=key, value=value)


async def loaded() -> dict[str, Account]:
    async with scope(role="job"):
        return await load_accounts()


async def found_faults() -> dict[str, str]:
    async with scope(role="job"):
        return {name: no.code for name, no in (await faults()).items()}
