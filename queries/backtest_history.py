"""The statement that tells what happened to members, in the order in which it was posted (for queries/backtest.py)."""

# What a row is about, and what its columns a to d mean:
#          key             a               b               c            d
# born     -               erased?
# sale     purchase        amount, fen     for tier, fen   earning
# refund   its sale        amount, fen     for tier, fen   earning      nothing left?
# redeem   entry           points          reward or 0     sale or 0
# cancel   its redemption
# adjust   entry           points
# opening  entry           points          last good day, 0 = for ever
# grant    grant           rank            last day        imported?
# extend   extension       first day       last day        good until
# bonus    newcomer        came?
# back     newcomer
# erased   -
# `store` is a sale's, or of who is born the month of birth. `parts` are, of who is born, the tags of $4 that he has; of
# receipts sold from $2 to $3, where promotions change, Σ amount (fen) by category and multiplier (thousandths).
BORN, SALE, REFUND, REDEEM, CANCEL, ADJUST, OPENING, GRANT, EXTEND, BONUS, BONUS_BACK, ERASED = range(12)


def _day(column: str) -> str:
    """A date as Python's ordinal."""
    return f"({column} - '0001-01-01'::date + 1)"


# Within one transaction `turn` is the order of a till: what is spent on a receipt comes before what the receipt earns.
# The sums over lines come first and for all receipts at once: nothing is asked row by row but of the few refunds.
HISTORY = f"""
WITH first_sale AS MATERIALIZED (
    SELECT DISTINCT ON (p.member) p.member AS newcomer, m.referred_by AS referrer, p.id, p.business_date, p.created_at
    FROM member m JOIN purchase p ON p.member = m.id AND p.kind = 'sale' AND p.amount > 0
    WHERE m.referred_by IS NOT NULL ORDER BY p.member, p.created_at, p.purchased_at, p.id
), bonus AS MATERIALIZED (
    SELECT x.member, x.came, f.* FROM first_sale f JOIN member n ON n.id = f.newcomer JOIN member r ON r.id = f.referrer
    CROSS JOIN LATERAL (VALUES (f.newcomer, 1), (f.referrer, 0)) x(member, came)
    WHERE f.business_date <= $1 AND coalesce(n.erased_at > f.created_at, true) AND coalesce(r.erased_at > f.created_at, true)
), earned AS (
    SELECT l.purchase, sum(l.amount * l.multiplier) * 100000 AS earns FROM purchase_line l GROUP BY l.purchase
), part AS (
    SELECT x.purchase, array_agg(ARRAY[x.category, x.multiplier, x.fen]) AS parts FROM (
        SELECT l.purchase, CASE WHEN c.promotable IS FALSE THEN -1 ELSE coalesce(c.id, 0) END AS category,
            (l.multiplier * 1000)::bigint AS multiplier, (sum(l.amount) * 100)::bigint AS fen
        FROM purchase p JOIN purchase_line l ON l.purchase = p.id LEFT JOIN product g ON g.id = l.product
        LEFT JOIN category c ON c.id = coalesce(g.category, l.category)
        WHERE p.sold_on BETWEEN $2 AND $3 AND p.member IS NOT NULL AND l.multiplier > 0 GROUP BY 1, 2, 3) x
    GROUP BY x.purchase
), refund AS MATERIALIZED (
    SELECT p.*, e.earns, NOT EXISTS (SELECT FROM purchase_line s WHERE s.purchase = p.refund_of AND s.amount + (
        SELECT coalesce(sum(b.amount), 0) FROM purchase_line b WHERE b.refund_of = s.id AND b.purchase <= p.id) <> 0) AS whole
    FROM purchase p CROSS JOIN LATERAL (SELECT coalesce(sum(l.amount * l.multiplier), 0) * 100000 AS earns
        FROM purchase_line l WHERE l.purchase = p.id) e
    WHERE p.refund_of IS NOT NULL AND p.member IS NOT NULL AND p.business_date <= $1
), happened(member, at, turn, key, kind, day, a, b, c, d, store, parts) AS (
    SELECT m.id, NULL::timestamptz, 0, 0::bigint, {BORN}, {_day("m.joined_on")}, (m.erased_at IS NOT NULL)::integer::bigint,
        0::bigint, 0::bigint, 0::bigint, coalesce(extract(month FROM m.birthday), 0)::bigint,
        (SELECT array_agg(t.tag) FROM member_tag t WHERE t.member = m.id AND t.tag = ANY ($4::bigint[])) FROM member m
    UNION ALL
    SELECT g.member, g.created_at, 1, g.id, {GRANT}, {_day("g.valid_from")}, t.rank, {_day("g.valid_until")},
        (g.reason = 'import')::integer, 0, 0, NULL FROM tier_grant g JOIN tier t ON t.id = g.tier
    WHERE g.valid_from <= $1 + 1
    UNION ALL
    SELECT p.member, p.created_at, 4, p.id, {SALE}, {_day("p.business_date")}, (p.amount * 100)::bigint,
        (p.tier_amount * 100)::bigint, coalesce(e.earns, 0)::bigint, 0, p.store, x.parts
    FROM purchase p LEFT JOIN earned e ON e.purchase = p.id LEFT JOIN part x ON x.purchase = p.id
    WHERE p.kind = 'sale' AND p.member IS NOT NULL AND p.business_date <= $1
    UNION ALL
    SELECT b.member, b.created_at, 5, b.newcomer, {BONUS}, {_day("b.business_date")}, b.came, 0, 0, 0, 0, NULL FROM bonus b
    UNION ALL
    SELECT e.member, e.created_at, CASE WHEN e.kind = 'import' THEN 2 WHEN e.purchase IS NULL THEN 6 ELSE 3 END,
        CASE WHEN e.kind = 'restore' THEN split_part(e.reference, ':', 1)::bigint ELSE e.id END,
        CASE e.kind WHEN 'redeem' THEN {REDEEM} WHEN 'restore' THEN {CANCEL} WHEN 'adjust' THEN {ADJUST} ELSE {OPENING} END,
        {_day("e.business_date")}, CASE WHEN e.kind = 'redeem' THEN -e.points ELSE e.points END,
        CASE WHEN e.kind = 'import' THEN (SELECT coalesce({_day("min(x.expired_on)")}, {_day("min(l.expires_on)")}, 0)
            FROM points_lot l LEFT JOIN points_extension_lot x ON x.lot = l.id WHERE l.entry = e.id) ELSE coalesce(e.reward, 0) END,
        coalesce(e.purchase, 0), 0, 0, NULL
    FROM points_entry e
    WHERE (e.kind IN ('redeem', 'adjust', 'import') OR e.kind = 'restore' AND e.purchase IS NULL) AND e.business_date <= $1
    UNION ALL
    SELECT r.member, r.created_at, 7, r.refund_of, {REFUND}, {_day("r.business_date")}, (r.amount * 100)::bigint,
        (r.tier_amount * 100)::bigint, r.earns::bigint, r.whole::integer, 0, x.parts FROM refund r
    LEFT JOIN part x ON x.purchase = r.id
    UNION ALL
    SELECT b.member, r.created_at, 8, b.newcomer, {BONUS_BACK}, {_day("r.business_date")}, 0, 0, 0, 0, 0, NULL
    FROM refund r JOIN bonus b ON b.id = r.refund_of WHERE r.whole
    UNION ALL
    SELECT DISTINCT l.member, e.created_at, 9, e.id, {EXTEND}, {_day("e.business_date")}, {_day("e.first_on")},
        {_day("e.last_on")}, {_day("e.good_until")}, 0, 0, NULL::bigint[]
    FROM points_extension e JOIN points_extension_lot x ON x.extension = e.id JOIN points_lot l ON l.id = x.lot
    WHERE e.business_date <= $1
    UNION ALL
    SELECT m.id, m.erased_at, 9, 0, {ERASED}, 0, 0, 0, 0, 0, 0, NULL FROM member m WHERE m.erased_at IS NOT NULL
)
SELECT * FROM happened ORDER BY member, at NULLS FIRST, turn, key
"""
