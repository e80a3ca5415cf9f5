-- Purchases: receipts with their lines, what they earn, and the member's totals, for one receipt or a whole file.

-- One line of a receipt; `receipt` numbers the receipts of one call, the head is repeated on each line.
CREATE TYPE deed.sale_line AS (
    receipt integer, store bigint, receipt_no text, member bigint, purchased_at timestamptz, business_date date,
    source text, product bigint, category bigint, quantity numeric, amount numeric
);
-- outcome: posted | known | conflict
CREATE TYPE deed.sale_outcome AS (receipt integer, outcome text, purchase bigint, points bigint);

CREATE FUNCTION deed.sales_record(lines deed.sale_line[]) RETURNS SETOF deed.sale_outcome
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    policy points_policy;
    closed date := deed.last_closed();
    postings deed.posting[];
    outcomes deed.sale_outcome[];
BEGIN
    PERFORM deed.allow((SELECT array_agg(DISTINCT store) FROM unnest(lines)));
    -- The accounts are the members' locks: two files with the same members wait for each other here.
    PERFORM 1 FROM points_account WHERE member IN (SELECT member FROM unnest(lines)) ORDER BY member FOR UPDATE;
    SELECT * FROM points_policy INTO policy;
    WITH line AS MATERIALIZED (
        SELECT l.*, coalesce(c.earns, true) AS earns, coalesce(c.counts_for_tier, true) AS counts
        FROM unnest(lines) l LEFT JOIN category c ON c.id = l.category
    ), head AS MATERIALIZED (
        SELECT receipt, min(store) AS store, min(receipt_no) AS receipt_no, min(member) AS member,
            min(purchased_at) AS purchased_at, min(business_date) AS business_date, min(source) AS source,
            sum(amount) AS amount, coalesce(sum(amount) FILTER (WHERE counts), 0) AS tier_amount,
            coalesce(sum(amount) FILTER (WHERE earns), 0) AS earning,
            md5(concat_ws('|', min(member), extract(epoch FROM min(purchased_at)),
                string_agg(concat_ws(':', product, category, trim_scale(quantity), trim_scale(amount)), '|'
                           ORDER BY product, category, quantity, amount))) AS content
        FROM line GROUP BY receipt
    ), asked AS MATERIALIZED (
        -- LIMIT keeps each look-up an index probe, however wrong the planner's figures are in a table that is filling.
        SELECT h.*, p.id AS known, p.content AS known_content, p.points AS known_points
        FROM head h LEFT JOIN LATERAL (SELECT o.id, o.content, o.points FROM purchase o
            WHERE o.store = h.store AND o.kind = 'sale' AND o.receipt_no = h.receipt_no LIMIT 1) p ON true
    ), fresh AS MATERIALIZED (
        SELECT nextval('purchase_id_seq') AS id, o.*,
            CASE WHEN o.member IS NULL THEN 0
                 ELSE greatest(floor(o.earning * policy.per_yuan * o.earn_multiplier), 0) END::bigint AS points
        FROM (SELECT a.*, coalesce((SELECT t.earn_multiplier FROM tier t WHERE t.id = CASE
                    -- The tier of that day: where its nights are still to come the rule itself says it, so that a sale
                    -- after midnight or before a late night earns what it would have earned after the night.
                    WHEN a.business_date > closed + 1
                        THEN (SELECT r.tier FROM deed.tier_by_rule(ARRAY[a.member], a.business_date - 1) r)
                    ELSE coalesce((SELECT c.from_tier FROM tier_change c
                                   WHERE c.member = a.member AND c.business_date >= a.business_date
                                   ORDER BY c.business_date, c.id LIMIT 1),
                                  (SELECT m.tier FROM member m WHERE m.id = a.member)) END), 1) AS earn_multiplier
              FROM asked a WHERE a.known IS NULL ORDER BY a.receipt) o
    ), bought AS (
        INSERT INTO purchase (id, store, receipt_no, kind, member, purchased_at, business_date, sold_on, amount,
                              tier_amount, per_yuan, tier_multiplier, points, source, content)
        SELECT id, store, receipt_no, 'sale', member, purchased_at, business_date, business_date, amount,
            tier_amount, policy.per_yuan, earn_multiplier, points, source, content FROM fresh
    ), item AS (
        INSERT INTO purchase_line (purchase, product, quantity, amount, multiplier)
        SELECT f.id, l.product, l.quantity, l.amount, CASE WHEN l.earns THEN 1 ELSE 0 END FROM line l JOIN fresh f USING (receipt)
    ), stats AS (
        SELECT deed.stats_add(array_agg(ROW(member, business_date, amount)::deed.spend)) FROM fresh WHERE member IS NOT NULL
    ), touched AS (
        UPDATE points_account a SET touched_on = greatest(a.touched_on, f.day)
        FROM (SELECT member, max(business_date) AS day FROM fresh GROUP BY member HAVING max(points) = 0) f
        WHERE a.member = f.member
    ), good AS MATERIALIZED (
        SELECT day, deed.last_good_day(day, policy) AS last_good FROM (SELECT DISTINCT business_date AS day FROM fresh) n
    )
    SELECT array_agg(ROW(f.member, f.store, 'earn', f.points, 'purchase', f.store || ':' || f.receipt_no, NULL, f.id,
                         deed.staff(), f.business_date, f.business_date + policy.hold_days,
                         d.last_good)::deed.posting ORDER BY f.id)
               FILTER (WHERE f.points > 0),
           array_agg(CASE WHEN f.id IS NOT NULL THEN ROW(a.receipt, 'posted', f.id, f.points)::deed.sale_outcome
                          WHEN a.known_content = a.content THEN ROW(a.receipt, 'known', a.known, a.known_points)::deed.sale_outcome
                          ELSE ROW(a.receipt, 'conflict', a.known, a.known_points)::deed.sale_outcome END)
        FROM asked a LEFT JOIN fresh f ON f.receipt = a.receipt
        LEFT JOIN good d
            ON d.day = f.business_date
        CROSS JOIN (SELECT count(*) FROM stats) s
        INTO postings, outcomes;
    IF postings IS NOT NULL THEN
        PERFORM deed.points_credit(postings);
    END IF;
    RETURN QUERY SELECT * FROM unnest(outcomes);
END $$;
