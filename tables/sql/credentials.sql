-- What opens an account at its gateway: sealed by the caller, written here, read by the engine alone.

CREATE FUNCTION deed.credentials_keep(account_name text, sealed text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF current_setting('role') IS DISTINCT FROM 'regulars_hq_admin' THEN
        RAISE insufficient_privilege USING MESSAGE = 'only headquarters keeps credentials', DETAIL = 'not_allowed';
    END IF;
    UPDATE gateway_account a SET credentials = sealed WHERE a.name = account_name;
END $$;
