-- Who asks, as set by tables/scope.py for one transaction.

CREATE FUNCTION deed.stores() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(current_setting('app.stores', true), '')::bigint[], '{}')
$$;

CREATE FUNCTION deed.staff() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('app.staff', true), '')::bigint
$$;

-- The API key that asks, if it is one.
CREATE FUNCTION deed.api_key() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('app.key', true), '')::bigint
$$;

-- Inside a function that runs with its owner's rights `current_user` is the owner: the caller is in `role`.
CREATE FUNCTION deed.allow(wanted bigint[]) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
    caller text := current_setting('role');
BEGIN
    IF caller IN ('regulars_job', 'regulars_hq_admin', 'regulars_owner') THEN
        RETURN;
    END IF;
    IF caller IN ('regulars_store_manager', 'regulars_cashier', 'regulars_till') AND wanted <@ deed.stores() THEN
        -- A till may have been told of its key a moment ago: here it is asked whether it is still good.
        IF caller = 'regulars_till' AND NOT EXISTS (SELECT FROM api_key k WHERE k.id = deed.api_key() AND k.revoked_at IS NULL) THEN
            RAISE insufficient_privilege USING MESSAGE = 'this key is not good any more', DETAIL = 'unauthorized';
        END IF;
        RETURN;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = 'this role may not do that in this store';
END $$;

-- Lets a role read every column of a table but some.
CREATE FUNCTION deed.grant_columns(name text, hidden text[], reader text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE (SELECT format('GRANT SELECT (%s) ON %I TO %I', string_agg(quote_ident(attname), ', '), name, reader)
             FROM pg_attribute WHERE attrelid = name::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL (hidden));
END $$;
