"""Rows of two stores and two people in every table that holds somebody's, beyond what the back office's own two stores have."""

from tests import make
from tests.admin.two_stores import two_stores

_OF_PEOPLE = """
INSERT INTO staff (username, password, role, active, admin, phone) SELECT 'p' || n, 'x', 'cashier', true, true, '' FROM generate_series(1, 2) n;
INSERT INTO staff_store (staff, store) SELECT n, n FROM generate_series(1, 2) n;
INSERT INTO session (token, user_id, expiry_date, max_expiry_date) SELECT 't' || n, n, 'epoch', 'epoch' FROM generate_series(1, 2) n;
INSERT INTO api_key (name, store, hash) SELECT 'k' || n, n, 'h' || n FROM generate_series(1, 2) n;
INSERT INTO member_lookup (staff, member, weight, at) SELECT n, n, 1, 'epoch' FROM generate_series(1, 2) n;
INSERT INTO second_factor (staff, credentials) SELECT n, 'sealed' FROM generate_series(1, 2) n;
INSERT INTO short_link (member, code, url, created_at) SELECT n, 'c' || n, 'https://example.com', 'epoch' FROM generate_series(1, 2) n;
SELECT deed.points_debit(ARRAY[ROW(n, n, 'redeem', -10, 'redeem', 'r' || n, NULL, NULL, NULL, '2026-03-02', NULL, NULL)::deed.posting])
FROM generate_series(1, 2) n;
"""


async def every_row() -> None:
    """Store, member and person 1, and store, member and person 2, each with a row of their own wherever one can be theirs."""
    await two_stores()
    await make.execute(_OF_PEOPLE)
