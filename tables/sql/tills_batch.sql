-- Purchases of tills: one, or many that waited while a till was offline, each whole or not at all. They are taken in the
-- order of their numbers; those from one of `starts` to the next are posted as one set: of one business date, and no receipt
-- twice. All that is said of a receipt stands on each of its lines.

CREATE TYPE deed.till_sold AS (receipt integer, outcome text, body jsonb, member bigint);

-- Makes what a till names and nobody knows yet, as an import does: a till is not held up for it.
CREATE FUNCTION deed.products_learn(skus text[], sorts text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO category (name, earns, counts_for_tier, promotable)
    SELECT DISTINCT n.sort, true, true, true FROM unnest(skus, sorts) AS n(sku, sort) WHERE n.sort IS NOT NULL
        AND NOT EXISTS (SELECT FROM category c WHERE c.name = n.sort) AND NOT EXISTS (SELECT FROM product p WHERE p.sku = n.sku)
    ORDER BY n.sort ON CONFLICT (name) DO NOTHING;
    INSERT INTO product (sku, name, category)
    SELECT DISTINCT ON (n.sku) n.sku, n.sku, c.id FROM unnest(skus, sorts) AS n(sku, sort) LEFT JOIN category c ON c.name = n.sort
    WHERE n.sku IS NOT NULL AND NOT EXISTS (SELECT FROM product p WHERE p.sku = n.sku) ORDER BY n.sku, c.id ON CONFLICT (sku) DO NOTHING;
$$;

-- The lines as the ledger wants them, those of phones that nobody has left out; whether they name a product or a category
-- that is new.
CREATE FUNCTION deed.till_lines(receipts integer[], shops bigint[], numbers text[], ats timestamptz[], days date[], phones text[],
    skus text[], sorts text[], quantities numeric[], amounts numeric[], OUT lines deed.sale_line[], OUT strangers text[], OUT news boolean)
LANGUAGE sql STABLE AS $$
    SELECT array_agg(ROW(l.receipt, l.shop, l.number, m.id, l.at, l.day, 'till', p.id, coalesce(p.category, c.id), l.quantity, l.amount)
                     ::deed.sale_line ORDER BY l.nr) FILTER (WHERE l.phone IS NULL OR m.id IS NOT NULL),
        array_agg(DISTINCT l.phone) FILTER (WHERE l.phone IS NOT NULL AND m.id IS NULL),
        coalesce(bool_or(p.id IS NULL AND (l.sku IS NOT NULL OR l.sort IS NOT NULL AND c.id IS NULL))
                 FILTER (WHERE l.phone IS NULL OR m.id IS NOT NULL), false)
    FROM unnest(receipts, shops, numbers, ats, days, phones, skus, sorts, quantities, amounts) WITH ORDINALITY
        AS l(receipt, shop, number, at, day, phone, sku, sort, quantity, amount, nr)
    LEFT JOIN LATERAL (SELECT o.id FROM member o WHERE o.phone = l.phone LIMIT 1) m ON true
    LEFT JOIN LATERAL (SELECT o.id, o.category FROM product o WHERE o.sku = l.sku LIMIT 1) p ON true
    LEFT JOIN LATERAL (SELECT o.id FROM category o WHERE o.name = l.sort LIMIT 1) c ON true
$$;

-- Posts them set by set.
CREATE FUNCTION deed.till_post(lines deed.sale_line[], starts integer[], wish deed.wish) RETURNS deed.sale_outcome[] LANGUAGE plpgsql AS $$
DECLARE
    part deed.sale_line[];
    said deed.sale_outcome[];
BEGIN
    IF cardinality(starts) = 1 THEN
        RETURN ARRAY(SELECT s FROM deed.sales_record(lines, wish) s);
    END IF;
    -- All accounts before the first set, in member order: two batches with the same members wait for each other here.
    PERFORM 1 FROM points_account WHERE member = ANY (ARRAY(
        SELECT m.id FROM unnest(lines) l JOIN member m ON m.id = l.member
        UNION SELECT deed.file_kept(m.referred_by) FROM unnest(lines) l JOIN member m ON m.id = l.member WHERE m.referred_by IS NOT NULL))
    ORDER BY member FOR UPDATE;
    FOR set IN 1..cardinality(starts) LOOP
        part := ARRAY(SELECT l FROM unnest(lines) l WHERE l.receipt >= starts[set] AND (starts[set + 1] IS NULL OR l.receipt < starts[set + 1]));
        IF cardinality(part) > 0 THEN
            said := said || ARRAY(SELECT s FROM deed.sales_record(part) s);
        END IF;
    END LOOP;
    RETURN said;
END $$;

-- Keeps the answers to what is answered for the first time, and gives each receipt its own.
CREATE FUNCTION deed.till_answers(said deed.sale_outcome[], today date) RETURNS SETOF deed.till_sold LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO till_answer (key, body)
    SELECT DISTINCT ON (p.key) p.key, jsonb_build_object('purchase', o.purchase, 'earned', o.points, 'redeemed', o.redeemed,
        'balance', s.balance, 'pending', s.pending, 'debt', s.debt, 'tier', s.tier, 'to_next_tier', round(s.to_next_tier, 2)::text)
    FROM unnest(said) o
    CROSS JOIN LATERAL (SELECT 'purchase:' || q.store || ':' || q.receipt_no AS key, q.member, greatest(today, q.business_date) AS day
                        FROM purchase q WHERE q.id = o.purchase LIMIT 1) p
    LEFT JOIN LATERAL deed.standing(p.member, p.day) s ON true
    WHERE o.outcome = 'posted' OR o.outcome = 'known' AND NOT EXISTS (SELECT FROM till_answer a WHERE a.key = p.key)
    ORDER BY p.key, o.receipt ON CONFLICT (key) DO NOTHING;
    RETURN QUERY SELECT o.receipt, o.outcome, a.body, NULL::bigint FROM unnest(said) o
        LEFT JOIN LATERAL (SELECT t.body FROM purchase q JOIN till_answer t ON t.key = 'purchase:' || q.store || ':' || q.receipt_no
                           WHERE q.id = o.purchase AND o.outcome <> 'conflict' LIMIT 1) a ON true;
END $$;

-- outcome, one a receipt: posted | known | conflict | unknown_member | too_many | no_program. `wish`: what the member of the
-- only receipt spends on it; where it cannot be granted nothing is written (error RG001).
CREATE FUNCTION deed.till_sales(starts integer[], receipts integer[], shops bigint[], numbers text[], ats timestamptz[], days date[],
    phones text[], skus text[], sorts text[], quantities numeric[], amounts numeric[], today date, asked_at timestamptz,
    wish deed.wish DEFAULT NULL) RETURNS SETOF deed.till_sold
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    got record;
    stranger text;
    whys jsonb := '{}';
BEGIN
    PERFORM deed.allow(shops);
    IF NOT EXISTS (SELECT FROM points_policy) THEN
        RETURN QUERY SELECT DISTINCT r, 'no_program', NULL::jsonb, NULL::bigint FROM unnest(receipts) r;
        RETURN;
    END IF;
    SELECT * FROM deed.till_lines(receipts, shops, numbers, ats, days, phones, skus, sorts, quantities, amounts) INTO got;
    IF got.news OR got.strangers IS NOT NULL THEN
        FOREACH stranger IN ARRAY coalesce(got.strangers, '{}') LOOP
            whys := whys || jsonb_build_object(stranger, (SELECT f.outcome FROM deed.member_reach(stranger, asked_at, false) f));
        END LOOP;
        PERFORM deed.products_learn(array_agg(l.sku), array_agg(l.sort)) FROM unnest(phones, skus, sorts) AS l(phone, sku, sort)
        WHERE got.news AND (l.phone IS NULL OR l.phone <> ALL (coalesce(got.strangers, '{}')));
        SELECT * FROM deed.till_lines(receipts, shops, numbers, ats, days, phones, skus, sorts, quantities, amounts) INTO got;
        RETURN QUERY SELECT DISTINCT l.receipt, CASE whys ->> l.phone WHEN 'too_many' THEN 'too_many' ELSE 'unknown_member' END,
            NULL::jsonb, NULL::bigint FROM unnest(receipts, phones) AS l(receipt, phone) WHERE l.phone = ANY (got.strangers);
    END IF;
    IF got.lines IS NOT NULL THEN
        RETURN QUERY SELECT * FROM deed.till_answers(deed.till_post(got.lines, starts, wish), today);
    END IF;
END $$;

-- One purchase with which the member spends points, or claims a reward by its name. What is refused leaves nothing.
CREATE FUNCTION deed.till_purchase(receipts integer[], shops bigint[], numbers text[], ats timestamptz[], days date[], phones text[],
    skus text[], sorts text[], quantities numeric[], amounts numeric[], today date, asked_at timestamptz,
    spends bigint, claim text, code bigint) RETURNS SETOF deed.till_sold
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    why text;
    gift bigint := (SELECT r.id FROM reward r WHERE r.name = claim);
BEGIN
    PERFORM deed.allow(shops);
    IF claim IS NOT NULL AND gift IS NULL THEN
        RETURN NEXT (1, 'unknown_reward', NULL, NULL)::deed.till_sold;
        RETURN;
    END IF;
    BEGIN
        RETURN QUERY SELECT * FROM deed.till_sales('{1}', receipts, shops, numbers, ats, days, phones, skus, sorts, quantities, amounts,
            today, asked_at, (spends, gift, code)::deed.wish);
    EXCEPTION WHEN SQLSTATE 'RG001' THEN
        GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
        RETURN NEXT (1, why, NULL, (SELECT m.id FROM member m WHERE m.phone = phones[1]))::deed.till_sold;
    END;
END $$;
