-- The ledger's doors: what a caller may post in its own words. The arithmetic behind them is in points.sql.

-- What a store role may post in its own words: a manager adjustments up to the policy's limit each. Sales, redemptions,
-- refunds and cancellations are deeds of their own.
CREATE FUNCTION deed.allow_by_hand(postings deed.posting[]) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
    caller text := current_setting('role');
    most bigint;
BEGIN
    IF caller NOT IN ('regulars_store_manager', 'regulars_cashier') THEN
        RETURN;
    END IF;
    IF caller = 'regulars_cashier' OR EXISTS (SELECT FROM unnest((SELECT postings)) WHERE source <> kind OR kind <> 'adjust') THEN
        RAISE insufficient_privilege USING MESSAGE = 'this role may not post that', DETAIL = 'not_allowed';
    END IF;
    SELECT adjust_limit FROM points_policy INTO most;
    IF EXISTS (SELECT FROM unnest((SELECT postings)) WHERE abs(points) > coalesce(most, 0)) THEN
        RAISE insufficient_privilege USING MESSAGE = 'more than this role may adjust at once', DETAIL = 'over_limit', HINT = most;
    END IF;
END $$;

-- A file that was merged into another one while a posting waited for it takes no points and gives none.
CREATE FUNCTION deed.allow_alive(postings deed.posting[]) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF EXISTS (SELECT FROM member m WHERE m.merged_into IS NOT NULL AND m.id = ANY (
            (SELECT array_agg(p.member) FROM unnest((SELECT postings)) p)::bigint[])) THEN
        RAISE insufficient_privilege USING MESSAGE = 'this file was merged into another one', DETAIL = 'merged';
    END IF;
END $$;

CREATE FUNCTION deed.points_credit(postings deed.posting[]) RETURNS SETOF deed.outcome
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM deed.allow(CASE WHEN cardinality(postings) = 1 THEN ARRAY[postings[1].store]
        ELSE (SELECT array_agg(DISTINCT store) FROM unnest((SELECT postings))) END);
    PERFORM deed.allow_by_hand(postings);
    RETURN QUERY SELECT * FROM deed.points_add(postings);
    PERFORM deed.allow_alive(postings);
END $$;

CREATE FUNCTION deed.points_debit(postings deed.posting[]) RETURNS SETOF deed.outcome
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    twice boolean;
    upwards boolean;
    shops bigint[];
BEGIN
    SELECT count(*) > count(DISTINCT member), bool_or(points >= 0), array_agg(DISTINCT store)
    FROM unnest((SELECT postings)) INTO twice, upwards, shops;
    IF twice OR upwards THEN
        RAISE cardinality_violation USING MESSAGE = 'one debit a member in one call, of points below zero';
    END IF;
    PERFORM deed.allow(shops);
    PERFORM deed.allow_by_hand(postings);
    PERFORM deed.points_settle(postings);
    PERFORM deed.allow_alive(postings);
    RETURN QUERY SELECT * FROM deed.points_take(postings, NULL, NULL);
END $$;
