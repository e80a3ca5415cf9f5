"""The statements of a purchases file on its way in; `actions/purchases_import.py` runs them."""

STAGING = ("line", "store", "receipt_no", "purchased_at", "phone", "sku", "category", "milli", "fen", "refund_of")

PREPARE = """
CREATE TEMP TABLE import_row (line integer, store bigint, receipt_no text, purchased_at timestamptz, phone text, sku text,
                              category text, milli bigint, fen bigint, refund_of text)
"""
GATHER = """
ANALYZE import_row;
CREATE TEMP TABLE import_receipt AS
SELECT (row_number() OVER (ORDER BY purchased_at, line))::integer AS nr, store, receipt_no, purchased_at,
    (purchased_at AT TIME ZONE '{zone}')::date AS business_date, phone, NULL::bigint AS member, refund_of,
    CASE WHEN phone <> last_phone THEN 'member' WHEN refund_of <> last_refund_of THEN 'refund_of'
         WHEN (last_at AT TIME ZONE '{zone}')::date <> (purchased_at AT TIME ZONE '{zone}')::date
         THEN 'date' WHEN fen < 0 THEN 'negative' WHEN fen > 999999999999 THEN 'huge' END AS problem
FROM (SELECT store, receipt_no, min(purchased_at) AS purchased_at, max(purchased_at) AS last_at, min(line) AS line,
          min(coalesce(phone, '')) AS phone, max(coalesce(phone, '')) AS last_phone, sum(fen) AS fen,
          min(refund_of) AS refund_of, max(refund_of) AS last_refund_of
      FROM import_row GROUP BY store, receipt_no, refund_of IS NULL) gathered;
ANALYZE import_receipt;
"""
TAINT = """
UPDATE import_receipt r SET problem = 'line' FROM unnest($1::bigint[], $2::text[], $3::boolean[]) AS t(store, receipt_no, refunds)
WHERE r.store = t.store AND r.receipt_no = t.receipt_no AND (r.refund_of IS NOT NULL) = t.refunds
"""
REJECTED = """
SELECT w.line, r.problem, r.receipt_no FROM import_receipt r JOIN import_row w USING (store, receipt_no)
WHERE r.problem IS NOT NULL AND (w.refund_of IS NULL) = (r.refund_of IS NULL) ORDER BY w.line
"""
DROP_REJECTED = """
DELETE FROM import_row w USING import_receipt r
WHERE r.problem IS NOT NULL AND w.store = r.store AND w.receipt_no = r.receipt_no
    AND (w.refund_of IS NULL) = (r.refund_of IS NULL)
"""
NEW_MEMBERS = """
INSERT INTO member (phone, name, home_store, joined_on, tier)
SELECT DISTINCT ON (r.phone) r.phone, '', r.store, r.business_date, (SELECT id FROM tier WHERE rank = 1)
FROM import_receipt r WHERE r.problem IS NULL AND r.phone <> '' AND r.refund_of IS NULL
    AND NOT EXISTS (SELECT 1 FROM member m WHERE m.phone = r.phone)
ORDER BY r.phone, r.nr ON CONFLICT (phone) DO NOTHING
"""
NEW_CATEGORIES = """
INSERT INTO category (name) SELECT w.category FROM (SELECT DISTINCT category FROM import_row WHERE refund_of IS NULL) w
WHERE w.category IS NOT NULL AND NOT EXISTS (SELECT 1 FROM category c WHERE c.name = w.category)
ORDER BY 1 ON CONFLICT (name) DO NOTHING
"""
NEW_PRODUCTS = """
INSERT INTO product (sku, name, category)
SELECT DISTINCT ON (w.sku) w.sku, w.sku, c.id FROM (SELECT DISTINCT sku, category FROM import_row WHERE refund_of IS NULL) w
LEFT JOIN category c ON c.name = w.category
WHERE w.sku IS NOT NULL AND NOT EXISTS (SELECT 1 FROM product p WHERE p.sku = w.sku)
ORDER BY w.sku, c.id NULLS LAST ON CONFLICT (sku) DO NOTHING
"""
RESOLVE = """
UPDATE import_receipt r SET member = m.id FROM member m WHERE m.phone = r.phone AND r.refund_of IS NULL;
CREATE TEMP TABLE import_line AS
SELECT r.nr, w.line, p.id AS product, coalesce(p.category, c.id) AS category, w.milli::numeric / 1000 AS quantity, w.fen::numeric / 100 AS amount
FROM import_row w JOIN import_receipt r ON r.store = w.store AND r.receipt_no = w.receipt_no AND (w.refund_of IS NULL) = (r.refund_of IS NULL)
LEFT JOIN product p ON p.sku = w.sku LEFT JOIN category c ON c.name = w.category;
CREATE INDEX ON import_line (nr);
CREATE INDEX ON import_receipt (nr);
DROP TABLE import_row;
ANALYZE import_line;
"""
POST = """
SELECT receipt, outcome, points FROM deed.sales_record((
    SELECT array_agg(ROW(r.nr, r.store, r.receipt_no, r.member, r.purchased_at, r.business_date, 'import',
                         l.product, l.category, l.quantity, l.amount)::deed.sale_line ORDER BY r.nr, l.line)
    FROM import_receipt r JOIN import_line l USING (nr) WHERE r.refund_of IS NULL AND r.nr BETWEEN $1 AND $2))
"""
CONFLICTING = """
SELECT r.nr, r.receipt_no, s.code AS store FROM import_receipt r JOIN store s ON s.id = r.store WHERE r.nr = ANY ($1::integer[])
"""
KNOWN = """
SELECT count(*) FROM import_receipt r WHERE r.problem IS NULL AND EXISTS (
    SELECT 1 FROM purchase p WHERE p.store = r.store AND p.receipt_no = r.receipt_no
        AND p.kind = CASE WHEN r.refund_of IS NULL THEN 'sale' ELSE 'refund' END)
"""
# In the order of their times; a refund without products is one of an amount. Where the sale was another store's, its
# number is written after that store's code and a colon.
REFUND = """
SELECT r.nr AS receipt, r.receipt_no, r.code AS store, said.outcome FROM (
    SELECT o.*, s.code FROM import_receipt o JOIN store s ON s.id = o.store
    WHERE o.refund_of IS NOT NULL AND o.problem IS NULL AND o.nr BETWEEN $1 AND $2 ORDER BY o.nr) r
CROSS JOIN LATERAL (
    SELECT bool_or(l.product IS NOT NULL OR l.category IS NOT NULL) AS named, sum(l.amount) AS amount, array_agg(l.product) AS products,
        array_agg(CASE WHEN l.product IS NULL THEN l.category END) AS categories, array_agg(nullif(l.quantity, 0)) AS quantities,
        array_agg(l.amount) AS amounts FROM import_line l WHERE l.nr = r.nr) l
LEFT JOIN LATERAL (
    SELECT p.store, p.receipt_no FROM purchase p WHERE p.store = r.store AND p.kind = 'sale' AND p.receipt_no = r.refund_of
    UNION ALL SELECT p.store, p.receipt_no FROM store s JOIN purchase p
        ON p.store = s.id AND p.kind = 'sale' AND p.receipt_no = substr(r.refund_of, length(s.code) + 2)
    WHERE starts_with(r.refund_of, s.code || ':') LIMIT 1) sale ON true
CROSS JOIN LATERAL deed.refund_record(r.store, r.receipt_no, coalesce(sale.store, r.store), coalesce(sale.receipt_no, r.refund_of),
    r.purchased_at, r.business_date, CASE WHEN NOT l.named THEN l.amount END, CASE WHEN l.named THEN l.products END,
    CASE WHEN l.named THEN l.categories END, CASE WHEN l.named THEN l.quantities END, CASE WHEN l.named THEN l.amounts END, 'import', NULL) said
"""
PROBLEMS = {
    "line": ("Receipt {0} has another line that was refused: mend that one and import again.", "小票 {0} 的另一行被拒：请改正后重新导入。"),
    "member": ("The lines of receipt {0} name different members: make them agree.", "小票 {0} 各行的会员不一致：请统一。"),
    "date": ("The lines of receipt {0} lie on different days: make them agree.", "小票 {0} 各行的日期不一致：请统一。"),
    "refund_of": ("The lines of refund {0} name different receipts: make them agree.", "退货单 {0} 各行的原小票号不一致：请统一。"),
    "negative": ("Receipt {0} sums up to less than zero: a sale may not.", "小票 {0} 合计为负：消费单不能为负。"),
    "huge": ("Receipt {0} sums up to more than 9 999 999 999.99: correct the amounts.", "小票 {0} 合计超过 9999999999.99：请更正金额。"),
}  # fmt: skip
