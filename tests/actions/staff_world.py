"""Two stores and everybody who may work in them; who may do what to whom, said by hand."""

from typing import Any

from tables.access import Role
from tests import make

# id: username, role, stores
PEOPLE: dict[int, tuple[str, Role, tuple[int, ...]]] = {
    1: ("boss", "hq_admin", ()),
    2: ("viewer", "hq_viewer", ()),
    3: ("mona", "store_manager", (1,)),
    4: ("peer", "store_manager", (1,)),
    5: ("anna", "cashier", (1,)),
    6: ("both", "cashier", (1, 2)),
    7: ("bert", "cashier", (2,)),
    8: ("rita", "store_manager", (2,)),
}
HASHED = "pbkdf2_sha256$1$a$b"
DEEDS = ("password", "leave", "back", "keep", "promote", "to_hq", "give_2", "take")
OK = "ok"


def _all(said: str) -> dict[str, str]:
    return dict.fromkeys(DEEDS, said)


_OWN = {**_all(OK), "to_hq": "above_role", "give_2": "foreign_store", "take": "last_store"}
# Store 1's manager: of who also works in store 2 they may take away store 1, and nothing else.
BY_MANAGER: dict[int, dict[str, str]] = {
    1: {**_all("unknown_staff")},
    2: {**_all("unknown_staff")},
    3: {**_all("own_account")},
    4: _OWN,
    5: _OWN,
    6: {**_all("elsewhere"), "keep": OK, "take": OK, "to_hq": "above_role", "give_2": "foreign_store"},
    7: {**_all("unknown_staff")},
    8: {**_all("unknown_staff")},
}
_IN_STORES = {**_all(OK), "take": "last_store"}
BY_BOSS: dict[int, dict[str, str]] = {
    1: _all("own_account"),
    2: {**_all(OK), "promote": "last_store", "give_2": "store_not_wanted"},
    **dict.fromkeys((3, 4, 5, 6, 7, 8), _IN_STORES),
}


async def world() -> None:
    """Stores 1 and 2, and PEOPLE."""
    for code in ("S1", "S2"):
        await make.make_store(code)
    for username, role, stores in PEOPLE.values():
        who = await make.value(
            "INSERT INTO staff (username, password, role, active, admin, superuser, password_is_temporary)"
            " VALUES ($1, $2, $3::text, true, true, $3::text = 'hq_admin', false) RETURNING id",
            username, HASHED, role,
        )  # fmt: skip
        await make.execute("INSERT INTO staff_store (staff, store) SELECT $1, unnest($2::bigint[])", who, list(stores))


def placed(deed: str, person: int, *, reach: set[int]) -> tuple[str, list[int], str, list[int]]:
    """Role and stores (of `reach`) as they are, and as the deed would have them."""
    _, role, stores = PEOPLE[person]
    mine = sorted(set(stores) & reach)
    wanted = {"promote": "store_manager" if role != "store_manager" else "cashier", "to_hq": "hq_viewer"}.get(
        deed, role
    )
    shops = {"to_hq": [], "give_2": [*mine, 2], "take": []}.get(deed, mine)
    return role, mine, wanted, shops


def statement(deed: str, person: int, *, reach: set[int]) -> tuple[str, tuple[Any, ...]]:
    """The deed as SQL."""
    if deed == "password":
        return "SELECT deed.staff_password($1, $2)", (person, "pbkdf2_sha256$1$c$d")
    if deed in {"leave", "back"}:
        return "SELECT deed.staff_active($1, $2)", (person, deed == "back")
    return "SELECT deed.staff_place($1, $2, $3, $4, $5)", (person, *placed(deed, person, reach=reach))
