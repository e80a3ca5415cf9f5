"""Ids of another store in every field of a form, in every query and in the forms of the back office: nothing is shown or changed."""

import httpx
import pytest

from admin.forms import FORMS, allowed
from tables.access import STORE_ROLES, Role
from tests import make
from tests.admin.conftest import LogIn, the_app
from tests.admin.two_stores import two_stores
from tests.fuzz_world import FOREIGN, numbered, world

# Every field of the back office's forms that names a row, with what makes the rest of the form good. `store` is in many forms.
IDS: dict[tuple[str, str], dict[str, str]] = {
    ("退货", "sold_at"): {"receipt_no": "R1"},
    ("退货", "receipt_no"): {},
    ("记消费", "receipt_no"): {"amount": "5", "phone": "13900000001"},
    ("撤销兑换", "number"): {"phone": "13900000001"},
    ("回复会员", "reply"): {"text": "您好"},
    ("处理回复", "reply"): {"deed": "完成"},
    ("登记投诉", "message"): {"source": "12321", "note": "x"},
    ("合并会员", "phone"): {"other": "13900000001", "confirm": "合并"},
    ("合并会员", "other"): {"phone": "13900000001", "confirm": "合并"},
    ("会员授权", "phone"): {"purpose": "营销短信", "answer": "不同意", "source": "柜台"},
    ("查看手机号", "member"): {"reason": "x"},
}
# Names a row by its number elsewhere: rows of the chain, and what head office alone decides.
OF_THE_CHAIN = {"reward", "category", "account", "key", "tag", "home_store", "request", "refund_no", "username"}
NO_ROWS = {
    "amount", "points", "code", "purchased_at", "reason", "name", "title", "birthday", "referrer", "marketing_sms", "personalisation",
    "everybody", "first_on", "last_on", "good_until", "credential", "text", "deed", "note", "source", "new_phone", "confirm", "purpose",
    "answer", "text_version", "proof", "decision", "form", "store",
}  # fmt: skip
# What is another store's: whatever hangs on store 2, member 2 or campaign 2.
_COLUMNS = """
SELECT table_name AS tab, column_name AS col FROM information_schema.columns WHERE table_schema = 'public'
AND table_name NOT IN ('audit_log', 'member_lookup') AND (column_name IN ('store', 'home_store', 'member', 'campaign')
    OR column_name = 'id' AND table_name IN ('store', 'member', 'campaign', 'reply', 'complaint', 'points_entry')) ORDER BY 1, 2
"""


async def theirs() -> dict[str, str | None]:
    columns = await make.fetch(_COLUMNS)
    told = " UNION ALL ".join(
        f"SELECT '{row['tab']}.{row['col']}' AS name, md5(string_agg(t::text, '|' ORDER BY t::text)) AS held FROM {row['tab']} t"
        f" WHERE t.{row['col']} = 2"
        for row in columns
    )
    return {row["name"]: row["held"] for row in await make.fetch(told)}


def leaks(answer: httpx.Response) -> bool:
    return FOREIGN in answer.text or "0000002" in answer.text or answer.status_code >= 500


async def test_no_field_and_no_query_of_a_page_reaches_another_store(log_in: LogIn) -> None:
    found = await world(the_app())
    clients = [await log_in(role=role, stores=(1,), username=role) for role in STORE_ROLES]
    before, wrong = await theirs(), []
    fields = {
        (address, name): {**dict(form), "token": "t", name: "2"}
        for address, forms in found.forms.items()
        for form in forms
        for name, value in form
        if name != "token" and (value.isdigit() or not value)
    }
    for (address, name), typed in fields.items():
        for client in clients:
            answer = await client.post(address.replace("#", "1"), data=typed)
            wrong += [("form", address, name)] if leaks(answer) else []
    for route in found.routes:
        if route.method == "GET" and not route.of_machines:
            for name in route.names:
                answer = await clients[0].get(numbered(route.path, "1"), params={name: "2"})
                wrong += [("query", route.path, name)] if leaks(answer) else []
    after = await theirs()
    assert (wrong, {name for name in after if after[name] != before[name]}) == ([], set())
    assert len(fields) > 20


@pytest.mark.parametrize("role", STORE_ROLES)
async def test_no_field_of_a_form_of_the_back_office_reaches_another_store(log_in: LogIn, role: Role) -> None:
    named = {(form.slug("zh"), name) for form in FORMS for name in form.all_fields()}
    rest = {key for key in named if key not in IDS and key[1] not in {*NO_ROWS, *OF_THE_CHAIN, "phone"}}
    assert rest == set(), "a field that may name a row, undecided"
    await two_stores()
    client = await log_in(role=role, stores=(1,))
    before, wrong = await theirs(), []
    for (slug, name), others in IDS.items():
        if allowed(slug=slug, role=role):
            for said in ("2", "#2", "R2"):
                for store in ("", "S2"):
                    typed = {**others, "store": store, "form": f"{said}{store}", name: said}
                    answer = await client.post(f"/admin/api/forms/{slug}/", json=typed)
                    wrong += [(slug, name, said, store, answer.text)] if leaks(answer) else []
    after = await theirs()
    assert (wrong, {name for name in after if after[name] != before[name]}) == ([], set())
