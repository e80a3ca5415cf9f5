"""docs/security.md shows the access matrix that the database has."""

from tables.access import DEEDS, MATRIX
from tables.access_page import PAGE, matrix_page, with_matrix
from tests import make


def test_the_page_shows_todays_matrix() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_matrix(page=page) == page, "run: python -m tables.access_page"
    told = matrix_page()
    assert all(f"\n| `{name}` |" in told for name in (*MATRIX, *DEEDS))


async def test_a_role_may_call_the_deeds_of_the_list_and_no_other(db: None) -> None:
    rows = await make.fetch(
        "SELECT p.proname::text AS deed, array_agg(replace(r.rolname, 'regulars_', '') ORDER BY r.rolname) AS roles"
        " FROM pg_proc p CROSS JOIN pg_roles r WHERE p.pronamespace = 'deed'::regnamespace AND r.rolname LIKE 'regulars\\_%'"
        " AND r.rolname NOT IN ('regulars_owner', 'regulars_deed', 'regulars_job') AND p.prorettype <> 'trigger'::regtype"
        " AND p.proname NOT IN ('stores', 'staff', 'last_good_day') AND has_function_privilege(r.oid, p.oid, 'EXECUTE') GROUP BY 1"
    )
    assert {row["deed"]: set(row["roles"]) for row in rows} == {deed: set(roles) for deed, roles in DEEDS.items()}
