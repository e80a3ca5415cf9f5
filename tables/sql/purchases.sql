-- Purchases: receipts with their lines, what they earn, and the member's totals, for one receipt or a whole file.
-- The same cached plan serves both: every table is reached by index probes and no two sets of the call are joined.

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
    spends deed.spend[];
    outcomes deed.sale_outcome[];
BEGIN
    PERFORM deed.allow((SELECT array_agg(DISTINCT store) FROM unnest(lines)));
    -- The accounts are the members' locks: two files with the same members wait for each other here.
    PERFORM 1 FROM points_account WHERE member = ANY ((SELECT array_agg(DISTINCT l.member) FROM unnest(lines) l)::bigint[])
        ORDER BY member FOR UPDATE;
    SELECT * FROM points_policy INTO policy;
    FOR attempt IN 1..3 LOOP
        BEGIN
            WITH line AS (
                SELECT l.*, CASE WHEN c.earns IS FALSE THEN 0 ELSE 1 END AS multiplier, c.counts_for_tier IS NOT FALSE AS counts,
                    -- What the till said: into which category a product is sorted today is not its content.
                    coalesce('p' || l.product, 'c' || l.category, '-') AS said
                FROM unnest(lines) l LEFT JOIN category c ON c.id = l.category
            ), head AS (
                SELECT receipt, min(store) AS store, min(receipt_no) AS receipt_no, min(member) AS member,
                    min(purchased_at) AS purchased_at, min(business_date) AS business_date, min(source) AS source,
                    sum(amount) AS amount, coalesce(sum(amount) FILTER (WHERE counts), 0) AS tier_amount,
                    sum(amount * multiplier) AS earning, array_agg(product) AS products, array_agg(quantity) AS quantities,
                    array_agg(amount) AS amounts, array_agg(multiplier) AS multipliers,
                    md5(concat_ws('|', min(member), extract(epoch FROM min(purchased_at)),
                        string_agg(concat_ws(':', said, trim_scale(quantity), trim_scale(amount)), '|'
                                   ORDER BY said, quantity, amount))) AS content
                FROM line GROUP BY receipt ORDER BY receipt
            ), asked AS MATERIALIZED (
                SELECT CASE WHEN p.id IS NULL THEN nextval('purchase_id_seq') END AS id, h.*, p.id AS known,
                    p.content AS known_content, p.points AS known_points,
                    coalesce((SELECT t.earn_multiplier FROM tier t WHERE p.id IS NULL AND t.id = CASE
                        -- The tier of that day: where its nights are still to come the rule itself says it, so that a sale
                        -- after midnight or before a late night earns what it would have earned after the night.
                        WHEN h.business_date > closed + 1
                            THEN (SELECT r.tier FROM deed.tier_by_rule(ARRAY[h.member], h.business_date - 1) r)
                        ELSE coalesce((SELECT c.from_tier FROM tier_change c
                                       WHERE c.member = h.member AND c.business_date >= h.business_date
                                       ORDER BY c.business_date, c.id LIMIT 1),
                                      (SELECT m.tier FROM member m WHERE m.id = h.member)) END), 1) AS tier_multiplier
                FROM head h LEFT JOIN LATERAL (SELECT o.id, o.content, o.points FROM purchase o
                    WHERE o.store = h.store AND o.kind = 'sale' AND o.receipt_no = h.receipt_no LIMIT 1) p ON true
            ), earned AS MATERIALIZED (
                SELECT a.*, CASE WHEN member IS NULL THEN 0
                    ELSE greatest(floor(earning * policy.per_yuan * tier_multiplier), 0) END::bigint AS points FROM asked a
            ), bought AS (
                INSERT INTO purchase (id, store, receipt_no, kind, member, purchased_at, business_date, sold_on, amount,
                                      tier_amount, per_yuan, tier_multiplier, points, source, content)
                SELECT id, store, receipt_no, 'sale', member, purchased_at, business_date, business_date, amount,
                    tier_amount, policy.per_yuan, tier_multiplier, points, source, content FROM earned WHERE known IS NULL
            ), item AS (
                INSERT INTO purchase_line (purchase, product, quantity, amount, multiplier)
                SELECT e.id, l.product, l.quantity, l.amount, l.multiplier FROM earned e
                CROSS JOIN LATERAL unnest(e.products, e.quantities, e.amounts, e.multipliers) AS l(product, quantity, amount, multiplier)
                WHERE e.known IS NULL
            ), good AS MATERIALIZED (
                SELECT day, deed.last_good_day(day, policy) AS last_good FROM (SELECT DISTINCT business_date AS day FROM earned) n
            )
            SELECT array_agg(ROW(member, store, 'earn', points, 'purchase', store || ':' || receipt_no, NULL, id, deed.staff(),
                                 business_date, business_date + policy.hold_days,
                                 (SELECT g.last_good FROM good g WHERE g.day = business_date))::deed.posting ORDER BY id)
                       FILTER (WHERE known IS NULL AND points > 0),
                   array_agg(ROW(member, business_date, amount, points > 0)::deed.spend) FILTER (WHERE known IS NULL AND member IS NOT NULL),
                   array_agg(ROW(receipt, CASE WHEN known IS NULL THEN 'posted' WHEN known_content = content THEN 'known' ELSE 'conflict' END,
                                 coalesce(id, known), CASE WHEN known IS NULL THEN points ELSE known_points END)::deed.sale_outcome)
                FROM earned INTO postings, spends, outcomes;
            IF spends IS NOT NULL THEN
                PERFORM deed.stats_add(spends);
            END IF;
            IF postings IS NOT NULL THEN
                PERFORM deed.points_add(postings);
            END IF;
            EXIT;
        EXCEPTION WHEN unique_violation THEN
            -- Somebody posted the same anonymous receipt at the same moment, where no account holds him back: look again.
            IF attempt = 3 THEN
                RAISE;
            END IF;
        END;
    END LOOP;
    RETURN QUERY SELECT * FROM unnest(outcomes);
END $$;
