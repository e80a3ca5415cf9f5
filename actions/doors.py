"""What API keys and webhooks have in common: a name, and the store they are for."""

from rules.refusals import Refusal
from tables.scope import current

LONGEST_NAME = 60


def checked_name(*, name: str) -> str:
    """The name without spaces around it. Raises Refusal bad_name."""
    tidy = name.strip()
    if not 1 <= len(tidy) <= LONGEST_NAME or not tidy.isprintable():
        raise Refusal(
            "bad_name",
            f"Write a name of 1 to {LONGEST_NAME} characters in one line.",
            f"名称需为 1 到 {LONGEST_NAME} 个字，写在一行内。",
        )
    return tidy


async def store_of(*, code: str | None) -> int | None:
    """The store (id) of a code; None stays None: all stores. Raises Refusal unknown_store."""
    if code is None:
        return None
    store: int | None = await current().fetchval("SELECT id FROM store WHERE code = $1", code)
    if store is None:
        raise Refusal(
            "unknown_store",
            f"There is no store {code}: import it with `regulars import stores` or correct the code.",
            f"没有门店 {code}：请用 regulars import stores 导入，或更正门店编码。",
        )
    return store


def taken(*, name: str) -> Refusal:
    """The no to a second one of the same name."""
    return Refusal("name_taken", f"The name {name} is taken: choose another.", f"名称 {name} 已被使用：请换一个。")
