-- What tills and partners do by their API keys (design 5.4): one call a deed, with the answer that the till shows. The answer
-- is kept, so that the same question gets the same one again, whatever happened to the member since. Purchases are in
-- tills_batch.sql. Their plans are kept: made anew for each call, they would cost more than the deed.

-- outcome: posted | known | conflict | own | found | missing | too_many | unknown_member | unknown_store | unknown_reward, or
-- why a deed was refused; `member`: whose code is missing where one is wanted.
CREATE TYPE deed.till_said AS (outcome text, body jsonb, member bigint);

-- Keeps an answer, or gives the one that was kept before.
CREATE FUNCTION deed.till_answered(question text, said jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    first jsonb;
BEGIN
    INSERT INTO till_answer (key, body) VALUES (question, said) ON CONFLICT (key) DO NOTHING RETURNING body INTO first;
    IF first IS NULL THEN
        SELECT a.body FROM till_answer a WHERE a.key = question INTO first;
    END IF;
    RETURN first;
END $$;

-- Who a deed is about. A member of another store costs nothing here: the deed leaves a receipt. A miss costs as a look-up does.
CREATE FUNCTION deed.till_member(phone text, asked_at timestamptz, OUT outcome text, OUT member bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM deed.allow('{}');
    SELECT f.outcome, f.member FROM deed.member_reach(phone, asked_at, false) f INTO outcome, member;
END $$;

-- A member as a till shows it: of another store only 张*, tier and spendable points (design 7).
CREATE FUNCTION deed.till_card(phone text, day date, asked_at timestamptz) RETURNS deed.till_said
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found record;
BEGIN
    PERFORM deed.allow('{}');
    SELECT * FROM deed.member_reach(phone, asked_at, true) INTO found;
    IF found.outcome NOT IN ('own', 'found') THEN
        RETURN (found.outcome, NULL, NULL)::deed.till_said;
    END IF;
    RETURN (SELECT (found.outcome, CASE WHEN found.outcome = 'own' THEN jsonb_build_object('name', s.name, 'tier', s.tier,
            'tier_valid_until', s.tier_valid_until, 'to_next_tier', round(s.to_next_tier, 2)::text, 'balance', s.balance, 'pending', s.pending, 'debt', s.debt,
            'expiring', (SELECT coalesce(jsonb_agg(jsonb_build_object('on', e.expires_on, 'points', e.points) ORDER BY e.expires_on), '[]')
                         FROM deed.ending(found.member, day) e))
        ELSE jsonb_build_object('name', left(s.name, 1) || '*', 'tier', s.tier, 'tier_valid_until', NULL, 'to_next_tier', NULL,
            'balance', s.balance, 'pending', 0, 'debt', 0, 'expiring', '[]'::jsonb) END, NULL)::deed.till_said
        FROM deed.standing(found.member, day) s);
END $$;

-- A redemption; `key` is the till's own reference, `claim` the name of a reward, `code` the id of a code that was verified.
CREATE FUNCTION deed.till_redemption(shop bigint, key text, phone text, spends bigint, claim text, code bigint, day date, asked_at timestamptz)
RETURNS deed.till_said LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found record;
    wish deed.wish := (spends, NULL, code);
    said deed.redeemed;
BEGIN
    PERFORM deed.allow(ARRAY[shop]);
    SELECT * FROM deed.member_reach(phone, asked_at, false) INTO found;
    IF found.outcome NOT IN ('own', 'found') THEN
        RETURN (CASE found.outcome WHEN 'missing' THEN 'unknown_member' ELSE found.outcome END, NULL, NULL)::deed.till_said;
    END IF;
    IF claim IS NOT NULL THEN
        SELECT r.id FROM reward r WHERE r.name = claim INTO wish.reward;
        IF wish.reward IS NULL THEN
            RETURN ('unknown_reward', NULL, NULL)::deed.till_said;
        END IF;
    END IF;
    SELECT * FROM deed.redemption_take(found.member, shop, key, wish, NULL, day, deed.staff()) INTO said;
    IF said.outcome NOT IN ('posted', 'known') THEN
        RETURN (said.outcome, NULL, found.member)::deed.till_said;
    END IF;
    RETURN (said.outcome, deed.till_answered('redemption:' || shop || ':' || key, jsonb_build_object('reference', key, 'points', -said.points,
        'value', round(said.value, 2)::text, 'balance', (SELECT s.balance FROM deed.standing(found.member, day) s))), NULL)::deed.till_said;
END $$;

-- A redemption taken back.
CREATE FUNCTION deed.till_cancel(shop bigint, key text, day date) RETURNS deed.till_said
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    said deed.outcome := deed.redemption_cancel(shop, key, day, deed.staff());
BEGIN
    IF said.outcome NOT IN ('posted', 'known') THEN
        RETURN (said.outcome, NULL, NULL)::deed.till_said;
    END IF;
    RETURN (SELECT (said.outcome, deed.till_answered('cancel:' || shop || ':' || key, jsonb_build_object('reference', key, 'restored', said.points,
        'balance', (SELECT s.balance FROM deed.standing(e.member, day) s))), NULL)::deed.till_said FROM points_entry e WHERE e.id = said.entry);
END $$;

-- A refund, of an amount, of lines, or of all that is left; the sale may be of any store (`sold_at`: its code).
CREATE FUNCTION deed.till_refund(shop bigint, number text, sold_at text, sale_no text, at timestamptz, day date, asked numeric,
    skus text[], sorts text[], quantities numeric[], amounts numeric[]) RETURNS deed.till_said
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    place bigint := (SELECT s.id FROM store s WHERE s.code = sold_at);
    named record;
    said deed.refunded;
BEGIN
    PERFORM deed.allow(ARRAY[shop]);
    SELECT array_agg(p.id ORDER BY l.nr) AS products, array_agg(c.id ORDER BY l.nr) AS categories,
        bool_or(p.id IS NULL AND (l.sku IS NOT NULL OR l.sort IS NOT NULL AND c.id IS NULL)) AS strange
    FROM unnest(skus, sorts) WITH ORDINALITY AS l(sku, sort, nr)
    LEFT JOIN LATERAL (SELECT o.id FROM product o WHERE o.sku = l.sku LIMIT 1) p ON true
    LEFT JOIN LATERAL (SELECT o.id FROM category o WHERE o.name = l.sort AND l.sku IS NULL LIMIT 1) c ON true INTO named;
    IF place IS NULL THEN
        RETURN ('unknown_store', NULL, NULL)::deed.till_said;
    END IF;
    IF named.strange THEN
        -- What nobody knows was never sold.
        RETURN (CASE WHEN EXISTS (SELECT FROM purchase p WHERE p.store = place AND p.kind = 'sale' AND p.receipt_no = sale_no)
                THEN 'refund_exceeds' ELSE 'unknown_receipt' END, NULL, NULL)::deed.till_said;
    END IF;
    said := deed.refund_record(shop, number, place, sale_no, at, day, asked, named.products, named.categories, quantities, amounts, 'till', deed.staff());
    IF said.outcome NOT IN ('posted', 'known') THEN
        RETURN (said.outcome, NULL, NULL)::deed.till_said;
    END IF;
    RETURN (SELECT (said.outcome, deed.till_answered('refund:' || shop || ':' || number, jsonb_build_object('refund', said.refund,
        'taken_back', said.taken_back, 'restored', said.restored, 'balance', s.balance, 'debt', s.debt)), NULL)::deed.till_said
        FROM (VALUES (said.member)) AS m(id) LEFT JOIN deed.standing(m.id, day) s ON true);
END $$;
