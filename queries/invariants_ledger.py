"""What must be true of refunds, restores, redemptions and referrals: statements that return no rows.

`$1` are the members to look at (null = all). Where few rows are asked about many, they are looked up one by one (LATERAL);
where many are, the large table is read once.
"""

from collections.abc import Callable

# A condition of an alias of the ledger: which of its entries are meant.
Of = Callable[[str], str]


def of_members(alias: str) -> str:
    """Those of the members that are asked about."""
    return f"($1::bigint[] IS NULL OR {alias}.member = ANY ($1))"


# What an entry's allocations must say: over `e` (points_entry), `y` (points_allocation) and `l` (points_lot), by entry. Only
# what a refund takes may be owed for a while and be paid by later lots, and nobody pays for somebody else.
WRONGLY_ALLOCATED = """
    CASE e.kind WHEN 'refund' THEN coalesce(sum(y.points), 0) > -e.points
        ELSE sum(y.points) IS DISTINCT FROM -e.points OR bool_or(y.paid_on IS NOT NULL) END
    OR (e.kind = 'refund') <> (e.source = 'refund') OR min(y.points) < 0 OR min(l.member) <> e.member OR max(l.member) <> e.member"""
# Over `e` and its lot `l`; what is restored may be in several lots or in none, which has a statement of its own. The value
# is looked at here because all entries are.
WRONGLY_CREDITED = """
    CASE WHEN e.points < 0 THEN l.id IS NOT NULL WHEN e.kind = 'restore' THEN l.member <> e.member
        ELSE l.points IS DISTINCT FROM e.points OR l.member <> e.member END OR (e.kind = 'restore') <> (e.source = 'restore')
    OR e.value IS NOT NULL AND e.kind <> 'redeem'"""


# Every debit took what it says, or is a refund that still owes; and a member's debt is what refunds still owe.
DEBITS = f"""
        WITH odd AS MATERIALIZED (
            SELECT e.id AS entry, e.member, e.kind, e.points, sum(y.points) AS allocated, {WRONGLY_ALLOCATED} AS wrong
            FROM points_entry e LEFT JOIN (points_allocation y JOIN points_lot l ON l.id = y.lot) ON y.entry = e.id
            WHERE e.points < 0 AND {of_members("e")} GROUP BY e.id
            HAVING {WRONGLY_ALLOCATED} OR e.kind = 'refund' AND coalesce(sum(y.points), 0) < -e.points)
        SELECT entry, member, kind, points, allocated, NULL AS debt, NULL AS owed FROM odd WHERE wrong
        UNION ALL SELECT NULL, coalesce(a.member, o.member), NULL, NULL, NULL, a.debt, o.owed
        FROM (SELECT a.member, a.debt FROM points_account a WHERE a.debt <> 0 AND {of_members("a")}) a
        FULL JOIN (SELECT member, sum(-points - coalesce(allocated, 0)) AS owed FROM odd WHERE kind = 'refund' GROUP BY member) o
            ON o.member = a.member WHERE coalesce(a.debt, 0) <> coalesce(o.owed, 0)"""


# All that a restore gives back is in lots again: in the old ones, which it refills, or in new ones of its own.
RESTORED = f"""
        SELECT e.id AS entry, e.member, e.points, b.points AS refilled, n.points AS in_new_lots FROM points_entry e
        CROSS JOIN LATERAL (SELECT coalesce(sum(l.points), 0) AS points FROM points_lot l WHERE l.entry = e.id) n
        CROSS JOIN LATERAL (SELECT coalesce(-sum(y.points), 0) AS points,
                coalesce(max(y.points) < 0 AND bool_and(y.paid_on IS NULL AND l.member = e.member), true) AS good
            FROM points_allocation y JOIN points_lot l ON l.id = y.lot WHERE y.entry = e.id) b
        WHERE e.source = 'restore' AND {of_members("e")} AND (e.points <> n.points + b.points OR NOT b.good)"""


GIVEN_BACK = f"""
        SELECT x.spent AS entry, x.first AS member, -r.points AS spent, x.restored FROM (
            SELECT substring(e.reference FROM '^([1-9][0-9]*):[1-9][0-9]*$')::bigint AS spent, sum(e.points) AS restored,
                min(e.member) AS first, max(e.member) AS last
            FROM points_entry e WHERE e.source = 'restore' AND {of_members("e")} GROUP BY 1) x
        LEFT JOIN LATERAL (SELECT * FROM points_entry o WHERE o.id = x.spent AND o.kind = 'redeem' LIMIT 1) r ON true
        WHERE r.id IS NULL OR x.restored > -r.points OR (r.member <> x.first OR r.member <> x.last)
            AND NOT (deed.one_person(r.member, x.first) AND deed.one_person(r.member, x.last))"""


REFUNDS: dict[str, str] = {
    "refunds are of their sale and never exceed it": f"""
        SELECT s.id AS sale, s.business_date, s.member, s.amount, r.amount AS refunded, s.points, r.points AS taken_back FROM (
            SELECT p.refund_of, sum(p.amount) AS amount, sum(p.points) AS points, max(p.points) AS most, min(p.sold_on) AS first,
                max(p.sold_on) AS last, bool_and(p.kind = 'refund' AND p.business_date >= p.sold_on) AS good,
                min(coalesce(p.member, 0)) AS one, max(coalesce(p.member, 0)) AS other
            FROM purchase p WHERE p.refund_of IS NOT NULL AND {of_members("p")} GROUP BY p.refund_of) r JOIN purchase s ON s.id = r.refund_of
        WHERE s.kind <> 'sale' OR NOT r.good OR r.first <> s.business_date OR r.last <> s.business_date
            OR r.one <> coalesce(s.member, 0) OR r.other <> coalesce(s.member, 0)
            OR s.amount + r.amount < 0 OR s.points + r.points < 0 OR r.most > 0""",
    "a refund's lines never exceed the sale's": f"""
        SELECT s.id AS line, s.purchase AS sale, s.amount, r.amount AS refunded, s.quantity, r.quantity AS returned FROM (
            SELECT l.refund_of, sum(l.amount) AS amount, sum(l.quantity) AS quantity, min(p.refund_of) AS one, max(p.refund_of) AS other
            FROM purchase p JOIN purchase_line l ON l.purchase = p.id AND l.refund_of IS NOT NULL
            WHERE p.refund_of IS NOT NULL AND {of_members("p")} GROUP BY l.refund_of) r JOIN purchase_line s ON s.id = r.refund_of
        WHERE r.one <> s.purchase OR r.other <> s.purchase OR s.amount + r.amount NOT BETWEEN least(s.amount, 0) AND greatest(s.amount, 0)
            OR s.quantity + r.quantity NOT BETWEEN least(s.quantity, 0) AND greatest(s.quantity, 0)""",
    "a refund is the sum of its lines": f"""
        SELECT p.id AS refund, p.amount, sum(l.amount) AS lines FROM purchase p
        LEFT JOIN purchase_line l ON l.purchase = p.id AND l.refund_of IS NOT NULL
        WHERE p.refund_of IS NOT NULL AND {of_members("p")} GROUP BY p.id HAVING p.amount <> coalesce(sum(l.amount), 0)""",
    # What it took of a referral's bonuses, each from whom it was given to, stands beside it in the ledger alone.
    "what refunds took back is in the ledger and was earned": f"""
        WITH entry AS MATERIALIZED (
            SELECT p.id AS refund, p.refund_of AS sale, e.member, e.points, e.reference = p.store || ':' || p.receipt_no AS own
            FROM points_entry e JOIN purchase p ON p.id = e.purchase AND p.refund_of IS NOT NULL
            WHERE e.source = 'refund' AND e.reference NOT LIKE 'merge:%' AND {of_members("p")})
        SELECT p.id AS purchase, p.member, p.points, e.points AS in_the_ledger FROM purchase p LEFT JOIN entry e ON e.refund = p.id AND e.own
            WHERE p.refund_of IS NOT NULL AND {of_members("p")} AND (coalesce(e.points, 0) <> p.points
                OR e.member <> p.member AND NOT deed.one_person(e.member, p.member))
        UNION ALL SELECT t.sale, t.member, t.points, sum(-g.points) FROM (
                SELECT sale, deed.file_kept(member) AS member, sum(points) AS points FROM entry WHERE NOT own GROUP BY 1, 2) t
            LEFT JOIN points_entry g ON g.source = 'referral' AND g.purchase = t.sale AND deed.one_person(g.member, t.member)
            GROUP BY t.sale, t.member, t.points HAVING -t.points > coalesce(sum(g.points), 0)""",
}


def redeemed(*, of: Of) -> str:
    """What was spent on a sale was its member's. `of` picks entries."""
    return f"""
        SELECT e.id AS entry, e.member, p.id AS purchase, p.member AS member_of_sale FROM points_entry e JOIN purchase p ON p.id = e.purchase
        WHERE e.source = 'redeem' AND {of("e")} AND (p.kind <> 'sale'
            OR p.member IS DISTINCT FROM e.member AND NOT deed.one_person(p.member, e.member))"""


def referred(*, of: Of) -> str:
    """Once for each who came, at a purchase of theirs, to them and to an older member (the key of the ledger says once)."""
    return f"""
        SELECT e.id AS entry, e.member, e.reference, p.member AS member_of_sale FROM points_entry e LEFT JOIN purchase p ON p.id = e.purchase
        WHERE e.source = 'referral' AND {of("e")} AND (e.kind <> 'earn' OR p.kind <> 'sale' OR p.member IS NULL
            OR split_part(e.reference, ':', 1) <> p.member::text AND NOT EXISTS (
                SELECT FROM member m WHERE m.merged_into = p.member AND m.id::text = split_part(e.reference, ':', 1))
            OR CASE substring(e.reference FROM ':(.*)$') WHEN 'newcomer' THEN e.member <> p.member AND NOT deed.one_person(e.member, p.member)
                WHEN 'referrer' THEN e.member >= split_part(e.reference, ':', 1)::bigint AND NOT EXISTS (
                    SELECT FROM member m WHERE m.merged_into = e.member AND m.id < split_part(e.reference, ':', 1)::bigint) ELSE true END)"""
