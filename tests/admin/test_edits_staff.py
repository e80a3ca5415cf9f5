"""Who may log in, edited in the back office: nobody is locked out, nobody gets in with 12345678."""

import pytest

from rules.refusals import Refusal
from tables.scope import scope
from tables.staff import Staff
from tests import make
from tests.admin.edit_as import add, change, many, refused, remove, small_chain, staff

pytestmark = pytest.mark.usefixtures("chain")
GOOD, WEAK, HASHED = "correct horse 9", "12345678", "pbkdf2_sha256$1$a$c"


@pytest.fixture
async def chain(db: None) -> None:
    await small_chain()


@pytest.fixture(autouse=True)
def _quick_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Staff, "_pbkdf2_iteration_count", 1)


async def test_nobody_locks_themselves_out_and_an_administrator_stays() -> None:
    second = await staff("second", "hq_admin")
    for own in many({"active": False}, {"role": "hq_viewer"}):
        assert "自己" in (await refused(change("staff", 1, **own))).zh
    await change("staff", second, role="hq_viewer")
    [row] = await make.fetch("SELECT role, admin, superuser FROM staff WHERE id = $1", second)
    assert row == {"role": "hq_viewer", "admin": True, "superuser": False}
    assert "至少" in (await refused(change("staff", 1, second, active=False))).zh
    assert await change("staff", 1, admin=False, password="", email="") == {"username": "boss"}
    assert (await refused(remove("staff", second))).code == "not_here"


async def test_passwords_names_and_stores_of_staff() -> None:
    anna = await staff("anna", "cashier")
    await make.execute(
        "INSERT INTO session (token, user_id, expiry_date, max_expiry_date) VALUES ('t', $1, now(), now())", anna
    )
    assert (await refused(change("staff", anna, password=WEAK))).code == "weak_password"
    assert (await refused(change("staff", anna, password=HASHED))).code == "weak_password"
    assert (await refused(change("staff", anna, username="BOSS"))).code == "username_taken"
    assert (await refused(change("staff", anna, role="owner"))).code == "bad_value"
    kept = await change("staff", anna, password=GOOD)
    assert Staff.fits(password=GOOD, stored=kept["password"])
    assert await make.value("SELECT count(*) FROM session") == 0
    await add("staff_store", staff=anna, store=1)
    assert "总部" in (await refused(add("staff_store", staff=1, store=1))).zh
    await change("staff", anna, role="hq_viewer")
    assert await make.value("SELECT count(*) FROM staff_store") == 0


async def test_a_store_role_keeps_its_last_store_as_long_as_it_works() -> None:
    anna, second = await staff("anna", "cashier"), await make.make_store("S2")
    first, other = [await add("staff_store", staff=anna, store=store) for store in (1, second)]
    await remove("staff_store", other)
    assert (await refused(remove("staff_store", first))).code == "last_store"
    second_boss = await staff("second", "hq_viewer")
    assert (await refused(change("staff", second_boss, role="cashier"))).code == "store_missing"
    await change("staff", anna, active=False)
    await remove("staff_store", first)
    assert await make.value("SELECT count(*) FROM staff_store") == 0


async def test_changing_ones_own_password_ends_its_being_temporary() -> None:
    await make.execute("UPDATE staff SET password_is_temporary = true")
    async with scope(role="hq_admin", staff=1):
        with pytest.raises(Refusal, match="guessed"):
            await Staff.update_password(1, "Boss")
        await Staff.update_password(1, GOOD)
    assert await make.value("SELECT password_is_temporary FROM staff") is False
