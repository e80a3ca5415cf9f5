"""What /staff shows of people, in the words of one language."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from config.settings import settings
from queries.staff import Identity
from queries.staff_list import MOST, Colleague, ManagedStore
from tables.access import STAFF_ROLES, STORE_ROLES
from web.pages.frame import number
from web.pages.staff_words import WORDS

# More are typed as codes: a form has room for some fields alone.
_MOST_TICKED = 10


class Teller:
    """Tells one reader, in one language."""

    def __init__(self, *, language: Literal["zh", "en"], staff: Identity) -> None:
        self.staff, self.language = staff, language
        self.words: Mapping[str, Any] = WORDS[language]
        self.everybody = staff.role == "hq_admin"

    def page(
        self, *, found: Sequence[Colleague], more: bool, chosen: Sequence[Colleague], stores: Sequence[ManagedStore]
    ) -> dict[str, Any]:
        """The context of the page: who was found, and who is managed if somebody is (`chosen`)."""
        roles = STAFF_ROLES if self.everybody else STORE_ROLES
        names = {store.id: store for store in stores}
        return {
            "words": self.words,
            "about": self.words["about_all" if self.everybody else "about"],
            "people": [self._row(one, names) for one in found],
            "person": self._managed(chosen[0], names) if chosen else None,
            "more": self.words["more"].format(most=number(MOST)) if more else None,
            # The lesser ones first: those are given most often.
            "roles": [(role, self.words["roles"][role]) for role in reversed(roles)],
            "stores": stores,
            "ticked": len(stores) <= _MOST_TICKED,
            "picked": [stores[0].id] if len(stores) == 1 and not self.everybody else [],
            "everybody": self.everybody,
        }

    def secret(self, *, username: str) -> dict[str, Any]:
        """The context of the page of a password that was made."""
        return {"words": {**self.words, "title": self.words["secret_title"].format(username=username)}}

    def _row(self, one: Colleague, stores: Mapping[int, ManagedStore]) -> dict[str, Any]:
        at = one.last_login
        names = (one.last_name or "", one.first_name or "")
        return {
            "id": one.id, "username": one.username, "active": one.active, "second_factor": one.second_factor,
            "is_temporary": one.is_temporary, "elsewhere": one.elsewhere, "own": one.id == self.staff.staff,
            "name": "".join(names) if self.language == "zh" else " ".join(filter(None, reversed(names))),
            "role": self.words["roles"].get(one.role, one.role),
            "stores": self.words["comma"].join(_names(one.stores, stores)),
            "last_login": f"{at.astimezone(settings().zone):%Y-%m-%d %H:%M}" if at else self.words["never"],
        }  # fmt: skip

    def _managed(self, one: Colleague, stores: Mapping[int, ManagedStore]) -> dict[str, Any]:
        return {
            **self._row(one, stores),
            "title": self.words["person"].format(username=one.username),
            "was_role": one.role,
            "was_stores": " ".join(map(str, one.stores)),
            "in_stores": one.stores,
            "codes": self.words["comma"].join(stores[store].code for store in one.stores if store in stores),
            "may_place": one.id != self.staff.staff,
            "may_more": one.id != self.staff.staff and not one.elsewhere,
        }


def _names(ids: Iterable[int], stores: Mapping[int, ManagedStore]) -> list[str]:
    return [f"{stores[store].name}" for store in ids if store in stores]
