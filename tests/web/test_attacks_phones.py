"""Phone guessing in the back office: whatever names a number of somebody else's member is counted, and ends."""

from typing import Any

import httpx
import pytest

from admin.forms import FORMS, allowed
from tables.access import MASKED_ROLES, STORE_ROLES, Role
from tests import make
from tests.admin.conftest import LogIn
from tests.admin.two_stores import two_stores

OWN, FOREIGN, NOBODY = "13900000001", "13900000002", "13900000009"
# Every field of a form that takes a number, with what makes the rest of the form good.
FIELDS: dict[tuple[str, str], dict[str, str]] = {
    ("记消费", "phone"): {"receipt_no": "A1", "amount": "-5"},
    ("兑换", "phone"): {"points": "5000"},
    ("撤销兑换", "phone"): {},
    ("调整积分", "phone"): {"points": "5001", "reason": "x"},
    ("开通会员", "phone"): {"name": "李"},
    ("开通会员", "referrer"): {"phone": OWN, "name": "李"},
    ("查会员", "phone"): {},
    ("登记投诉", "phone"): {"source": "12321", "note": "x"},
    ("更换手机号", "phone"): {"new_phone": NOBODY, "code": "000000"},
    ("更换手机号", "new_phone"): {"phone": OWN},
    ("释放号码", "phone"): {"code": "000000"},
    ("合并会员", "phone"): {"other": OWN},
    ("合并会员", "other"): {"phone": OWN},
    ("会员授权", "phone"): {"purpose": "营销短信", "answer": "不同意", "source": "柜台"},
    ("申请注销", "phone"): {"proof": "手机"},
    ("撤回注销申请", "phone"): {},
    # Head office sees every number.
    ("注销会员", "phone"): {},
    ("延长有效期", "phone"): {},
}
# Says the same of somebody else's member and of nobody, and writes nothing down.
TELLS_NOTHING = {("登记投诉", "phone")}
# A number that nobody has becomes a member, with a welcome: that is what the form is for.
MAKES = {("开通会员", "phone")}


def fields_of_numbers() -> set[tuple[str, str]]:
    named = {
        (form.slug("zh"), name): f"{words.zh} {words.en}".lower()
        for form in FORMS
        for name, (_, _, words) in form.all_fields().items()
    }
    return {
        key for key, title in named.items() if "phone" in title and key[1] not in {"code", "proof", "marketing_sms"}
    }


async def counted() -> int:
    return int(await make.value("SELECT coalesce(sum(weight), 0) FROM member_lookup WHERE staff IS NOT NULL"))


async def used_up(weight: int = 60, times: int = 1) -> None:
    await make.execute(
        "INSERT INTO member_lookup (staff, weight, at) SELECT s.id, $1, now() FROM staff s, generate_series(1, $2)",
        weight, times,
    )  # fmt: skip


@pytest.mark.parametrize("role", STORE_ROLES)
async def test_every_form_that_takes_a_number_counts_it_and_ends(log_in: LogIn, role: Role) -> None:
    assert fields_of_numbers() == set(FIELDS), "a form that takes a number, undecided"
    await two_stores()
    wrong = []
    for number, ((slug, name), rest) in enumerate(FIELDS.items()):
        if allowed(slug=slug, role=role):
            client = await log_in(role=role, stores=(1,))
            nobody, before = f"139222200{number:02}", await counted()
            first = await told(client, slug, {**rest, name: FOREIGN})
            known = await counted() > before
            alike = first == await told(client, slug, {**rest, name: nobody})
            await used_up()
            last = {await told(client, slug, {**rest, name: phone}) for phone in (FOREIGN, f"139333300{number:02}")}
            silent = (slug, name) in TELLS_NOTHING
            if (known, alike) != (not silent, silent) or (len(last) > 1 and (slug, name) not in MAKES):
                wrong.append((slug, name, first, last))
    assert wrong == []


async def told(client: httpx.AsyncClient, slug: str, typed: dict[str, str]) -> Any:
    answer = await client.post(f"/admin/api/forms/{slug}/", json=typed)
    assert answer.status_code in {200, 422}, answer.text
    return answer.json().get("zh") or answer.json()["custom_form_success"]


@pytest.mark.parametrize("role", MASKED_ROLES)
async def test_hidden_digits_are_not_found_by_naming_all_of_them(log_in: LogIn, role: Role) -> None:
    """Who sees 139****0001 may ask for one number after the other; what leads nowhere is counted, and ends."""
    await two_stores()
    client = await log_in(role=role, stores=(1,) if role == "cashier" else ())
    assert await shown(client, OWN) == [1]
    assert await counted() == 0
    for n in range(2):
        assert await shown(client, f"1391111000{n}") == []
    assert await counted() == 6
    assert await shown(client, "13911110009", table="send_log") == []
    assert await counted() == 9
    await used_up()
    assert await shown(client, OWN) == [1], "who is there is served beyond the limit of look-ups"
    await used_up(weight=1, times=300)
    for phone in (OWN, NOBODY):
        answer = await client.get("/admin/api/tables/member/", params={"phone": phone})
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many")
    if role == "hq_viewer":
        assert (await client.get("/audit", params={"member": OWN})).status_code == 429
    if role != "hq_marketing":
        answer = await client.post("/admin/api/forms/查会员/", json={"phone": OWN})
        assert answer.json()["code"] == "too_many"


async def shown(client: httpx.AsyncClient, phone: str, table: str = "member") -> list[int]:
    answer = await client.get(f"/admin/api/tables/{table}/", params={"phone": phone})
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["rows"]]


async def test_a_complaint_about_a_message_is_of_its_own_phone(log_in: LogIn) -> None:
    """With the number of another member beside an own message, the complaint named that member, and said no for them."""
    await two_stores()
    client = await log_in(role="store_manager", stores=(1,))
    before = await make.digest()
    typed = {"source": "12321", "message": "1", "note": "x"}
    for phone in (FOREIGN, NOBODY):
        assert "不是您的门店" in await told(client, "登记投诉", {**typed, "phone": phone})
    assert await make.digest() == before
    assert "已登记投诉" in await told(client, "登记投诉", {**typed, "phone": OWN})
