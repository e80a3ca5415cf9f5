-- Purchases: receipts with their lines, what they earn, and the member's totals, for one receipt or a whole file.
-- The same cached plan serves both: every table is reached by index probes and no two sets of the call are joined.

-- One line of a receipt; `receipt` numbers the receipts of one call, the head is repeated on each line.
CREATE TYPE deed.sale_line AS (
    receipt integer, store bigint, receipt_no text, member bigint, purchased_at timestamptz, business_date date,
    source text, product bigint, category bigint, quantity numeric, amount numeric
);
-- outcome: posted | known | conflict; `redeemed` points were spent on it, worth `value` yuan.
CREATE TYPE deed.sale_outcome AS (receipt integer, outcome text, purchase bigint, points bigint, redeemed bigint, value numeric);

-- By what a line is multiplied: the best promotion of that day that matches it; they do not stack (design 4.2).
CREATE FUNCTION deed.promoted(line deed.sale_line) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT greatest(max(p.multiplier), 1) FROM points_promotion p
    WHERE p.is_active AND (line).business_date BETWEEN p.starts_on AND p.ends_on
        AND (coalesce(cardinality(p.weekdays), 0) = 0 OR extract(isodow FROM (line).business_date)::integer = ANY (p.weekdays))
        AND (coalesce(cardinality(p.stores), 0) = 0 OR (line).store = ANY (p.stores))
        AND (coalesce(cardinality(p.categories), 0) = 0 OR (line).category = ANY (p.categories))
        AND (p.tag IS NULL OR EXISTS (SELECT FROM member_tag t WHERE t.member = (line).member AND t.tag = p.tag))
        AND (NOT p.birthday_month OR EXISTS (SELECT FROM member m WHERE m.id = (line).member
            AND extract(month FROM m.birthday) = extract(month FROM (line).business_date)))
$$;

-- What the first purchases among some new ones earn for those who came and for those who brought them, once.
CREATE FUNCTION deed.referrals_of(sales bigint[], policy points_policy) RETURNS deed.posting[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(ROW(r.member, f.store, 'earn', r.points, 'referral', f.member || r.part, NULL, f.id, deed.staff(), f.business_date,
                         f.business_date + policy.hold_days, deed.last_good_day(f.business_date, policy))::deed.posting ORDER BY f.id, r.part)
    FROM (SELECT DISTINCT ON (p.member) p.* FROM purchase p WHERE p.id = ANY (sales) AND p.amount > 0 AND p.member IS NOT NULL
          ORDER BY p.member, p.purchased_at, p.id) f
    JOIN member m ON m.id = f.member AND m.erased_at IS NULL
    CROSS JOIN LATERAL (SELECT deed.file_kept(m.referred_by) AS id) k JOIN member b ON b.id = k.id AND b.erased_at IS NULL
    CROSS JOIN LATERAL (VALUES (m.id, policy.newcomer_points, ':newcomer'), (b.id, policy.referrer_points, ':referrer')) r(member, points, part)
    WHERE r.points > 0 AND NOT EXISTS (SELECT FROM purchase o WHERE o.member = f.member AND o.kind = 'sale' AND o.amount > 0
                                       AND o.id <> ALL (sales))
$$;

-- `wish`: what the member of the call's only receipt spends on it. It is taken before the sale earns; where it cannot be
-- granted nothing is written (error RG001, its detail says why).
CREATE FUNCTION deed.sales_record(lines deed.sale_line[], wish deed.wish DEFAULT NULL) RETURNS SETOF deed.sale_outcome
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    policy points_policy;
    closed date := deed.last_closed();
    postings deed.posting[];
    spends deed.spend[];
    outcomes deed.sale_outcome[];
    fresh bigint[];
    shops bigint[];
    taken deed.redeemed;
    buyers bigint[] := (SELECT array_agg(DISTINCT l.member) FROM unnest((SELECT lines)) l);
BEGIN
    PERFORM deed.allow((SELECT array_agg(DISTINCT store) FROM unnest((SELECT lines))));
    -- The accounts are the members' locks: two files with the same members wait for each other here.
    SELECT * FROM points_policy INTO policy;
    IF policy.referrer_points > 0 THEN
        buyers := buyers || (SELECT array_agg(deed.file_kept(m.referred_by)) FROM member m WHERE m.id = ANY ((SELECT buyers)::bigint[]) AND m.referred_by IS NOT NULL);
    END IF;
    PERFORM 1 FROM points_account WHERE member = ANY ((SELECT buyers)::bigint[]) ORDER BY member FOR UPDATE;
    IF EXISTS (SELECT FROM member m WHERE m.merged_into IS NOT NULL AND m.id = ANY ((SELECT buyers)::bigint[])) THEN
        -- While this waited for a file it was merged into another one: what the person buys is that one's.
        RETURN QUERY SELECT * FROM deed.sales_record(ARRAY(
            SELECT ROW(l.receipt, l.store, l.receipt_no, deed.file_kept(l.member), l.purchased_at, l.business_date, l.source, l.product,
                l.category, l.quantity, l.amount)::deed.sale_line
            FROM unnest(lines) WITH ORDINALITY AS l(receipt, store, receipt_no, member, purchased_at, business_date, source, product, category,
                quantity, amount, nr) ORDER BY l.nr), wish);
        RETURN;
    END IF;
    FOR attempt IN 1..3 LOOP
        BEGIN
            WITH line AS MATERIALIZED (
                SELECT l.*, CASE WHEN c.earns IS FALSE THEN 0 WHEN c.promotable IS FALSE THEN 1
                                 ELSE deed.promoted(ROW(l.receipt, l.store, l.receipt_no, l.member, l.purchased_at, l.business_date, l.source,
                                     l.product, l.category, l.quantity, l.amount)::deed.sale_line) END AS multiplier,
                    c.counts_for_tier IS NOT FALSE AS counts,
                    -- What the till said: into which category a product is sorted today is not its content.
                    coalesce('p' || l.product, 'c' || l.category, '-') AS said
                FROM unnest((SELECT lines)) WITH ORDINALITY AS l(receipt, store, receipt_no, member, purchased_at, business_date, source,
                    product, category, quantity, amount, nr)
                LEFT JOIN category c ON c.id = l.category
            ), head AS (
                SELECT receipt, min(store) AS store, min(receipt_no) AS receipt_no, min(member) AS member,
                    min(purchased_at) AS purchased_at, min(business_date) AS business_date, min(source) AS source,
                    sum(amount) AS amount, coalesce(sum(amount) FILTER (WHERE counts), 0) AS tier_amount,
                    sum(amount * multiplier) AS earning, array_agg(product ORDER BY nr) AS products,
                    array_agg(quantity ORDER BY nr) AS quantities,
                    array_agg(amount ORDER BY nr) AS amounts, array_agg(multiplier ORDER BY nr) AS multipliers,
                    array_agg(counts ORDER BY nr) AS counting,
                    array_agg(CASE WHEN product IS NULL THEN category END ORDER BY nr) AS sorts,
                    md5(concat_ws('|', min(member), extract(epoch FROM min(purchased_at)),
                        string_agg(concat_ws(':', said, trim_scale(quantity), trim_scale(amount)), '|'
                                   ORDER BY said, quantity, amount), 'spends ' || wish.points, 'claims ' || wish.reward)) AS content
                FROM line GROUP BY receipt ORDER BY receipt
            ), asked AS MATERIALIZED (
                SELECT CASE WHEN p.id IS NULL THEN nextval('purchase_id_seq') END AS id, h.*, p.id AS known,
                    p.content AS known_content, p.points AS known_points,
                    coalesce((SELECT t.earn_multiplier FROM tier t WHERE p.id IS NULL AND t.id = CASE
                        -- The tier of that day: where its nights are still to come the rule itself says it, so that a sale
                        -- after midnight or before a late night earns what it would have earned after the night.
                        WHEN h.business_date > (SELECT closed) + 1
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
                INSERT INTO purchase_line (purchase, product, quantity, amount, multiplier, category, counts)
                SELECT e.id, l.product, l.quantity, l.amount, l.multiplier, l.category, l.counts FROM earned e
                CROSS JOIN LATERAL unnest(e.products, e.quantities, e.amounts, e.multipliers, e.sorts, e.counting)
                    AS l(product, quantity, amount, multiplier, category, counts)
                WHERE e.known IS NULL
            ), good AS MATERIALIZED (
                SELECT day, deed.last_good_day(day, policy) AS last_good FROM (SELECT DISTINCT business_date AS day FROM earned) n
            )
            SELECT array_agg(ROW(member, store, 'earn', points, 'purchase', store || ':' || receipt_no, NULL, id, deed.staff(),
                                 business_date, business_date + policy.hold_days,
                                 (SELECT g.last_good FROM good g WHERE g.day = business_date))::deed.posting ORDER BY id)
                       FILTER (WHERE known IS NULL AND points > 0),
                   array_agg(ROW(member, business_date, amount, points > 0, true)::deed.spend) FILTER (WHERE known IS NULL AND member IS NOT NULL),
                   array_agg(ROW(receipt, CASE WHEN known IS NULL THEN 'posted' WHEN known_content = content THEN 'known' ELSE 'conflict' END,
                                 coalesce(id, known), CASE WHEN known IS NULL THEN points ELSE known_points END, 0, NULL)::deed.sale_outcome),
                   array_agg(id ORDER BY id) FILTER (WHERE known IS NULL), array_agg(store ORDER BY id) FILTER (WHERE known IS NULL)
                FROM earned INTO postings, spends, outcomes, fresh, shops;
            IF spends IS NOT NULL THEN
                PERFORM deed.stats_add(spends);
            END IF;
            -- A row is only “not null” when all of its fields are.
            IF NOT (wish IS NULL) AND fresh IS NOT NULL THEN
                SELECT t.* FROM unnest((SELECT lines)) l CROSS JOIN LATERAL deed.redemption_take(l.member, l.store, l.receipt_no, wish, fresh[1],
                    l.business_date, deed.staff()) t LIMIT 1 INTO taken;
                IF taken.outcome <> 'posted' THEN
                    RAISE EXCEPTION USING ERRCODE = 'RG001', MESSAGE = 'the redemption was refused',
                        DETAIL = CASE taken.outcome WHEN 'known' THEN 'conflict' ELSE taken.outcome END;
                END IF;
            END IF;
            IF policy.newcomer_points + policy.referrer_points > 0 AND fresh IS NOT NULL THEN
                postings := postings || deed.referrals_of(fresh, policy);
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
    -- What comes in by file is history: nobody is told of it.
    IF fresh IS NOT NULL AND lines[1].source <> 'import' THEN
        PERFORM deed.events_queue('purchase', fresh, shops);
    END IF;
    IF wish IS NULL THEN
        RETURN QUERY SELECT * FROM unnest((SELECT outcomes));
        RETURN;
    END IF;
    RETURN QUERY SELECT o.receipt, o.outcome, o.purchase, o.points, coalesce(-e.points, 0), e.value FROM unnest((SELECT outcomes)) o
        LEFT JOIN points_entry e ON e.purchase = o.purchase AND e.kind = 'redeem';
END $$;
