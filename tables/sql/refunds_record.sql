-- The deed of a refund; its parts are in refunds.sql.

-- Takes back all that is left of a sale, or an amount, or lines, in any store. The same number again is known: it must say
-- the same.
CREATE FUNCTION deed.refund_record(shop bigint, number text, sale_shop bigint, sale_no text, at timestamptz, day date, asked numeric,
    products bigint[], categories bigint[], quantities numeric[], amounts numeric[], origin text, clerk bigint)
RETURNS deed.refunded LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    sale purchase;
    known purchase;
    parts deed.sale_rest[];
    bill bigint;
    money record;
    spent points_entry;
    worth record;
    said text;
BEGIN
    PERFORM deed.allow(ARRAY[shop]);
    SELECT * FROM purchase WHERE store = sale_shop AND kind = 'sale' AND receipt_no = sale_no INTO sale;
    IF sale.id IS NULL THEN
        RETURN ('unknown_receipt', NULL, NULL, NULL, NULL, NULL)::deed.refunded;
    END IF;
    said := md5(concat_ws('|', sale.id, trim_scale(asked), (SELECT string_agg(concat_ws(':', coalesce('p' || a.p, 'c' || a.c, '-'),
        trim_scale(a.q), trim_scale(a.m)), '|' ORDER BY a.p, a.c, a.m, a.q) FROM unnest(products, categories, quantities, amounts) AS a(p, c, q, m))));
    PERFORM deed.refund_settle(sale.id, shop, day);
    SELECT * FROM purchase WHERE id = sale.id INTO sale;
    SELECT * FROM purchase WHERE store = shop AND kind = 'refund' AND receipt_no = number INTO known;
    IF known.id IS NOT NULL THEN
        RETURN (CASE WHEN known.content = said THEN 'known' ELSE 'conflict' END, known.id, sale.member, -known.amount, -known.points,
            (SELECT coalesce(sum(e.points), 0) FROM points_entry e WHERE e.purchase = known.id AND e.kind = 'restore'))::deed.refunded;
    END IF;
    parts := deed.refund_parts(sale.id, asked, products, categories, quantities, amounts);
    IF parts IS NULL OR day < sale.business_date THEN
        RETURN (CASE WHEN parts IS NULL THEN 'refund_exceeds' ELSE 'before_sale' END, NULL, NULL, NULL, NULL, NULL)::deed.refunded;
    END IF;
    SELECT sum(p.amount) AS amount, coalesce(sum(p.amount) FILTER (WHERE p.counts), 0) AS counts, bool_and(p.left_amount = p.amount) AS ends
        FROM unnest(parts) p INTO money;
    SELECT * FROM points_entry e WHERE e.purchase = sale.id AND e.kind = 'redeem' INTO spent;
    SELECT * FROM deed.refund_worth(sale, spent, parts) INTO worth;
    INSERT INTO purchase (store, receipt_no, kind, member, purchased_at, business_date, sold_on, amount, tier_amount, refund_of,
                          per_yuan, tier_multiplier, points, source, content)
    VALUES (shop, number, 'refund', sale.member, at, day, sale.business_date, -money.amount, -money.counts, sale.id, sale.per_yuan,
            sale.tier_multiplier, -worth.taken_back, origin, said) RETURNING id INTO bill;
    INSERT INTO purchase_line (purchase, product, quantity, amount, multiplier, category, counts, refund_of)
    SELECT bill, p.product, -p.quantity, -p.amount, p.multiplier, p.category, p.counts, p.line FROM unnest(parts) p
    WHERE p.amount <> 0 OR p.quantity <> 0;
    IF sale.member IS NOT NULL THEN
        PERFORM deed.stats_add(ARRAY[(sale.member, day, -money.amount, false, false)::deed.spend]);
        PERFORM deed.refund_points(sale, spent, worth.restored, worth.taken_back, money.ends, (sale.member, shop, 'refund', 0, 'refund', shop || ':' || number, NULL,
            bill, clerk, day, day, NULL)::deed.posting);
    END IF;
    PERFORM deed.events_queue('refund', ARRAY[bill], ARRAY[shop]) WHERE origin <> 'import';
    RETURN ('posted', bill, sale.member, money.amount, worth.taken_back, worth.restored)::deed.refunded;
END $$;

-- The store with a code, for those who do not see it: a store refunds what another one sold.
CREATE FUNCTION deed.store_coded(wanted text) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.id FROM store s WHERE lower(s.code) = lower(wanted) ORDER BY s.code = wanted DESC, s.id LIMIT 1
$$;
