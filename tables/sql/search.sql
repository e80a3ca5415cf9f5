-- What row-level security alone would make slow or forbid: to find a member by phone or name without reading all phones.
-- None of these tells anything of a member whom the caller may not see.

-- The member who has exactly this number, for roles that cannot read numbers. A number that leads to nobody whom they may see
-- counts as a look-up that missed, once a transaction, for lists count and show; after too many no number is answered.
CREATE FUNCTION deed.member_of_phone(wanted text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    found CONSTANT bigint := (SELECT m.id FROM member m WHERE m.phone = wanted
        AND (current_setting('role') IN ('regulars_job', 'regulars_owner', 'regulars_hq_admin', 'regulars_hq_marketing',
                                         'regulars_hq_viewer')
             OR current_setting('role') IN ('regulars_store_manager', 'regulars_cashier') AND m.home_store = ANY (deed.stores())));
BEGIN
    IF NOT deed.sees_masked() THEN
        RETURN found;
    END IF;
    IF deed.guesses_end(now()) THEN
        RAISE insufficient_privilege USING MESSAGE = 'too many numbers that led nowhere', DETAIL = 'too_many';
    END IF;
    IF found IS NULL AND current_setting('app.missed', true) IS DISTINCT FROM md5(wanted) THEN
        PERFORM set_config('app.missed', md5(wanted), true);
        INSERT INTO member_lookup (staff, weight, at) VALUES (deed.staff(), 3, now());
    END IF;
    RETURN found;
END $$;

-- Under a store's policy a condition that is not leakproof waits until all members of the store are read: here the
-- indexes answer it. Both name members of the caller's stores alone.
CREATE FUNCTION deed.members_of_tail(digits text) RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    mine bigint[] := deed.stores();
BEGIN
    PERFORM deed.allow(mine);
    IF digits ~ '^[0-9]{4,10}$' THEN
        RETURN QUERY SELECT m.id FROM member m WHERE reverse(m.phone) ~>=~ reverse(digits)
            AND reverse(m.phone) ~<~ (reverse(digits) || ':') AND m.home_store = ANY (mine);
    END IF;
END $$;

-- Whose name has these characters, and is like `pattern` where there is one: all, or the newest `most` of each store.
CREATE FUNCTION deed.members_named(letters text, pattern text, most integer) RETURNS SETOF bigint LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    mine bigint[] := deed.stores();
BEGIN
    PERFORM deed.allow(mine);
    IF most IS NULL THEN
        RETURN QUERY SELECT m.id FROM member m WHERE m.home_store = ANY (mine) AND (pattern IS NULL OR m.name ILIKE pattern)
            AND string_to_array(lower(m.name), NULL) @> string_to_array(lower(letters), NULL);
    END IF;
    RETURN QUERY SELECT k.id FROM unnest(mine) s (store) CROSS JOIN LATERAL (
        SELECT m.id FROM member m WHERE m.home_store = s.store AND (pattern IS NULL OR m.name ILIKE pattern)
            AND string_to_array(lower(m.name), NULL) @> string_to_array(lower(letters), NULL)
        ORDER BY m.id DESC LIMIT most) k WHERE most IS NOT NULL;
END $$;
