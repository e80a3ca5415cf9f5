"""What people type into a form, read: the same for every form."""

from collections.abc import Mapping
from typing import Any, TypeAlias
from uuid import uuid4

import asyncpg

from admin.forms_words import yuan
from admin.screens import Words
from rules.cells import parse_int
from rules.refusals import Refusal
from tables.scope import current

Typed: TypeAlias = Mapping[str, Any]

_MOST_TOLD = 20
_REWARDS = "SELECT id, name, value FROM reward WHERE is_active ORDER BY points, id"


def form_key(typed: Typed) -> str:
    """The form's one-time key; a caller without our script gets one, and no protection against a second click."""
    return str(typed["form"]).strip() or str(uuid4())


def need(typed: Typed, name: str, label: Words) -> None:
    """Refuses (`missing`) a field that was left empty."""
    value = typed[name]
    if value is None or not str(value).strip():
        raise Refusal("missing", f"Write {label.en}.", f"请填写{label.zh}。")


def whole(typed: Typed, name: str) -> int | None:
    """A whole number; None where nothing was typed. Raises Refusal bad_number."""
    return parse_int(typed[name]) if typed[name].strip() else None


async def reward_named(typed: Typed) -> asyncpg.Record | None:
    """The reward (id, name, value in yuan) of a name; None where nothing was typed. Raises Refusal unknown_reward."""
    name = typed["reward"].strip()
    if not name:
        return None
    rewards = await current().fetch(_REWARDS)
    found = next((row for row in rewards if row["name"].casefold() == name.casefold()), None)
    if found is None:
        names = [row["name"] for row in rewards[:_MOST_TOLD]]
        raise Refusal(
            code="unknown_reward",
            en=f"There is no such reward: write one of {', '.join(names) or '– none is offered now'}.",
            zh=f"没有该兑换项：可填写 {'、'.join(names) or '——目前没有可兑换的项目'}。",
        )
    return found


def reward_words(reward: asyncpg.Record | None) -> Words:
    """A reward as it stands behind a verb."""
    if reward is None:
        return Words("", "")
    worth = (
        Words("", "")
        if reward["value"] is None
        else Words(f"（抵 {yuan(reward['value'])}）", f" (worth {yuan(reward['value'])})")
    )
    return Words(f"“{reward['name']}”{worth.zh}", f" {reward['name']}{worth.en}")
