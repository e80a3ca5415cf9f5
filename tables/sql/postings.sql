-- The ledger's doors: what a caller may post in its own words. The arithmetic behind them is in points.sql.

-- What a store role may post in its own words: redemptions, and a manager adjustments of at most 500 points each (the
-- number that rules/points.py tells people). What sales and cancellations move goes through deeds of their own.
CREATE FUNCTION deed.allow_by_hand(postings deed.posting[]) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
    caller text := current_setting('role');
BEGIN
    IF caller NOT IN ('regulars_store_manager', 'regulars_cashier') THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM unnest(postings) WHERE source <> kind OR kind <> 'redeem'
               AND (kind <> 'adjust' OR caller = 'regulars_cashier')) THEN
        RAISE insufficient_privilege USING MESSAGE = 'this role may not post that', DETAIL = 'not_allowed';
    END IF;
    IF EXISTS (SELECT FROM unnest(postings) WHERE kind = 'adjust' AND abs(points) > 500) THEN
        RAISE insufficient_privilege USING MESSAGE = 'more than this role may adjust at once', DETAIL = 'over_limit';
    END IF;
END $$;

CREATE FUNCTION deed.points_credit(postings deed.posting[]) RETURNS SETOF deed.outcome
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM deed.allow((SELECT array_agg(DISTINCT store) FROM unnest(postings)));
    PERFORM deed.allow_by_hand(postings);
    RETURN QUERY SELECT * FROM deed.points_add(postings);
END $$;

CREATE FUNCTION deed.points_debit(postings deed.posting[]) RETURNS SETOF deed.outcome
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    twice boolean;
    upwards boolean;
    shops bigint[];
    redeems boolean;
BEGIN
    SELECT count(*) > count(DISTINCT member), bool_or(points >= 0), array_agg(DISTINCT store),
        bool_and(kind = 'redeem' AND source = 'redeem')
    FROM unnest(postings) INTO twice, upwards, shops, redeems;
    IF twice OR upwards THEN
        RAISE cardinality_violation USING MESSAGE = 'one debit a member in one call, of points below zero';
    END IF;
    PERFORM deed.allow(shops);
    IF redeems IS NOT TRUE THEN
        PERFORM deed.allow_by_hand(postings);
    END IF;
    RETURN QUERY SELECT * FROM deed.points_take(postings, NULL);
END $$;
